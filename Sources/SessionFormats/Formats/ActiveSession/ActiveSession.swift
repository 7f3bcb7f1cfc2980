// A session that is being recorded, and the sidecar file in which it outlives the program.
//
//     "MV2ACTIV"  u64 length  then that many bytes: the session, two counters, the configuration
//
// Bytes behind the payload, and bytes left over inside it, are ignored, as the reference does.

/// How a session is recorded.
public struct RecordingConfiguration: Sendable, Equatable {
    /// Make a checkpoint when this many actions were recorded since the last one; 0 for never.
    public var autoCheckpointInterval: UInt64
    /// Kept for the upstream, which stores this and does not act on it.
    public var maximumActions: UInt64?
    /// Kept for the upstream, which stores this and does not act on it.
    public var recordsAutomatically: Bool

    /// Makes a configuration; the defaults are the upstream's.
    public init(
        autoCheckpointInterval: UInt64 = 0, maximumActions: UInt64? = nil, recordsAutomatically: Bool = false
    ) {
        self.autoCheckpointInterval = autoCheckpointInterval
        self.maximumActions = maximumActions
        self.recordsAutomatically = recordsAutomatically
    }
}

/// A session that is being recorded.
public struct ActiveSession: Sendable, Equatable {
    /// The sidecar's first eight bytes.
    public static let magic = "MV2ACTIV"
    /// The sidecar's header in bytes: the magic and the length.
    public static let headerSize = 16

    /// What was recorded so far.
    public var session: ReplaySession
    /// The number that the next checkpoint gets.
    public var nextCheckpointID: UInt64
    /// How many actions were recorded since the last checkpoint.
    public var actionsSinceCheckpoint: UInt64
    /// How it is recorded.
    public var configuration: RecordingConfiguration

    /// A session that begins.
    public init(_ session: ReplaySession, configuration: RecordingConfiguration = RecordingConfiguration()) {
        self.session = session
        nextCheckpointID = 0
        actionsSinceCheckpoint = 0
        self.configuration = configuration
    }

    /// Whether a checkpoint is due.
    public var isCheckpointDue: Bool {
        configuration.autoCheckpointInterval > 0 && actionsSinceCheckpoint >= configuration.autoCheckpointInterval
    }

    /// Adds an action.
    public mutating func record(_ action: ReplayAction) {
        session.actions.append(action)
        actionsSinceCheckpoint = actionsSinceCheckpoint.addingClamped(1)
    }

    /// Adds a checkpoint behind the last action.
    public mutating func addCheckpoint(_ snapshot: StateSnapshot, timestampSeconds: Int64) -> Checkpoint {
        let next = session.nextSequence
        let checkpoint = Checkpoint(
            id: nextCheckpointID, atSequence: next == 0 ? 0 : next - 1, timestampSeconds: timestampSeconds,
            snapshot: snapshot)
        session.checkpoints.append(checkpoint)
        nextCheckpointID = nextCheckpointID.addingClamped(1)
        actionsSinceCheckpoint = 0
        return checkpoint
    }

    /// The sidecar's bytes.
    public func encoded() -> [UInt8] {
        let payload = BincodeEncoder.encode(self)
        var encoder = BincodeEncoder()
        encoder.append(raw: Self.magic.utf8)
        encoder.append(UInt64(payload.count))
        encoder.append(raw: payload)
        return encoder.bytes
    }

    /// Reads a sidecar's bytes.
    ///
    /// - Throws: `ReplayFormatError`: too short, wrong magic, truncated, or undecodable.
    public static func read(_ bytes: FileBytes) throws(ReplayFormatError) -> ActiveSession {
        try decode(bytes) { (buffer, payload) throws(BincodeError) in
            try BincodeDecoder.decode(ActiveSession.self, from: buffer, in: payload).value
        }
    }

    /// Reads a sidecar.
    ///
    /// - Throws: As `read(_:)`, and `file` when it cannot be read.
    public static func read(
        path: String, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(ReplayFormatError) -> ActiveSession {
        let bytes: FileBytes
        do throws(FileSystemError) { bytes = try fileSystem.contents(of: path) } catch { throw .file(error) }
        return try read(bytes)
    }

    /// Where each field of a sidecar stands.
    ///
    /// - Throws: `ReplayFormatError`, as reading it does.
    public static func fieldSpans(of bytes: FileBytes) throws(ReplayFormatError) -> [FieldSpan] {
        try decode(bytes) { (buffer, payload) throws(BincodeError) in
            var mapper = BincodeMapper(cursor: BincodeCursor(buffer, in: payload))
            var session = ActiveSession()
            try session.code(with: &mapper)
            let length = FieldSpan(path: "length", range: 8..<16, value: "\(payload.count)")
            return [FieldSpan(path: "magic", range: 0..<8, value: magic), length] + mapper.spans
        }
    }

    private static func decode<Value>(
        _ bytes: FileBytes,
        _ body: (UnsafeRawBufferPointer, Range<Int>) throws(BincodeError) -> Value
    ) throws(ReplayFormatError) -> Value {
        let outcome = bytes.withBytes { buffer -> Result<Value, ReplayFormatError> in
            do throws(ReplayFormatError) {
                let payload = try payload(of: buffer)
                do throws(BincodeError) { return .success(try body(buffer, payload)) } catch {
                    throw .undecodable(error)
                }
            } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    private static func payload(of buffer: UnsafeRawBufferPointer) throws(ReplayFormatError) -> Range<Int> {
        // The reference looks at the length of the file first.
        guard buffer.count >= headerSize else { throw .tooShort(length: buffer.count, needed: headerSize) }
        try ReplayFormatError.checkMagic(magic, in: buffer, 0..<buffer.count, headerSize: headerSize)
        let length = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let available = buffer.count - headerSize
        guard length <= UInt64(available) else {
            throw .truncated(offset: 8, needed: length, available: available)
        }
        return headerSize..<headerSize + Int(length)
    }
}

extension ActiveSession: BincodeValue {
    init() { self.init(ReplaySession()) }

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("session", &session)
        try coder.field("next_checkpoint_id", &nextCheckpointID)
        try coder.field("actions_since_checkpoint", &actionsSinceCheckpoint)
        try coder.field("auto_checkpoint_interval", &configuration.autoCheckpointInterval)
        try coder.field("max_actions_per_session", &configuration.maximumActions)
        try coder.field("auto_record", &configuration.recordsAutomatically)
    }
}

extension UInt64 {
    /// Adds and stays at the end of the range, since the counters come from files.
    func addingClamped(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
