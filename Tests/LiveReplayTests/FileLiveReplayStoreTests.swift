// The live replay store in a file, and the weak spots of the reference: which are kept for compatibility by the store in
// memory, and which the store in a file has not.

import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LiveReplay
@testable import SessionFormats

@Suite("The live replay store in a file")
struct FileLiveReplayStoreTests {
    private final class Clock: Sendable {
        let nanoseconds = Atomic<UInt64>(1_000)
    }

    private let folder: TemporaryFolder
    private let clock = Clock()
    private var path: String { folder.path + "/live.jsonl" }

    init() throws { folder = try TemporaryFolder() }

    private func open(
        origin: UInt64 = 0, on fileSystem: any FileSystem = DiskFileSystem(),
        _ change: (inout FileLiveReplayStore.Options) -> Void = { _ in }
    ) throws -> FileLiveReplayStore {
        var options = FileLiveReplayStore.Options()
        change(&options)
        return try FileLiveReplayStore(
            path: path, options: options, on: fileSystem,
            now: { [clock] in clock.nanoseconds.load(ordering: .relaxed) }, origin: { origin })
    }

    private let start = SessionCursor(sessionID: "s", revision: SessionRevision(0), position: 0)

    @discardableResult
    private func append(
        _ text: String, to store: any LiveReplayStore, session: String = "s"
    ) throws -> SessionObservationEvent {
        try store.append(
            sessionID: session, revision: SessionRevision(0), payload: .agentFrameSwitched(frameID: text))
    }

    private func replayed(
        _ store: any LiveReplayStore, after cursor: SessionCursor
    ) throws -> [SessionObservationEvent]? {
        guard case .replayed(let events) = try store.replay(after: cursor) else { return nil }
        return Array(events)
    }

    @Test func `cursors survive a restart, and all payloads with them`() throws {
        let view = try CanonicalJSON(Array(#"{"b":[1,2.5,null],"a":"\u00e9\n"}"#.utf8))
        let payloads: [SessionObservationPayload] = [
            .turnActivity(view), .committed(readView: view), .agentFrameSwitched(frameID: "f\n\"é"),
            .queueChanged(kind: .cancelled, batchIDs: ["a", "b"]), .processChanged(kind: .started, processIDs: []),
        ]
        var store = try open()
        let events = try payloads.map {
            try store.append(sessionID: "s:é\n", revision: SessionRevision(9), payload: $0)
        }
        store.close()
        store = try open()
        #expect(store.repair == .none)
        #expect(try replayed(store, after: events[0].cursor) == Array(events[1...]))
        #expect(store.currentCursor(sessionID: "s:é\n", revision: SessionRevision(9)) == events[4].cursor)
    }

    @Test func `a torn line is cut off, its cursor is unavailable, and stays so when the store has grown again`() throws
    {
        var store = try open()
        let events = try ["a", "b", "c"].map { try append($0, to: store) }
        store.close()
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.dropLast(5).write(to: URL(filePath: path))
        store = try open()
        guard case .cut(_, let length, _) = store.repair else {
            Issue.record("nothing was cut")
            return
        }
        #expect(length > 5)
        for text in ["d", "e", "f", "g"] { try append(text, to: store) }
        #expect(try store.replay(after: events[2].cursor) == .gap(.unavailable))
        #expect(try replayed(store, after: events[1].cursor)?.count == 4)
    }

    @Test func `what follows a damaged line is not told, since what the line held would be skipped silently`() throws {
        var store = try open()
        for text in ["a", "b", "c"] { try append(text, to: store) }
        store.close()
        var lines = try Data(contentsOf: URL(filePath: path)).split(separator: 0x0A).map { Array($0) }
        lines[3][20] = 0
        try Data(lines.joined(separator: [0x0A]) + [0x0A]).write(to: URL(filePath: path))
        store = try open()
        #expect(try replayed(store, after: start)?.count == 1)
    }

    @Test func `a position that was handed out behind a damaged line is not handed out again`() throws {
        func open() throws -> FileLiveReplayStore { try self.open { $0.reservation = 2 } }
        var store = try open()
        for text in ["a", "b", "c", "d", "e"] { try append(text, to: store) }
        store.close()
        var lines = try Data(contentsOf: URL(filePath: path)).split(separator: 0x0A).map { Array($0) }
        lines[2][20] = 0
        try Data(lines.joined(separator: [0x0A]) + [0x0A]).write(to: URL(filePath: path))
        store = try open()
        #expect(try append("f", to: store).cursor.parts().position > 5)
    }

    @Test func `a file of another kind is refused and left as it is`() throws {
        for content in ["{\"type\":\"session\"}\n", "", "text"] {
            try Data(content.utf8).write(to: URL(filePath: path))
            #expect(throws: LiveReplayStoreError.store("\(path) is not a live replay store's file")) { try open() }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
        }
    }

    @Test func `positions are made durable before they are handed out, so that none is given twice`() throws {
        func open() throws -> FileLiveReplayStore { try self.open { $0.reservation = 2 } }
        var store = try open()
        let events = try ["a", "b", "c", "d", "e"].map { try append($0, to: store) }
        #expect(try events.map { try $0.cursor.parts().position } == [1, 2, 3, 4, 5])
        store.close()
        let lives = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").filter {
            $0.contains("\"life\"")
        }
        #expect(lives.count == 3)

        store = try open()
        #expect(try append("f", to: store).cursor.parts().position > 6)
        #expect(try replayed(store, after: events[3].cursor)?.count == 2)
        #expect(throws: LiveReplayStoreError.closed) {
            store.close()
            try append("g", to: store)
        }
    }

    @Test func `a second process is told that the file is in use`() throws {
        let store = try open()
        #expect(throws: LiveReplayStoreError.self) { try open() }
        store.close()
        _ = try open()
    }

    @Test func `the file is written anew when most of it is dead, and says the same`() throws {
        var store = try open { $0.bounds.capacity = 100 }
        try append("x", to: store, session: "other")
        for number in 0..<20_000 { try append("\(number)", to: store) }
        let before = try replayed(store, after: start) ?? []
        store.close()
        #expect(try Data(contentsOf: URL(filePath: path)).split(separator: 0x0A).count < 9_000)
        store = try open { $0.bounds.capacity = 100 }
        let cursor = SessionCursor(sessionID: "s", revision: SessionRevision(0), position: 19_900)
        let after = try #require(try replayed(store, after: cursor))
        #expect(before.isEmpty && after.count == 100)
        #expect(try after.last?.cursor.parts().position == 20_000)
        #expect(try store.replay(after: start) == .gap(.trimmed))
        let other = SessionCursor(sessionID: "other", revision: SessionRevision(0), position: 0)
        #expect(try replayed(store, after: other)?.count == 1)
    }

    @Test func `a hostile file is an answer, never a trap`() throws {
        let huge = "18446744073709551615"
        let lines = [
            #"{"type":"life","first":1,"through":"# + huge + "}",
            #"{"type":"session","session":"s","ranges":[[1,"# + huge + "]]}",
            #"{"type":"session","session":"s","ranges":[[5,2]]}"#,
            #"{"type":"session","session":"s","ranges":[[0,2]]}"#,
            #"{"type":"event","session":"s","revision":0,"position":"# + huge
                + #","at":0,"payload":{"agent_frame_switched":{"frame_id":"f"}}}"#,
            #"{"type":"life","first":4611686018427387904,"through":4611686018427387904}"#,
        ]
        for line in lines {
            let text = #"{"type":"live_replay_store","version":1}"# + "\n" + line + "\n"
            try Data(text.utf8).write(to: URL(filePath: path))
            guard let store = try? open() else { continue }
            #expect(try replayed(store, after: start) == [])
            _ = try? append("x", to: store)
            store.close()
        }
    }

    @Test func `an append that fails changes nothing, and the store goes on when the disk does`() throws {
        let disk = FailingDisk()
        let store = try open(on: disk)
        let first = try append("a", to: store)
        disk.failsAppends.store(true, ordering: .relaxed)
        #expect(throws: LiveReplayStoreError.self) { try append("b", to: store) }
        #expect(store.currentCursor(sessionID: "s", revision: SessionRevision(0)) == first.cursor)
        disk.failsAppends.store(false, ordering: .relaxed)
        try append("c", to: store)
        store.close()
        let again = try open()
        #expect(again.repair == .none)
        #expect(
            try replayed(again, after: start)?.map(\.payload) == ["a", "c"].map { .agentFrameSwitched(frameID: $0) })
    }

    // MARK: Weak spots of the reference

    @Test func `weak spot 1: a store that was lost and grew again skips events in memory, and tells so in a file`()
        throws
    {
        let memory = [InMemoryLiveReplayStore(), InMemoryLiveReplayStore()]
        for _ in 0..<5 { try append("old", to: memory[0]) }
        let old = memory[0].currentCursor(sessionID: "s", revision: SessionRevision(0))
        for _ in 0..<7 { try append("new", to: memory[1]) }
        #expect(try replayed(memory[1], after: old)?.count == 2)

        let lost = try open(origin: 1_000)
        for _ in 0..<5 { try append("old", to: lost) }
        let oldCursor = lost.currentCursor(sessionID: "s", revision: SessionRevision(0))
        lost.close()
        try FileManager.default.removeItem(atPath: path)
        let new = try open(origin: 2_000)
        for _ in 0..<7 { try append("new", to: new) }
        #expect(try new.replay(after: oldCursor) == .gap(.unavailable))
    }

    @Test func `weak spot 3: what nobody touches stays in memory, and leaves a file's store`() throws {
        let now = { @Sendable [clock] in clock.nanoseconds.load(ordering: .relaxed) }
        let bounds = LiveReplayBounds(maximumAge: 10)
        let memory = InMemoryLiveReplayStore(bounds: bounds, now: now)
        let file = try open {
            $0.bounds = bounds
            $0.maximumSessions = 8
        }
        for store in [memory, file] as [any LiveReplayStore] { try append("x", to: store, session: "idle") }
        clock.nanoseconds.add(100, ordering: .relaxed)
        for store in [memory, file] as [any LiveReplayStore] {
            for _ in 0..<3 { try append("x", to: store) }
        }
        #expect(memory.heldCount(sessionID: "idle") == 1)
        #expect(file.heldCount(sessionID: "idle") == 0)

        let idle = file.currentCursor(sessionID: "idle", revision: SessionRevision(0))
        for number in 0..<100 { try append("x", to: file, session: "\(number)") }
        #expect(file.sessionCount <= 8)
        #expect(try file.replay(after: idle) == .gap(.unavailable))
        let again = try append("x", to: file, session: "idle")
        #expect(try file.replay(after: idle) == .gap(.unavailable))
        #expect(try replayed(file, after: again.cursor) == [])
    }

    @Test func `weak spot 4: one who stands still keeps events beyond the capacity, up to its window of 2048`() throws {
        let store = InMemoryLiveReplayStore(bounds: LiveReplayBounds(capacity: 1))
        let subscription = try store.subscribe(after: start)
        for number in 0..<3_000 { try append("\(number)", to: store) }
        #expect(store.heldCount(sessionID: "s") == 2_048)
        withExtendedLifetime(subscription) {}
        let follower = try store.subscribe(
            after: store.currentCursor(sessionID: "s", revision: SessionRevision(0)))
        guard case .subscribed(let keepsUp) = follower else { return }
        _ = keepsUp.poll()
    }

    @Test func `weak spots 5 and 6: lag is counted against 2048 at any capacity, and says how many, not where`() throws
    {
        let store = InMemoryLiveReplayStore(bounds: LiveReplayBounds(capacity: 100_000))
        guard case .subscribed(let subscription) = try store.subscribe(after: start) else { return }
        for number in 0..<2_049 { try append("\(number)", to: store) }
        #expect(subscription.poll() == .lagged(1))
        // The event that comes next has a cursor; the client's own last one is where to ask from.
        #expect(try replayed(store, after: start)?.count == 2_049)
    }

    @Test func `weak spot 9: a client starts over from a state that is not older than its cursor`() throws {
        let store = InMemoryLiveReplayStore(bounds: LiveReplayBounds(capacity: 1))
        let old = try append("a", to: store)
        for text in ["b", "c"] { try append(text, to: store) }
        let state = try CanonicalJSON(Array(#"{"turn":3}"#.utf8))
        let resumed = try store.resume(sessionID: "s", after: old.cursor, revision: SessionRevision(4)) {
            // Committed between the cursor and the state: told twice rather than not at all.
            _ = try? append("d", to: store)
            return state
        }
        guard case .gap(let observation, let gap) = resumed else {
            Issue.record("no gap")
            return
        }
        #expect(gap.reason == .trimmed && gap.latestRevision == SessionRevision(4))
        #expect(try replayed(store, after: observation.cursor)?.count == 1)
    }

    @Test func `what observers are given is plain JSON and survives it`() throws {
        let view = try CanonicalJSON(
            Array(#"{"n":1.5,"small":-3,"big":18446744073709551615,"list":[true,null,{}]}"#.utf8))
        let cursor = SessionCursor(sessionID: "s", revision: SessionRevision(2), position: 7)
        let event = SessionObservationEvent(
            sessionID: "s", revision: SessionRevision(2), cursor: cursor, payload: .committed(readView: view))
        let gap = LiveReplayGap(
            sessionID: "s", requestedCursor: cursor, latestCursor: cursor, latestRevision: SessionRevision(2),
            reason: .trimmed)
        let resumes: [SessionResume] = [
            .replayed(events: [event]),
            .gap(observation: SessionObservation(readView: view, cursor: cursor), gap: gap),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for resume in resumes {
            let data = try encoder.encode(resume)
            #expect(try JSONDecoder().decode(SessionResume.self, from: data) == resume)
        }
        #expect(
            String(decoding: try encoder.encode(gap), as: UTF8.self)
                == #"{"latest_cursor":"lashsc1:2:7:s","latest_revision":2,"reason":"trimmed","#
                + #""requested_cursor":"lashsc1:2:7:s","session_id":"s"}"#)
        #expect(
            String(
                decoding: try encoder.encode(SessionObservationPayload.agentFrameSwitched(frameID: "f")), as: UTF8.self)
                == #"{"agent_frame_switched":{"frame_id":"f"}}"#)
    }

    @Test func `JSON that is no payload of a known kind is refused`() throws {
        let texts = [
            "7", "{}", #"{"a":1}"#, #"{"turn_activity":1,"committed":2}"#, #"{"committed":{}}"#,
            #"{"agent_frame_switched":{"frame_id":1}}"#, #"{"queue_changed":{"kind":"lost","batch_ids":[]}}"#,
            #"{"queue_changed":{"kind":"cancelled","batch_ids":[1]}}"#,
            #"{"process_changed":{"kind":"started","process_ids":"p"}}"#,
            String(repeating: "[", count: 130) + String(repeating: "]", count: 130),
        ]
        for text in texts {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(SessionObservationPayload.self, from: Data(text.utf8))
            }
        }
    }

    @Test func `a client that stays is given what it missed and what comes, or starts over from the state`() throws {
        let store = InMemoryLiveReplayStore(bounds: LiveReplayBounds(capacity: 1))
        let events = try ["a", "b"].map { try append($0, to: store) }
        let state = try CanonicalJSON(Array("{}".utf8))
        func observe(after cursor: SessionCursor) throws -> SessionObservationSubscription {
            try store.observe(sessionID: "s", after: cursor, revision: SessionRevision(0)) { state }
        }
        guard case .subscribed(let subscription) = try observe(after: events[0].cursor),
            case .gap(let observation, let gap) = try observe(after: start)
        else {
            Issue.record("a gap, or none")
            return
        }
        #expect(subscription.poll() == .event(events[1]))
        let resumed = try store.resume(sessionID: "s", after: events[0].cursor, revision: SessionRevision(0)) { state }
        #expect(resumed == .replayed(events: [events[1]]))
        #expect(observation.cursor == events[1].cursor && gap.reason == .trimmed)
        #expect(throws: LiveReplayStoreError.self) {
            try store.observe(sessionID: "t", after: start, revision: SessionRevision(0)) { state }
        }
    }

    @Test(arguments: [
        // Positions that were reserved before, a session that is there already, one with positions that nobody reserved, an
        // event behind the last reserved position, and one that does not follow.
        #"{"type":"life","first":1,"through":4}"#, #"{"type":"session","session":"s","ranges":[]}"#,
        #"{"type":"session","session":"t","ranges":[[1,9]]}"#, Self.event(at: 9), Self.event(at: 1),
    ])
    func `what follows a line that contradicts those before it is not told`(_ line: String) throws {
        let store = try open { $0.reservation = 4 }
        let event = try append("a", to: store)
        store.close()
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        try Data((whole + line + "\n" + Self.event(at: 2) + "\n").utf8).write(to: URL(filePath: path))
        let again = try open { $0.reservation = 4 }
        let (offset, length) = (whole.utf8.count, line.utf8.count + Self.event(at: 2).utf8.count + 2)
        let kept = "\(path).torn-\(offset)"
        #expect(again.repair == .cut(offset: offset, length: length, savedAs: kept))
        #expect(try String(contentsOfFile: kept, encoding: .utf8) == line + "\n" + Self.event(at: 2) + "\n")
        #expect(try replayed(again, after: start) == [event])
    }

    private static func event(at position: Int) -> String {
        #"{"type":"event","session":"s","revision":0,"position":\#(position),"at":1,"payload":{"agent_frame_switched":{"frame_id":"x"}}}"#
    }

    @Test func `a line of the file that no store writes ends what is told`() throws {
        let lines = [
            #"{"type":"event","session":"s","revision":0,"position":0,"at":1,"payload":{"agent_frame_switched":{"frame_id":"f"}}}"#,
            #"{"type":"session","session":"s"}"#, #"{"type":"session","session":"s","ranges":[[2,1]]}"#,
            #"{"type":"life","first":5,"through":4}"#, #"{"type":"other"}"#, "7",
        ]
        for line in lines { #expect(LiveReplayRecord(Array(line.utf8)) == nil, "\(line)") }
        #expect(LiveReplayRecord(Array(#"{"type":"life","first":4,"through":5}"#.utf8)) != nil)
    }
}

/// The real disk, but for appends that fail after half of their bytes.
private final class FailingDisk: FileSystem {
    let failsAppends = Atomic<Bool>(false)
    private let disk = DiskFileSystem()

    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        FailingFile(file: try disk.open(path, mode), disk: self)
    }
    func contents(of path: String) throws(FileSystemError) -> FileBytes { try disk.contents(of: path) }
    func exists(_ path: String) throws(FileSystemError) -> Bool { try disk.exists(path) }
    func rename(_ path: String, to newPath: String) throws(FileSystemError) { try disk.rename(path, to: newPath) }
    func rename(_ path: String, toUnused newPath: String) throws(FileSystemError) {
        try disk.rename(path, toUnused: newPath)
    }
    func resolved(_ path: String) throws(FileSystemError) -> String { try disk.resolved(path) }
    func makeFolder(_ path: String) throws(FileSystemError) { try disk.makeFolder(path) }
    func names(in folder: String) throws(FileSystemError) -> [String] { try disk.names(in: folder) }
    func remove(_ path: String) throws(FileSystemError) { try disk.remove(path) }
    func syncFolder(_ path: String) throws(FileSystemError) { try disk.syncFolder(path) }

    private final class FailingFile: OpenFile {
        let file: any OpenFile
        let disk: FailingDisk

        init(file: any OpenFile, disk: FailingDisk) {
            self.file = file
            self.disk = disk
        }

        func append(_ bytes: [UInt8]) throws(FileSystemError) {
            guard disk.failsAppends.load(ordering: .relaxed) else { return try file.append(bytes) }
            try file.append(Array(bytes.prefix(bytes.count / 2)))
            throw FileSystemError(call: "write", path: "live.jsonl", errorNumber: ENOSPC)
        }
        func size() throws(FileSystemError) -> Int { try file.size() }
        func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
            try file.read(at: offset, count: count)
        }
        func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) { try file.write(bytes, at: offset) }
        func truncate(to size: Int) throws(FileSystemError) { try file.truncate(to: size) }
        func sync() throws(FileSystemError) { try file.sync() }
        func lock() throws(FileSystemError) { try file.lock() }
        func isNamed(_ path: String) throws(FileSystemError) -> Bool { try file.isNamed(path) }
        func permissions() throws(FileSystemError) -> UInt32 { try file.permissions() }
        func setPermissions(_ permissions: UInt32) throws(FileSystemError) { try file.setPermissions(permissions) }
        func close() { file.close() }
    }
}
