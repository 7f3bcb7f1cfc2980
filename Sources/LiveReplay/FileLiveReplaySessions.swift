// All that a live replay store in a file knows while it is open.

import SessionFormats

/// The sessions, and which positions may be handed out.
struct FileLiveReplaySessions {
    /// Positions that are handed out from some point in the file on.
    struct Life {
        var record: LiveReplayRecord
        var through: UInt64
    }

    private let bounds: LiveReplayBounds
    private let maximum: Int
    private let reservation: UInt64
    private var known: [SessionKey: FileLiveReplaySession] = [:]
    /// The first position of this life, and the last that this or an earlier one may have handed out.
    private(set) var lifeFirst: UInt64 = 1
    private(set) var reservedThrough: UInt64 = 0
    /// The largest position of a session that was forgotten.
    private var forgotten: UInt64 = 0
    private var appends: UInt64 = 0
    /// Whose expired events are let go next.
    private var sweep: [SessionKey] = []

    init(_ options: FileLiveReplayStore.Options) {
        bounds = options.bounds
        maximum = max(1, options.maximumSessions)
        reservation = max(1, options.reservation)
    }

    var count: Int { known.count }
    var keptCount: Int { known.values.reduce(0) { $0 + $1.buffer.keptCount } }

    subscript(sessionID: String) -> FileLiveReplaySession? { known[SessionKey(sessionID)] }

    /// A session's buffer, and the place there of a cursor's position, nil when the session never had that position.
    mutating func find(
        _ parts: SessionCursor.Parts, addsSession: Bool
    ) -> (buffer: LiveReplayBuffer, place: UInt64?)? {
        if addsSession { makeRoom(for: SessionKey(parts.sessionID), forgettingEvents: false) }
        return self[parts.sessionID].map { ($0.buffer, $0.place(of: parts.position)) }
    }

    func nextPosition(_ sessionID: String) -> UInt64 {
        // A session without a position yet may be one that was forgotten.
        let tail = self[sessionID]?.tail ?? 0
        return max(tail == 0 ? forgotten + 1 : tail + 1, lifeFirst)
    }

    mutating func append(
        _ sessionID: String, _ revision: SessionRevision, _ position: UInt64, _ payload: SessionObservationPayload,
        at: UInt64
    ) -> SessionObservationEvent {
        let key = SessionKey(sessionID)
        makeRoom(for: key)
        appends += 1
        sweepOne(now: at)
        var session = known.removeValue(forKey: key) ?? FileLiveReplaySession(sessionID)
        defer { known[key] = session }
        session.lastUse = appends
        return session.append(revision, position, payload, bounds, at: at)
    }

    // MARK: What leaves

    /// Lets expired events of one session go; as many calls as there are sessions see to all of them.
    private mutating func sweepOne(now: UInt64) {
        if sweep.isEmpty { sweep = Array(known.keys) }
        guard let key = sweep.popLast() else { return }
        known[key]?.buffer.trim(bounds, now: now)
    }

    mutating func trimAll(now: UInt64) {
        for session in known.values { session.buffer.trim(bounds, now: now) }
    }

    private mutating func makeRoom(for key: SessionKey, forgettingEvents: Bool = true) {
        if known[key] != nil { return }
        if known.count >= maximum { forgetIdle(forgettingEvents: forgettingEvents) }
        guard known.count < maximum else { return }
        known[key] = FileLiveReplaySession(key.id)
        known[key]?.lastUse = appends
    }

    /// Forgets those that nothing was ever appended to, which anybody can make with a cursor; without any, idle ones.
    private mutating func forgetIdle(forgettingEvents: Bool) {
        var candidates = known.filter { $0.value.tail == 0 }
        if candidates.isEmpty, forgettingEvents { candidates = known }
        let byUse = candidates.sorted { ($0.value.lastUse, $0.key.id) < ($1.value.lastUse, $1.key.id) }
        for (key, session) in byUse.prefix(max(1, maximum / 8)) {
            forgotten = max(forgotten, session.tail)
            session.buffer.close()
            known[key] = nil
        }
    }

    func closeAll() {
        for session in known.values { session.buffer.close() }
    }

    // MARK: Lives and the file

    /// Begins to hand out positions that no earlier life can have handed out.
    mutating func beginLife(behind origin: UInt64) throws(LiveReplayStoreError) -> Life {
        lifeFirst = max(reservedThrough, min(origin, .max - 1)) + 1
        return try life(from: lifeFirst)
    }

    /// Reserves positions from one on.
    mutating func life(from position: UInt64) throws(LiveReplayStoreError) -> Life {
        guard position <= LiveReplayRecord.lastPosition - reservation else {
            throw .store("no positions are left below 2^62")
        }
        reservedThrough = position + reservation - 1
        return Life(record: .life(first: lifeFirst, through: reservedThrough), through: reservedThrough)
    }

    /// Everything as the lines of a new file.
    func records(through: UInt64) -> [LiveReplayRecord] {
        let sessions = known.sorted { $0.key.id < $1.key.id }.flatMap { $0.value.records() }
        return [.header, .life(first: lifeFirst, through: through)] + sessions
    }

    /// Takes what a file says; false when it contradicts what was said before.
    mutating func restore(_ record: LiveReplayRecord, now: UInt64) -> Bool {
        switch record {
        case .header: return true
        case .life(let first, let through):
            guard through > reservedThrough else { return false }
            (lifeFirst, reservedThrough) = (first, through)
        case .session(let id, let ranges):
            guard self[id] == nil, ranges.last?.upperBound ?? 0 <= reservedThrough else { return false }
            makeRoom(for: SessionKey(id))
            known[SessionKey(id)] = FileLiveReplaySession(id, dropped: ranges)
        case .event(let id, let revision, let position, let at, let payload):
            guard position > self[id]?.tail ?? 0, position <= reservedThrough else { return false }
            _ = append(id, revision, position, payload, at: min(at, now))
        }
        return true
    }
}
