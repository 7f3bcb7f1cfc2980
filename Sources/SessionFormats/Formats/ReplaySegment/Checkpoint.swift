// A moment of a session from which replay can start.

/// What a memory looked like at a moment.
public struct StateSnapshot: Sendable, Equatable, Codable {
    /// How many frames there were.
    public var frameCount: UInt64
    /// Their identifiers.
    public var frameIDs: [UInt64]
    /// The text index's hash, when there was one.
    public var textIndexHash: Digest?
    /// The vector index's hash, when there was one.
    public var vectorIndexHash: Digest?
    /// The write-ahead log's sequence number.
    public var logSequence: UInt64
    /// The memory's generation.
    public var generation: UInt64

    /// Makes a snapshot; of an empty memory unless told otherwise.
    public init(
        frameIDs: [UInt64] = [], textIndexHash: Digest? = nil, vectorIndexHash: Digest? = nil,
        logSequence: UInt64 = 0, generation: UInt64 = 0
    ) {
        frameCount = UInt64(frameIDs.count)
        self.frameIDs = frameIDs
        self.textIndexHash = textIndexHash
        self.vectorIndexHash = vectorIndexHash
        self.logSequence = logSequence
        self.generation = generation
    }

    /// BLAKE3 of the snapshot as bincode with variable-width integers.
    public var stateHash: Digest { BLAKE3.hash(BincodeEncoder.encode(self, .variable)) }
}

extension StateSnapshot: BincodeValue {
    init() { self.init(frameIDs: []) }

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("frame_count", &frameCount)
        try coder.field("frame_ids", &frameIDs)
        try coder.field("lex_index_hash", &textIndexHash)
        try coder.field("vec_index_hash", &vectorIndexHash)
        try coder.field("wal_sequence", &logSequence)
        try coder.field("generation", &generation)
    }
}

/// A checkpoint of a session.
public struct Checkpoint: Sendable, Equatable, Codable {
    /// Its number in the session, from 0.
    public var id: UInt64
    /// The last action before it; 0 also when there was none.
    public var atSequence: UInt64
    /// Seconds since 1970.
    public var timestampSeconds: Int64
    /// The snapshot's hash when it was made.
    public var stateHash: Digest
    /// What the memory looked like.
    public var snapshot: StateSnapshot

    /// Makes a checkpoint and hashes its snapshot.
    public init(id: UInt64, atSequence: UInt64, timestampSeconds: Int64, snapshot: StateSnapshot) {
        self.id = id
        self.atSequence = atSequence
        self.timestampSeconds = timestampSeconds
        stateHash = snapshot.stateHash
        self.snapshot = snapshot
    }
}

extension Checkpoint: BincodeValue {
    init() {
        (id, atSequence, timestampSeconds, stateHash, snapshot) = (0, 0, 0, .zero, StateSnapshot(frameIDs: []))
    }

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("id", &id)
        try coder.field("at_sequence", &atSequence)
        try coder.field("timestamp_secs", &timestampSeconds)
        try coder.field("state_hash", &stateHash)
        try coder.field("snapshot", &snapshot)
    }
}
