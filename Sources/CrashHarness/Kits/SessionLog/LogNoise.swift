// Bytes that other programs and power cuts leave around entries: a byte-order mark, CR LF, NUL runs.

import SessionFormats

/// A byte-order mark, CR LF line ends and runs of NUL bytes cost recover mode nothing.
public struct LogNoise: Judge {
    /// The judge's name.
    public let name = "log-noise"
    /// What must hold.
    public let promise = """
        A byte-order mark, CR LF line ends and runs of NUL bytes between and before entries cost recover \
        mode nothing, and each is reported.
        """

    /// Makes the judge.
    public init() {}

    /// Looks at one log.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = LogScenario(styled: true, &choices)
        var noisy = NoisyLog(scenario)
        noisy.build(&choices)
        evidence.cases += 1
        let file = FileBytes(noisy.bytes)
        let reference: LogPrediction =
            noisy.hasMark
            ? .refused(kind: "InvalidData")
            : .log(
                hasHeader: true,
                recovery: CrashRecovery(corruptCount: noisy.corruptForReference, isTorn: noisy.endsInNULs),
                entries: noisy.entriesForReference[...])
        try reference.check(file, .reference, LogPrediction.read, &evidence)
        let recover = LogPrediction.log(
            hasHeader: true, recovery: noisy.endsInNULs ? .truncatedLine : .clean, entries: noisy.entries[...])
        try recover.check(file, .recover, LogPrediction.read, findings: noisy.findings, &evidence)
    }
}

private struct NoisyLog {
    let scenario: LogScenario
    var bytes: [UInt8] = []
    var entries: [Range<Int>] = []
    var entriesForReference: [Range<Int>] = []
    var corruptForReference = 0
    var hasMark = false
    var endsInNULs = false
    var findings: Set<FindingCode> = []

    init(_ scenario: LogScenario) { self.scenario = scenario }

    mutating func build(_ choices: inout Choices) {
        hasMark = choices.happens("byte-order mark", oneIn: 3)
        let lineEnd: [UInt8] = choices.happens("CR LF", oneIn: 2) ? [0x0D, 0x0A] : [0x0A]
        if hasMark {
            bytes += [0xEF, 0xBB, 0xBF]
            findings.insert(.byteOrderMark)
        }
        if lineEnd.count > 1 { findings.insert(.crlfLineEndings) }
        bytes += scenario.bytes[scenario.lines[0]] + lineEnd
        for line in scenario.entryLines {
            let noise = choices.choose("NUL bytes", below: 4)
            if noise == 1 { addNULs(&choices, onOwnLine: lineEnd) }
            if noise == 2 { addNULs(&choices) }
            let range = bytes.count..<bytes.count + line.count
            entries.append(range)
            if noise != 2 { entriesForReference.append(range) }
            bytes += scenario.bytes[line] + lineEnd
        }
        endsInNULs = choices.happens("NUL bytes at the end", oneIn: 4)
        if endsInNULs {
            addNULs(&choices)
            corruptForReference -= 1
        }
    }

    private mutating func addNULs(_ choices: inout Choices, onOwnLine lineEnd: [UInt8] = []) {
        bytes += [UInt8](repeating: 0, count: 1 + choices.choose("how many", below: 600)) + lineEnd
        corruptForReference += 1
        findings.insert(.nulRun)
    }
}
