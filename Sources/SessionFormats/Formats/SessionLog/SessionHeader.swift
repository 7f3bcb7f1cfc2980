// The first line of a session log.
//
// The reference reads it straight into its struct, so other rules hold than for entries: fields that it does not know
// are skipped by grammar alone, whatever their numbers, surrogates and depth, and no tag is looked for.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Who a session belongs to and where it ran.
public struct SessionHeader: Sendable, Equatable, Codable {
    /// Always "session" in a log that this library accepts.
    public var type: String
    /// The version of the log's format.
    public var version: UInt32
    /// The session's identifier.
    public var id: String
    /// When the session began, as the writer spelled it.
    public var timestamp: String
    /// The working folder.
    public var cwd: String
    /// The session that this one continues.
    public var parentSession: String?

    /// The only version there is.
    public static let currentVersion: UInt32 = 1

    /// A header of the current version.
    public init(id: String, timestamp: String, cwd: String, parentSession: String? = nil) {
        type = "session"
        version = Self.currentVersion
        self.id = id
        self.timestamp = timestamp
        self.cwd = cwd
        self.parentSession = parentSession
    }

    /// The header's line, without the newline.
    public func encoded() -> [UInt8] {
        var json = JSONRecordPrinter()
        json.field("type", string: type)
        json.field("version", integer: version)
        json.field("id", string: id)
        json.field("timestamp", string: timestamp)
        json.field("cwd", string: cwd)
        json.field("parent_session", optional: parentSession)
        return json.finish()
    }
}

/// Reads the header's line.
struct HeaderParser {
    private enum Key: Int, CaseIterable {
        case type, version, id, timestamp, cwd, parentSession

        var name: StaticString {
            switch self {
            case .type: "type"
            case .version: "version"
            case .id: "id"
            case .timestamp: "timestamp"
            case .cwd: "cwd"
            case .parentSession: "parent_session"
            }
        }

        var bit: UInt8 { 1 << UInt8(rawValue) }

        func isSpelled(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
            guard bytes.count == name.utf8CodeUnitCount, let base = bytes.baseAddress else { return false }
            return memcmp(base, name.utf8Start, bytes.count) == 0
        }
    }

    private var scanner: JSONScanner
    private var version: UInt32?
    private var type: StringSpan?
    private var id: StringSpan?
    private var timestamp: StringSpan?
    private var cwd: StringSpan?
    private var parentSession: StringSpan?
    /// One bit per key that was there.
    private var seen: UInt8 = 0

    static func parse(_ scanner: JSONScanner) throws(JSONFault) -> SessionHeader {
        var parser = HeaderParser(scanner: scanner)
        switch try parser.scanner.peek() {
        case 0x7B: try parser.readObject()
        case 0x5B: try parser.readArray()
        default: throw parser.scanner.fault(.wrongType)
        }
        try parser.scanner.expectEnd()
        return try parser.header()
    }

    private init(scanner: JSONScanner) { self.scanner = scanner }

    private mutating func readObject() throws(JSONFault) {
        scanner.at += 1
        if try scanner.peek() == 0x7D {
            scanner.at += 1
            return
        }
        while true {
            let span = try scanner.string()
            let key = key(named: span)
            try scanner.expect(0x3A)
            if let key {
                guard seen & key.bit == 0 else { throw scanner.fault(.duplicateField) }
                seen |= key.bit
                try readValue(key)
            } else {
                try scanner.skipValue(.grammarOnly, depth: 1)
            }
            let byte = try scanner.peek()
            guard byte == 0x2C || byte == 0x7D else { throw scanner.fault(.unexpectedByte) }
            scanner.at += 1
            if byte == 0x7D { return }
        }
    }

    private mutating func readArray() throws(JSONFault) {
        scanner.at += 1
        for key in Key.allCases {
            if key != .type { try scanner.expect(0x2C) }
            try readValue(key)
        }
        try scanner.expect(0x5D)
    }

    private mutating func readValue(_ key: Key) throws(JSONFault) {
        switch key {
        case .type: type = try scanner.string()
        case .version: version = try unsigned32()
        case .id: id = try scanner.string()
        case .timestamp: timestamp = try scanner.string()
        case .cwd: cwd = try scanner.string()
        case .parentSession: if try !scanner.null() { parentSession = try scanner.string() }
        }
    }

    private mutating func unsigned32() throws(JSONFault) -> UInt32 {
        let byte = try scanner.peek()
        guard byte == 0x2D || (0x30...0x39).contains(byte) else { throw scanner.fault(.wrongType) }
        guard case .unsigned(let value)? = try scanner.number().integer, let version = UInt32(exactly: value) else {
            throw scanner.fault(.wrongType)
        }
        return version
    }

    private func header() throws(JSONFault) -> SessionHeader {
        guard let type, let version, let id, let timestamp, let cwd else { throw scanner.fault(.missingField) }
        var header = SessionHeader(
            id: scanner.text(id), timestamp: scanner.text(timestamp), cwd: scanner.text(cwd),
            parentSession: parentSession.map(scanner.text))
        header.type = scanner.text(type)
        header.version = version
        return header
    }

    /// Keys are compared by bytes after unescaping; String's == would also accept other spellings of the same characters.
    private func key(named span: StringSpan) -> Key? {
        guard span.hasEscapes else { return Key.allCases.first { $0.isSpelled(scanner.raw(span)) } }
        var bytes: [UInt8] = []
        scanner.unescape(span, into: &bytes)
        return Key.allCases.first { key in bytes.withUnsafeBufferPointer { key.isSpelled($0) } }
    }
}
