// An agent that keeps live events in a file, and what such a file holds by its bytes alone.

import LiveReplay
import SessionFormats

/// Appends events, and lets strangers subscribe with cursors that they made up.
final class LiveReplayStoreAgent: WritingAgent {
    static let description = WriterDescription(
        .items(keeping: capacity), path: path,
        bases: [
            .init("a store's file", file(["held"]), holds: ["held"]),
            .init("no file", nil),
            .init("a torn line", file(["held"]) + torn, holds: ["held"], evidence: torn),
            .init(
                "a damaged line before a whole one", damaged.bytes, holds: ["held"], evidence: damaged.behind),
        ],
        operations: ["append", "subscribe"],
        programs: [NamedProgram("live-replay-rewrite", on: 1, [0, 0, 0, 0])],
        bugs: [.rewriteKeepsOldFile, .rewriteBesideAppend],
        makeAgent: { number, disk, _ in LiveReplayStoreAgent(number, disk) }, observe: observe)

    private static let path = "folder/live.jsonl"
    /// How many events of a session are kept.
    private static let capacity = 1

    private let disk: any FileSystem
    private let number: Int
    private var store: FileLiveReplayStore?

    private init(_ number: Int, _ disk: any FileSystem) { (self.number, self.disk) = (number, disk) }

    deinit { close() }

    func perform(_ operation: Int, item: String, attempt: (String) -> Void) throws {
        let store = try self.store ?? Self.open(disk)
        self.store = store
        if operation == 1 { return try Self.subscribe(store) }
        attempt(item)
        do throws(LiveReplayStoreError) { _ = try Self.append(item, "\(number)", store) } catch {
            // Not every failure asks for it; an agent that cannot tell them apart opens the store anew.
            close()
            throw error
        }
    }

    private static func append(
        _ item: String, _ session: String, _ store: FileLiveReplayStore
    ) throws(LiveReplayStoreError) -> SessionObservationEvent {
        try store.append(
            sessionID: session, revision: SessionRevision(0), payload: .agentFrameSwitched(frameID: item))
    }

    /// More sessions than the store knows, none of which anybody ever wrote to.
    private static func subscribe(_ store: FileLiveReplayStore) throws {
        for number in 0..<2 * maximumSessions {
            let cursor = SessionCursor(
                sessionID: "made up \(number)", revision: SessionRevision(0), position: UInt64(number % 2))
            _ = try store.subscribe(after: cursor)
        }
    }

    func close() {
        store?.close()
        store = nil
    }

    private static let maximumSessions = 6

    private static func open(_ disk: any FileSystem) throws(LiveReplayStoreError) -> FileLiveReplayStore {
        var options = FileLiveReplayStore.Options()
        options.syncsEachAppend = true
        options.maximumSessions = maximumSessions
        options.bounds = LiveReplayBounds(capacity: UInt64(capacity), maximumAge: .max)
        options.reservation = 3
        options.eventsBeforeRewrite = 2
        return try FileLiveReplayStore(path: path, options: options, on: disk, now: { 0 }, origin: { 0 })
    }

    private static func file(_ items: [String]) -> [UInt8] {
        let disk = SimulatedDisk()
        guard let store = try? open(disk) else { return [] }
        for item in items { _ = try? append(item, "held", store) }
        return disk.contents[path] ?? []
    }

    private static let torn = Array(#"{"type":"event","session":"torn","revision":0,"posi"#.utf8)

    private static let damaged: (bytes: [UInt8], behind: [UInt8]) = {
        let (short, long) = (file(["held"]), file(["held", "behind"]))
        let behind = Array("{\"type\":\"damaged\"}\n".utf8) + long[short.count...]
        return (short + behind, behind)
    }()

    /// The events of whole lines up to the first that is none.
    private static func observe(_ disk: SimulatedDisk, _ attempted: [String]) -> Observation {
        guard let bytes = try? disk.contents(of: path).withBytes({ Array($0) }) else { return Observation([]) }
        var observation = Observation([])
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for line in lines.dropLast() {
            guard line.starts(with: Array(#"{"type":""#.utf8)), line.last == UInt8(ascii: "}"),
                !line.contains(0), !line.starts(with: Array(#"{"type":"damaged"#.utf8))
            else { break }
            if let item = item(of: String(decoding: line, as: UTF8.self)) { observation.items.append(item) }
        }
        return observation
    }

    /// What stands in an event's line as its frame.
    private static func item(of line: String) -> String? {
        let parts = line.split(separator: "\"")
        return parts.firstIndex(of: "frame_id").flatMap { parts.indices.contains($0 + 2) ? String(parts[$0 + 2]) : nil }
    }
}
