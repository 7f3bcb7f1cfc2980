// Bytes that are not UTF-8, inside lines.

import SessionFormats

/// Bad bytes cost recover mode the lines that they are in, and reference mode the whole file.
public struct LogBadBytes: Judge {
    /// The judge's name.
    public let name = "log-bad-bytes"
    /// What must hold.
    public let promise = """
        A byte that is not UTF-8 makes reference mode refuse the file and costs recover mode the line that \
        it is in, even the header.
        """

    /// Bytes that stand in no UTF-8 text.
    private static let bad: [[UInt8]] = [[0xFF], [0xC0], [0xF8], [0xFE, 0xFE], [0xC1, 0xBF], [0xF5]]

    /// Makes the judge.
    public init() {}

    /// Looks at one log.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = LogScenario(styled: true, &choices)
        let number = choices.choose("line", below: scenario.lines.count)
        let line = scenario.lines[number]
        // Strictly inside: bytes around a whole entry do not break it.
        let offset = line.lowerBound + 1 + choices.choose("offset in line", below: line.count - 1)
        let inserted = choices.pick("bad bytes", Self.bad)
        let bytes = Damage.insert(offset: offset, bytes: inserted).apply(to: scenario.bytes)
        let survivors = scenario.lines.enumerated().filter { $0.offset != 0 && $0.offset != number }.map { place in
            place.offset < number
                ? place.element
                : place.element.lowerBound + inserted.count..<place.element.upperBound + inserted.count
        }
        evidence.cases += 1
        let refused = LogPrediction.refused(kind: "InvalidData")
        try refused.check(FileBytes(bytes), .reference, LogPrediction.read, &evidence)
        if number == 0 {
            let expected: LogPrediction =
                survivors.isEmpty ? refused : .log(hasHeader: false, recovery: .clean, entries: survivors[...])
            try expected.check(FileBytes(bytes), .recover, LogPrediction.read, &evidence)
        } else {
            let expected = LogPrediction.log(
                hasHeader: true, recovery: .corruptEntries(count: 1), entries: survivors[...])
            try expected.check(FileBytes(bytes), .recover, LogPrediction.read, findings: [.invalidUTF8], &evidence)
        }
    }
}
