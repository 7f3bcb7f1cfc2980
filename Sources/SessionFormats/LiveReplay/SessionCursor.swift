// A place in a session's stream of live events, as text that clients keep and hand back.
//
//     lashsc1:<revision>:<position>:<session id>
//
// The id is everything behind the third colon and may hold colons itself. What is accepted and refused, and in which
// words, follows the reference, whose integers are read by Rust's u64 parser. Ids are compared by their bytes: é composed
// and é decomposed are two sessions, while Swift's == on strings would make them one.
//
// A cursor does not say which store made it; a store that was lost and has grown again cannot tell. That is the
// reference's and is kept for compatibility.

/// The version of a session's committed state that an event belongs to.
public struct SessionRevision: Sendable, Hashable, Comparable, Codable {
    /// The number.
    public var number: UInt64

    /// Makes a revision.
    public init(_ number: UInt64) { self.number = number }

    /// Reads a plain number.
    public init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(UInt64.self) }

    /// Writes a plain number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    /// Orders by number.
    public static func < (a: SessionRevision, b: SessionRevision) -> Bool { a.number < b.number }
}

/// A cursor. Its text is for keeping, not for looking into; a debugger shows it as opaque.
public struct SessionCursor: Sendable, Hashable, Codable {
    private static let prefix = "lashsc1:"

    /// The text.
    public let text: String

    /// Takes a text as it was handed out; whether it is a cursor shows when it is used.
    public init(text: String) { self.text = text }

    /// The cursor behind an event.
    ///
    /// - Parameter position: The event's number in its session, from 1; 0 stands before the first.
    public init(sessionID: String, revision: SessionRevision, position: UInt64) {
        text = "\(Self.prefix)\(revision.number):\(position):\(sessionID)"
    }

    /// Reads a plain string.
    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    /// Writes a plain string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// By bytes.
    public static func == (a: SessionCursor, b: SessionCursor) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    /// By bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(SessionKey(text)) }

    /// What a cursor says.
    public struct Parts: Sendable, Equatable {
        /// The session.
        public var sessionID: String
        /// The revision, which no store compares.
        public var revision: SessionRevision
        /// The number of the last event seen.
        public var position: UInt64
    }

    /// Takes the cursor apart.
    ///
    /// - Throws: `SessionCursorError.malformed`.
    public func parts() throws(SessionCursorError) -> Parts {
        let bytes = text.utf8
        guard bytes.starts(with: Self.prefix.utf8) else { throw .malformed("missing cursor prefix") }
        let fields = bytes.dropFirst(Self.prefix.utf8.count).split(
            separator: 0x3A, maxSplits: 2, omittingEmptySubsequences: false)
        let revision = try Self.number(fields[0], "session revision")
        guard fields.count > 1 else { throw .malformed("missing live replay position") }
        let position = try Self.number(fields[1], "live replay position")
        guard fields.count > 2, !fields[2].isEmpty else { throw .malformed("missing session id") }
        return Parts(
            sessionID: String(Substring(fields[2])), revision: SessionRevision(revision), position: position)
    }

    /// Takes the cursor apart for a session that it must belong to.
    ///
    /// - Throws: `SessionCursorError`.
    public func parts(forSession expected: String) throws(SessionCursorError) -> Parts {
        let parts = try parts()
        guard SessionKey(parts.sessionID) == SessionKey(expected) else {
            throw .wrongSession(expected: expected, actual: parts.sessionID)
        }
        return parts
    }

    /// Rust's u64 from a string: one plus may lead, and the first problem from the left decides.
    private static func number(
        _ digits: Substring.UTF8View.SubSequence, _ what: String
    ) throws(SessionCursorError) -> UInt64 {
        func problem(_ text: String) -> SessionCursorError { .malformed("invalid \(what): \(text)") }
        guard let first = digits.first else { throw problem("cannot parse integer from empty string") }
        let rest = first == 0x2B ? digits.dropFirst() : digits
        guard !rest.isEmpty else { throw problem("invalid digit found in string") }
        var number: UInt64 = 0
        for byte in rest {
            guard (0x30...0x39).contains(byte) else { throw problem("invalid digit found in string") }
            let (tenfold, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tenfold.addingReportingOverflow(UInt64(byte - 0x30))
            if overflowed || carried { throw problem("number too large to fit in target type") }
            number = sum
        }
        return number
    }
}

extension SessionCursor: CustomStringConvertible, CustomDebugStringConvertible {
    /// The text.
    public var description: String { text }
    /// Nothing of the text.
    public var debugDescription: String { "SessionCursor(<opaque>)" }
}

/// A cursor that cannot be used.
public enum SessionCursorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is no cursor.
    case malformed(String)
    /// The cursor is another session's.
    case wrongSession(expected: String, actual: String)

    /// The reference's words.
    public var description: String {
        switch self {
        case .malformed(let message): "malformed session cursor: \(message)"
        case .wrongSession(let expected, let actual): "session cursor belongs to `\(actual)`, not `\(expected)`"
        }
    }
}

/// A session's id as a key that compares by bytes.
struct SessionKey: Sendable, Hashable {
    let id: String

    init(_ id: String) { self.id = id }

    static func == (a: SessionKey, b: SessionKey) -> Bool { a.id.utf8.elementsEqual(b.id.utf8) }

    func hash(into hasher: inout Hasher) {
        var id = id
        id.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(0xFF))
    }
}
