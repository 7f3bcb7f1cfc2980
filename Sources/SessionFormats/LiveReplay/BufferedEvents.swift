// The events that a subscription begins with.

import Synchronization

/// A queue that is only taken from. An event is let go when it is taken.
final class BufferedEvents: Sendable {
    private let rest: Mutex<ArraySlice<SessionObservationEvent>>

    init(_ events: [SessionObservationEvent]) { rest = Mutex(events[...]) }

    func take() -> SessionObservationEvent? {
        rest.withLock { rest in
            let event = rest.popFirst()
            if rest.isEmpty { rest = [] }
            return event
        }
    }
}
