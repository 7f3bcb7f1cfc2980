// The reference's own tests in Swift, and what no sequence of answers can show.

import Synchronization
import Testing

@testable import LiveReplay
@testable import SessionFormats

/// A clock that stands still until it is moved.
private final class ManualClock: Sendable {
    private let nanoseconds = Atomic<UInt64>(1)
    var now: UInt64 { nanoseconds.load(ordering: .relaxed) }
    func advance(milliseconds: UInt64) { nanoseconds.add(milliseconds * 1_000_000, ordering: .relaxed) }
}

/// Runs tasks when it is told to, so that a test knows where they are.
private final class ManualExecutor: TaskExecutor {
    private let jobs = Guarded<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs until every task waits for something or has ended.
    func runAll() {
        while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

@Suite("The live replay store")
struct LiveReplayStoreTests {
    private let clock = ManualClock()

    private func store(capacity: UInt64 = 2_048, milliseconds: UInt64 = 120_000) -> InMemoryLiveReplayStore {
        let bounds = LiveReplayBounds(capacity: capacity, maximumAge: milliseconds * 1_000_000)
        return InMemoryLiveReplayStore(bounds: bounds, now: { [clock] in clock.now })
    }

    private func payload(_ text: String) -> SessionObservationPayload { .agentFrameSwitched(frameID: text) }

    private let start = SessionCursor(sessionID: "s", revision: SessionRevision(0), position: 0)

    @discardableResult
    private func append(
        _ text: String, to store: InMemoryLiveReplayStore, session: String = "s"
    ) throws -> SessionObservationEvent {
        try store.append(sessionID: session, revision: SessionRevision(0), payload: payload(text))
    }

    private func subscribed(_ store: InMemoryLiveReplayStore) throws -> LiveReplaySubscription {
        guard case .subscribed(let subscription) = try store.subscribe(after: start) else {
            throw LiveReplayStoreError.store("a gap")
        }
        return subscription
    }

    private func replayed(
        _ store: InMemoryLiveReplayStore, after cursor: SessionCursor
    ) throws -> [SessionObservationEvent]? {
        guard case .replayed(let events) = try store.replay(after: cursor) else { return nil }
        return Array(events)
    }

    @Test func `a cursor is a plain string in JSON, survives it, and is opaque to a debugger`() throws {
        let cursor = SessionCursor(sessionID: "session:with:colon", revision: SessionRevision(3), position: 9)
        #expect(cursor.text == "lashsc1:3:9:session:with:colon")
        #expect(cursor.debugDescription == "SessionCursor(<opaque>)")
        let parts = try cursor.parts(forSession: "session:with:colon")
        #expect(parts.revision == SessionRevision(3) && parts.position == 9)
    }

    @Test func `a cursor of another session is refused by name, byte by byte`() {
        let cursor = SessionCursor(sessionID: "e\u{301}", revision: SessionRevision(0), position: 0)
        #expect(throws: SessionCursorError.wrongSession(expected: "\u{E9}", actual: "e\u{301}")) {
            try cursor.parts(forSession: "\u{E9}")
        }
        #expect(
            SessionCursorError.wrongSession(expected: "B", actual: "A").description
                == "session cursor belongs to `A`, not `B`")
    }

    @Test func `events behind a cursor are replayed in order`() throws {
        let store = store()
        let events = [try append("a", to: store), try append("b", to: store)]
        #expect(try replayed(store, after: start) == events)
        #expect(try replayed(store, after: events[0].cursor) == [events[1]])
        #expect(try replayed(store, after: events[1].cursor) == [])
        #expect(store.currentCursor(sessionID: "s", revision: SessionRevision(0)) == events[1].cursor)
    }

    @Test func `what the capacity let go is a gap`() throws {
        let store = store(capacity: 1)
        try append("a", to: store)
        try append("b", to: store)
        #expect(try store.replay(after: start) == .gap(.trimmed))
        guard case .gap(.trimmed) = try store.subscribe(after: start) else {
            Issue.record("a subscription stands")
            return
        }
    }

    @Test func `what grew older than the bound is a gap, what is exactly as old is not`() throws {
        let store = store(milliseconds: 1)
        try append("a", to: store)
        clock.advance(milliseconds: 1)
        #expect(try store.replay(after: start) != .gap(.trimmed))
        clock.advance(milliseconds: 1)
        #expect(try store.replay(after: start) == .gap(.trimmed))
        guard case .gap(.trimmed) = try store.subscribe(after: start) else {
            Issue.record("a subscription stands")
            return
        }
    }

    @Test func `a cursor ahead of the store is unavailable, also at the end of the range`() throws {
        let store = store()
        for position in [99, UInt64.max] {
            let ahead = SessionCursor(sessionID: "s", revision: SessionRevision(0), position: position)
            #expect(try store.replay(after: ahead) == .gap(.unavailable))
            try append("a", to: store)
            #expect(try store.replay(after: ahead) == .gap(.unavailable))
        }
    }

    @Test func `a subscription gives what was kept, then what comes, then the end`() async throws {
        var store: InMemoryLiveReplayStore? = store()
        let first = try append("a", to: try #require(store))
        let subscription = try subscribed(try #require(store))
        let second = try append("b", to: try #require(store))
        store = nil
        #expect(try await subscription.next() == first)
        #expect(try await subscription.next() == second)
        await #expect(throws: LiveReplayStoreError.closed) { try await subscription.next() }
        await #expect(throws: LiveReplayStoreError.closed) { try await subscription.next() }
    }

    /// A task that has asked for the next event and waits for it.
    private func waiting(
        for subscription: LiveReplaySubscription, on executor: ManualExecutor
    ) -> Task<SessionObservationEvent?, any Error> {
        let task = Task(executorPreference: executor) { try await subscription.next() }
        executor.runAll()
        return task
    }

    @Test func `a subscriber that waits is woken by an event`() async throws {
        let (store, executor) = (store(), ManualExecutor())
        let waiting = waiting(for: try subscribed(store), on: executor)
        let event = try append("a", to: store)
        executor.runAll()
        #expect(try await waiting.value == event)
    }

    @Test func `a subscriber that waits is woken by the end of the store`() async throws {
        var store: InMemoryLiveReplayStore? = store()
        let executor = ManualExecutor()
        let waiting = waiting(for: try subscribed(try #require(store)), on: executor)
        store = nil
        executor.runAll()
        await #expect(throws: LiveReplayStoreError.closed) { try await waiting.value }
    }

    @Test func `a subscription ends when its task is cancelled, before and while it waits`() async throws {
        let (store, executor) = (store(), ManualExecutor())
        let subscription = try subscribed(store)
        let late = waiting(for: subscription, on: executor)
        late.cancel()
        executor.runAll()
        #expect(try await late.value == nil)

        let early = Task(executorPreference: executor) { try await subscription.next() }
        early.cancel()
        executor.runAll()
        #expect(try await early.value == nil)
        try append("a", to: store)
        #expect(try await subscription.next() != nil)
    }

    @Test func `a signal that is given before someone waits for it is not lost`() async {
        let waiter = LiveReplayWaiter()
        waiter.wake()
        await waiter.wait()
    }

    @Test func `a subscription is a sequence that ends with the store`() async throws {
        var store: InMemoryLiveReplayStore? = store()
        let subscription = try subscribed(try #require(store))
        let events = try (0..<3).map { try append("\($0)", to: try #require(store)) }
        store = nil
        var seen: [SessionObservationEvent] = []
        await #expect(throws: LiveReplayStoreError.closed) {
            for try await event in subscription { seen.append(event) }
        }
        #expect(seen == events)
    }

    @Test func `one that waits behind the lag window is told too`() async throws {
        let store = store(capacity: 0)
        let subscription = try subscribed(store)
        for number in 0..<2_050 { try append("\(number)", to: store) }
        await #expect(throws: LiveReplayStoreError.subscriberLagged(2)) { try await subscription.next() }
        #expect(
            LiveReplayStoreError.subscriberLagged(2).description == "live replay subscriber lagged by 2 events")
    }

    @Test func `a subscriber more than 2048 behind is told once how many it missed`() throws {
        let store = store(capacity: 0)
        let subscription = try subscribed(store)
        for number in 0..<2_050 { try append("\(number)", to: store) }
        #expect(subscription.poll() == .lagged(2))
        guard case .event(let event) = subscription.poll() else {
            Issue.record("no event")
            return
        }
        #expect(try event.cursor.parts().position == 3)
    }

    @Test func `appending trims its own session and no other, which only counting shows`() throws {
        let store = store(capacity: 10, milliseconds: 1)
        for number in 0..<5 { try append("\(number)", to: store, session: "old") }
        clock.advance(milliseconds: 2)
        try append("new", to: store, session: "s")
        #expect(store.heldCount(sessionID: "old") == 5)
        try append("last", to: store, session: "old")
        #expect(store.heldCount(sessionID: "old") == 1)
    }

    @Test
    func `nothing is held for a subscription that was dropped, nor beyond the lag window for one that stands still`()
        throws
    {
        let store = store(capacity: 3)
        var subscription: LiveReplaySubscription? = try subscribed(store)
        for number in 0..<5_000 { try append("\(number)", to: store) }
        #expect(store.heldCount(sessionID: "s") == 2_048)
        _ = subscription?.poll()
        subscription = nil
        #expect(store.heldCount(sessionID: "s") == 3)
    }

    @Test func `an empty id, a capacity of zero and an age of zero have a clear answer`() throws {
        let store = store(capacity: 0, milliseconds: 0)
        let event = try append("a", to: store, session: "")
        #expect(throws: LiveReplayStoreError.cursor(.malformed("missing session id"))) {
            try store.replay(after: event.cursor)
        }
        let colons = try append("a", to: store, session: "a:\n:")
        #expect(try replayed(store, after: colons.cursor) == [])
        #expect(store.heldCount(sessionID: "a:\n:") == 0)
    }

    @Test func `many tasks that append and listen at once lose, repeat and reorder nothing`() async throws {
        let store = store(capacity: 100_000)
        let writers = 4
        let perWriter = 200
        let subscriptions = try (0..<4).map { _ in try subscribed(store) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0..<perWriter {
                        _ = try store.append(
                            sessionID: "s", revision: SessionRevision(0),
                            payload: .agentFrameSwitched(frameID: "\(writer)-\(number)"))
                    }
                }
            }
            for subscription in subscriptions {
                group.addTask {
                    for position in 1...UInt64(writers * perWriter) {
                        let event = try await subscription.next()
                        #expect(try event?.cursor.parts().position == position)
                    }
                }
            }
            try await group.waitForAll()
        }
        guard case .replayed(let all) = try store.replay(after: start) else { return }
        for writer in 0..<writers {
            let own = all.compactMap { event -> String? in
                guard case .agentFrameSwitched(let id) = event.payload, id.hasPrefix("\(writer)-") else { return nil }
                return id
            }
            #expect(own == (0..<perWriter).map { "\(writer)-\($0)" })
        }
    }
}
