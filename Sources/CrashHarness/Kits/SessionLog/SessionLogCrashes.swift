// Writers of session logs at work, and what must hold after a crash.

import SessionFormats

enum SessionLogCrashes {
    static var all: [CrashScenario] { scenarios }

    private static let log = "folder/session.jsonl"
    private static let header = SessionHeader(id: "s", timestamp: "t", cwd: "/")

    private static func entry(_ id: String) -> SessionEntry {
        // Long enough to lie in more than one sector.
        .message(
            MessageEntry(
                id: id, parentID: nil, timestamp: "t",
                message: .user(
                    UserMessage(
                        content: [.text(String(repeating: id, count: 300))], timestampMilliseconds: 1))))
    }

    static func checkLog(_ disk: SimulatedDisk, _ acknowledged: [String]) -> CrashProblem? {
        guard !acknowledged.isEmpty else { return nil }
        let wanted = acknowledged.filter { $0 != "the log" }
        do {
            // What an agent does after a crash: repair the log's end, and read it.
            _ = try SessionLogWriter.open(path: log, on: disk)
            let log = try SessionLogReader().read(try disk.contents(of: log))
            let ids = log.entries.map(\.id)
            guard log.header?.id == "s" else { return ("the header", "\(String(describing: log.header))") }
            if !ids.starts(with: wanted) { return ("entries \(wanted)", "\(ids)") }
            return ids.count > wanted.count + 1 ? ("at most one entry more than \(wanted)", "\(ids)") : nil
        } catch { return ("a log with \(wanted)", "\(error)") }
    }

    private static let copy = log + ".recovered"
    private static let damaged =
        header.encoded() + [0x0A] + Array("garbage\n".utf8) + entry("a").encoded() + [0x0A]
        + entry("b").encoded().prefix(400)

    /// The copy is whole or not there, what was left out is there when the copy is, and the file is as it was.
    private static func checkCopy(
        _ disk: SimulatedDisk, _ acknowledged: [String]
    ) -> CrashProblem? {
        if disk.contents[log] != damaged { return ("the file as it was", "other bytes") }
        guard let found = disk.contents[copy] else {
            return acknowledged.isEmpty ? nil : ("the copy", "nothing")
        }
        let whole = header.encoded() + [0x0A] + entry("a").encoded() + [0x0A]
        if found != whole { return ("a copy of \(whole.count) bytes", "\(found.count) bytes, or others") }
        let leftOut = disk.contents[copy + ".left-out"] ?? []
        let isWhole = leftOut.count { $0 == 0x0A } == 2 && leftOut.last == 0x0A
        return isWhole ? nil : ("what was left out, in two lines", "\(leftOut.count) bytes")
    }

    private static let scenarios = [
        CrashScenario(
            name: "recovered-copy", writing: "safe", expectation: .safe, base: [log: damaged],
            work: { disk in
                let input = try disk.contents(of: log)
                try RecoveredCopy(try SessionLogFormat().recover(input), to: copy).write(of: input, on: disk)
                disk.acknowledge("the copy")
            }, check: checkCopy),
        CrashScenario(
            name: "log-create-append", writing: "reference",
            expectation: .knownWindow(showing: ["the header", "entries", "a log with"]), base: [:],
            work: { disk in
                // As the reference: nothing is synced.
                let file = try disk.open(log, .createOrTruncate)
                try file.append(header.encoded())
                try file.append([0x0A])
                disk.acknowledge("the log")
                for id in ["a", "b"] {
                    try file.append(entry(id).encoded())
                    try file.append([0x0A])
                    disk.acknowledge(id)
                }
            }, check: checkLog),
        CrashScenario(
            name: "mutant-newline-apart", writing: "the newline in a write of its own",
            expectation: .mutant(showing: ["entries"]),
            base: [log: header.encoded() + [0x0A]],
            work: { disk in
                let file = try disk.open(log, .append)
                disk.acknowledge("the log")
                for id in ["a", "b"] {
                    try file.append(entry(id).encoded())
                    try file.sync()
                    disk.acknowledge(id)
                    try file.append([0x0A])
                }
            },
            check: { disk, acknowledged in
                // With the repair that goes with such a writer: behind the last newline all is cut.
                _ = try? SessionLogWriter.open(path: log, repair: .reference, on: disk)
                return checkLog(disk, acknowledged)
            }),
    ]
}
