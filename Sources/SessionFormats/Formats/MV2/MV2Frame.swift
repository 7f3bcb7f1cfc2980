// One document, or a part of one, as the table of contents describes it.

/// A frame.
public struct MV2Frame: Sendable, Equatable {
    /// What a frame is.
    public enum Role: UInt32, Sendable, CaseIterable {
        /// A document.
        case document
        /// A part of one.
        case documentChunk
        /// An image taken out of one.
        case extractedImage
    }

    /// Whether a frame counts.
    public enum Status: UInt32, Sendable, CaseIterable {
        /// It does.
        case active
        /// A later one took its place.
        case superseded
        /// It was deleted.
        case deleted
    }

    /// How far its text was worked on.
    public enum Enrichment: UInt32, Sendable, CaseIterable {
        /// It can be found.
        case searchable
        /// All is done.
        case enriched
    }

    /// Where the time of an anchor comes from.
    public enum AnchorSource: UInt32, Sendable, CaseIterable {
        /// It was given.
        case explicit
        /// The frame's own time.
        case frameTimestamp
        /// The document's metadata.
        case metadata
        /// The clock when it was put.
        case ingestionClock
    }

    /// Identifies it.
    public var id: UInt64 = 0
    /// When it was put, in seconds since 1970.
    public var timestamp: Int64 = 0
    /// The time that it is about.
    public var anchorTimestamp: Int64?
    /// Where that time comes from.
    public var anchorSource: AnchorSource?
    /// The kind of document.
    public var kind: String?
    /// The track that it belongs to.
    public var track: String?
    /// Its bytes.
    public var payload = MV2Region(offset: 0, length: 0)
    /// BLAKE3 of its bytes as they were before compression, by the writer's account; not checked here.
    public var checksum: Digest = .zero
    /// Its address.
    public var uri: String?
    /// Its title.
    public var title: String?
    /// How the bytes are encoded: 1 in the low byte is Zstandard, anything else plain.
    public var canonicalEncoding: UInt32 = 0
    /// How many bytes there are once decoded.
    public var canonicalLength: UInt64?
    /// What is known about the document.
    var document: BincodeBox<MV2DocumentMetadata>?
    /// The text that is searched.
    public var searchText: String?
    /// Tags.
    public var tags: [String] = []
    /// Labels.
    public var labels: [String] = []
    /// Further pairs, in the order of the file.
    public var extraMetadata: [MetadataEntry] = []
    /// Dates in the text.
    public var contentDates: [String] = []
    /// How the text was cut into parts.
    var chunkManifest: BincodeBox<MV2ChunkManifest>?
    /// What it is.
    public var role = Role.document
    /// The frame that it is a part of.
    public var parentID: UInt64?
    /// Which part it is.
    public var chunkIndex: UInt32?
    /// How many parts there are.
    public var chunkCount: UInt32?
    /// Whether it counts.
    public var status = Status.active
    /// The frame whose place it took.
    public var supersedes: UInt64?
    /// The frame that took its place.
    public var supersededBy: UInt64?
    /// SHA-256 of the source; kept as 32 bytes.
    var sourceSHA256: BincodeBox<Digest>?
    /// Where the source was.
    public var sourcePath: String?
    /// How far its text was worked on.
    public var enrichment = Enrichment.searchable

    /// A frame without anything.
    public init() {}

    /// What is wrong with counts beyond what the reference reads; nil when nothing is.
    var excess: String? {
        if max(tags.count, labels.count, contentDates.count) > 1_024 { return "more than 1,024 tags, labels or dates" }
        return extraMetadata.count > 4_096 ? "more than 4,096 further pairs" : nil
    }
}

extension MV2Frame.Role: BincodeEnumeration { init() { self = .document } }
extension MV2Frame.Status: BincodeEnumeration { init() { self = .active } }
extension MV2Frame.Enrichment: BincodeEnumeration { init() { self = .searchable } }
extension MV2Frame.AnchorSource: BincodeEnumeration { init() { self = .explicit } }

extension MV2Frame: BincodeValue {
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("id", &id)
        try coder.field("timestamp", &timestamp)
        try coder.field("anchor_ts", &anchorTimestamp)
        try coder.field("anchor_source", &anchorSource)
        try coder.field("kind", &kind)
        try coder.field("track", &track)
        try coder.field("payload", &payload)
        try coder.field("checksum", &checksum)
        try coder.field("uri", &uri)
        try coder.field("title", &title)
        try coder.field("canonical_encoding", &canonicalEncoding)
        try coder.field("canonical_length", &canonicalLength)
        try coder.field("metadata", &document)
        try coder.field("search_text", &searchText)
        try coder.field("tags", &tags)
        try coder.field("labels", &labels)
        try coder.field("extra_metadata", &extraMetadata)
        try coder.field("content_dates", &contentDates)
        try coder.field("chunk_manifest", &chunkManifest)
        try codeRelations(with: &coder)
    }

    private mutating func codeRelations<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("role", &role)
        try coder.field("parent_id", &parentID)
        try coder.field("chunk_index", &chunkIndex)
        try coder.field("chunk_count", &chunkCount)
        try coder.field("status", &status)
        try coder.field("supersedes", &supersedes)
        try coder.field("superseded_by", &supersededBy)
        try coder.field("source_sha256", &sourceSHA256)
        try coder.field("source_path", &sourcePath)
        try coder.field("enrichment_state", &enrichment)
    }
}

/// How a frame's text was cut into parts.
struct MV2ChunkManifest: Sendable, Equatable, BincodeValue {
    var chunkCharacters: UInt64 = 0
    /// From and to, in characters.
    var chunks: [MV2Region] = []

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("chunk_chars", &chunkCharacters)
        try coder.field("chunks", &chunks)
    }
}

/// What is known about a document: kept, so that a table of contents is written as it was read.
struct MV2DocumentMetadata: Sendable, Equatable, BincodeValue {
    var mime: String?
    var bytes: UInt64?
    var hash: String?
    var width: UInt32?
    var height: UInt32?
    var colors: [String]?
    var caption: String?
    var exif: Exif?
    var audio: Audio?
    var media: Media?

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("mime", &mime)
        try coder.field("bytes", &bytes)
        try coder.field("hash", &hash)
        try coder.field("width", &width)
        try coder.field("height", &height)
        try coder.field("colors", &colors)
        try coder.field("caption", &caption)
        try coder.field("exif", &exif)
        try coder.field("audio", &audio)
        try coder.field("media", &media)
    }

    struct Exif: Sendable, Equatable, BincodeValue {
        var make: String?
        var model: String?
        var lens: String?
        var datetime: String?
        var position: Position?

        mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
            try coder.field("make", &make)
            try coder.field("model", &model)
            try coder.field("lens", &lens)
            try coder.field("datetime", &datetime)
            try coder.field("gps", &position)
        }
    }

    struct Position: Sendable, Equatable, BincodeValue {
        var latitude = BincodeDouble()
        var longitude = BincodeDouble()

        mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
            try coder.field("latitude", &latitude)
            try coder.field("longitude", &longitude)
        }
    }

    struct Audio: Sendable, Equatable, BincodeValue {
        var duration: BincodeFloat?
        var rate: UInt32?
        var channels: UInt8?
        var bitrate: UInt32?
        var codec: String?
        var segments: [AudioSegment] = []
        var tags: [MetadataEntry] = []

        mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
            try coder.field("duration", &duration)
            try coder.field("rate", &rate)
            try coder.field("channels", &channels)
            try coder.field("bitrate", &bitrate)
            try coder.field("codec", &codec)
            try coder.field("segments", &segments)
            try coder.field("tags", &tags)
        }
    }

    struct AudioSegment: Sendable, Equatable, BincodeValue {
        var start = BincodeFloat()
        var end = BincodeFloat()
        var label: String?

        mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
            try coder.field("start", &start)
            try coder.field("end", &end)
            try coder.field("label", &label)
        }
    }

    struct Media: Sendable, Equatable, BincodeValue {
        var kind = ""
        var mime = ""
        var bytes: UInt64 = 0
        var filename: String?
        var durationMilliseconds: UInt64?
        var width: UInt32?
        var height: UInt32?
        var codec: String?

        mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
            try coder.field("kind", &kind)
            try coder.field("mime", &mime)
            try coder.field("bytes", &bytes)
            try coder.field("filename", &filename)
            try coder.field("duration_ms", &durationMilliseconds)
            try coder.field("width", &width)
            try coder.field("height", &height)
            try coder.field("codec", &codec)
        }
    }
}
