// What a writer put into a log comes out of it.

import SessionFormats

/// A whole log reads as clean, and its entries are those that were written.
public struct LogRoundTrip: Judge {
    /// The judge's name.
    public let name = "log-round-trip"
    /// What must hold.
    public let promise = """
        A whole log, however its JSON is spelled, reads as clean, decodes to the entries that were written, \
        and prints as the reference's writer prints them.
        """

    /// Makes the judge.
    public init() {}

    /// Looks at one log.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = LogScenario(styled: true, &choices)
        let bytes = FileBytes(scenario.bytes)
        evidence.cases += 1
        for mode in ReadingMode.allCases {
            let whole = LogPrediction.log(hasHeader: true, recovery: .clean, entries: scenario.entryLines)
            try whole.check(bytes, mode, LogPrediction.read, findings: [], &evidence)
        }
        guard let log = try? SessionLogReader().read(bytes) else { return }
        try expect(scenario.header, log.header, "header", scenario)
        try expect(
            EntryScenario.tree(of: scenario.header).compact, scenario.header.encoded(), "header's line", scenario)
        for (index, entry) in scenario.entries.enumerated() {
            let line = EntryScenario.tree(of: entry).compact
            try expect(entry, log.entries[index].decoded(), "entry \(index)", scenario)
            try expect(entry.id, log.entries[index].id, "id of entry \(index)", scenario)
            try expect(line, entry.encoded(), "written line of entry \(index)", scenario)
            try expect(line, log.entries[index].canonical(), "canonical line of entry \(index)", scenario)
        }
    }

    private func expect<Value: Equatable>(
        _ expected: Value, _ got: Value?, _ what: String, _ scenario: LogScenario
    ) throws(Violation) {
        if expected == got { return }
        func text(_ value: Value?) -> String {
            if let bytes = value as? [UInt8] { return String(decoding: bytes, as: UTF8.self) }
            return value.map { "\($0)" } ?? "nothing"
        }
        throw Violation(
            expected: "\(what): \(text(expected))", got: text(got), file: scenario.bytes, fileName: "session.jsonl")
    }
}
