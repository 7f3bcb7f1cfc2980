// A log cut at any byte.

import SessionFormats

/// A log cut at any byte gives exactly the outcome and the entries that the cut leaves.
public struct LogTruncation: Judge {
    /// Logs up to this size are cut at every byte, larger ones at random bytes.
    static let everyByteUpTo = 4_096
    private static let randomCuts = 64

    /// The judge's name.
    public let name: String
    /// What must hold.
    public let promise = """
        A log cut at any byte gives the right CrashRecovery and exactly the entries that are whole; recover \
        mode loses the torn entry alone.
        """
    private let size: LogScenario.Size
    private let read: LogRead

    /// Makes the judge.
    public init(_ size: LogScenario.Size = .small) {
        self.init(name: "log-truncation", size, LogPrediction.read)
    }

    init(name: String, _ size: LogScenario.Size = .small, _ read: @escaping LogRead) {
        self.name = name
        self.size = size
        self.read = read
    }

    /// Looks at one log, cut everywhere.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let log = CutLog(LogScenario(size: size, styled: size == .small, &choices))
        let count = log.scenario.bytes.count
        var seen = evidence
        defer { evidence = seen }
        guard count > Self.everyByteUpTo else {
            try choices.sweep("cut", below: count + 1) { (cut) throws(Violation) in
                try examine(log, cut, &seen)
            }
            return
        }
        for _ in 0..<Self.randomCuts { try examine(log, choices.choose("cut", below: count + 1), &seen) }
    }

    private func examine(_ log: CutLog, _ cut: Int, _ evidence: inout Evidence) throws(Violation) {
        let bytes = FileBytes(log.scenario.bytes, prefix: cut)
        evidence.cases += 1
        try log.reference(cut).check(bytes, .reference, read, &evidence)
        try log.recover(cut).check(bytes, .recover, read, &evidence)
    }
}

/// A log without carriage returns, and what is left of it when it is cut.
struct CutLog {
    let scenario: LogScenario
    /// For each cut, how many lines, header included, are whole with and without their newline.
    private let wholeLines: [Int]
    private let endedLines: [Int]

    init(_ scenario: LogScenario) {
        self.scenario = scenario
        var (whole, ended): ([Int], [Int]) = ([], [])
        for (number, line) in scenario.lines.enumerated() {
            whole += Array(repeating: number, count: line.upperBound - whole.count)
            ended += Array(repeating: number, count: line.upperBound + 1 - ended.count)
        }
        wholeLines = whole + [scenario.lines.count, scenario.lines.count]
        endedLines = ended + [scenario.lines.count]
    }

    func splitsCharacter(_ cut: Int) -> Bool {
        cut < scenario.bytes.count && scenario.bytes[cut] & 0xC0 == 0x80
    }

    /// Whether the cut is inside a line, its newline not counted.
    func tearsLine(_ cut: Int) -> Bool { endsInLine(cut) && wholeLines[cut] == endedLines[cut] }

    /// Whether the last byte that is left is not a newline.
    func endsInLine(_ cut: Int) -> Bool { cut > 0 && scenario.bytes[cut - 1] != 0x0A }

    /// The entries that are whole, with their newline or not.
    func entries(_ cut: Int, needNewline: Bool) -> ArraySlice<Range<Int>> {
        let lines = needNewline ? endedLines[cut] : wholeLines[cut]
        return scenario.lines[..<lines].dropFirst()
    }

    func reference(_ cut: Int) -> LogPrediction {
        if cut == 0 { return .refused(kind: "UnexpectedEof") }
        if splitsCharacter(cut) || wholeLines[cut] == 0 { return .refused(kind: "InvalidData") }
        return .log(
            hasHeader: true, recovery: endsInLine(cut) ? .truncatedLine : .clean,
            entries: entries(cut, needNewline: true))
    }

    func recover(_ cut: Int) -> LogPrediction {
        if cut == 0 { return .refused(kind: "UnexpectedEof") }
        if wholeLines[cut] == 0 { return .refused(kind: "InvalidData") }
        return .log(
            hasHeader: true, recovery: tearsLine(cut) ? .truncatedLine : .clean,
            entries: entries(cut, needNewline: false))
    }
}
