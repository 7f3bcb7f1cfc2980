// A live replay store whose cursors survive a restart.
//
// Events go to an append-only file, one line in one write; opening cuts off what a crash left of the last line, and all
// that follows a line that is damaged, and keeps it in a file beside. So the store holds a prefix of what was appended, and a cursor beyond it is
// answered `unavailable`: positions are never given twice (see LiveReplayRecord), so a cursor never stands for another
// event than the one it was handed out with, not even when the file was lost and begun anew.
//
// Unlike the store in memory it lets expired events of all sessions go as others are appended to, and has a bound on how
// many sessions it knows. An append that fails leaves everything as it was.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import SessionFormats

/// A store in a file. Safe from many tasks at once; one process at a time.
public final class FileLiveReplayStore: LiveReplayStore {
    /// How a store is kept.
    public struct Options: Sendable {
        /// How much is kept of each session.
        public var bounds = LiveReplayBounds()
        /// How many sessions are known. Beyond it those that only subscriptions wait for are forgotten first, and for an
        /// append those that were not appended to for longest, an eighth at a time; their cursors become unavailable and
        /// their subscriptions end. A subscription drives no session out that has events, and gets `unavailable` when
        /// there is no room.
        public var maximumSessions = 10_000
        /// Whether an append returns only when the event would survive a power cut. Without it an event survives the
        /// death of the program, and a power cut costs the latest events, which is then told.
        public var syncsEachAppend = false
        /// How many positions are made durable at once, which costs a sync; at least 1.
        package var reservation: UInt64 = 1 << 20
        /// How many events are written before it is looked at whether to write the file anew.
        package var eventsBeforeRewrite = 4_096

        /// The defaults.
        public init() {}
    }

    /// What opening did to the file.
    public enum Repair: Sendable, Equatable {
        /// It was whole, or new.
        case none
        /// It was cut at `offset`; the `length` bytes that this took away are kept in the file `savedAs`.
        case cut(offset: Int, length: Int, savedAs: String?)
    }

    /// The file and what it says beyond events. Who appends holds it from the position to the event, so that the file has
    /// events in the order in which they are told.
    private struct Writer {
        var file: LiveReplayFile
        var isClosed = false
        /// Positions up to here may be handed out.
        var reservedThrough: UInt64
        /// Events in the file, and how many may be there before it is looked at whether to write it anew.
        var events: Int
        var eventsBeforeRewrite: Int
    }

    private let options: Options
    private let now: @Sendable () -> UInt64
    private let writer: Guarded<Writer>
    private let sessions: Guarded<FileLiveReplaySessions>
    /// What opening did to the file.
    public let repair: Repair

    /// Opens a store, or makes a new one when there is no file.
    ///
    /// - Parameters:
    ///   - now: Nanoseconds since 1970.
    ///   - origin: A number larger than all positions of a store that was in this place before and got lost; the default
    ///     is the time in microseconds. Positions begin behind it.
    /// - Throws: `LiveReplayStoreError.store` when the file cannot be used: it is none of a live replay store, another
    ///   process has it, the disk fails.
    public init(
        path: String, options: Options = Options(), on fileSystem: any FileSystem = DiskFileSystem(),
        now: @escaping @Sendable () -> UInt64 = FileLiveReplayStore.time,
        origin: () -> UInt64 = { FileLiveReplayStore.time() / 1_000 }
    ) throws(LiveReplayStoreError) {
        (self.options, self.now) = (options, now)
        var sessions = FileLiveReplaySessions(options)
        let present = now()
        let old = try Self.translating { () throws(StorageError) -> LiveReplayFile? in
            do throws(StorageError) {
                return try LiveReplayFile.open(path, on: fileSystem) { sessions.restore($0, now: present) }
            } catch {
                guard case .file(let problem) = error, problem.errorNumber == ENOENT else { throw error }
                return nil
            }
        }
        let life = try sessions.beginLife(behind: max(origin(), old?.reservedInCut ?? 0))
        let file = try Self.translating { () throws(StorageError) in
            guard let old else { return try LiveReplayFile.create(path, on: fileSystem, [.header, life.record]) }
            try old.append(life.record, isDurable: true)
            return old
        }
        repair = file.repair
        writer = Guarded(
            Writer(
                file: file, reservedThrough: life.through, events: sessions.keptCount,
                eventsBeforeRewrite: max(options.eventsBeforeRewrite, sessions.keptCount * 2)))
        self.sessions = Guarded(sessions)
    }

    deinit { close() }

    /// Nanoseconds since 1970 on this machine's clock.
    public static func time() -> UInt64 {
        SystemCall.nanoseconds(on: CLOCK_REALTIME)
    }

    /// How many sessions are known.
    public var sessionCount: Int { sessions.withLock { $0.count } }

    /// How many events a session holds, for replays and for listeners together; 0 for a session that is not known.
    public func heldCount(sessionID: String) -> Int { sessions.withLock { $0[sessionID]?.buffer.heldCount ?? 0 } }

    /// Adds an event; see `LiveReplayStore`.
    ///
    /// - Throws: `LiveReplayStoreError.store` when it could not be written; nothing has changed then. `closed`.
    public func append(
        sessionID: String, revision: SessionRevision, payload: SessionObservationPayload
    ) throws(LiveReplayStoreError) -> SessionObservationEvent {
        try writer.withLock { (writer) throws(LiveReplayStoreError) in
            if writer.isClosed { throw .closed }
            let position = sessions.withLock { $0.nextPosition(sessionID) }
            try reserve(position, &writer)
            let at = now()
            try Self.translating { () throws(StorageError) in
                try writer.file.append(
                    .event(session: sessionID, revision: revision, position: position, at: at, payload),
                    isDurable: options.syncsEachAppend)
            }
            writer.events += 1
            let event = sessions.withLock { $0.append(sessionID, revision, position, payload, at: at) }
            if writer.events > writer.eventsBeforeRewrite { rewriteIfWorthwhile(&writer, now: at) }
            return event
        }
    }

    /// Makes sure that a position will not be handed out again, whatever happens.
    private func reserve(_ position: UInt64, _ writer: inout Writer) throws(LiveReplayStoreError) {
        guard position > writer.reservedThrough else { return }
        let life = try sessions.withLock { (sessions) throws(LiveReplayStoreError) in
            try sessions.life(from: position)
        }
        try Self.translating { () throws(StorageError) in
            try writer.file.append(life.record, isDurable: true)
        }
        writer.reservedThrough = life.through
    }

    /// Writes the file anew when less than half of its events are still kept. When that fails the file goes on as it is.
    private func rewriteIfWorthwhile(_ writer: inout Writer, now: UInt64) {
        let kept = sessions.withLock { sessions in
            sessions.trimAll(now: now)
            return sessions.keptCount
        }
        if kept * 2 < writer.events {
            let through = writer.reservedThrough
            let records = sessions.withLock { $0.records(through: through) }
            if (try? writer.file.replace(with: records)) != nil { writer.events = kept }
        }
        writer.eventsBeforeRewrite = writer.events + max(options.eventsBeforeRewrite, kept)
    }

    /// The events behind a cursor; see `LiveReplayStore`. A cursor of an event that did not survive, or of a session that
    /// was forgotten, is answered `unavailable`.
    public func replay(after cursor: SessionCursor) throws(LiveReplayStoreError) -> LiveReplayResult {
        let parts = try parts(of: cursor)
        let found = sessions.withLock { $0.find(parts, addsSession: false) }
        guard let found else { return parts.position > 0 ? .gap(.unavailable) : .replayed(LiveReplayEvents()) }
        guard let place = found.place else { return .gap(.unavailable) }
        return found.buffer.replay(after: place, options.bounds, now: now())
    }

    /// The events behind a cursor and all that follow; see `LiveReplayStore`.
    public func subscribe(after cursor: SessionCursor) throws(LiveReplayStoreError) -> LiveReplaySubscribeResult {
        let parts = try parts(of: cursor)
        // A cursor behind an event stands for nothing in a session that is not known; only position 0 waits for its first.
        let found = sessions.withLock { $0.find(parts, addsSession: parts.position == 0) }
        guard let found, let place = found.place else { return .gap(.unavailable) }
        return found.buffer.subscribe(after: place, options.bounds, now: now())
    }

    /// The cursor behind a session's last event.
    public func currentCursor(sessionID: String, revision: SessionRevision) -> SessionCursor {
        let tail = sessions.withLock { $0[sessionID]?.tail ?? 0 }
        return SessionCursor(sessionID: sessionID, revision: revision, position: tail)
    }

    /// Lets events of a session go that the bounds do not keep.
    public func trim(sessionID: String) throws(LiveReplayStoreError) {
        sessions.withLock { $0[sessionID]?.buffer }?.trim(options.bounds, now: now())
    }

    /// Closes the file and tells all subscriptions that no further event will come.
    public func close() {
        writer.withLock { writer in
            if !writer.isClosed { writer.file.close() }
            writer.isClosed = true
        }
        sessions.withLock { $0.closeAll() }
    }

    private static func translating<Result>(
        _ body: () throws(StorageError) -> Result
    ) throws(LiveReplayStoreError) -> Result {
        do throws(StorageError) { return try body() } catch {
            if case .headless(let path) = error { throw .store("\(path) is not a live replay store's file") }
            throw .store(error.description)
        }
    }
}
