// The events of one session, of which only a suffix is kept.
//
// The same chunks serve those who come back (bounded by capacity and age) and those who listen (bounded by the lag
// window). Positions are contiguous, so where a replay starts is a subtraction. Adding an event costs the same whatever
// is kept and whoever listens.

import SessionFormats

/// The events of a session. Safe from many threads at once.
struct LiveReplayBuffer: Sendable {
    struct State {
        let sessionID: String
        var chunks = LiveReplayChunks()
        /// The position of the oldest event held, and of the last one ever.
        var first: UInt64
        var tail: UInt64
        /// The oldest position that a replay may give; events before it are there for listeners alone.
        var firstKept: UInt64
        /// No event that is kept is older than this, so that their ages need not be looked at each time.
        var oldest: UInt64 = .max
        /// The position of the event that a listener gets next.
        var listeners: [UInt64: UInt64] = [:]
        var nextListener: UInt64 = 0
        /// How many listeners have had everything. Each other one is counted at the first event held that it may get.
        var listenersAtTail: UInt32 = 0
        /// Tasks that wait for what comes next.
        var waiting: [ObjectIdentifier: LiveReplayWaiter] = [:]
        var isClosed = false
    }

    /// How many live events a listener may be behind; fixed, as in the reference.
    static let lagWindow: UInt64 = 2_048

    private let state: Guarded<State>

    /// An empty buffer whose next event has the position behind `tail`.
    init(sessionID: String, tail: UInt64 = 0) {
        state = Guarded(State(sessionID: sessionID, first: tail + 1, tail: tail, firstKept: tail + 1))
    }

    /// How many events are held, for whatever reason.
    var heldCount: Int { state.withLock { Int($0.tail + 1 - $0.first) } }

    /// How many events a replay may give.
    var keptCount: Int { state.withLock { Int($0.tail + 1 - $0.firstKept) } }

    var tail: UInt64 { state.withLock { $0.tail } }

    var sessionID: String { state.withLock { $0.sessionID } }

    /// The events that a replay may give, with the time at which each was added.
    func kept() -> [(event: SessionObservationEvent, appendedAt: UInt64)] {
        state.withLock { state in
            (state.firstKept..<state.tail + 1).compactMap { position in
                state.chunks[position].map { ($0.event(position), $0.appendedAt(position)) }
            }
        }
    }

    /// Adds an event.
    ///
    /// - Parameter shift: What its cursor says beyond its position here.
    func append(
        _ revision: SessionRevision, _ payload: SessionObservationPayload, _ bounds: LiveReplayBounds, now: UInt64,
        shift: UInt64 = 0
    ) -> SessionObservationEvent {
        let (event, waiting) = state.withLock { state in
            // First, so that what is added may take the memory, still in the processor's cache, of what goes.
            state.makeRoom(bounds)
            let cursor = SessionCursor(
                sessionID: state.sessionID, revision: revision, position: state.tail + 1 + shift)
            state.push(cursor, revision, payload, now: now)
            state.trim(bounds, now: now)
            let event = SessionObservationEvent(
                sessionID: state.sessionID, revision: revision, cursor: cursor, payload: payload)
            return (event, state.takeWaiting())
        }
        waiting.forEach { $0.wake() }
        return event
    }

    func trim(_ bounds: LiveReplayBounds, now: UInt64) {
        state.withLock { $0.trim(bounds, now: now) }
    }

    /// The events behind a position, or why some are missing.
    func replay(after position: UInt64, _ bounds: LiveReplayBounds, now: UInt64) -> LiveReplayResult {
        state.withLock { state in
            state.trim(bounds, now: now)
            if let gap = state.gap(after: position) { return .gap(gap) }
            return .replayed(state.events(after: position))
        }
    }

    func subscribe(
        after position: UInt64, _ bounds: LiveReplayBounds, now: UInt64
    ) -> LiveReplaySubscribeResult {
        state.withLock { state in
            state.trim(bounds, now: now)
            if let gap = state.gap(after: position) { return .gap(gap) }
            return .subscribed(
                LiveReplaySubscription(
                    buffered: state.events(after: position), buffer: self, listener: state.addListener()))
        }
    }

    // MARK: Listeners

    func poll(_ listener: UInt64) -> LiveReplaySubscription.Poll {
        state.withLock { $0.poll(listener) }
    }

    /// Has a task woken by what comes next; false when there is something to poll already.
    func add(_ waiter: LiveReplayWaiter, for listener: UInt64) -> Bool {
        state.withLock { state in
            guard let next = state.listeners[listener], next > state.tail, !state.isClosed else { return false }
            state.waiting[ObjectIdentifier(waiter)] = waiter
            return true
        }
    }

    func remove(_ waiter: LiveReplayWaiter) {
        state.withLock { _ = $0.waiting.removeValue(forKey: ObjectIdentifier(waiter)) }
    }

    /// Forgets a listener, and the events that only it was to get.
    func remove(_ listener: UInt64) {
        state.withLock { state in
            state.move(listener, to: nil)
            state.dropUnneeded()
        }
    }

    /// No further event will come.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            return state.takeWaiting()
        }
        waiting.forEach { $0.wake() }
    }
}

extension LiveReplayBuffer.State {
    mutating func push(
        _ cursor: SessionCursor, _ revision: SessionRevision, _ payload: SessionObservationPayload, now: UInt64
    ) {
        tail += 1
        chunks.append(
            LiveReplayChunk.Slot(
                cursor: cursor, revision: revision, appendedAt: now, listeners: listenersAtTail, payload: payload),
            at: tail, sessionID)
        listenersAtTail = 0
        oldest = min(oldest, now)
    }

    /// Lets go what the capacity does not keep beside one more event.
    mutating func makeRoom(_ bounds: LiveReplayBounds) {
        guard tail + 1 - firstKept >= bounds.capacity, firstKept <= tail else { return }
        firstKept += 1
        dropUnneeded()
    }

    /// Down to the capacity, then while the oldest is strictly older than the maximum age.
    mutating func trim(_ bounds: LiveReplayBounds, now: UInt64) {
        let kept = tail + 1 - firstKept
        if kept > bounds.capacity { firstKept += kept - bounds.capacity }
        if now > oldest, now - oldest > bounds.maximumAge { trimByAge(bounds.maximumAge, now: now) }
        dropUnneeded()
    }

    private mutating func trimByAge(_ maximumAge: UInt64, now: UInt64) {
        oldest = .max
        while firstKept <= tail, let appendedAt = chunks[firstKept]?.appendedAt(firstKept) {
            guard now > appendedAt, now - appendedAt > maximumAge else {
                oldest = appendedAt
                return
            }
            firstKept += 1
        }
    }

    /// Lets go what neither a replay nor a listener may still get.
    mutating func dropUnneeded() {
        let window = tail > LiveReplayBuffer.lagWindow ? tail - LiveReplayBuffer.lagWindow + 1 : 1
        while first < firstKept {
            let stuck = listeners.isEmpty ? 0 : chunks[first]?.listeners(first) ?? 0
            if stuck > 0, first >= window { break }
            chunks.dropFirst(first)
            first += 1
            if stuck > 0 { addListeners(stuck, at: first) }
        }
    }

    func gap(after position: UInt64) -> LiveReplayGapReason? {
        if position > tail { return .unavailable }
        if firstKept > tail { return position < tail ? .trimmed : nil }
        return position < firstKept - 1 ? .trimmed : nil
    }

    mutating func events(after position: UInt64) -> LiveReplayEvents {
        let start = max(position + 1, firstKept)
        guard start <= tail else { return LiveReplayEvents() }
        return LiveReplayEvents(chunks.share(from: start), from: start, to: tail + 1)
    }

    // MARK: Listeners

    /// A new listener, who gets what comes from now on.
    mutating func addListener() -> UInt64 {
        defer { nextListener += 1 }
        listeners[nextListener] = tail + 1
        listenersAtTail += 1
        return nextListener
    }

    mutating func poll(_ listener: UInt64) -> LiveReplaySubscription.Poll {
        guard let next = listeners[listener] else { return .closed }
        if next > tail { return isClosed ? .closed : .pending }
        let behind = tail + 1 - next
        if behind > LiveReplayBuffer.lagWindow {
            let missed = behind - LiveReplayBuffer.lagWindow
            move(listener, to: next + missed)
            return .lagged(missed)
        }
        guard let event = chunks[next]?.event(next) else { return .closed }
        move(listener, to: next + 1)
        dropUnneeded()
        return .event(event)
    }

    /// Has a listener get the event of a position next, or nothing any more.
    mutating func move(_ listener: UInt64, to position: UInt64?) {
        guard let old = listeners[listener] else { return }
        if old > tail { listenersAtTail -= 1 } else { chunks[max(old, first)]?.removeListener(max(old, first)) }
        if let position { addListeners(1, at: position) }
        listeners[listener] = position
    }

    private mutating func addListeners(_ count: UInt32, at position: UInt64) {
        if position > tail {
            listenersAtTail += count
        } else {
            chunks[max(position, first)]?.addListeners(count, max(position, first))
        }
    }

    mutating func takeWaiting() -> [LiveReplayWaiter] {
        if waiting.isEmpty { return [] }
        defer { waiting = [:] }
        return Array(waiting.values)
    }
}
