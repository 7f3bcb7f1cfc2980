// What a client that observes a session is given: the state to start from, and what happened since.
//
// JSON follows the reference's conventions: field names in snake case, an enumeration as an object whose one key is the
// case. Of these types the reference itself writes only the gap.

import SessionFormats

/// A session's state and the place in its stream where that state stood.
///
/// Take the cursor first and the state second: events between the two are then told twice, while the other way round,
/// which is the reference's, they are lost.
public struct SessionObservation: Sendable, Hashable, Codable {
    /// What the session looks like; its JSON is the program's own.
    public var readView: CanonicalJSON
    /// Where to go on from.
    public var cursor: SessionCursor

    private enum CodingKeys: String, CodingKey {
        case readView = "read_view"
        case cursor
    }

    /// Makes an observation.
    public init(readView: CanonicalJSON, cursor: SessionCursor) {
        self.readView = readView
        self.cursor = cursor
    }
}

/// What a client that comes back is told.
public enum SessionResume: Sendable, Hashable {
    /// What it missed, all of it.
    case replayed(events: [SessionObservationEvent])
    /// Some of what it missed is gone; it starts over from the state.
    case gap(observation: SessionObservation, gap: LiveReplayGap)
}

/// What a client that comes back and stays is given.
public enum SessionObservationSubscription: Sendable {
    /// What it missed and then all that follows.
    case subscribed(LiveReplaySubscription)
    /// Some of what it missed is gone; it starts over from the state and subscribes behind its cursor.
    case gap(observation: SessionObservation, gap: LiveReplayGap)
}

extension LiveReplayStore {
    /// What a client that comes back with a cursor is told.
    ///
    /// - Parameters:
    ///   - revision: The session's current revision.
    ///   - readView: The session's current state; asked for only when there is a gap, after the cursor was taken.
    /// - Throws: `LiveReplayStoreError`, also for the cursor of another session.
    public func resume(
        sessionID: String, after cursor: SessionCursor, revision: SessionRevision, readView: () -> CanonicalJSON
    ) throws(LiveReplayStoreError) -> SessionResume {
        _ = try parts(of: cursor, forSession: sessionID)
        switch try replay(after: cursor) {
        case .replayed(let events): return .replayed(events: Array(events))
        case .gap(let reason):
            let (observation, gap) = startingOver(sessionID, cursor, revision, reason, readView)
            return .gap(observation: observation, gap: gap)
        }
    }

    /// What a client that comes back with a cursor and stays is given; see `resume`.
    public func observe(
        sessionID: String, after cursor: SessionCursor, revision: SessionRevision, readView: () -> CanonicalJSON
    ) throws(LiveReplayStoreError) -> SessionObservationSubscription {
        _ = try parts(of: cursor, forSession: sessionID)
        switch try subscribe(after: cursor) {
        case .subscribed(let subscription): return .subscribed(subscription)
        case .gap(let reason):
            let (observation, gap) = startingOver(sessionID, cursor, revision, reason, readView)
            return .gap(observation: observation, gap: gap)
        }
    }

    private func startingOver(
        _ sessionID: String, _ cursor: SessionCursor, _ revision: SessionRevision, _ reason: LiveReplayGapReason,
        _ readView: () -> CanonicalJSON
    ) -> (SessionObservation, LiveReplayGap) {
        let latest = currentCursor(sessionID: sessionID, revision: revision)
        return (
            SessionObservation(readView: readView(), cursor: latest),
            LiveReplayGap(
                sessionID: sessionID, requestedCursor: cursor, latestCursor: latest, latestRevision: revision,
                reason: reason)
        )
    }
}

extension SessionResume: Codable {
    private enum CodingKeys: String, CodingKey { case replayed, gap }
    private struct Replayed: Codable { var events: [SessionObservationEvent] }
    private struct Gap: Codable { var observation: SessionObservation, gap: LiveReplayGap }

    /// Reads `{"replayed":{"events":[…]}}` or `{"gap":{"observation":…,"gap":…}}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if container.contains(.replayed) {
            self = .replayed(events: try container.decode(Replayed.self, forKey: .replayed).events)
        } else {
            let gap = try container.decode(Gap.self, forKey: .gap)
            self = .gap(observation: gap.observation, gap: gap.gap)
        }
    }

    /// Writes what `init(from:)` reads.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .replayed(let events): try container.encode(Replayed(events: events), forKey: .replayed)
        case .gap(let observation, let gap):
            try container.encode(Gap(observation: observation, gap: gap), forKey: .gap)
        }
    }
}

extension SessionObservationPayload: Codable {
    /// Reads an object with the kind as its one key.
    public init(from decoder: any Decoder) throws {
        let json = try CanonicalJSON(from: decoder)
        guard let payload = (try? JSONValue(json.bytes)).flatMap(SessionObservationPayload.init) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "A payload of a known kind was expected."))
        }
        self = payload
    }

    /// Writes what `init(from:)` reads.
    public func encode(to encoder: any Encoder) throws { try CanonicalJSON(canonical: json).encode(to: encoder) }
}
