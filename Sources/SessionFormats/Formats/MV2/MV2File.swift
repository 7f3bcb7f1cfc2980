// A memory that was opened for reading: what is in it, and what there is to say about it.
//
// Opening never writes and never changes the file's size, whatever the file says about itself. Apart from a search for
// what is lost it touches the header, the log, the table of contents and the sessions, not the rest of the file.

/// A memory.
public struct MV2File: Sendable {
    /// The file's bytes.
    public let bytes: FileBytes
    /// The header; nil when it is damaged.
    public internal(set) var header: MV2Header?
    /// The table of contents; nil when none could be found.
    public internal(set) var table: MV2TableOfContents?
    /// The table's bytes.
    public internal(set) var tableRange: Range<Int>?
    /// The commit footer behind the table; nil when there is none.
    public internal(set) var footer: MV2Footer?
    /// Whether the table has its own checksum, as far as recovering looked.
    private(set) var isTableSealed = false
    /// How far footers were looked for, and tables at every offset.
    fileprivate(set) var scans: (footers: MV2FooterScan, tables: MV2TableScan)?
    /// The log; nil when the header does not say where it is.
    public internal(set) var log: MV2LogRegion?
    /// The sessions, in the order of the file.
    public internal(set) var sessions: [StoredSession] = []
    /// Where the magic of replay segments was found, when no table led to the sessions.
    public internal(set) var scannedSegments: [Range<Int>] = []
    /// What there is to say.
    public internal(set) var findings = Findings()

    /// Which commit this is; nil without a footer.
    public var generation: UInt64? { footer?.generation }

    /// The log's records that no commit has taken over.
    public var pendingRecords: [MV2LogRegion.Record] {
        guard let header, let log else { return [] }
        return log.pending(after: header.logSequence)
    }

    var foundTable: MV2FoundTable? {
        guard let table, let tableRange else { return nil }
        return MV2FoundTable(table: table, range: tableRange, footer: footer, isSealed: isTableSealed)
    }

    fileprivate mutating func take(_ found: MV2FoundTable) {
        (table, tableRange, footer, isTableSealed) = (found.table, found.range, found.footer, found.isSealed)
    }

    /// Whether the reference opens the file, which was read recovering.
    var isOpenedByReference: Bool {
        bytes.withBytes(of: 0..<MV2Header.size) { buffer in
            var reader = MV2Reader(bytes, buffer, knowing: self)
            return (try? reader.readAsReference()) != nil
        }
    }

    /// Reads a memory, of which it touches what it needs.
    ///
    /// - Parameter mode: In reference mode anything that the reference refuses is an error. In recover mode whatever is
    ///   whole is used, and what is not becomes a finding.
    /// - Throws: `MV2Error`; in recover mode only when there is nothing to be had.
    public static func read(_ bytes: FileBytes, mode: ReadingMode = .recover) throws(MV2Error) -> MV2File {
        try bytes.withBytes(of: 0..<MV2Header.size) { buffer throws(MV2Error) in
            var reader = MV2Reader(bytes, buffer)
            switch mode {
            case .reference: try reader.readAsReference()
            case .recover: try reader.readRecovering()
            }
            return reader.file
        }
    }

    /// Reads a memory by its path.
    public static func read(
        path: String, mode: ReadingMode = .recover, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(MV2Error) -> MV2File {
        let bytes: FileBytes
        do throws(FileSystemError) { bytes = try fileSystem.contents(of: path) } catch { throw .file(error) }
        return try read(bytes, mode: mode)
    }

    init(_ bytes: FileBytes) { self.bytes = bytes }
}

/// Opens step by step.
private struct MV2Reader {
    private(set) var file: MV2File
    /// The sessions of a table that the header names and that was not used.
    private var otherSegment: Range<Int>?
    private let buffer: UnsafeRawBufferPointer
    private let recovered: MV2File?

    /// - Parameter recovered: The same memory as it was recovered, for reading it as the reference.
    init(_ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, knowing recovered: MV2File? = nil) {
        file = MV2File(bytes)
        self.buffer = buffer
        self.recovered = recovered
    }

    // MARK: As the reference

    mutating func readAsReference() throws(MV2Error) {
        let header = try MV2Header(buffer)
        file.header = header
        var search = MV2TableSearch(file.bytes, buffer, header, knowing: recovered)
        let found = try search.asReference()
        file.take(found)
        if let problem = found.table.frameProblem(fileSize: buffer.count) {
            throw .frames(offset: problem.offset, problem.message)
        }
        try readLogAsReference(header)
        // The reference applies pending records first, which gives the table a new checksum before it looks at it.
        guard !file.pendingRecords.isEmpty || search.isSealed(found.range) else {
            throw .tableChecksum(offset: found.range.lowerBound)
        }
        try readSessionsAsReference(found.table)
    }

    /// The reference reads record by record, so a region that reaches beyond the file matters only when its records do.
    private mutating func readLogAsReference(_ header: MV2Header) throws(MV2Error) {
        let inFile = min(header.log.end ?? .max, UInt64(buffer.count))
        guard header.logOffset < inFile else {
            throw .undecodable(
                BincodeError(offset: 16, .truncated(needed: header.log.end ?? .max, available: buffer.count)))
        }
        let region = Int(header.logOffset)..<Int(inFile)
        let known = recovered?.log.flatMap { $0.region == region ? $0 : nil }
        let log = known ?? MV2LogRegion(file.bytes, buffer, region)
        if let damage = log.damage { throw .log(damage) }
        file.log = log
    }

    private mutating func readSessionsAsReference(_ table: MV2TableOfContents) throws(MV2Error) {
        guard let manifest = table.replayManifest, manifest.sessionCount > 0 else { return }
        file.sessions = try segment(manifest, .reference).sessions
    }

    private func segment(
        _ manifest: MV2ReplayManifest, _ mode: ReadingMode
    ) throws(MV2Error) -> ReplaySegment {
        guard let range = manifest.segment.range(in: buffer.count) else {
            throw .sessionsOutside(manifest.segment, fileSize: buffer.count)
        }
        do throws(ReplayFormatError) {
            return try ReplaySegment.read(file.bytes, in: range, mode: mode)
        } catch { throw .sessions(error) }
    }

    // MARK: Recovering

    mutating func readRecovering() throws(MV2Error) {
        let headerError = readHeader()
        if case .encrypted? = headerError { throw .encrypted }
        readTable()
        readLog()
        readSessions()
        if let headerError {
            // Nothing was found; where it was not looked for, something may be.
            let isSure = !file.findings.all.contains { $0.code == .searchEnded }
            if file.table == nil, file.sessions.isEmpty, isSure { throw headerError }
            file.findings.add(
                .invalidHeader, .error, offset: headerError.offset ?? 0, length: 0,
                "The header cannot be used: \(headerError)")
        }
    }

    private mutating func readHeader() -> MV2Error? {
        do throws(MV2Error) {
            file.header = try MV2Header(buffer)
            return nil
        } catch { return error }
    }

    private mutating func readTable() {
        var search = MV2TableSearch(file.bytes, buffer, file.header)
        let found = search.recovering()
        file.scans = (search.footers, search.tables)
        note(search.budget, "a table of contents")
        guard let found else {
            file.findings.add(
                .missingTable, .error, offset: Int(clamping: file.header?.footerOffset ?? 0), length: 0,
                "There is no whole table of contents in this file, so the program that wrote it cannot open it; frames are "
                    + "out of reach, sessions were looked for by their magic.")
            return
        }
        file.take(found)
        if !found.isSealed {
            file.findings.add(
                .tableChecksumMismatch, .error, offset: found.range.lowerBound, length: found.range.count,
                "The table of contents does not have its checksum, so something in it was changed; it decodes and was used."
            )
        }
        let end = found.footer.map { $0.offset + MV2Footer.size } ?? found.range.upperBound
        if found.footer == nil {
            file.findings.add(
                .missingFooter, .warning, offset: end, length: 0,
                "There is no commit footer behind the table of contents, which is whole all the same.")
        }
        if end < buffer.count {
            file.findings.add(
                .trailingBytes, .warning, offset: end, length: buffer.count - end,
                "\(buffer.count - end) bytes follow the last whole commit, as a save leaves them that did not finish; the "
                    + "state before it is read.")
        }
        if let header = file.header, header.footerOffset != UInt64(found.range.lowerBound) {
            compare(header, with: found)
        }
    }

    /// A header is told of a commit when that is durable, and saves that append leave the table that the header names as it
    /// is. So one that names the table of an earlier commit is behind by a save; one that names no table at all, or a later
    /// one, speaks of a commit that is gone, or of bytes that have moved since.
    private mutating func compare(_ header: MV2Header, with found: MV2FoundTable) {
        let place = found.range.lowerBound
        let named = Int(exactly: header.footerOffset).flatMap { offset in
            offset < buffer.count ? MV2TableSearch(file.bytes, buffer, header).sealed(at: offset) : nil
        }
        if let named, named.range.lowerBound < place, isEarlier(named, than: found) {
            file.findings.add(
                .headerMismatch, .warning, offset: 8, length: 8,
                "The header names the table of contents at byte \(header.footerOffset), as a save leaves it that did not "
                    + "finish; the last whole one is at byte \(place) and was used.")
            return
        }
        otherSegment = named?.table.replayManifest?.segment.range(in: buffer.count)
        file.findings.add(
            .commitLost, .error, offset: 8, length: 8,
            "The header names a table of contents at byte \(header.footerOffset), where no earlier one is whole; the last "
                + "whole one is at byte \(place) and was used. What was committed later is missing, or bytes were lost or "
                + "added before it, or the header's number was changed.")
    }

    private func isEarlier(_ named: MV2FoundTable, than found: MV2FoundTable) -> Bool {
        // The footer may claim a table that begins earlier.
        file.bytes.load(0..<named.range.upperBound + MV2Footer.size)
        guard let footer = MV2Footer(file.bytes, buffer, at: named.range.upperBound), let last = found.footer else {
            return true
        }
        return footer.generation < last.generation
    }

    private mutating func note(_ budget: SearchBudget, _ what: String) {
        guard let end = budget.end else { return }
        file.findings.add(
            .searchEnded, .error, offset: end, length: 0,
            "The search for \(what) was given up here, since too much looks like one and is none; something may be there that "
                + "was not found.")
    }

    private mutating func readLog() {
        guard let header = file.header else { return }
        guard let region = header.log.range(in: buffer.count) else {
            file.findings.add(
                .logDamaged, .error, offset: 16, length: 16,
                "The log should be at byte \(header.logOffset), \(header.logSize) long; the file has \(buffer.count).")
            return
        }
        let log = MV2LogRegion(file.bytes, buffer, region)
        file.log = log
        if let damage = log.damage {
            file.findings.add(
                .logDamaged, .error, offset: damage.offset, length: region.upperBound - damage.offset,
                "\(damage) The program that wrote it refuses the whole file for that.")
        }
        if let last = log.records.last?.sequence ?? (log.damage == nil ? 0 : nil), header.logSequence > last {
            file.findings.add(
                .logSequenceMismatch, .error, offset: 40, length: 8,
                "The header says that the log's records up to \(header.logSequence) were committed; the last one there has "
                    + "the number \(last). Records may be missing, or the program that wrote it passes over new ones.")
        }
        checkCheckpoint(header, log)
        for record in file.pendingRecords {
            file.findings.add(
                .pendingRecord, .warning, offset: record.offset, length: MV2LogRegion.headerSize + record.length,
                "Record \(record.sequence) of the log was not committed; the program that wrote it applies it when it "
                    + "opens the file.")
        }
    }

    /// The header tells twice which records were committed: by the last one's number, and by where it ends.
    private mutating func checkCheckpoint(_ header: MV2Header, _ log: MV2LogRegion) {
        let committed = log.records.first { $0.sequence == header.logSequence }
        let end = committed.map { UInt64($0.range.upperBound) - header.logOffset } ?? 0
        guard committed != nil || header.logSequence == 0, header.logCheckpoint != end else { return }
        file.findings.add(
            .logSequenceMismatch, .error, offset: 32, length: 16,
            "The header says that the log is committed up to record \(header.logSequence), which ends at byte \(end) of it, and "
                + "up to byte \(header.logCheckpoint): one of the two numbers was changed, and records may be passed over or "
                + "applied twice.")
    }

    private mutating func readSessions() {
        guard let table = file.table, let range = file.tableRange else { return scanForSessions() }
        if let manifest = table.replayManifest, manifest.segment.length > 0 || manifest.sessionCount > 0 {
            do throws(MV2Error) {
                try readSegment(manifest)
                if file.sessions.count < manifest.sessionCount {
                    addSalvaged(in: manifest.segment.range(in: buffer.count) ?? 0..<0)
                }
            } catch {
                file.findings.add(
                    .sessionsUnreadable, .error, offset: Int(clamping: manifest.segment.offset), length: 0,
                    "The sessions are not where the table of contents says: \(error)")
                return scanForSessions()
            }
        }
        if let otherSegment { addSalvaged(in: otherSegment) }
        // Behind the last commit stands what a later one was about, whose table is lost or was never written.
        let isAcknowledged = file.header?.tableChecksum != table.checksum
        addSalvaged(
            in: (file.footer.map { $0.offset + MV2Footer.size } ?? range.upperBound)..<buffer.count,
            isAcknowledged ? .error : .warning)
    }

    private mutating func readSegment(_ manifest: MV2ReplayManifest) throws(MV2Error) {
        let segment = try segment(manifest, .recover)
        file.sessions = segment.sessions
        for finding in segment.findings.all {
            file.findings.add(
                finding.code, finding.severity, offset: finding.offset, length: finding.length, finding.message)
        }
    }

    /// Every session that stands anywhere in the file; of one that stands there several times, the last.
    private mutating func scanForSessions() {
        file.bytes.load(0..<buffer.count)
        var at = 0
        while let start = BytePattern.first(ReplaySegment.magic, in: buffer, from: at) {
            file.scannedSegments.append(start..<start + 8)
            at = start + 8
        }
        addSalvaged(in: 0..<buffer.count)
    }

    /// Adds the sessions of a range that are not known yet: of one that stands there several times, the last.
    ///
    /// - Parameter severity: A warning when they were never acknowledged: a header that names the last whole table was not
    ///   told of another commit.
    private mutating func addSalvaged(in range: Range<Int>, _ severity: Severity = .error) {
        if range.isEmpty { return }
        var known: [SessionID: StoredSession] = [:]
        for session in file.sessions { known[session.id] = session }
        var seen: Set<SessionID> = []
        let budget = SearchBudget(range.count * 16)
        let found = ReplaySegment.salvage(file.bytes, in: range, budget).reversed().filter { session in
            seen.insert(session.id).inserted && known[session.id].map { !isEqual($0, session) } ?? true
        }
        note(budget, "sessions")
        for session in found.reversed() {
            let isOther = known[session.id] != nil
            file.sessions.append(session)
            file.findings.add(
                .sessionsFoundByScan, severity, offset: session.byteRange.lowerBound, length: session.byteRange.count,
                "\(isOther ? "Another state of session" : "Session") \(session.name ?? session.id.description) was found at "
                    + "byte \(session.byteRange.lowerBound), where nothing points; "
                    + (severity == .error
                        ? "it may be older than what was last saved, or deleted since."
                        : "the save that wrote it did not finish."))
        }
    }

    private func isEqual(_ a: StoredSession, _ b: StoredSession) -> Bool {
        buffer[a.byteRange].elementsEqual(buffer[b.byteRange])
    }
}

extension MV2TableOfContents {
    /// What the reference refuses about active frames; nil when nothing is.
    func frameProblem(fileSize: Int) -> (offset: UInt64, message: String)? {
        let active = frames.filter { $0.status == .active && $0.payload.length > 0 }
        var end: UInt64 = 0
        for frame in active.sorted(by: { $0.payload.offset < $1.payload.offset }) {
            guard let range = frame.payload.range(in: fileSize) else {
                return (frame.payload.offset, "Frame \(frame.id) reaches beyond the file's \(fileSize) bytes.")
            }
            if frame.payload.offset < end {
                return (frame.payload.offset, "Frame \(frame.id) begins inside another active frame.")
            }
            end = UInt64(range.upperBound)
        }
        return nil
    }
}
