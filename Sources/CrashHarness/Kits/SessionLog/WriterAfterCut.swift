// A log that was cut, opened to go on with it, appended to, and read.

import SessionFormats

/// After a cut at any byte the writer goes on so that nothing whole is lost and nothing is welded.
public struct WriterAfterCut: Judge {
    /// The judge's name.
    public let name = "writer-after-cut"
    /// What must hold.
    public let promise = """
        After a cut at any byte, opening and appending keeps every whole entry (in reference mode: as the \
        reference keeps them), saves what it cuts, and the log reads as clean.
        """

    /// Makes the judge.
    public init() {}

    /// Looks at one log, cut everywhere.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let log = CutLog(LogScenario(&choices))
        let entry = EntryScenario.entry(99, &choices)
        let count = log.scenario.bytes.count
        var seen = evidence
        defer { evidence = seen }
        guard count > LogTruncation.everyByteUpTo / 4 else {
            try choices.sweep("cut", below: count + 1) { (cut) throws(Violation) in
                try examine(log, entry, cut, &seen)
            }
            return
        }
        for _ in 0..<32 { try examine(log, entry, choices.choose("cut", below: count + 1), &seen) }
    }

    private func examine(
        _ log: CutLog, _ entry: SessionEntry, _ cut: Int, _ evidence: inout Evidence
    ) throws(Violation) {
        evidence.cases += 1
        try examineSafe(log, entry, cut, &evidence)
        try examineReference(log, entry, cut, &evidence)
    }

    private func examineSafe(
        _ log: CutLog, _ entry: SessionEntry, _ cut: Int, _ evidence: inout Evidence
    ) throws(Violation) {
        let kept = Array(log.entries(cut, needNewline: false))
        let tail = log.tearsLine(cut) ? Array(log.scenario.bytes[lineStart(log, cut)..<cut]) : []
        let end = tail.isEmpty ? (log.endsInLine(cut) ? cut + 1 : cut) : cut - tail.count
        if end == 0 { return try checkRefused(log, cut) }
        let disk = try reopened(log, entry, cut, .safe)
        let expected = LogPrediction.log(
            hasHeader: true, recovery: .clean, entries: (kept + [end..<end + entry.encoded().count])[...])
        let bytes = FileBytes(disk["log"] ?? [])
        try expected.check(bytes, .recover, LogPrediction.read, &evidence)
        try expected.check(bytes, .reference, LogPrediction.read, &evidence)
        let saved = tail.isEmpty ? [:] : ["log.torn-\(end)": tail]
        if disk.filter({ $0.key != "log" }) != saved {
            throw Violation(
                expected: "beside the log: \(saved.keys.sorted()) with what was cut",
                got: "\(disk.keys.sorted())", file: Array(log.scenario.bytes.prefix(cut)), fileName: "session.jsonl")
        }
    }

    /// Without a whole header nothing that is appended would be read, so the log is left as it is.
    private func checkRefused(_ log: CutLog, _ cut: Int) throws(Violation) {
        let before = ["log": Array(log.scenario.bytes.prefix(cut))]
        let disk = SimulatedDisk(before)
        let outcome = Result { try SessionLogWriter.open(path: "log", on: disk) }
        if case .failure(StorageError.headless) = outcome, disk.contents == before { return }
        throw Violation(
            expected: "a log without a header to be refused and left as it is", got: "\(outcome)",
            file: before["log"] ?? [], fileName: "session.jsonl")
    }

    private func examineReference(
        _ log: CutLog, _ entry: SessionEntry, _ cut: Int, _ evidence: inout Evidence
    ) throws(Violation) {
        let disk = try reopened(log, entry, cut, .reference)
        let end = log.endsInLine(cut) ? lineStart(log, cut) : cut
        let kept = Array(log.entries(cut, needNewline: true))
        let expected: LogPrediction =
            end == 0
            ? .refused(kind: "InvalidData")
            : .log(
                hasHeader: true, recovery: .clean, entries: (kept + [end..<end + entry.encoded().count])[...])
        try expected.check(FileBytes(disk["log"] ?? []), .reference, LogPrediction.read, &evidence)
    }

    private func lineStart(_ log: CutLog, _ cut: Int) -> Int {
        (log.scenario.bytes[..<cut].lastIndex(of: 0x0A) ?? -1) + 1
    }

    /// The disk after opening the cut log and appending an entry.
    private func reopened(
        _ log: CutLog, _ entry: SessionEntry, _ cut: Int, _ repair: SessionLogWriter.TailRepair
    ) throws(Violation) -> [String: [UInt8]] {
        let disk = SimulatedDisk(["log": Array(log.scenario.bytes.prefix(cut))])
        do throws(StorageError) {
            try SessionLogWriter.open(path: "log", repair: repair, on: disk).append(entry)
        } catch {
            throw Violation(
                expected: "opening and appending succeed", got: "\(error)",
                file: Array(log.scenario.bytes.prefix(cut)), fileName: "session.jsonl")
        }
        return disk.contents
    }
}
