// What Foundation's UUID and Date have to do with the formats' own values; the formats themselves need no Foundation.

import Foundation
import SessionFormats

extension SessionID {
    /// The identifier that a UUID is.
    public init(_ uuid: UUID) {
        let text = uuid.uuidString
        // A UUID's text always has 32 hex digits.
        self = SessionID(text) ?? .zero
    }

    /// The same 16 bytes as a UUID.
    public var uuid: UUID {
        UUID(uuidString: description) ?? UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    }
}

extension ReplaySession {
    /// When it began.
    public var created: Date { Date(timeIntervalSince1970: TimeInterval(createdSeconds)) }
    /// When it ended; nil when it has not.
    public var ended: Date? { endedSeconds.map { Date(timeIntervalSince1970: TimeInterval($0)) } }
}

extension SessionSummary {
    /// When it began.
    public var created: Date { Date(timeIntervalSince1970: TimeInterval(createdSeconds)) }
    /// When it ended; nil when it has not.
    public var ended: Date? { endedSeconds.map { Date(timeIntervalSince1970: TimeInterval($0)) } }
}

extension ReplayAction {
    /// When it was recorded.
    public var timestamp: Date { Date(timeIntervalSince1970: TimeInterval(timestampSeconds)) }
    /// How long it took; zero when the recorder did not measure it.
    public var duration: Duration { .milliseconds(Int64(clamping: durationMilliseconds)) }
}
