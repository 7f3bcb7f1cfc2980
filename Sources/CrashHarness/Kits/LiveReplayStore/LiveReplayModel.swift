// What a live replay store must answer, in the simplest way that can be right.
//
// Every event is kept in a list, and every answer is worked out from the whole list; no code is shared with the store.

import LiveReplay
import SessionFormats

struct LiveReplayModel {
    /// The events of a session, by position from 1, with the time of each.
    private struct Session {
        var times: [UInt64] = []
        /// How many of the oldest are gone for replays.
        var gone = 0

        var tail: Int { times.count }
    }

    /// A subscription: positions to hand out before live ones, and how far the live ones are handed out.
    private struct Listener {
        var session: Int
        var buffered: Range<Int>
        var next: Int
    }

    enum Replay: Equatable {
        case positions(Range<Int>)
        case gap(LiveReplayGapReason)
    }

    enum Poll: Equatable {
        case position(Int)
        case lagged(Int)
        case pending
    }

    let capacity: Int
    /// In the clock's units.
    let maximumAge: UInt64
    private var sessions: [Session?]
    private var listeners: [Listener] = []

    init(capacity: Int, maximumAge: UInt64, sessions: Int) {
        self.capacity = capacity
        self.maximumAge = maximumAge
        self.sessions = Array(repeating: nil, count: sessions)
    }

    func tail(_ session: Int) -> Int { sessions[session]?.tail ?? 0 }

    mutating func append(_ session: Int, now: UInt64) -> Int {
        sessions[session, default: Session()].times.append(now)
        trim(session, now: now)
        return tail(session)
    }

    mutating func trim(_ session: Int, now: UInt64) {
        guard var touched = sessions[session] else { return }
        touched.gone = max(touched.gone, touched.tail - capacity)
        while touched.gone < touched.tail, now - touched.times[touched.gone] > maximumAge { touched.gone += 1 }
        sessions[session] = touched
    }

    mutating func replay(_ session: Int, after position: Int, now: UInt64) -> Replay {
        trim(session, now: now)
        guard let known = sessions[session] else { return position > 0 ? .gap(.unavailable) : .positions(0..<0) }
        if position > known.tail { return .gap(.unavailable) }
        if position < known.gone { return .gap(.trimmed) }
        return .positions(position + 1..<known.tail + 1)
    }

    /// Whether a subscription stands, or the gap instead.
    mutating func subscribe(_ session: Int, after position: Int, now: UInt64) -> LiveReplayGapReason? {
        if sessions[session] == nil { sessions[session] = Session() }
        switch replay(session, after: position, now: now) {
        case .gap(let reason): return reason
        case .positions(let buffered):
            listeners.append(Listener(session: session, buffered: buffered, next: tail(session) + 1))
            return nil
        }
    }

    mutating func poll(_ listener: Int) -> Poll {
        if let position = listeners[listener].buffered.popFirst() { return .position(position) }
        let behind = tail(listeners[listener].session) + 1 - listeners[listener].next
        if behind == 0 { return .pending }
        if behind > 2_048 {
            listeners[listener].next += behind - 2_048
            return .lagged(behind - 2_048)
        }
        listeners[listener].next += 1
        return .position(listeners[listener].next - 1)
    }
}

extension Array {
    /// An optional element that is made when it is first needed.
    fileprivate subscript<Wrapped>(_ index: Int, default value: Wrapped) -> Wrapped where Element == Wrapped? {
        get { self[index] ?? value }
        set { self[index] = newValue }
    }
}
