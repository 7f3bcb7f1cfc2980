// The events of one session, of which only a suffix is kept.
//
// One ring serves both those who come back (bounded by capacity and age) and those who listen (bounded by the lag
// window). Positions are contiguous, so where a replay starts is a subtraction. Adding an event costs the same whatever
// is kept; the ring grows only as far as it is used.

/// The ring of a session. Safe from many threads at once.
final class LiveReplayBuffer: Sendable {
    struct StoredEvent {
        var revision: SessionRevision
        var appendedAt: UInt64
        var payload: SessionObservationPayload
    }

    struct State {
        /// Slots by position modulo the number of slots, a power of two.
        var slots: ContiguousArray<StoredEvent?> = []
        /// The position of the oldest event in the ring, and of the last one ever.
        var first: UInt64 = 1
        var tail: UInt64 = 0
        /// The oldest position that a replay may give; events before it are there for listeners alone.
        var firstKept: UInt64 = 1
        var listeners: [UInt64: Listener] = [:]
        var nextListener: UInt64 = 0
        var isClosed = false

        struct Listener {
            /// The position of the next event to hand out.
            var next: UInt64
            /// Those who wait for it; more than one when several tasks share a subscription.
            var waiting: [CheckedContinuation<Void, Never>] = []
            /// Someone was to be woken who did not wait yet.
            var isWoken = false
        }
    }

    /// How many live events a listener may be behind; fixed, as in the reference.
    static let lagWindow: UInt64 = 2_048

    let sessionID: String
    private let state = Guarded(State())

    init(sessionID: String) { self.sessionID = sessionID }

    /// How many events are held, for whatever reason.
    var heldCount: Int { state.withLock { Int($0.tail + 1 - $0.first) } }

    var tail: UInt64 { state.withLock { $0.tail } }

    func append(_ event: StoredEvent, _ bounds: LiveReplayBounds) -> UInt64 {
        let (position, waiting) = state.withLock { state in
            state.push(event)
            state.trim(bounds, now: event.appendedAt)
            return (state.tail, state.takeWaiting())
        }
        waiting.forEach { $0.resume() }
        return position
    }

    func trim(_ bounds: LiveReplayBounds, now: UInt64) {
        state.withLock { $0.trim(bounds, now: now) }
    }

    /// The events behind a position, or why some are missing.
    func replay(after position: UInt64, _ bounds: LiveReplayBounds, now: UInt64) -> LiveReplayResult {
        state.withLock { state in
            state.trim(bounds, now: now)
            if let gap = state.gap(after: position) { return .gap(gap) }
            return .replayed(state.events(after: position, sessionID))
        }
    }

    func subscribe(
        after position: UInt64, _ bounds: LiveReplayBounds, now: UInt64
    ) -> LiveReplaySubscribeResult {
        state.withLock { state in
            state.trim(bounds, now: now)
            if let gap = state.gap(after: position) { return .gap(gap) }
            let number = state.nextListener
            state.nextListener += 1
            state.listeners[number] = State.Listener(next: state.tail + 1)
            return .subscribed(
                LiveReplaySubscription(
                    buffered: state.events(after: position, sessionID), buffer: self, listener: number))
        }
    }

    // MARK: Listeners

    func poll(_ listener: UInt64) -> LiveReplaySubscription.Poll {
        state.withLock { $0.poll(listener, sessionID) }
    }

    /// Returns when there may be something to poll.
    func wait(_ listener: UInt64) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard var waiter = state.listeners[listener], waiter.next > state.tail, !state.isClosed else {
                    return true
                }
                defer { state.listeners[listener] = waiter }
                if waiter.isWoken {
                    waiter.isWoken = false
                    return true
                }
                waiter.waiting.append(continuation)
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    /// Wakes those who wait for a listener, or who are about to.
    func wake(_ listener: UInt64) {
        let waiting = state.withLock { state in
            let waiting = state.listeners[listener]?.waiting ?? []
            state.listeners[listener]?.waiting = []
            state.listeners[listener]?.isWoken = waiting.isEmpty
            return waiting
        }
        waiting.forEach { $0.resume() }
    }

    /// Forgets a listener, and the events that only it was to get.
    func remove(_ listener: UInt64) {
        state.withLock { state in
            state.listeners[listener] = nil
            state.dropUnneeded()
        }
    }

    /// No further event will come.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            return state.takeWaiting()
        }
        waiting.forEach { $0.resume() }
    }
}

extension LiveReplayBuffer.State {
    mutating func push(_ event: LiveReplayBuffer.StoredEvent) {
        if tail + 1 - first == UInt64(slots.count) { grow() }
        tail += 1
        slots[place(tail)] = event
    }

    private func place(_ position: UInt64) -> Int { Int(position & UInt64(slots.count - 1)) }

    private mutating func grow() {
        var larger = ContiguousArray<LiveReplayBuffer.StoredEvent?>(repeating: nil, count: max(4, slots.count * 2))
        if first <= tail {
            for position in first...tail { larger[Int(position & UInt64(larger.count - 1))] = slots[place(position)] }
        }
        slots = larger
    }

    /// Down to the capacity, then while the oldest is strictly older than the maximum age.
    mutating func trim(_ bounds: LiveReplayBounds, now: UInt64) {
        let kept = tail + 1 - firstKept
        if kept > bounds.capacity { firstKept += kept - bounds.capacity }
        while firstKept <= tail, let oldest = slots[place(firstKept)] {
            guard now > oldest.appendedAt, now - oldest.appendedAt > bounds.maximumAge else { break }
            firstKept += 1
        }
        dropUnneeded()
    }

    /// Lets go what neither a replay nor a listener may still get.
    mutating func dropUnneeded() {
        let window = tail > LiveReplayBuffer.lagWindow ? tail - LiveReplayBuffer.lagWindow + 1 : 1
        let slowest = listeners.values.lazy.map(\.next).min() ?? tail + 1
        let needed = min(firstKept, max(slowest, window))
        while first < needed {
            slots[place(first)] = nil
            first += 1
        }
    }

    func gap(after position: UInt64) -> LiveReplayGapReason? {
        if position > tail { return .unavailable }
        if firstKept > tail { return position < tail ? .trimmed : nil }
        // `position` is at most `tail` here, so it has a successor unless nothing can follow anyway.
        return position < firstKept - 1 ? .trimmed : nil
    }

    func events(after position: UInt64, _ sessionID: String) -> [SessionObservationEvent] {
        let start = max(position + 1, firstKept)
        guard start <= tail else { return [] }
        return (start...tail).compactMap { event(at: $0, sessionID) }
    }

    private func event(at position: UInt64, _ sessionID: String) -> SessionObservationEvent? {
        slots[place(position)].map { stored in
            SessionObservationEvent(
                sessionID: sessionID, revision: stored.revision,
                cursor: SessionCursor(sessionID: sessionID, revision: stored.revision, position: position),
                payload: stored.payload)
        }
    }

    mutating func poll(_ number: UInt64, _ sessionID: String) -> LiveReplaySubscription.Poll {
        guard let next = listeners[number]?.next else { return .closed }
        if next > tail { return isClosed ? .closed : .pending }
        let behind = tail + 1 - next
        if behind > LiveReplayBuffer.lagWindow {
            let missed = behind - LiveReplayBuffer.lagWindow
            listeners[number]?.next = next + missed
            return .lagged(missed)
        }
        guard let event = event(at: next, sessionID) else { return .closed }
        listeners[number]?.next = next + 1
        dropUnneeded()
        return .event(event)
    }

    mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
        guard !listeners.isEmpty else { return [] }
        var waiting: [CheckedContinuation<Void, Never>] = []
        for (number, listener) in listeners where !listener.waiting.isEmpty {
            waiting += listener.waiting
            listeners[number]?.waiting = []
        }
        return waiting
    }
}
