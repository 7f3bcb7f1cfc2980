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

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import SessionFormats

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
        let id = sessionID.utf8
        // Each number has at most 20 digits.
        text = String(unsafeUninitializedCapacity: Self.prefix.utf8.count + 42 + id.count) { buffer in
            var end = buffer.initialize(fromContentsOf: Self.prefix.utf8)
            end = Self.print(revision.number, into: buffer, at: end)
            end = Self.print(position, into: buffer, at: end)
            return buffer[end...].initialize(fromContentsOf: id)
        }
    }

    /// Prints a number and a colon; returns where they end.
    private static func print(_ number: UInt64, into buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
        var (count, bound) = (1, number)
        while bound > 9 { (count, bound) = (count + 1, bound / 10) }
        var rest = number
        var place = start + count
        buffer[place] = 0x3A
        while place > start {
            place -= 1
            buffer[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return start + count + 1
    }

    /// Reads a plain string.
    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    /// Writes a plain string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// By bytes.
    public static func == (a: SessionCursor, b: SessionCursor) -> Bool { SessionKey(a.text) == SessionKey(b.text) }

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
        try text.utf8.withBytes { bytes -> Result<Parts, SessionCursorError> in
            do throws(SessionCursorError) { return .success(try Self.parts(of: bytes)) } catch {
                return .failure(error)
            }
        }.get()
    }

    private static func parts(of bytes: UnsafeRawBufferPointer) throws(SessionCursorError) -> Parts {
        let isCursor = prefix.utf8.withBytes { bytes.count >= $0.count && $0.hasSamePrefix(as: bytes) }
        guard isCursor else { throw .malformed("missing cursor prefix") }
        var at = prefix.utf8.count
        let revision = try number(in: bytes, &at, "session revision")
        if at == bytes.count { throw .malformed("missing live replay position") }
        at += 1
        let position = try number(in: bytes, &at, "live replay position")
        if at + 1 >= bytes.count { throw .malformed("missing session id") }
        let id = String(decoding: bytes[(at + 1)...], as: UTF8.self)
        return Parts(sessionID: id, revision: SessionRevision(revision), position: position)
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

    /// Rust's u64 from the bytes up to the next colon: one plus may lead, and the first problem from the left decides.
    private static func number(
        in bytes: UnsafeRawBufferPointer, _ at: inout Int, _ what: String
    ) throws(SessionCursorError) -> UInt64 {
        func problem(_ text: String) -> SessionCursorError { .malformed("invalid \(what): \(text)") }
        let isAtEnd = { (at: Int) in at == bytes.count || bytes[at] == 0x3A }
        if isAtEnd(at) { throw problem("cannot parse integer from empty string") }
        if bytes[at] == 0x2B { at += 1 }
        if isAtEnd(at) { throw problem("invalid digit found in string") }
        var number: UInt64 = 0
        while !isAtEnd(at) {
            guard (0x30...0x39).contains(bytes[at]) else { throw problem("invalid digit found in string") }
            let (tenfold, overflowed) = number.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tenfold.addingReportingOverflow(UInt64(bytes[at] - 0x30))
            if overflowed || carried { throw problem("number too large to fit in target type") }
            number = sum
            at += 1
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

    static func == (a: SessionKey, b: SessionKey) -> Bool {
        a.id.utf8.withBytes { a in b.id.utf8.withBytes { b in a.count == b.count && a.hasSamePrefix(as: b) } }
    }

    func hash(into hasher: inout Hasher) {
        id.utf8.withBytes { hasher.combine(bytes: $0) }
        hasher.combine(UInt8(0xFF))
    }

    /// A number that spreads ids which differ near their end, such as numbered ones.
    var spread: UInt64 {
        id.utf8.withBytes { bytes in
            bytes.count < 8
                ? bytes.reduce(0) { $0 &* 31 &+ UInt64($1) }
                : (bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self) &* 0x9E37_79B9_7F4A_7C15) >> 32
        }
    }
}

extension String.UTF8View {
    /// The bytes in one piece.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if let result = withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) { return result }
        return Array(self).withUnsafeBytes(body)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are the first of others, which are at least as many.
    @inline(__always)
    fileprivate func hasSamePrefix(as others: UnsafeRawBufferPointer) -> Bool {
        guard let base = baseAddress, let other = others.baseAddress else { return true }
        return memcmp(base, other, count) == 0
    }
}
