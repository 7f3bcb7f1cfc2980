// A recorded session: what was done to a memory, in order, and checkpoints between.

/// A pair of a session's metadata.
public struct MetadataEntry: Sendable, Equatable, Codable {
    /// What it is about.
    public var key: String
    /// What there is to say.
    public var value: String

    /// Makes a pair.
    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

extension MetadataEntry: BincodeValue {
    init() { self.init(key: "", value: "") }

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("key", &key)
        try coder.field("value", &value)
    }
}

/// A session.
public struct ReplaySession: Sendable, Equatable, Codable {
    /// Identifies it.
    public var id: SessionID
    /// What its user called it.
    public var name: String?
    /// When it began, in seconds since 1970.
    public var createdSeconds: Int64
    /// When it ended; nil while it is being recorded.
    public var endedSeconds: Int64?
    /// Its checkpoints, in order.
    public var checkpoints: [Checkpoint]
    /// Its actions, in order.
    public var actions: [ReplayAction]
    /// Its metadata in the order of the file, which the upstream writes in no particular order. Of pairs with the same
    /// key the last counts; see `metadataValue(for:)`.
    public var metadata: [MetadataEntry]
    /// The layout's version.
    public var version: UInt32

    /// The version that this library writes.
    public static let currentVersion: UInt32 = 1

    /// A session that begins.
    public init(id: SessionID, name: String?, createdSeconds: Int64) {
        self.id = id
        self.name = name
        self.createdSeconds = createdSeconds
        endedSeconds = nil
        checkpoints = []
        actions = []
        metadata = []
        version = Self.currentVersion
    }

    /// The number that the next action gets: the last one's plus one, or 0. At the end of the range it stays there.
    public var nextSequence: UInt64 { actions.last?.sequence.addingClamped(1) ?? 0 }

    /// The value that counts for a key.
    public func metadataValue(for key: String) -> String? { metadata.last { $0.key == key }?.value }

    /// The session as bincode, without the length that precedes it in a segment.
    public func encoded() -> [UInt8] { BincodeEncoder.encode(self) }
}

extension ReplaySession: BincodeValue {
    init() { self.init(id: .zero, name: nil, createdSeconds: 0) }

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("session_id", &id)
        try coder.field("name", &name)
        try coder.field("created_secs", &createdSeconds)
        try coder.field("ended_secs", &endedSeconds)
        try coder.field("checkpoints", &checkpoints)
        try coder.field("actions", &actions)
        try coder.field("metadata", &metadata)
        try coder.field("version", &version)
    }
}

/// A line about a session in a list.
public struct SessionSummary: Sendable, Equatable, Codable {
    /// Identifies the session.
    public var id: SessionID
    /// What its user called it.
    public var name: String?
    /// When it began, in seconds since 1970.
    public var createdSeconds: Int64
    /// When it ended; nil when it has not.
    public var endedSeconds: Int64?
    /// How many actions it has.
    public var actionCount: Int
    /// How many checkpoints it has.
    public var checkpointCount: Int

    init(
        id: SessionID, name: String?, createdSeconds: Int64, endedSeconds: Int64?, actionCount: Int,
        checkpointCount: Int
    ) {
        self.id = id
        self.name = name
        self.createdSeconds = createdSeconds
        self.endedSeconds = endedSeconds
        self.actionCount = actionCount
        self.checkpointCount = checkpointCount
    }

    /// Sums a session up.
    public init(_ session: ReplaySession) {
        self.init(
            id: session.id, name: session.name, createdSeconds: session.createdSeconds,
            endedSeconds: session.endedSeconds, actionCount: session.actions.count,
            checkpointCount: session.checkpoints.count)
    }
}
