// The store that the reference has: events in memory, bounded by number and age.
//
// Each session has a lock of its own and the table of sessions several, so that sessions do not wait for each other.
// Nothing trims sessions that nobody touches, as in the reference.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import SessionFormats

/// How much a store keeps of each session.
public struct LiveReplayBounds: Sendable, Equatable {
    /// How many events.
    public var capacity: UInt64
    /// How old an event may become, in nanoseconds.
    public var maximumAge: UInt64

    /// Makes bounds; the defaults are the reference's, 2,048 events and 120 seconds.
    public init(capacity: UInt64 = 2_048, maximumAge: UInt64 = 120_000_000_000) {
        self.capacity = capacity
        self.maximumAge = maximumAge
    }
}

/// A store in memory. Safe from many tasks at once.
public final class InMemoryLiveReplayStore: LiveReplayStore {
    private let bounds: LiveReplayBounds
    private let now: @Sendable () -> UInt64
    private static let partCount = 8
    /// Parts of the table of sessions, each with its own lock. A session's part is found by its id.
    private let parts = GuardedValues<[SessionKey: LiveReplayBuffer]>([:], count: InMemoryLiveReplayStore.partCount)

    /// Makes an empty store.
    ///
    /// - Parameter now: Nanoseconds on a clock that only moves forwards.
    public init(
        bounds: LiveReplayBounds = LiveReplayBounds(),
        now: @escaping @Sendable () -> UInt64 = InMemoryLiveReplayStore.uptime
    ) {
        self.bounds = bounds
        self.now = now
    }

    deinit { close() }

    /// Nanoseconds on the system's clock that only moves forwards.
    public static func uptime() -> UInt64 {
        SystemCall.nanoseconds(on: CLOCK_MONOTONIC)
    }

    /// How many events a session holds, for replays and for listeners together; 0 for a session that is not known.
    public func heldCount(sessionID: String) -> Int { buffer(sessionID)?.heldCount ?? 0 }

    /// Adds an event; see `LiveReplayStore`.
    public func append(
        sessionID: String, revision: SessionRevision, payload: SessionObservationPayload
    ) throws(LiveReplayStoreError) -> SessionObservationEvent {
        bufferToUse(sessionID).append(revision, payload, bounds, now: now())
    }

    /// The events behind a cursor; see `LiveReplayStore`. Makes no buffer for a session that is not known.
    public func replay(after cursor: SessionCursor) throws(LiveReplayStoreError) -> LiveReplayResult {
        let parts = try parts(of: cursor)
        guard let buffer = buffer(parts.sessionID) else {
            return parts.position > 0 ? .gap(.unavailable) : .replayed(LiveReplayEvents())
        }
        return buffer.replay(after: parts.position, bounds, now: now())
    }

    /// The events behind a cursor and all that follow; see `LiveReplayStore`. Makes a buffer even when it answers with a
    /// gap, which later answers show: a session with a buffer is known.
    public func subscribe(after cursor: SessionCursor) throws(LiveReplayStoreError) -> LiveReplaySubscribeResult {
        let parts = try parts(of: cursor)
        return bufferToUse(parts.sessionID).subscribe(after: parts.position, bounds, now: now())
    }

    /// The cursor behind a session's last event.
    public func currentCursor(sessionID: String, revision: SessionRevision) -> SessionCursor {
        SessionCursor(sessionID: sessionID, revision: revision, position: buffer(sessionID)?.tail ?? 0)
    }

    /// Lets events of a session go that the bounds do not keep.
    public func trim(sessionID: String) throws(LiveReplayStoreError) { buffer(sessionID)?.trim(bounds, now: now()) }

    /// Tells all subscriptions that no further event will come. What they have not taken yet they may still take.
    public func close() {
        for part in parts.indices { parts.withLock(part) { for buffer in $0.values { buffer.close() } } }
    }

    private func part(_ key: SessionKey) -> Int { Int(truncatingIfNeeded: key.spread) & (Self.partCount - 1) }

    private func buffer(_ sessionID: String) -> LiveReplayBuffer? {
        let key = SessionKey(sessionID)
        return parts.withLock(part(key)) { $0[key] }
    }

    private func bufferToUse(_ sessionID: String) -> LiveReplayBuffer {
        let key = SessionKey(sessionID)
        return parts.withLock(part(key)) { buffers in
            if let known = buffers[key] { return known }
            let new = LiveReplayBuffer(sessionID: sessionID)
            buffers[key] = new
            return new
        }
    }
}
