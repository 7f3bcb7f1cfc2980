// A client that listens to a session: first what was kept, then what comes.

import SessionFormats

/// A subscription. When it is dropped it costs nothing any more.
public final class LiveReplaySubscription: Sendable, AsyncSequence {
    /// What a subscription has to give at a moment.
    public enum Poll: Sendable, Equatable {
        /// The next event.
        case event(SessionObservationEvent)
        /// The listener fell more than 2,048 live events behind and missed this many; it goes on with the oldest held.
        case lagged(UInt64)
        /// Nothing yet.
        case pending
        /// Nothing any more: the store is gone.
        case closed
    }

    private let buffered: Guarded<LiveReplayEvents>
    private let buffer: LiveReplayBuffer
    private let listener: UInt64

    init(buffered: LiveReplayEvents, buffer: LiveReplayBuffer, listener: UInt64) {
        self.buffered = Guarded(buffered)
        self.buffer = buffer
        self.listener = listener
    }

    deinit { buffer.remove(listener) }

    /// Takes what there is, without waiting.
    public func poll() -> Poll {
        if let event = buffered.withLock({ $0.popFirst() }) { return .event(event) }
        return buffer.poll(listener)
    }

    /// Takes the next event, waiting for it; nil when the task is cancelled.
    ///
    /// - Throws: `LiveReplayStoreError.subscriberLagged` once for each time it falls behind, `closed` when the store is
    ///   gone, again and again.
    public func next() async throws(LiveReplayStoreError) -> SessionObservationEvent? {
        while true {
            switch poll() {
            case .event(let event): return event
            case .lagged(let count): throw .subscriberLagged(count)
            case .closed: throw .closed
            case .pending:
                if Task.isCancelled { return nil }
                await wait()
                if Task.isCancelled { return nil }
            }
        }
    }

    /// Returns when there may be something to poll, or the task is cancelled.
    private func wait() async {
        let waiter = LiveReplayWaiter()
        guard buffer.add(waiter, for: listener) else { return }
        await withTaskCancellationHandler {
            await waiter.wait()
        } onCancel: {
            waiter.wake()
        }
        buffer.remove(waiter)
    }

    /// An iterator; all iterators of a subscription share its place.
    public func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    /// Iterates over a subscription; ends when the task is cancelled.
    public struct Iterator: AsyncIteratorProtocol {
        let subscription: LiveReplaySubscription

        /// The next event; see `LiveReplaySubscription.next()`.
        public func next() async throws -> SessionObservationEvent? { try await subscription.next() }
    }
}
