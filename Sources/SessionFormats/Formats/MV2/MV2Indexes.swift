// The indexes and tracks that a table of contents names, one struct a layout. Their bytes are opaque here; what matters is
// where they are and what hash they have.

/// Bytes that a table of contents points at, with what they are and the hash that they should have.
public struct MV2NamedRegion: Sendable, Equatable {
    /// What they are, in words.
    public var name: String
    /// Where they are.
    public var region: MV2Region
    /// BLAKE3 of the bytes by the table's account; nil where the table has none.
    public var checksum: Digest?
}

/// A run of frames.
struct MV2Segment: Sendable, Equatable, BincodeValue {
    var id: UInt64 = 0
    var firstFrame: UInt64 = 0
    var lastFrame: UInt64 = 0
    var checksum: Digest = .zero
    var compression: MV2Compression = .none
    var region: MV2Region = MV2Region()

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("id", &id)
        try coder.field("first_frame", &firstFrame)
        try coder.field("last_frame", &lastFrame)
        try coder.field("checksum", &checksum)
        try coder.field("compression", &compression)
        try coder.field("region", &region)
    }
}

/// The text index.
struct MV2TextIndex: Sendable, Equatable, BincodeValue {
    var documents: UInt64 = 0
    var generation: UInt64 = 0
    var region: MV2Region = MV2Region()
    var checksum: Digest = .zero

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("doc_count", &documents)
        try coder.field("generation", &generation)
        try coder.field("region", &region)
        try coder.field("checksum", &checksum)
    }
}

/// A file of the text index.
struct MV2TextIndexSegment: Sendable, Equatable, BincodeValue {
    var path: String = ""
    var region: MV2Region = MV2Region()
    var checksum: Digest = .zero

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("path", &path)
        try coder.field("region", &region)
        try coder.field("checksum", &checksum)
    }
}

/// The vector index.
struct MV2VectorIndex: Sendable, Equatable, BincodeValue {
    var count: UInt64 = 0
    var dimension: UInt32 = 0
    var region: MV2Region = MV2Region()
    var checksum: Digest = .zero
    var compression: MV2VectorCompression = .none
    var model: String?

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("vector_count", &count)
        try coder.field("dimension", &dimension)
        try coder.field("region", &region)
        try coder.field("checksum", &checksum)
        try coder.field("compression", &compression)
        try coder.field("model", &model)
    }
}

/// The index of images.
struct MV2ImageIndex: Sendable, Equatable, BincodeValue {
    var region: MV2Region = MV2Region()
    var count: UInt64 = 0
    var dimension: UInt32 = 0
    var checksum: Digest = .zero
    var model: String = ""

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("region", &region)
        try coder.field("vector_count", &count)
        try coder.field("dimension", &dimension)
        try coder.field("checksum", &checksum)
        try coder.field("model", &model)
    }
}

/// The index of times.
struct MV2TimeIndex: Sendable, Equatable, BincodeValue {
    var region: MV2Region = MV2Region()
    var entries: UInt64 = 0
    var checksum: Digest = .zero

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("region", &region)
        try coder.field("entries", &entries)
        try coder.field("checksum", &checksum)
    }
}

/// The track of times in texts.
struct MV2TemporalTrack: Sendable, Equatable, BincodeValue {
    var region: MV2Region = MV2Region()
    var entries: UInt64 = 0
    var anchors: UInt64 = 0
    var checksum: Digest = .zero
    var flags: UInt32 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("region", &region)
        try coder.field("entries", &entries)
        try coder.field("anchors", &anchors)
        try coder.field("checksum", &checksum)
        try coder.field("flags", &flags)
    }
}

/// The track of memory cards.
struct MV2MemoriesTrack: Sendable, Equatable, BincodeValue {
    var region: MV2Region = MV2Region()
    var cards: UInt64 = 0
    var entities: UInt64 = 0
    var checksum: Digest = .zero

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("region", &region)
        try coder.field("cards", &cards)
        try coder.field("entities", &entities)
        try coder.field("checksum", &checksum)
    }
}

/// The mesh of entities.
struct MV2LogicMesh: Sendable, Equatable, BincodeValue {
    var region: MV2Region = MV2Region()
    var nodes: UInt64 = 0
    var edges: UInt64 = 0
    var checksum: Digest = .zero

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("region", &region)
        try coder.field("nodes", &nodes)
        try coder.field("edges", &edges)
        try coder.field("checksum", &checksum)
    }
}

/// The track of sketches.
struct MV2SketchTrack: Sendable, Equatable, BincodeValue {
    var region: MV2Region = MV2Region()
    var entries: UInt64 = 0
    var entrySize: UInt16 = 0
    var flags: UInt32 = 0
    var checksum: Digest = .zero

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("region", &region)
        try coder.field("entries", &entries)
        try coder.field("entry_size", &entrySize)
        try coder.field("flags", &flags)
        try coder.field("checksum", &checksum)
    }
}

/// All search indexes.
struct MV2Indexes: Sendable, Equatable, BincodeValue {
    var text: MV2TextIndex?
    var textSegments: [MV2TextIndexSegment] = []
    var vector: MV2VectorIndex?
    var image: MV2ImageIndex?

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("lex", &text)
        try coder.field("lex_segments", &textSegments)
        try coder.field("vec", &vector)
        try coder.field("clip", &image)
    }
}
