// Writers of memories at work, and what must hold after a crash.

import SessionFormats

enum MV2Crashes {
    static var all: [CrashScenario] { scenarios + mutants }

    private static let memory = "folder/memory.mv2"

    private static func session(_ number: Int, actions: Int = 3) -> ReplaySession {
        var session = ReplaySession(
            id: .numbered(UInt64(number)), name: "\(number)", createdSeconds: 1_700_000_000)
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
            guard let bytes = try? disk.contents(of: memory), let file = try? MV2File.read(bytes) else {
                return ("a memory", "nothing")
            }
            // What a save wrote that did not finish is given back, marked: it is no part of what the memory holds.
            let marked = Set(file.findings.all.filter { $0.code == .sessionsFoundByScan }.map(\.offset))
            let held = file.sessions.filter { !marked.contains($0.byteRange.lowerBound) }
            let names = held.map { $0.name ?? "" }.joined(separator: " ")
            for session in file.sessions where !lists.contains(where: { $0.contains(session.name ?? "?") }) {
                return ("only sessions that were saved", session.name ?? "one without a name")
            }
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

    private static let scenarios =
        MV2Writer.SavingProtocol.allCases.map { writing in
            CrashScenario(
                name: "memory-save-delete-save", writing: "\(writing)",
                expectation: writing == .safe ? .safe : .knownWindow(showing: ["sessions"]),
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

    private static let mutants = [
        CrashScenario(
            name: "mutant-header-first", writing: "the header first, over the old tail",
            expectation: .mutant(showing: ["sessions"]),
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
            name: "mutant-segment-unsynced", writing: "segment, table and footer in one sync",
            expectation: .mutant(showing: ["sessions"]),
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
    ]
}
