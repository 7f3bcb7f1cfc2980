// A memory written anew from what is left of one.
//
// Frames and indexes keep their bytes and their places, since the table of contents names them by place and their codecs are
// not known here. Behind them come the sessions that were found, a table of contents that names all of it, and its footer;
// the header is made for them. What the table names and is not there any more is no longer named: an index can be built
// again, and a frame without its bytes is marked as deleted. Without any table nobody knows where frames are, and the
// sessions alone come back, as a replay segment.

extension MV2Format {
    /// A memory that its own program opens, with the frames that are there and every session that was found; a replay segment
    /// of the sessions when there is no table of contents.
    public func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        let memory: MV2File
        do throws(MV2Error) { memory = try MV2File.read(bytes) } catch { throw .nothing(error.description) }
        let findings = memory.verified(deep: true)
        // What is about content stays as it is.
        let isWhole = findings.all.allSatisfy { $0.severity == .note || Self.findingsOfContent.contains($0.code) }
        if isWhole, findings.dropped == 0 {
            return Recovered(id, bytes.copy(0..<bytes.count), of: bytes, kept: [0..<bytes.count], findings: [])
        }
        if let table = memory.table {
            var recovery = MV2Recovery(memory, table)
            return recovery.recovered(findings.all)
        }
        guard !memory.sessions.isEmpty else {
            throw .nothing("neither a table of contents nor a session is whole.")
        }
        return Recovered(segmentOf: memory.sessions, of: bytes, findings: findings.all)
    }
}

extension MV2Format {
    private static let findingsOfContent: Set<FindingCode> = [
        .pendingRecord, .sequenceBroken, .stateHashMismatch, .frameHashMismatch,
    ]
}

private struct MV2Recovery {
    private let memory: MV2File
    private var table: MV2TableOfContents
    private var mended: [Repair] = []

    init(_ memory: MV2File, _ table: MV2TableOfContents) { (self.memory, self.table) = (memory, table) }

    mutating func recovered(_ findings: [Finding]) -> Recovered {
        dropFramesOutside()
        let log = logRegion()
        dropClashes(log)
        let contentEnd = Int(clamping: table.contentEnd(log: MV2Region(log)))
        let (bodies, versions) = memory.sessions.encoded(in: memory.bytes)
        mended += versions

        var bytes = memory.bytes.copy(0..<contentEnd)
        bytes += [UInt8](repeating: 0, count: max(0, contentEnd - bytes.count))
        let restored = restoreLog(log, &bytes)
        let tail = tail(bodies, at: contentEnd)
        bytes += tail.bytes
        var header = MV2Header(
            footerOffset: UInt64(tail.tableOffset), log: MV2Region(log), tableChecksum: table.checksum)
        (header.logSequence, header.logCheckpoint) = (restored.sequence, restored.checkpoint)
        let fields = header.encodedFields()
        bytes.replaceSubrange(0..<fields.count, with: fields)
        let content = [fields.count..<log.lowerBound, log.upperBound..<max(log.upperBound, contentEnd)]
        return Recovered(
            .mv2, bytes, of: memory.bytes, kept: content + restored.kept + memory.sessions.map(\.byteRange),
            structure: structure(fields.count), blanks: [0], mended: mended, findings: findings)
    }

    /// What says only where other things are, and was made anew.
    private func structure(_ headerSize: Int) -> [Range<Int>] {
        var ranges = [0..<headerSize] + memory.sessions.map { $0.byteRange.lowerBound - 8..<$0.byteRange.lowerBound }
        if let table = memory.tableRange { ranges.append(table) }
        if let footer = memory.footer { ranges.append(footer.offset..<footer.offset + MV2Footer.size) }
        if let segment = memory.table?.replayManifest?.segment.range(in: memory.bytes.count) {
            ranges.append(segment.lowerBound..<min(segment.upperBound, segment.lowerBound + ReplaySegment.headerSize))
        }
        return ranges.map { max(0, $0.lowerBound)..<max(0, $0.upperBound) }
    }

    private mutating func tail(_ bodies: [[UInt8]], at start: Int) -> (bytes: [UInt8], tableOffset: Int) {
        let segment = bodies.isEmpty ? [] : ReplaySegment.encode(bodies: bodies)
        table.shape = .current
        table.replayManifest =
            bodies.isEmpty
            ? nil
            : MV2ReplayManifest(
                segment: MV2Region(offset: UInt64(start), length: UInt64(segment.count)),
                sessionCount: UInt32(clamping: bodies.count),
                totalActions: memory.sessions.reduce(0) { $0 + UInt64($1.actionCount) })
        let tableBytes = table.sealed()
        let footer = MV2Footer.encode(table: tableBytes, generation: (memory.generation ?? 0) &+ 1)
        return (segment + tableBytes + footer, start + segment.count)
    }

    // MARK: Frames and indexes

    /// A frame whose bytes are not in the file any more is marked as deleted.
    private mutating func dropFramesOutside() {
        for index in table.frames.indices where table.frames[index].payload.length > 0 {
            guard table.frames[index].payload.range(in: memory.bytes.count) == nil else { continue }
            let frame = table.frames[index]
            if frame.status == .active {
                note(frame.payload, "Frame \(frame.id) is not in the file any more; it is marked as deleted.")
            }
            table.frames[index].status = .deleted
            table.frames[index].payload = MV2Region(offset: 0, length: 0)
        }
    }

    /// Of two things that share bytes an index goes before a frame, and the later frame before the earlier: at most one of
    /// them is what it was.
    private mutating func dropClashes(_ log: Range<Int>) {
        var taken: [(range: Range<Int>, frame: Int?)] = [(0..<MV2Header.size, nil), (log, nil)]
        if let old = memory.tableRange { taken.append((old, nil)) }
        for index in table.frames.indices where table.frames[index].status == .active {
            if let range = table.frames[index].payload.range(in: memory.bytes.count), !range.isEmpty {
                taken.append((range, index))
            }
        }
        taken.sort { $0.range.lowerBound < $1.range.lowerBound }
        var end = 0
        for (range, frame) in taken {
            if range.lowerBound < end, let frame {
                note(
                    table.frames[frame].payload,
                    "Frame \(table.frames[frame].id) shares bytes with something else; it is marked as deleted.")
                table.frames[frame].status = .deleted
                continue
            }
            end = max(end, range.upperBound)
        }
        let fixed = taken.filter { $0.frame.map { table.frames[$0].status == .active } ?? true }.map(\.range)
        let size = memory.bytes.count
        let indexes = table.reliableRegions.filter { $0.name != "replay segment" }
        let bad = Self.clashing(indexes.map(\.region), fixed, size).union(changed(indexes))
        for dropped in table.dropIndexes(where: { bad.contains($0) }) {
            mended.append(
                Repair(
                    .mended, offset: memory.tableRange?.lowerBound ?? 0, length: 0,
                    "The \(dropped) is not what the table of contents says, for which the program that wrote the memory may "
                        + "refuse all of it; the copy names none."))
        }
    }

    /// The regions that do not have their hash.
    private func changed(_ indexes: [MV2NamedRegion]) -> Set<MV2Region> {
        let changed = indexes.filter { index in
            guard let checksum = index.checksum, let range = index.region.range(in: memory.bytes.count) else {
                return false
            }
            return memory.bytes.withBytes { BLAKE3.hashOnAllCores(UnsafeRawBufferPointer(rebasing: $0[range])) }
                != checksum
        }
        return Set(changed.map(\.region))
    }

    /// The regions that are outside the file, or share bytes with another or with what is fixed.
    private static func clashing(_ regions: [MV2Region], _ fixed: [Range<Int>], _ size: Int) -> Set<MV2Region> {
        var clashing = Set(regions.filter { $0.range(in: size) == nil })
        let claims =
            fixed.map { ($0, nil as MV2Region?) }
            + regions.compactMap { region in region.range(in: size).map { ($0, region) } }
        var widest: (range: Range<Int>, region: MV2Region?)?
        for (range, region) in claims.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) {
            if let before = widest, range.lowerBound < before.range.upperBound {
                if let region { clashing.insert(region) }
                if let other = before.region { clashing.insert(other) }
            }
            if range.upperBound > widest?.range.upperBound ?? 0 { widest = (range, region) }
        }
        return clashing
    }

    private mutating func note(_ place: MV2Region, _ reason: String) {
        let range = place.range(in: memory.bytes.count) ?? 0..<0
        mended.append(Repair(.mended, offset: range.lowerBound, length: range.count, reason))
    }

    // MARK: The log

    /// Where the log is: as the header says, unless a table that is as it was written says that other things are there; then
    /// before everything else.
    private mutating func logRegion() -> Range<Int> {
        var first = memory.tableRange?.lowerBound ?? memory.bytes.count
        for region in table.frames.map(\.payload) + table.reliableRegions.map(\.region) where region.length > 0 {
            if let range = region.range(in: memory.bytes.count), range.lowerBound > MV2Header.size {
                first = min(first, range.lowerBound)
            }
        }
        if let header = memory.header, let range = header.log.range(in: memory.bytes.count),
            range.upperBound <= first || memory.findings.all.contains(where: { $0.code == .tableChecksumMismatch })
        {
            return range
        }
        mended.append(
            Repair(
                .mended, offset: 16, length: 16,
                "The header does not say where the log is; it is taken to reach from byte \(MV2Header.size) to \(first)."
            ))
        return MV2Header.size..<max(first, MV2Header.size + 1)
    }

    /// What became of the log.
    private struct RestoredLog {
        var sequence: UInt64
        var checkpoint: UInt64
        /// Which of the file's bytes are in it.
        var kept: [Range<Int>]
    }

    /// Takes damaged records out of the copy's log, for which the program that wrote the memory refuses all of it; those behind
    /// them move up.
    private mutating func restoreLog(_ region: Range<Int>, _ bytes: inout [UInt8]) -> RestoredLog {
        let region = region.clamped(to: 0..<bytes.count)
        let file = FileBytes(bytes)
        let log = file.withBytes { MV2LogRegion(file, $0, region) }
        var records = log.records
        var kept = [region]
        if let damage = log.damage {
            records = file.withBytes { MV2LogRegion.wholeRecords(file, $0, region) }
            kept = records.map(\.range)
            let whole = records.flatMap { file.copy($0.range) }
            bytes.replaceSubrange(region, with: whole + [UInt8](repeating: 0, count: region.count - whole.count))
            mended.append(
                Repair(
                    .mended, offset: damage.offset, length: 0,
                    "\(damage.description) The copy's log has the \(records.count) whole records."))
        }
        if memory.header == nil {
            mended.append(
                Repair(
                    .mended, offset: 0, length: 0,
                    "The header was written anew; all records of the log are taken to be committed."))
        }
        let last = records.last?.sequence ?? 0
        let sequence = min(memory.header?.logSequence ?? last, last)
        let committed = records.prefix { $0.sequence <= sequence }.reduce(0) { $0 + $1.range.count }
        return RestoredLog(sequence: sequence, checkpoint: UInt64(committed), kept: kept)
    }
}

extension MV2Region {
    fileprivate init(_ range: Range<Int>) {
        self.init(offset: UInt64(range.lowerBound), length: UInt64(range.count))
    }
}

extension MV2TableOfContents {
    /// Names the indexes and tracks no longer of which a part is bad; a search index consists of several files that are
    /// worth nothing without each other.
    ///
    /// - Returns: What is no longer named.
    fileprivate mutating func dropIndexes(where isBad: (MV2Region) -> Bool) -> [String] {
        var dropped: [String] = []
        func isBadIndex(_ name: String, _ regions: [MV2Region?]) -> Bool {
            guard regions.contains(where: { $0.map { $0.length > 0 && isBad($0) } ?? false }) else { return false }
            dropped.append(name)
            return true
        }
        let text = [indexes.text?.region] + indexes.textSegments.map(\.region)
        if isBadIndex(
            "text index", text + (catalogue.text.map(\.common) + catalogue.tantivy.map(\.common)).map(\.region))
        {
            (indexes.text, indexes.textSegments, catalogue.text, catalogue.tantivy) = (nil, [], [], [])
        }
        if isBadIndex("vector index", [indexes.vector?.region] + catalogue.vector.map(\.common.region)) {
            (indexes.vector, catalogue.vector) = (nil, [])
        }
        if isBadIndex("image index", [indexes.image?.region]) { indexes.image = nil }
        if isBadIndex("time index", [timeIndex?.region] + catalogue.time.map(\.common.region)) {
            (timeIndex, catalogue.time) = (nil, [])
        }
        if isBadIndex("temporal track", [temporalTrack?.region] + catalogue.temporal.map(\.common.region)) {
            (temporalTrack, catalogue.temporal) = (nil, [])
        }
        if isBadIndex("memories track", [memoriesTrack?.region]) { memoriesTrack = nil }
        if isBadIndex("logic mesh", [logicMesh?.region]) { logicMesh = nil }
        if isBadIndex("sketch track", [sketchTrack?.region]) { sketchTrack = nil }
        if isBadIndex("list of segments", segments.map(\.region)) { segments = [] }
        return dropped
    }
}
