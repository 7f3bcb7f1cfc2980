// What a store of live events offers, whatever it keeps them in.

import SessionFormats

/// A store that keeps the latest events of each session for clients that come back.
public protocol LiveReplayStore: Sendable {
    /// Adds an event to a session and returns it with its cursor. The first position is 1.
    func append(
        sessionID: String, revision: SessionRevision, payload: SessionObservationPayload
    ) throws(LiveReplayStoreError) -> SessionObservationEvent

    /// The events behind a cursor.
    ///
    /// - Throws: `LiveReplayStoreError.cursor` for a cursor that does not parse.
    func replay(after cursor: SessionCursor) throws(LiveReplayStoreError) -> LiveReplayResult

    /// The events behind a cursor and then all that follow.
    ///
    /// - Throws: `LiveReplayStoreError.cursor` for a cursor that does not parse.
    func subscribe(after cursor: SessionCursor) throws(LiveReplayStoreError) -> LiveReplaySubscribeResult

    /// The cursor behind a session's last event; position 0 for a session that is not known.
    func currentCursor(sessionID: String, revision: SessionRevision) -> SessionCursor

    /// Lets events of a session go that the bounds do not keep.
    func trim(sessionID: String) throws(LiveReplayStoreError)
}

extension LiveReplayStore {
    /// What a cursor says.
    func parts(of cursor: SessionCursor) throws(LiveReplayStoreError) -> SessionCursor.Parts {
        do throws(SessionCursorError) { return try cursor.parts() } catch { throw .cursor(error) }
    }

    /// The same of a cursor that has to be of this session.
    func parts(
        of cursor: SessionCursor, forSession sessionID: String
    ) throws(LiveReplayStoreError) -> SessionCursor.Parts {
        do throws(SessionCursorError) { return try cursor.parts(forSession: sessionID) } catch { throw .cursor(error) }
    }
}

/// What a replay gives.
public enum LiveReplayResult: Sendable, Equatable {
    /// The events behind the cursor, in order.
    case replayed(LiveReplayEvents)
    /// Events are missing.
    case gap(LiveReplayGapReason)
}

/// What a subscription begins with.
public enum LiveReplaySubscribeResult: Sendable {
    /// It stands.
    case subscribed(LiveReplaySubscription)
    /// Events are missing; there is no subscription.
    case gap(LiveReplayGapReason)
}

/// Why a store cannot answer.
public enum LiveReplayStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The cursor cannot be used.
    case cursor(SessionCursorError)
    /// The store itself failed.
    case store(String)
    /// The subscriber fell too far behind and missed this many events.
    case subscriberLagged(UInt64)
    /// The store is gone.
    case closed

    /// The reference's words.
    public var description: String {
        switch self {
        case .cursor(let error): error.description
        case .store(let message): "live replay store error: \(message)"
        case .subscriberLagged(let count): "live replay subscriber lagged by \(count) events"
        case .closed: "live replay channel closed"
        }
    }
}
