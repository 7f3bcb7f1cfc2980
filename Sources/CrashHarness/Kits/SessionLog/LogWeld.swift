// A torn fragment and a whole entry on one line: what re-opening without tail repair leaves.

import SessionFormats

/// A fragment welded to an entry costs recover mode nothing, and reference mode one line.
public struct LogWeld: Judge {
    /// The judge's name.
    public let name = "log-weld"
    /// What must hold.
    public let promise = """
        A fragment of one entry welded to the next costs reference mode that line, and recover mode nothing: \
        the whole entry is given back with its place.
        """

    /// Makes the judge.
    public init() {}

    /// Looks at one log, a fragment of each length before one of its entries.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = LogScenario(&choices)
        guard !scenario.entries.isEmpty else { return }
        let welded = 1 + choices.choose("welded entry", below: scenario.entries.count)
        let torn = scenario.lines[1 + choices.choose("torn entry", below: scenario.entries.count)]
        var seen = evidence
        defer { evidence = seen }
        try choices.sweep("fragment", below: min(torn.count - 1, 512)) { (index) throws(Violation) in
            let fragment = scenario.bytes[torn].prefix(index + 1)
            let place = scenario.lines[welded].lowerBound
            let bytes = Damage.insert(offset: place, bytes: Array(fragment)).apply(to: scenario.bytes)
            let splits = scenario.bytes[torn.lowerBound + index + 1] & 0xC0 == 0x80
            let shifted = scenario.entryLines.map { line in
                line.lowerBound < place ? line : line.lowerBound + fragment.count..<line.upperBound + fragment.count
            }
            seen.cases += 1
            let without = Array(shifted[..<(welded - 1)] + shifted[welded...])
            let reference: LogPrediction =
                splits
                ? .refused(kind: "InvalidData")
                : .log(hasHeader: true, recovery: .corruptEntries(count: 1), entries: without[...])
            try reference.check(FileBytes(bytes), .reference, LogPrediction.read, &seen)
            let recover = LogPrediction.log(hasHeader: true, recovery: .clean, entries: shifted[...])
            try recover.check(FileBytes(bytes), .recover, LogPrediction.read, findings: [.weldedLine], &seen)
        }
    }
}
