// The table of contents: what is in a memory, and where. All three shapes that writers have used.

/// Where a memory's replay segment is.
public struct MV2ReplayManifest: Sendable, Equatable {
    /// The segment's bytes.
    public var segment: MV2Region
    /// How many sessions it holds.
    public var sessionCount: UInt32
    /// How many actions these have together.
    public var totalActions: UInt64
    /// The layout's version; 1.
    public var version: UInt32

    /// Makes a manifest.
    public init(segment: MV2Region, sessionCount: UInt32, totalActions: UInt64, version: UInt32 = 1) {
        self.segment = segment
        self.sessionCount = sessionCount
        self.totalActions = totalActions
        self.version = version
    }
}

extension MV2ReplayManifest: BincodeValue {
    init() { self.init(segment: MV2Region(), sessionCount: 0, totalActions: 0, version: 0) }

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("segment", &segment)
        try coder.field("session_count", &sessionCount)
        try coder.field("total_actions", &totalActions)
        try coder.field("version", &version)
    }
}

/// Who may store how much.
struct MV2Ticket: Sendable, Equatable, BincodeValue {
    var issuer = ""
    var sequence: Int64 = 0
    var expiresInSeconds: UInt64 = 0
    var capacityBytes: UInt64 = 0
    var isVerified = false

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("issuer", &issuer)
        try coder.field("seq_no", &sequence)
        try coder.field("expires_in_secs", &expiresInSeconds)
        try coder.field("capacity_bytes", &capacityBytes)
        try coder.field("verified", &isVerified)
    }
}

/// The memory that a file belongs to elsewhere.
struct MV2MemoryBinding: Sendable, Equatable, BincodeValue {
    var memoryID = SessionID()
    var name = ""
    var boundAt = ""
    var apiURL = ""

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("memory_id", &memoryID)
        try coder.field("name", &name)
        try coder.field("bound_at", &boundAt)
        try coder.field("api_url", &apiURL)
    }
}

/// Work that is still to be done on a frame.
struct MV2EnrichmentTask: Sendable, Equatable, BincodeValue {
    static var fixedSize: Int? { 24 }

    var frameID: UInt64 = 0
    var createdAt: UInt64 = 0
    var done: UInt32 = 0
    var total: UInt32 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("frame_id", &frameID)
        try coder.field("created_at", &createdAt)
        try coder.field("done", &done)
        try coder.field("total", &total)
    }
}

/// All such work.
struct MV2EnrichmentQueue: Sendable, Equatable, BincodeValue {
    var tasks: [MV2EnrichmentTask] = []
    var updatedAt: UInt64 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("tasks", &tasks)
        try coder.field("updated_at", &updatedAt)
    }
}

/// A table of contents.
public struct MV2TableOfContents: Sendable, Equatable {
    /// Which fields there are. The reader tries them in this order.
    public enum Shape: String, Sendable, CaseIterable {
        /// All of them.
        case current
        /// From before replay: no sketch track, no manifest, no enrichment queue.
        case beforeReplay = "before-replay"
        /// From before memories: no memories track and no logic mesh either.
        case beforeMemories = "before-memories"
    }

    /// The most segments, and entries of each list in the catalogue, that the reference reads.
    public static let segmentLimit = 1_000_000
    /// The most frames that the reference reads.
    public static let frameLimit = 10_000_000

    /// Which fields there are.
    public internal(set) var shape = Shape.current
    /// 0 or 1 in files seen; the reference refuses more than 32 before it decodes.
    public var version: UInt64 = 0
    var segments: [MV2Segment] = []
    /// The frames, in order.
    public var frames: [MV2Frame] = []
    var indexes = MV2Indexes()
    var timeIndex: MV2TimeIndex?
    var temporalTrack: MV2TemporalTrack?
    var memoriesTrack: MV2MemoriesTrack?
    var logicMesh: MV2LogicMesh?
    var sketchTrack: MV2SketchTrack?
    var catalogue = MV2Catalogue()
    var ticket = MV2Ticket()
    var binding: MV2MemoryBinding?
    /// Where the sessions are; nil when there are none.
    public var replayManifest: MV2ReplayManifest?
    var enrichment = MV2EnrichmentQueue()
    var merkleRoot: Digest = .zero
    /// BLAKE3 of the table's bytes with these 32 set to zero.
    public var checksum: Digest = .zero

    init(shape: Shape) { self.shape = shape }
}

extension MV2TableOfContents: BincodeValue {
    init() {}

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try codeBeginning(with: &coder)
        try codeRest(with: &coder)
    }

    /// What all shapes begin with.
    private mutating func codeBeginning<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("toc_version", &version)
        try coder.field("segments", &segments)
        try coder.field("frames", &frames)
        try coder.field("indexes", &indexes)
        try coder.field("time_index", &timeIndex)
        try coder.field("temporal_track", &temporalTrack)
    }

    private mutating func codeRest<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        if shape != .beforeMemories {
            try coder.field("memories_track", &memoriesTrack)
            try coder.field("logic_mesh", &logicMesh)
        }
        if shape == .current { try coder.field("sketch_track", &sketchTrack) }
        try coder.field("segment_catalog", &catalogue)
        try coder.field("ticket_ref", &ticket)
        try coder.field("memory_binding", &binding)
        if shape == .current {
            try coder.field("replay_manifest", &replayManifest)
            try coder.field("enrichment_queue", &enrichment)
        }
        try coder.field("merkle_root", &merkleRoot)
        try coder.field("toc_checksum", &checksum)
    }
}

extension MV2TableOfContents {
    /// Decodes bytes that must be a table of contents and nothing else. The first shape whose fields are all there decides;
    /// bytes left over behind it are an error, not a reason to try the next.
    ///
    /// - Throws: `BincodeError` of the current shape, when no shape decodes; offsets count from the start of the file.
    static func decode(_ buffer: UnsafeRawBufferPointer, in range: Range<Int>) throws(BincodeError) -> Self {
        let (shape, end) = try extent(buffer, in: range)
        guard end == range.upperBound else {
            throw BincodeError(offset: end, .trailing(range.upperBound - end))
        }
        return try decode(shape, buffer, in: range)
    }

    /// Decodes bytes that have been found to be a table of this shape.
    static func decode(
        _ shape: Shape, _ buffer: UnsafeRawBufferPointer, in range: Range<Int>
    ) throws(BincodeError) -> Self {
        var decoder = BincodeDecoder(cursor: BincodeCursor(buffer, in: range), countsAreChecked: true)
        var table = Self(shape: shape)
        try table.code(with: &decoder)
        if let excess = table.excess { throw BincodeError(offset: range.lowerBound, .excess(excess)) }
        return table
    }

    /// Which shape begins at the start of a range, and where it ends; allocates nothing.
    static func extent(
        _ buffer: UnsafeRawBufferPointer, in range: Range<Int>
    ) throws(BincodeError) -> (shape: Shape, end: Int) {
        var (scratch, looked) = (Self(), 0)
        return try extent(buffer, in: range, &scratch, lookedAt: &looked)
    }

    /// The same, and how many bytes were looked at, in all shapes together.
    ///
    /// - Parameter scratch: Any table, for those who look in many places.
    static func extent(
        _ buffer: UnsafeRawBufferPointer, in range: Range<Int>, _ scratch: inout Self, lookedAt: inout Int
    ) throws(BincodeError) -> (shape: Shape, end: Int) {
        // The checker leaves values as they are, so one table serves for all shapes.
        var beginning = BincodeChecker(cursor: BincodeCursor(buffer, in: range))
        defer { lookedAt += beginning.cursor.at - range.lowerBound }
        try scratch.codeBeginning(with: &beginning)
        var first: BincodeError?
        for shape in Shape.allCases {
            scratch.shape = shape
            var checker = beginning
            defer { lookedAt += checker.cursor.at - beginning.cursor.at }
            do throws(BincodeError) {
                try scratch.codeRest(with: &checker)
                return (shape, checker.cursor.at)
            } catch { first = first ?? error }
        }
        throw first ?? BincodeError(offset: range.lowerBound, .truncated(needed: 1, available: 0))
    }

    private var excess: String? {
        if frames.count > Self.frameLimit { return "more than \(Self.frameLimit) frames" }
        let lists = [
            segments.count, catalogue.text.count, catalogue.vector.count, catalogue.time.count,
            catalogue.temporal.count, catalogue.tantivy.count, catalogue.index.count,
        ]
        if lists.contains(where: { $0 > Self.segmentLimit }) { return "more than \(Self.segmentLimit) segments" }
        return frames.lazy.compactMap(\.excess).first
    }

    /// The table's bytes, as they are.
    func encoded() -> [UInt8] { BincodeEncoder.encode(self) }

    /// The table's bytes with the checksum that they should have.
    mutating func sealed() -> [UInt8] {
        checksum = .zero
        var bytes = encoded()
        checksum = BLAKE3.hash(bytes)
        bytes.replaceSubrange(bytes.count - 32..<bytes.count, with: checksum.bytes)
        return bytes
    }

    /// Whether the last 32 bytes of a table are its checksum: the hash of all of it with zeroes in their place.
    static func isSealed(_ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        guard range.count >= 32 else { return false }
        let content = range.lowerBound..<range.upperBound - 32
        return bytes.hash(content, zeroesBehind: 32, in: buffer).words
            == buffer.loadUnaligned(fromByteOffset: content.upperBound, as: SIMD8<UInt32>.self)
    }

    /// Everything that the table points at, but for the frames' payloads: what stands in its own lists first.
    public var namedRegions: [MV2NamedRegion] {
        var all = segments.map { MV2NamedRegion(name: "segment \($0.id)", region: $0.region, checksum: $0.checksum) }
        func add(_ name: String, _ region: MV2Region?, _ checksum: Digest?) {
            if let region { all.append(MV2NamedRegion(name: name, region: region, checksum: checksum)) }
        }
        add("text index", indexes.text?.region, indexes.text?.checksum)
        for file in indexes.textSegments { add("text search file \(file.path)", file.region, file.checksum) }
        // The real program leaves one without vectors where it was, whatever is there now.
        if indexes.vector?.count ?? 0 > 0 {
            add("vector index", indexes.vector?.region, indexes.vector?.checksum)
        }
        add("image index", indexes.image?.region, indexes.image?.checksum)
        add("time index", timeIndex?.region, timeIndex?.checksum)
        add("temporal track", temporalTrack?.region, temporalTrack?.checksum)
        add("memories track", memoriesTrack?.region, memoriesTrack?.checksum)
        add("logic mesh", logicMesh?.region, logicMesh?.checksum)
        add("sketch track", sketchTrack?.region, sketchTrack?.checksum)
        for (name, entry) in catalogue.entries { add(name, entry.region, entry.checksum) }
        add("replay segment", replayManifest?.segment, nil)
        return all
    }

    /// The same without what the real program leaves in the catalogue when its log grows and everything moves: the segments of
    /// kind "index", which nothing reads.
    var reliableRegions: [MV2NamedRegion] {
        if catalogue.index.isEmpty { return distinctRegions }
        let unreliable = Set(catalogue.index.map(\.common.region))
        var others = self
        others.catalogue.index = []
        let named = Set(others.distinctRegions.map(\.region))
        return distinctRegions.filter { named.contains($0.region) || !unreliable.contains($0.region) }
    }

    /// The same without empty ones, each region once: a catalogue names again what the indexes name.
    var distinctRegions: [MV2NamedRegion] {
        var seen: Set<MV2Region> = []
        return namedRegions.filter { $0.region.length > 0 && seen.insert($0.region).inserted }
    }
}
