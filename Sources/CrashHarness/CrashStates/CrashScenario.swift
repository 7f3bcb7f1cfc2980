// A writer at work, and what must hold of every disk that a crash may leave of its work.

import SessionFormats

/// A scenario.
public struct CrashScenario: Sendable {
    /// What a scenario is known to do.
    public enum Expectation: Sendable {
        /// No state breaks a promise.
        case safe
        /// The upstream's protocol loses something in some states; kept so that this can be shown.
        case knownWindow
        /// A planted bug that has to be found.
        case mutant
    }

    /// A stable name.
    public let name: String
    /// How the writer writes: "safe", "reference", or the bug that was planted.
    public let writing: String
    /// What is known.
    public let expectation: Expectation
    let base: [String: [UInt8]]
    let work: @Sendable (SimulatedDisk) throws -> Void
    let check: @Sendable (_ disk: SimulatedDisk, _ acknowledged: [String]) -> (expected: String, got: String)?

    /// What leads to this scenario alone: its name, and how the writer writes where several share one.
    public var reference: String { expectation == .mutant ? name : "\(name):\(writing)" }

    /// Lets the writer work and visits the states.
    ///
    /// - Throws: What the writer throws.
    public func explore(_ explorer: CrashStateExplorer) throws -> Exploration {
        let disk = SimulatedDisk(base)
        try work(disk)
        return explore(disk, explorer)
    }

    /// The same with an operation that fails. A writer that does not say so has to have coped with it.
    ///
    /// - Parameter skipped: How many operations of that kind succeed first.
    /// - Returns: nil when the writer had less to do than that.
    func explore(_ explorer: CrashStateExplorer, _ fault: SimulatedDisk.Fault, after skipped: Int) -> Exploration? {
        let disk = SimulatedDisk(base)
        disk.inject(fault, after: skipped)
        try? work(disk)
        return disk.hasFaultLeft ? nil : explore(disk, explorer)
    }

    private func explore(_ disk: SimulatedDisk, _ explorer: CrashStateExplorer) -> Exploration {
        var judged = 0
        var exploration = explorer.explore(disk.trace) { disk, acknowledged in
            judged += 1
            if let problem = check(disk, acknowledged) { return problem }
            let recovery = disk.trace
            // Recovering twice must give the same as once, and a crash while recovering must be no worse than the first.
            if let (expected, got) = check(disk, acknowledged) { return ("the same the second time: \(expected)", got) }
            return crashDuring(recovery, acknowledged, explorer, &judged)
        }
        exploration.judged = judged
        return exploration
    }

    private func crashDuring(
        _ recovery: WriteTrace, _ acknowledged: [String], _ explorer: CrashStateExplorer, _ judged: inout Int
    ) -> (expected: String, got: String)? {
        if recovery.operations.isEmpty { return nil }
        var second = explorer
        (second.bound, second.samples, second.onlyState) = (500, 100, nil)
        let exploration = second.explore(recovery) { disk, _ in check(disk, acknowledged) }
        judged += exploration.distinct
        return exploration.violations.first.map {
            (
                "after a crash during recovery: \($0.expected)",
                "\($0.got), recovery having done: \($0.operations.joined(separator: "; "))"
            )
        }
    }
}

extension CrashScenario {
    /// All scenarios.
    public static let all: [CrashScenario] = logs + sidecars + memories + [liveReplay] + mutants

    // MARK: Session logs

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

    static func checkLog(_ disk: SimulatedDisk, _ acknowledged: [String]) -> (expected: String, got: String)? {
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

    private static let logs = [
        CrashScenario(
            name: "log-create-append", writing: "safe", expectation: .safe, base: [:],
            work: { disk in
                let writer = try SessionLogWriter.create(path: log, header: header, on: disk)
                disk.acknowledge("the log")
                for id in ["a", "b"] {
                    try writer.append(entry(id))
                    disk.acknowledge(id)
                }
            }, check: checkLog),
        CrashScenario(
            name: "log-reopen-append", writing: "safe", expectation: .safe,
            base: [log: header.encoded() + [0x0A] + Array(entry("a").encoded().prefix(200))],
            work: { disk in
                disk.acknowledge("the log")
                let writer = try SessionLogWriter.open(path: log, on: disk)
                for id in ["b", "c"] {
                    try writer.append(entry(id))
                    disk.acknowledge(id)
                }
            }, check: checkLog),
        CrashScenario(
            name: "log-create-append", writing: "reference", expectation: .knownWindow, base: [:],
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
    ]

    private static func identifier(_ seed: UInt64) -> SessionID {
        var generator = SplitMix64(state: seed)
        return .random(using: &generator)
    }

    // MARK: Sidecars

    private static let memory = "folder/memory.mv2"
    private static let sidecar = "folder/memory.mv2.session"

    private static func recorder(actions: Int) throws -> SessionRecorder {
        var recorder = SessionRecorder(clock: { 1_700_000_000 }, newID: { identifier(1) })
        try recorder.startSession(name: "recorded")
        for number in 0..<actions {
            recorder.recordPut(
                frameID: UInt64(number), input: Array("input \(number)".utf8), snapshot: StateSnapshot(frameIDs: []))
        }
        return recorder
    }

    private static func workOnSidecar(
        _ writing: SessionRecorder.SidecarProtocol
    ) -> @Sendable (SimulatedDisk) throws -> Void {
        { disk in
            for actions in [1, 4, 9] {
                try recorder(actions: actions).saveSidecar(forMemory: memory, writing, on: disk)
                disk.acknowledge("\(actions)")
            }
            disk.acknowledge(clearing)
            try SessionRecorder.clearSidecar(forMemory: memory, on: disk)
            disk.acknowledge(cleared)
        }
    }

    /// From here on the session may be gone, and from there on it has to be.
    private static let clearing = "clearing"
    private static let cleared = "cleared"

    static func checkSidecar(_ disk: SimulatedDisk, _ acknowledged: [String]) -> (expected: String, got: String)? {
        if acknowledged.last == cleared {
            return (try? disk.exists(sidecar)) == false ? nil : ("no sidecar", "one")
        }
        guard let last = acknowledged.last.flatMap({ Int($0) }) else { return nil }
        var recorder = SessionRecorder(clock: { 0 })
        do {
            _ = try recorder.loadSidecar(forMemory: memory, on: disk)
            let actions = recorder.active?.session.actions.count ?? -1
            return actions >= last ? nil : ("a session of \(last) actions or more", "\(actions)")
        } catch { return ("a session of \(last) actions or more", "\(error)") }
    }

    private static let sidecars = SessionRecorder.SidecarProtocol.allCases.map { writing in
        CrashScenario(
            name: "sidecar-save-clear", writing: "\(writing)", expectation: writing == .safe ? .safe : .knownWindow,
            base: [:], work: workOnSidecar(writing), check: checkSidecar)
    }

    // MARK: Memories

    private static func session(_ number: Int, actions: Int = 3) -> ReplaySession {
        var session = ReplaySession(
            id: identifier(UInt64(number)), name: "\(number)", createdSeconds: 1_700_000_000)
        session.endedSeconds = 1_700_000_001
        for sequence in 0..<actions {
            session.actions.append(
                ReplayAction(sequence: UInt64(sequence), timestampSeconds: 1_700_000_000, type: .put(frameID: 1)))
        }
        return session
    }

    private static let memoryBase: MemoryScenario = {
        var choices = Choices.seeded(5)
        return MemoryScenario(&choices)
    }()

    /// A memory that holds sessions already.
    private static func memoryWith(_ sessions: [ReplaySession]) -> [UInt8] {
        (try? memoryAfter(memoryBase.bytes, sessions)) ?? []
    }

    private static func memoryAfter(_ bytes: [UInt8], _ sessions: [ReplaySession]) throws -> [UInt8] {
        let disk = SimulatedDisk([memory: bytes])
        try MV2Writer.open(path: memory, on: disk).save(sessions)
        return disk.contents[memory] ?? []
    }

    /// The same with one table of contents only, as the upstream leaves it.
    private static func compactMemoryWith(_ sessions: [ReplaySession]) -> [UInt8] {
        let disk = SimulatedDisk([memory: memoryWith(sessions)])
        try? MV2Writer.open(path: memory, on: disk).compact()
        return disk.contents[memory] ?? []
    }

    /// Acknowledgements are lists of session names; the sessions of the last one have to be there, or those of a later save.
    private static func checkMemory(_ later: [String])
        -> @Sendable (SimulatedDisk, [String]) -> (
            expected: String, got: String
        )?
    {
        { disk, acknowledged in
            let lists = ["0"] + later
            let allowed = lists.suffix(from: acknowledged.last.flatMap { lists.firstIndex(of: $0) } ?? 0)
            guard let bytes = try? disk.contents(of: memory), let file = try? MV2File.open(bytes) else {
                return ("a memory", "nothing")
            }
            let names = file.sessions.map { $0.name ?? "" }.joined(separator: " ")
            if file.table == nil || !allowed.contains(names) {
                let table = file.table == nil ? ", without a table of contents" : ""
                return ("sessions \(allowed.joined(separator: " or "))", "\(names)\(table)")
            }
            if file.findings.all.contains(where: { $0.code == .sessionsUnreadable }) {
                return ("sessions where the table of contents says", "sessions found by searching")
            }
            for part in memoryBase.foreign where bytes.copy(part.range) != Array(memoryBase.bytes[part.range]) {
                return ("the \(part.name) as it was", "other bytes")
            }
            return nil
        }
    }

    private static func saves(
        _ writing: MV2Writer.SavingProtocol
    ) -> @Sendable (SimulatedDisk) throws -> Void {
        { disk in
            let writer = try MV2Writer.open(path: memory, on: disk)
            for sessions in [[session(0), session(1)], [session(1)], [session(1), session(2, actions: 5)]] {
                try writer.save(sessions, writing)
                try writer.commit()
                disk.acknowledge(sessions.compactMap(\.name).joined(separator: " "))
            }
        }
    }

    private static let memories =
        MV2Writer.SavingProtocol.allCases.map { writing in
            CrashScenario(
                name: "memory-save-delete-save", writing: "\(writing)",
                expectation: writing == .safe ? .safe : .knownWindow,
                base: [memory: compactMemoryWith([session(0)])],
                work: saves(writing), check: checkMemory(["0 1", "1", "1 2"]))
        } + [
            CrashScenario(
                name: "memory-compact", writing: "safe", expectation: .safe,
                base: [memory: memoryWith([session(0)])],
                work: { disk in
                    let writer = try MV2Writer.open(path: memory, on: disk)
                    try writer.compact()
                    disk.acknowledge("0")
                    try writer.save([session(0), session(1)])
                    disk.acknowledge("0 1")
                }, check: checkMemory(["0 1"]))
        ]

    // MARK: Live replay

    private static let live = "folder/live.jsonl"

    private static func openLive(_ disk: SimulatedDisk) throws -> FileLiveReplayStore {
        var options = FileLiveReplayStore.Options()
        options.syncsEachAppend = true
        options.reservation = 3
        return try FileLiveReplayStore(path: live, options: options, on: disk, now: { 0 }, origin: { 0 })
    }

    private static let liveReplay = CrashScenario(
        name: "live-replay-append", writing: "safe", expectation: .safe, base: [:],
        work: { disk in
            let store = try openLive(disk)
            for number in 1...4 {
                let event = try store.append(
                    sessionID: "s", revision: SessionRevision(0), payload: .agentFrameSwitched(frameID: "\(number)"))
                disk.acknowledge(event.cursor.text)
            }
        },
        check: { disk, acknowledged in
            guard !acknowledged.isEmpty else { return nil }
            let start = SessionCursor(sessionID: "s", revision: SessionRevision(0), position: 0)
            do {
                let store = try openLive(disk)
                guard case .replayed(let events) = try store.replay(after: start) else { return ("events", "a gap") }
                let cursors = events.map(\.cursor.text)
                return cursors.starts(with: acknowledged) ? nil : ("\(acknowledged)", "\(cursors)")
            } catch { return ("\(acknowledged)", "\(error)") }
        })

    // MARK: Planted bugs

    private static func replaceSidecar(
        _ disk: SimulatedDisk, syncsFile: Bool, syncsFolder: Bool, ignoresFailure: Bool = false
    ) throws {
        for actions in [1, 4] {
            if ignoresFailure { disk.inject(.failingSync) }
            let file = try disk.open(sidecar + ".new", .createOrTruncate)
            try file.append(recorder(actions: actions).active?.encoded() ?? [])
            if ignoresFailure { try? file.sync() } else if syncsFile { try file.sync() }
            try disk.rename(sidecar + ".new", to: sidecar)
            if syncsFolder { try disk.syncFolder("folder") }
            disk.acknowledge("\(actions)")
        }
    }

    private static let mutants = [
        CrashScenario(
            name: "mutant-rename-unsynced", writing: "no sync before the rename", expectation: .mutant, base: [:],
            work: { try replaceSidecar($0, syncsFile: false, syncsFolder: true) }, check: checkSidecar),
        CrashScenario(
            name: "mutant-folder-unsynced", writing: "no sync of the folder", expectation: .mutant, base: [:],
            work: { try replaceSidecar($0, syncsFile: true, syncsFolder: false) }, check: checkSidecar),
        CrashScenario(
            name: "mutant-sync-ignored", writing: "a failed sync is ignored", expectation: .mutant, base: [:],
            work: { try replaceSidecar($0, syncsFile: true, syncsFolder: true, ignoresFailure: true) },
            check: checkSidecar),
        CrashScenario(
            name: "mutant-header-first", writing: "the header first, over the old tail",
            expectation: .mutant,
            base: [memory: memoryWith([session(0)])],
            work: { disk in
                // The bytes of a safe save, in the wrong order, over the old tail's place.
                let before = disk.contents[memory] ?? []
                let saved = memoryWith([session(0), session(1)])
                let file = try disk.open(memory, .update)
                try file.write(Array(saved.prefix(80)), at: 0)
                try file.write(Array(saved.dropFirst(memoryBase.bytes.count)), at: memoryBase.bytes.count)
                if saved.count < before.count { try file.truncate(to: saved.count) }
                try file.sync()
                disk.acknowledge("0 1")
            }, check: checkMemory(["0 1"])),
        CrashScenario(
            name: "mutant-segment-unsynced", writing: "segment, table and footer in one sync", expectation: .mutant,
            base: [memory: memoryWith([session(0)])],
            work: { disk in
                // No hash covers the segment, so a whole footer behind a torn one passes for a commit.
                let saved = try memoryAfter(
                    disk.contents[memory] ?? [], [session(0), session(1, actions: 60)])
                let file = try disk.open(memory, .update)
                try file.append(Array(saved.dropFirst(file.size())))
                try file.sync()
                try file.write(Array(saved.prefix(80)), at: 0)
                try file.sync()
                disk.acknowledge("0 1")
            }, check: checkMemory(["0 1"])),
        CrashScenario(
            name: "mutant-newline-apart", writing: "the newline in a write of its own", expectation: .mutant,
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
