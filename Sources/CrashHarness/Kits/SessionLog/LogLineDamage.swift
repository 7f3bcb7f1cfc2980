// Lines that are not entries, among lines that are.

import SessionFormats

/// Damaged lines are counted exactly and cost nothing but themselves.
public struct LogLineDamage: Judge {
    /// The judge's name.
    public let name = "log-line-damage"
    /// What must hold.
    public let promise = """
        Lines that are not entries are counted one by one, blank ones are not, and all entries around them \
        survive.
        """

    /// Lines that no reader may take for an entry, and in which no entry hides.
    private static let garbage: [String] = [
        "x", "{}", "[]", "null", "0", "\"\"", "{\"type\":2,\"id\":\"a\",\"timestamp\":\"t\",\"entry_id\":\"b\"}",
        "{\"type\":\"leaf\",\"id\":\"a\",\"timestamp\":\"t\"}",
        "{\"type\":\"nothing\",\"id\":\"a\",\"timestamp\":\"t\"}",
        "{\"type\":\"leaf\",\"id\":\"\\ud800\",\"timestamp\":\"t\",\"entry_id\":\"b\"}",
        "{\"type\":\"leaf\",\"id\":\"a\",\"id\":\"a\",\"timestamp\":\"t\",\"entry_id\":\"b\"}",
        "{\"type\":\"leaf\",\"id\":\"a\",\"timestamp\":\"t\",\"entry_id\":\"b\",\"x\":1e400}",
        "{\"type\":\"leaf\",\"id\":null,\"timestamp\":\"t\",\"entry_id\":\"b\"}",
        "\u{200B}",
    ]
    private static let blank = ["", " ", "\t", "\u{85}", "\u{A0}", "\u{2003}", "\u{3000}", "\u{B}\u{C}"]

    /// Makes the judge.
    public init() {}

    /// Looks at one log.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = LogScenario(styled: true, &choices)
        var bytes = Array(scenario.bytes[...scenario.lines[0].upperBound])
        var entries: [Range<Int>] = []
        var corrupt = 0
        for line in scenario.entryLines {
            switch choices.choose("what becomes of the line", below: 5) {
            case 1:
                bytes += choices.pick("garbage", Self.garbage).utf8
                corrupt += 1
            case 2:
                // Without its last byte a line is an object or array that does not end.
                bytes += scenario.bytes[line.dropLast()]
                corrupt += 1
            case 3: bytes += choices.pick("blank", Self.blank).utf8
            default:
                entries.append(bytes.count..<bytes.count + line.count)
                bytes += scenario.bytes[line]
            }
            bytes.append(0x0A)
        }
        evidence.cases += 1
        for mode in ReadingMode.allCases {
            let expected = LogPrediction.log(
                hasHeader: true, recovery: CrashRecovery(corruptCount: corrupt, isTorn: false), entries: entries[...])
            let findings: Set<FindingCode> = mode == .recover && corrupt > 0 ? [.corruptEntry] : []
            try expected.check(FileBytes(bytes), mode, LogPrediction.read, findings: findings, &evidence)
        }
    }
}
