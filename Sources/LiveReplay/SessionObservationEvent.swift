// What observers of a running session are told, event by event.

import SessionFormats

/// What became of a batch in a session's queue.
public enum SessionQueueEventKind: String, Sendable, Codable, CaseIterable {
    /// It was added.
    case enqueued
    /// It was taken out before it ran.
    case cancelled
}

/// What became of a process of a session.
public enum SessionProcessEventKind: String, Sendable, Codable, CaseIterable {
    /// It began.
    case started
    /// It was stopped.
    case cancelled
}

/// What an event tells. The JSON of activities and read views is theirs alone and is kept as it is.
public enum SessionObservationPayload: Sendable, Hashable {
    /// Something happened inside a turn.
    case turnActivity(CanonicalJSON)
    /// The session's state was committed; this is what it looks like now.
    case committed(readView: CanonicalJSON)
    /// Another frame of the agent is the current one.
    case agentFrameSwitched(frameID: String)
    /// The queue changed.
    case queueChanged(kind: SessionQueueEventKind, batchIDs: [String])
    /// Processes changed.
    case processChanged(kind: SessionProcessEventKind, processIDs: [String])
}

/// An event and its place.
public struct SessionObservationEvent: Sendable, Hashable, Codable {
    /// The session.
    public var sessionID: String
    /// The revision that was current.
    public var revision: SessionRevision
    /// Its place; hand it back to go on behind it.
    public var cursor: SessionCursor
    /// What it tells.
    public var payload: SessionObservationPayload

    private enum CodingKeys: String, CodingKey {
        case sessionID = "session_id"
        case revision, cursor, payload
    }

    /// Makes an event.
    public init(
        sessionID: String, revision: SessionRevision, cursor: SessionCursor, payload: SessionObservationPayload
    ) {
        self.sessionID = sessionID
        self.revision = revision
        self.cursor = cursor
        self.payload = payload
    }
}

/// Why events are missing.
public enum LiveReplayGapReason: String, Sendable, Codable, CaseIterable {
    /// They were there and were let go.
    case trimmed
    /// This store never had them.
    case unavailable
}

/// A gap, for a client that has to start over.
public struct LiveReplayGap: Sendable, Hashable, Codable {
    /// The session.
    public var sessionID: String
    /// What the client asked for.
    public var requestedCursor: SessionCursor
    /// Where the stream is now.
    public var latestCursor: SessionCursor
    /// The revision there.
    public var latestRevision: SessionRevision
    /// Why.
    public var reason: LiveReplayGapReason

    private enum CodingKeys: String, CodingKey {
        case sessionID = "session_id"
        case requestedCursor = "requested_cursor"
        case latestCursor = "latest_cursor"
        case latestRevision = "latest_revision"
        case reason
    }

    /// Makes a gap.
    public init(
        sessionID: String, requestedCursor: SessionCursor, latestCursor: SessionCursor,
        latestRevision: SessionRevision, reason: LiveReplayGapReason
    ) {
        self.sessionID = sessionID
        self.requestedCursor = requestedCursor
        self.latestCursor = latestCursor
        self.latestRevision = latestRevision
        self.reason = reason
    }
}
