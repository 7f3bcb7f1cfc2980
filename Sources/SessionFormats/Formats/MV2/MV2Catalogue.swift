// The catalogue of segments in a table of contents.

/// The frames, pages and tokens that a segment covers.
struct MV2Span: Sendable, Equatable, BincodeValue {
    var frameStart: UInt64 = 0
    var frameEnd: UInt64 = 0
    var pageStart: UInt32 = 0
    var pageEnd: UInt32 = 0
    var tokenStart: UInt64 = 0
    var tokenEnd: UInt64 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("frame_start", &frameStart)
        try coder.field("frame_end", &frameEnd)
        try coder.field("page_start", &pageStart)
        try coder.field("page_end", &pageEnd)
        try coder.field("token_start", &tokenStart)
        try coder.field("token_end", &tokenEnd)
    }
}

/// What all entries begin with.
struct MV2CatalogueEntry: Sendable, Equatable, BincodeValue {
    var segmentID: UInt64 = 0
    var region: MV2Region = MV2Region()
    var checksum: Digest = .zero
    var buildSequence: UInt64 = 0
    var codecVersion: UInt16 = 0
    var compression: MV2Compression = .none
    var span: BincodeBox<MV2Span>?

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("segment_id", &segmentID)
        try coder.field("region", &region)
        try coder.field("checksum", &checksum)
        try coder.field("build_sequence", &buildSequence)
        try coder.field("codec_version", &codecVersion)
        try coder.field("compression", &compression)
        try coder.field("span", &span)
    }
}

/// A segment of the text index.
struct MV2TextEntry: Sendable, Equatable, BincodeValue {
    var common: MV2CatalogueEntry = MV2CatalogueEntry()
    var documents: UInt64 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("common", &common)
        try coder.field("doc_count", &documents)
    }
}

/// A segment of the vector index.
struct MV2VectorEntry: Sendable, Equatable, BincodeValue {
    var common: MV2CatalogueEntry = MV2CatalogueEntry()
    var count: UInt64 = 0
    var dimension: UInt32 = 0
    var compression: MV2VectorCompression = .none

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("common", &common)
        try coder.field("vector_count", &count)
        try coder.field("dimension", &dimension)
        try coder.field("compression", &compression)
    }
}

/// A segment of the time index.
struct MV2TimeEntry: Sendable, Equatable, BincodeValue {
    var common: MV2CatalogueEntry = MV2CatalogueEntry()
    var entries: UInt64 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("common", &common)
        try coder.field("entries", &entries)
    }
}

/// A segment of the temporal track.
struct MV2TemporalEntry: Sendable, Equatable, BincodeValue {
    var common: MV2CatalogueEntry = MV2CatalogueEntry()
    var entries: UInt64 = 0
    var anchors: UInt64 = 0
    var flags: UInt32 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("common", &common)
        try coder.field("entries", &entries)
        try coder.field("anchors", &anchors)
        try coder.field("flags", &flags)
    }
}

/// A file of the text search engine.
struct MV2TantivyEntry: Sendable, Equatable, BincodeValue {
    var common: MV2CatalogueEntry = MV2CatalogueEntry()
    var path: String = ""

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("common", &common)
        try coder.field("path", &path)
    }
}

/// What kind of index a segment belongs to.
enum MV2IndexKind: UInt32, Sendable, CaseIterable, BincodeEnumeration {
    case lexical
    case vector
    case time
    case temporal
    case tantivy

    init() { self = .lexical }
}

/// A segment of any index, with five figures about it.
struct MV2IndexEntry: Sendable, Equatable, BincodeValue {
    var kind: MV2IndexKind = .lexical
    var common: MV2CatalogueEntry = MV2CatalogueEntry()
    var statistic1: UInt64 = 0
    var statistic2: UInt64 = 0
    var statistic3: UInt64 = 0
    var statistic4: UInt64 = 0
    var statistic5: UInt64 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("kind", &kind)
        try coder.field("common", &common)
        try coder.field("statistic1", &statistic1)
        try coder.field("statistic2", &statistic2)
        try coder.field("statistic3", &statistic3)
        try coder.field("statistic4", &statistic4)
        try coder.field("statistic5", &statistic5)
    }
}

/// All segments by kind.
struct MV2Catalogue: Sendable, Equatable, BincodeValue {
    var nextSegmentID: UInt64 = 0
    var version: UInt32 = 0
    var isTextEnabled: Bool = false
    var text: [MV2TextEntry] = []
    var vector: [MV2VectorEntry] = []
    var time: [MV2TimeEntry] = []
    var temporal: [MV2TemporalEntry] = []
    var tantivy: [MV2TantivyEntry] = []
    var index: [MV2IndexEntry] = []

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("next_segment_id", &nextSegmentID)
        try coder.field("version", &version)
        try coder.field("lex_enabled", &isTextEnabled)
        try coder.field("lex", &text)
        try coder.field("vec", &vector)
        try coder.field("time", &time)
        try coder.field("temporal", &temporal)
        try coder.field("tantivy", &tantivy)
        try coder.field("index", &index)
    }

    /// The entries of all kinds, with what they are.
    var entries: [(name: String, entry: MV2CatalogueEntry)] {
        text.map { ("text segment", $0.common) } + vector.map { ("vector segment", $0.common) }
            + time.map { ("time segment", $0.common) } + temporal.map { ("temporal segment", $0.common) }
            + tantivy.map { ("text search file \($0.path)", $0.common) } + index.map { ("index segment", $0.common) }
    }
}
