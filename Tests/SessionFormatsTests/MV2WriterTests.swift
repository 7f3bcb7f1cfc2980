// Saving sessions into memories.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

@Suite("Saving sessions into memories")
struct MV2WriterTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/memory.mv2" }

    init() throws { folder = try TemporaryFolder() }

    private func session(_ number: Int, actions: Int = 3) -> ReplaySession {
        var session = ReplaySession(
            id: SessionID(high: UInt64(number), low: 7), name: "session \(number)", createdSeconds: 1_700_000_000)
        session.endedSeconds = 1_700_000_100
        for sequence in 0..<actions {
            var action = ReplayAction(
                sequence: UInt64(sequence), timestampSeconds: 1_700_000_001, type: .put(frameID: 1))
            action.setInput(Array("input \(number) \(sequence)".utf8))
            session.actions.append(action)
        }
        return session
    }

    private func place(_ fixture: String) throws {
        try Data(Fixture.bytes("mv2/\(fixture).mv2")).write(to: URL(filePath: path))
    }

    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    @Test func `a new memory is empty and clean, and what is saved in it is there`() throws {
        let writer = try MV2Writer.create(path: path)
        #expect(try MV2File.read(path: path).verified(deep: true).all.isEmpty)
        try writer.save([session(1), session(2)])
        let file = try MV2File.read(path: path, mode: .reference)
        #expect(file.sessions.map { try? $0.decoded() } == [session(1), session(2)])
        #expect(file.generation == 2)
        #expect(try MV2File.read(path: path).verified(deep: true).all.isEmpty)
        #expect(throws: MV2Error.exists(path)) { try MV2Writer.create(path: path) }
    }

    @Test func `actions and checkpoints with other numbers than their places are found`() throws {
        var session = session(1)
        session.actions[1].sequence = 7
        session.checkpoints = [3, 1].map {
            Checkpoint(id: $0, atSequence: 0, timestampSeconds: 0, snapshot: StateSnapshot())
        }
        try MV2Writer.create(path: path).save([session])
        let found = try MV2File.read(path: path).verified().all
        #expect(found.map(\.code) == [.sequenceBroken, .sequenceBroken])
        #expect(found.first?.message.contains("Action 1 of session session 1 has the sequence 7") == true)
        #expect(found.last?.message.contains("Checkpoint 0 of session session 1 has the number 3") == true)
    }

    @Test(arguments: ["one", "multi-save", "none", "unicode-sessions", "many", "deleted-one"])
    func `a save moves the footer forwards and touches nothing but the header and the new tail`(_ name: String) throws {
        try place(name)
        let writer = try MV2Writer.open(path: path)
        let old = writer.sessions
        var before = try bytes()
        for number in 1...3 {
            try writer.save(writer.sessions + [session(number)])
            let after = try bytes()
            let (oldFile, newFile) = (try MV2File.read(FileBytes(before)), try MV2File.read(FileBytes(after)))
            #expect(newFile.header?.footerOffset ?? 0 > oldFile.header?.footerOffset ?? .max)
            #expect(after[80..<before.count].elementsEqual(before[80...]))
            #expect(newFile.sessions.compactMap { try? $0.decoded() } == old + (1...number).map { session($0) })
            #expect(newFile.verified(deep: true).all.isEmpty)
            before = after
        }
    }

    @Test func `a save that was cut anywhere leaves what was there or what was saved, and never nothing`() throws {
        try place("multi-save")
        let before = try bytes()
        let old = try MV2File.read(FileBytes(before)).sessions.map { try? $0.decoded() }
        let writer = try MV2Writer.open(path: path)
        try writer.save(writer.sessions + [session(9)])
        let after = try bytes()
        let new = try MV2File.read(FileBytes(after)).sessions.map { try? $0.decoded() }
        #expect(new.count == old.count + 1)
        for end in stride(from: before.count, through: after.count, by: 97) {
            let torn = before[..<80] + after[80..<end]
            // What the save wrote of the new session is given back when it is whole, and marked: it was never acknowledged.
            let file = try MV2File.read(FileBytes(Array(torn)))
            let found = file.sessions.map { try? $0.decoded() }
            let isWhole = file.findings.all.contains { $0.code == .sessionsFoundByScan && $0.severity == .warning }
            #expect(found == old || isWhole && found == new)
            #expect(
                try MV2File.read(FileBytes(Array(torn)), mode: .reference).sessions.map { try? $0.decoded() } == old)
        }
        let unnamed = Array(before[..<80] + after[80...])
        #expect(try MV2File.read(FileBytes(unnamed)).sessions.map { try? $0.decoded() } == new)
    }

    @Test func `the upstream's save leaves nothing that can be opened until it commits, and we find the sessions`()
        throws
    {
        try place("multi-save")
        let writer = try MV2Writer.open(path: path)
        let all = writer.sessions + [session(9)]
        try writer.save(all, .reference)
        #expect(throws: MV2Error.self) { try MV2File.read(path: path, mode: .reference) }
        let found = try MV2File.read(path: path)
        #expect(Set(found.sessions.map(\.id)).isSuperset(of: all.map(\.id)))
        #expect(found.table == nil)
        try writer.commit()
        #expect(try MV2File.read(path: path, mode: .reference).sessions.map(\.id) == all.map(\.id))
        #expect(try MV2File.read(path: path).verified(deep: true).all.isEmpty)
    }

    @Test func `deleting removes one session, and with the last one the manifest`() throws {
        let writer = try MV2Writer.create(path: path)
        try writer.save([session(1), session(2)])
        try writer.delete(session(1).id)
        #expect(try MV2File.read(path: path).sessions.map(\.id) == [session(2).id])
        #expect(throws: MV2Error.unknownSession(session(1).id)) { try writer.delete(session(1).id) }
        try writer.delete(session(2).id)
        let file = try MV2File.read(path: path)
        #expect(file.table?.replayManifest == nil && file.sessions.isEmpty)
        #expect(file.verified(deep: true).all.isEmpty)
    }

    @Test func `repeated saves do not grow the file without bound, and writing it anew keeps all else in its place`()
        throws
    {
        try place("one-session")
        let original = try MV2File.read(path: path)
        let content = try #require(original.table).contentEnd(log: try #require(original.header).log)
        let writer = try MV2Writer.open(path: path)
        let sessions = writer.sessions + [session(1, actions: 100)]
        for _ in 0..<40 { try writer.save(sessions) }
        let after = try bytes()
        #expect(after.count < 400_000)
        #expect(after[80..<Int(content)].elementsEqual(original.bytes.copy(80..<Int(content))))
        let file = try MV2File.read(path: path)
        #expect(file.sessions.compactMap { try? $0.decoded() } == sessions)
        #expect(file.verified(deep: true).all.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["memory.mv2"])
    }

    @Test func `a second writer is told that the file is in use, and two that save in turn lose nothing`() throws {
        try place("one-session")
        var first: MV2Writer? = try MV2Writer.open(path: path)
        let kept = try #require(first).sessions
        #expect(throws: MV2Error.self) { try MV2Writer.open(path: path) }
        try first?.save(kept + [session(1)])
        try first?.compact()
        #expect(throws: MV2Error.self) { try MV2Writer.open(path: path) }
        first = nil
        let second = try MV2Writer.open(path: path)
        try second.save(second.sessions + [session(2)])
        #expect(try MV2File.read(path: path).sessions.map(\.id) == kept.map(\.id) + [session(1).id, session(2).id])
    }

    @Test func `a file that was put in place of the open one is not written over`() throws {
        try place("one-session")
        let writer = try MV2Writer.open(path: path)
        try Data(Fixture.bytes("mv2/one.mv2")).write(to: URL(filePath: path), options: .atomic)
        #expect(throws: MV2Error.replaced(path)) { try writer.save([session(1)]) }
        #expect(try bytes() == Fixture.bytes("mv2/one.mv2"))
    }

    @Test func `a memory without a table of contents is not saved into`() throws {
        try place("session-end-unsealed")
        #expect(throws: MV2Error.self) { try MV2Writer.open(path: path) }
        #expect(try bytes() == Fixture.bytes("mv2/session-end-unsealed.mv2"))
    }

    @Test func `a recorder goes on with what a memory holds`() throws {
        let writer = try MV2Writer.create(path: path)
        var recorder = SessionRecorder(memory: writer, clock: { 1_700_000_000 })
        try recorder.startSession(name: "first")
        recorder.recordPut(frameID: 1, input: [1], snapshot: StateSnapshot(frameIDs: [1]))
        try recorder.endSession()
        try recorder.save(to: writer)
        let again = SessionRecorder(memory: writer, clock: { 0 })
        #expect(again.listSessions().map(\.name) == ["first"])
        #expect(try MV2File.read(path: path, mode: .reference).sessions.map(\.name) == ["first"])
    }

    @Test func `a table that names bytes behind the end is no reason to trap, to write anew or to lose what is there`()
        throws
    {
        for (offset, length) in [(70_000_000, 10), (.max - 5, 10), (.max / 2, .max / 2), (1 << 62, 1)]
            as [(UInt64, UInt64)]
        {
            try place("one")
            try claim(MV2Region(offset: offset, length: length))
            let claimed = try bytes()
            let writer = try MV2Writer.open(path: path)
            #expect(throws: MV2Error.self) { try writer.compact() }
            #expect(throws: MV2Error.self) { try writer.save([session(1)], .reference) }
            #expect(try bytes() == claimed)
            try writer.save(writer.sessions + [session(1)])
            #expect(try MV2File.read(path: path).sessions.last?.decoded() == session(1))
        }
    }

    /// Makes the first frame claim a region, under a table and footer that are whole.
    private func claim(_ region: MV2Region) throws {
        let file = try MV2File.read(path: path)
        var table = try #require(file.table)
        table.frames[0].payload = region
        let bytes = file.bytes.copy(0..<(try #require(file.tableRange)).lowerBound)
        let sealed = table.sealed()
        let footer = MV2Footer.encode(table: sealed, generation: 9)
        try Data(bytes + sealed + footer).write(to: URL(filePath: path))
    }
}
