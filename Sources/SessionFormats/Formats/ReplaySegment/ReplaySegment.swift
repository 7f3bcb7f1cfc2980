// The part of a memory that holds its finished sessions.
//
//     "MV2RPLY!"  u32 version  u32 session count  u64 total size (these 24 bytes included)
//     per session: u64 length, then that many bytes of one session
//
// Nothing in a segment is hashed, so what can be checked is structure. Reading validates every byte in one pass and
// keeps an offset per action; values are made when asked for. The reference looks at the magic and the count alone:
// reference mode does the same and fails as a whole. Recover mode reads session by session, keeps every whole one, also
// behind a broken one and beyond the count, and reports whatever the header and the lengths contradict.

/// A replay segment that has been read.
public struct ReplaySegment: Sendable {
    /// The first eight bytes.
    public static let magic = "MV2RPLY!"
    /// The version that this library writes.
    public static let currentVersion: UInt32 = 1
    /// The header's size in bytes.
    public static let headerSize = 24

    /// The header's version.
    public let version: UInt32
    /// How many sessions the header counts.
    public let claimedSessionCount: UInt32
    /// The size that the header gives, in bytes.
    public let claimedSize: UInt64
    /// The sessions that were read.
    public let sessions: [StoredSession]
    /// What there is to say; empty in reference mode.
    public let findings: Findings

    /// Reads a segment.
    ///
    /// - Parameters:
    ///   - bytes: A file that is a segment or holds one.
    ///   - range: The segment's place; the whole file when nil. Offsets in errors count from the start of the file.
    ///   - mode: In reference mode anything that the reference refuses is an error. In recover mode only a missing
    ///     header is; the rest becomes findings.
    /// - Throws: `ReplayFormatError`.
    public static func read(
        _ bytes: FileBytes, in range: Range<Int>? = nil, mode: ReadingMode = .recover
    ) throws(ReplayFormatError) -> ReplaySegment {
        let range = (range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
        let outcome = bytes.withBytes { buffer -> Result<ReplaySegment, ReplayFormatError> in
            do throws(ReplayFormatError) {
                var reader = try ReplaySegmentReader(bytes, buffer, range, mode)
                return .success(try reader.read())
            } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    /// Reads a file that is a segment.
    public static func read(
        path: String, mode: ReadingMode = .recover, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(ReplayFormatError) -> ReplaySegment {
        let bytes: FileBytes
        do throws(FileSystemError) { bytes = try fileSystem.contents(of: path) } catch { throw .file(error) }
        return try read(bytes, mode: mode)
    }

    /// A segment of these sessions.
    public static func encode(_ sessions: [ReplaySession]) -> [UInt8] {
        encode(bodies: sessions.map { $0.encoded() })
    }

    /// A segment of sessions that are encoded.
    static func encode(bodies: [[UInt8]]) -> [UInt8] {
        var encoder = BincodeEncoder()
        encoder.append(raw: magic.utf8)
        encoder.append(currentVersion)
        encoder.append(UInt32(truncatingIfNeeded: bodies.count))
        encoder.append(UInt64(headerSize + bodies.reduce(0) { $0 + 8 + $1.count }))
        for body in bodies {
            encoder.append(UInt64(body.count))
            encoder.append(raw: body)
        }
        return encoder.bytes
    }
}

/// A session as it stands in a segment, its parts decoded when asked for.
public struct StoredSession: Sendable {
    private let bytes: FileBytes
    /// Its bytes, from the start of the file, without the length before them.
    public let byteRange: Range<Int>
    /// Identifies it.
    public let id: SessionID
    /// What its user called it.
    public let name: String?
    /// When it began, in seconds since 1970.
    public let createdSeconds: Int64
    /// When it ended; nil when it has not.
    public let endedSeconds: Int64?
    /// The layout's version.
    public let version: UInt32
    private let checkpointPlace: Int
    private let metadataPlace: Int
    private let actionPlaces: ContiguousArray<Int>
    /// How many checkpoints it has.
    public let checkpointCount: Int

    /// Validates a session.
    init(_ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>) throws(BincodeError) {
        self.bytes = bytes
        var decoder = BincodeDecoder(cursor: BincodeCursor(buffer, in: range))
        var head = ReplaySession()
        try decoder.field("session_id", &head.id)
        try decoder.field("name", &head.name)
        try decoder.field("created_secs", &head.createdSeconds)
        try decoder.field("ended_secs", &head.endedSeconds)
        (id, name) = (head.id, head.name)
        (createdSeconds, endedSeconds) = (head.createdSeconds, head.endedSeconds)

        var checker = BincodeChecker(cursor: decoder.cursor)
        checkpointPlace = checker.cursor.at
        checkpointCount = try checker.cursor.count()
        var checkpoint = Checkpoint()
        for _ in 0..<checkpointCount { try checkpoint.code(with: &checker) }

        var places = ContiguousArray<Int>()
        var action = ReplayAction()
        for _ in 0..<(try checker.cursor.count()) {
            places.append(checker.cursor.at)
            try action.code(with: &checker)
        }
        actionPlaces = places

        metadataPlace = checker.cursor.at
        try checker.field("metadata", &head.metadata)
        decoder.cursor = checker.cursor
        try decoder.field("version", &head.version)
        version = head.version
        byteRange = range.lowerBound..<decoder.cursor.at
    }

    /// How many actions it has.
    public var actionCount: Int { actionPlaces.count }

    /// The actions' sequence numbers, read without decoding the rest.
    var actionSequences: [UInt64] {
        bytes.withBytes { buffer in
            actionPlaces.compactMap { place in
                var cursor = BincodeCursor(buffer, in: place..<byteRange.upperBound)
                return try? cursor.integer(UInt64.self)
            }
        }
    }

    /// One action.
    ///
    /// - Parameter index: From 0 to `actionCount` - 1.
    /// - Throws: `ReplayFormatError` when the file was changed by someone else since it was read.
    public func action(at index: Int) throws(ReplayFormatError) -> ReplayAction {
        try decode(ReplayAction.self, at: actionPlaces[index])
    }

    /// The checkpoints.
    ///
    /// - Throws: As `action(at:)`.
    public func checkpoints() throws(ReplayFormatError) -> [Checkpoint] {
        try decode([Checkpoint].self, at: checkpointPlace)
    }

    /// The metadata, in the order of the file.
    ///
    /// - Throws: As `action(at:)`.
    public func metadata() throws(ReplayFormatError) -> [MetadataEntry] {
        try decode([MetadataEntry].self, at: metadataPlace)
    }

    /// A line about it in a list.
    public var summary: SessionSummary {
        SessionSummary(
            id: id, name: name, createdSeconds: createdSeconds, endedSeconds: endedSeconds, actionCount: actionCount,
            checkpointCount: checkpointCount)
    }

    /// The whole session as a value.
    ///
    /// - Throws: As `action(at:)`.
    public func decoded() throws(ReplayFormatError) -> ReplaySession {
        try decode(ReplaySession.self, at: byteRange.lowerBound)
    }

    /// Where each field stands. Empty only when the file was changed by someone else since it was read.
    public func fieldSpans() -> [FieldSpan] {
        bytes.withBytes { buffer in
            var mapper = BincodeMapper(cursor: BincodeCursor(buffer, in: byteRange))
            var session = ReplaySession()
            return (try? session.code(with: &mapper)) == nil ? [] : mapper.spans
        }
    }

    private func decode<Value: BincodeValue>(_ type: Value.Type, at place: Int) throws(ReplayFormatError) -> Value {
        let outcome = bytes.withBytes { buffer -> Result<Value, ReplayFormatError> in
            do throws(BincodeError) {
                return .success(try BincodeDecoder.decode(type, from: buffer, in: place..<byteRange.upperBound).value)
            } catch { return .failure(.undecodable(error)) }
        }
        return try outcome.get()
    }
}

/// Walks a segment's header and lengths.
private struct ReplaySegmentReader {
    private let bytes: FileBytes
    private let buffer: UnsafeRawBufferPointer
    private let range: Range<Int>
    private let mode: ReadingMode
    private let version: UInt32
    private let claimedCount: UInt32
    private let claimedSize: UInt64
    private var cursor: BincodeCursor
    private var sessions: [StoredSession] = []
    private var findings = Findings()

    init(
        _ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>, _ mode: ReadingMode
    ) throws(ReplayFormatError) {
        (self.bytes, self.buffer, self.range, self.mode) = (bytes, buffer, range, mode)
        try ReplayFormatError.checkMagic(ReplaySegment.magic, in: buffer, range, headerSize: ReplaySegment.headerSize)
        cursor = BincodeCursor(buffer, in: range)
        do throws(BincodeError) {
            _ = try cursor.take(8)
            version = try cursor.integer(UInt32.self)
            claimedCount = try cursor.integer(UInt32.self)
            claimedSize = try cursor.integer(UInt64.self)
        } catch { throw .undecodable(error) }
    }

    mutating func read() throws(ReplayFormatError) -> ReplaySegment {
        switch mode {
        case .reference: try readAsReference()
        case .recover: readRecovering()
        }
        return ReplaySegment(
            version: version, claimedSessionCount: claimedCount, claimedSize: claimedSize, sessions: sessions,
            findings: findings)
    }

    private mutating func readAsReference() throws(ReplayFormatError) {
        for _ in 0..<claimedCount {
            let body = try nextBody()
            do throws(BincodeError) { sessions.append(try StoredSession(bytes, buffer, body)) } catch {
                throw .undecodable(error)
            }
        }
    }

    /// Moves behind the next session.
    private mutating func nextBody() throws(ReplayFormatError) -> Range<Int> {
        let start = cursor.at
        guard cursor.available >= 8, let length = try? cursor.integer(UInt64.self) else {
            throw .missingSessions(offset: range.upperBound, claimed: claimedCount, found: sessions.count)
        }
        guard length <= UInt64(cursor.available), (try? cursor.take(Int(length))) != nil else {
            throw .truncated(offset: start, needed: length, available: cursor.available)
        }
        return start + 8..<cursor.at
    }

    private mutating func readRecovering() {
        checkHeader()
        var number: UInt32 = 0
        while number < claimedCount {
            number += 1
            do throws(ReplayFormatError) {
                keep(try nextBody(), number)
            } catch {
                findings.add(
                    .undecodable, .error, offset: error.offset ?? 0, length: range.upperBound - (error.offset ?? 0),
                    "Session \(number) of \(claimedCount) and all after it are cut off: \(error)")
                return
            }
        }
        keepUncounted()
    }

    private mutating func checkHeader() {
        if version != ReplaySegment.currentVersion {
            findings.add(
                .unknownVersion, .error, offset: range.lowerBound + 8, length: 4,
                "Version \(version) is not known (1 is); what follows was read as version 1.")
        }
        if claimedSize != UInt64(range.count) {
            findings.add(
                .totalSizeMismatch, .error, offset: range.lowerBound + 16, length: 8,
                "The header gives a size of \(claimedSize) bytes; \(range.count) are there.")
        }
    }

    /// Keeps a whole session; what is wrong with a broken one becomes a finding, and the next one is at its place.
    private mutating func keep(_ body: Range<Int>, _ number: UInt32) {
        do throws(BincodeError) {
            let session = try StoredSession(bytes, buffer, body)
            sessions.append(session)
            check(session, body)
        } catch {
            findings.add(
                .undecodable, .error, offset: error.offset, length: body.upperBound - error.offset,
                "Session \(number) of \(claimedCount) does not decode: \(error)")
        }
    }

    /// Sessions behind the last one that the header counts.
    private mutating func keepUncounted() {
        let start = cursor.at
        var found = 0
        while cursor.available > 0 {
            let before = cursor
            guard let body = try? nextBody(), let session = try? StoredSession(bytes, buffer, body) else {
                cursor = before
                break
            }
            sessions.append(session)
            check(session, body)
            found += 1
        }
        if found > 0 {
            findings.add(
                .sessionCountMismatch, .error, offset: range.lowerBound + 12, length: 4,
                """
                The header counts \(claimedCount) sessions; \(found) more follow at byte \(start), which the \
                reference does not list. They are kept.
                """)
        }
        if cursor.available > 0 {
            findings.add(
                .trailingBytes, .error, offset: cursor.at, length: cursor.available,
                "\(cursor.available) bytes follow the last session.")
        }
    }

    private mutating func check(_ session: StoredSession, _ body: Range<Int>) {
        if session.version != ReplaySession.currentVersion {
            findings.add(
                .unknownVersion, .error, offset: session.byteRange.upperBound - 4, length: 4,
                "Session \(session.id) has version \(session.version), which is not known (1 is).")
        }
        let left = session.byteRange.upperBound..<body.upperBound
        if !left.isEmpty {
            findings.add(
                .trailingSessionBytes, .error, offset: left.lowerBound, length: left.count,
                "\(left.count) bytes are left over inside the length of session \(session.id).")
        }
    }
}
