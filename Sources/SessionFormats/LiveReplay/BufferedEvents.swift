// The events that a subscription begins with.

/// A queue that is only taken from. An event is let go when it is taken.
final class BufferedEvents: Sendable {
    private let rest: Guarded<ArraySlice<SessionObservationEvent>>

    init(_ events: [SessionObservationEvent]) { rest = Guarded(events[...]) }

    func take() -> SessionObservationEvent? {
        rest.withLock { rest in
            let event = rest.popFirst()
            if rest.isEmpty { rest = [] }
            return event
        }
    }
}
