// Saves sessions into a memory.
//
// The safe protocol appends: the new replay segment goes behind everything that is there and is synced; then a new table of
// contents and its commit footer, synced before the header is told of them. At every moment the old table or the new one
// is whole, and a header that still names the old one is healed by every reader. Nothing else in the file is touched. The
// first sync is needed since no hash covers the segment: without it a power cut can leave a whole table and footer behind
// a segment of which sectors are missing, and every reader takes the last whole footer for the truth.
// Tails that were saved over stay as dead bytes; when they are more than half of the file it is written anew without them.
//
// The upstream's protocol writes the segment over the committed table and commits later; it is kept so that what a crash
// does to it can be shown.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A memory that is open for saving sessions, locked against other writers.
public final class MV2Writer {
    /// How sessions are saved.
    public enum SavingProtocol: Sendable, CaseIterable {
        /// As the upstream: over the committed table of contents; nothing is whole until `commit`.
        case reference
        /// Behind everything that is there; committed when `save` returns.
        case safe
    }

    private let path: String
    private let fileSystem: any FileSystem
    private var file: any OpenFile
    private var header: MV2Header
    private var table: MV2TableOfContents
    private var generation: UInt64
    /// The file's size and where the last safe save begins in it; 0 before the first.
    private var size = 0
    private var tailStart = 0
    /// Sessions that were saved over the table and not committed.
    private var hasUncommitted = false
    /// Whether nothing in the file was damaged when it was opened. What was is evidence, and is not cleared away unasked.
    private let isWhole: Bool
    /// Why nothing more can be written.
    private var problem: MV2Error?

    /// The sessions that the memory holds.
    public private(set) var sessions: [ReplaySession]

    // MARK: Opening

    /// Opens a memory to save sessions in it. Sessions that had to be looked for are in `sessions`, and the next save puts
    /// them where they belong.
    ///
    /// - Throws: `MV2Error`: the file cannot be read or is locked, its header or table of contents is lost, or the table or a
    ///   session is damaged, so that a save would seal what is left as if it were all; `crashlab recover` makes a copy of it.
    public static func open(
        path: String, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(MV2Error) -> MV2Writer {
        let file = try storing(path) { () throws(StorageError) in try fileSystem.openLocked(path, .update) }
        do throws(MV2Error) {
            // Whoever made the file, or renamed it, may have been killed before its name was durable.
            try translating { () throws(FileSystemError) in
                try fileSystem.syncFolder(try fileSystem.resolved(path).folderOfPath)
            }
            return try MV2Writer(path, fileSystem, file, try MV2File.read(path: path, on: fileSystem))
        } catch {
            file.close()
            throw error
        }
    }

    /// Makes a new, empty memory.
    ///
    /// - Throws: `MV2Error.exists` when there is something of this name; `.file`.
    public static func create(
        path: String, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(MV2Error) -> MV2Writer {
        var table = MV2TableOfContents.empty
        let log = MV2Region(offset: UInt64(MV2Header.size), length: 65_536)
        let tableOffset = Int(log.offset + log.length)
        let tableBytes = table.sealed()
        let header = MV2Header(footerOffset: UInt64(tableOffset), log: log, tableChecksum: table.checksum)
        var bytes = header.encodedFields()
        bytes += [UInt8](repeating: 0, count: tableOffset - bytes.count)
        bytes += tableBytes + MV2Footer.encode(table: tableBytes, generation: 1)
        try storing(path) { () throws(StorageError) in
            try AtomicReplacement(of: path, existing: .refused, on: fileSystem).write(bytes)
        }
        return try open(path: path, on: fileSystem)
    }

    private init(
        _ path: String, _ fileSystem: any FileSystem, _ file: any OpenFile, _ memory: MV2File
    ) throws(MV2Error) {
        guard let header = memory.header, let table = memory.table else {
            throw .noTable(offset: memory.header?.footerOffset ?? 0)
        }
        (self.path, self.fileSystem, self.file) = (path, fileSystem, file)
        (self.header, self.table) = (header, table)
        generation = memory.generation ?? 0
        sessions = try Self.wholeSessions(of: memory)
        isWhole = !memory.findings.all.contains { $0.severity == .error }
    }

    /// A save would seal what is left as whole, and what is damaged would be gone with the next compaction.
    private static func wholeSessions(of memory: MV2File) throws(MV2Error) -> [ReplaySession] {
        if let mismatch = memory.findings.all.first(where: { $0.code == .tableChecksumMismatch }) {
            throw .tableChecksum(offset: mismatch.offset)
        }
        var sessions: [ReplaySession] = []
        for stored in memory.sessions {
            do throws(ReplayFormatError) { sessions.append(try stored.decoded()) } catch { throw .sessions(error) }
        }
        return sessions
    }

    deinit { file.close() }

    // MARK: Saving

    /// Makes these the sessions that the memory holds. With none the memory says that it has none.
    ///
    /// Under the safe protocol they are durable when this returns. When it throws the memory holds what it held, or, when all
    /// but the header was told, these; every further call throws then, until the memory is opened anew, which tells. Under the
    /// reference's protocol the memory cannot be opened until `commit`.
    ///
    /// - Throws: `MV2Error.file`.
    public func save(_ sessions: [ReplaySession], _ saving: SavingProtocol = .safe) throws(MV2Error) {
        try checkState()
        switch saving {
        case .safe: try saveSafely(sessions)
        case .reference: try saveOverTable(sessions)
        }
        self.sessions = sessions
        // What was saved is durable; when there is no room to write the file anew it stays as large as it is.
        if saving == .safe, isWhole, isMostlyDead { try? compact() }
    }

    /// Removes a session.
    ///
    /// - Throws: `MV2Error.unknownSession`, `.file`.
    public func delete(_ id: SessionID, _ saving: SavingProtocol = .safe) throws(MV2Error) {
        guard sessions.contains(where: { $0.id == id }) else { throw .unknownSession(id) }
        try save(sessions.filter { $0.id != id }, saving)
    }

    private func checkState() throws(MV2Error) {
        if let problem { throw problem }
        let isNamed = try Self.translating { () throws(FileSystemError) in try file.isNamed(path) }
        if !isNamed {
            throw .replaced(path)
        }
    }

    private func saveSafely(_ sessions: [ReplaySession]) throws(MV2Error) {
        let end = try Self.translating { () throws(FileSystemError) in try file.size() }
        let tail = try Tail(sessions, at: end, table, generation: generation &+ 1)
        if !tail.segment.isEmpty { try appendDurably(tail.segment, at: end, takingBackTo: end) }
        try appendDurably(tail.commit, at: tail.tableOffset, takingBackTo: end)
        try commitHeader(tail)
        size = tail.tableOffset + tail.commit.count
        tailStart = end
    }

    /// What is written and not committed is dead; without it the next save begins where this one did.
    private func appendDurably(_ bytes: [UInt8], at offset: Int, takingBackTo end: Int) throws(MV2Error) {
        do throws(FileSystemError) { try file.write(bytes, at: offset) } catch {
            takeBack(to: end, error)
            throw .file(error)
        }
        do throws(FileSystemError) { try file.sync() } catch {
            // The kernel forgets what it could not sync, so that no later sync tells whether it is there.
            problem = .file(error)
            takeBack(to: end, error)
            throw .file(error)
        }
    }

    private func takeBack(to end: Int, _ error: FileSystemError) {
        do throws(FileSystemError) { try file.truncate(to: end) } catch { problem = .file(error) }
    }

    /// Tells the header of a tail that is durable.
    private func commitHeader(_ tail: Tail) throws(MV2Error) {
        var header = header
        header.footerOffset = UInt64(tail.tableOffset)
        header.tableChecksum = tail.table.checksum
        do throws(FileSystemError) {
            try file.write(header.encodedFields(), at: 0)
            try file.sync()
        } catch {
            // The tail is committed whether the header names it or not.
            problem = .file(error)
            throw .file(error)
        }
        (self.header, table, generation) = (header, tail.table, tail.generation)
    }

    // MARK: As the upstream

    /// Writes the segment where the upstream does: over the committed table.
    private func saveOverTable(_ sessions: [ReplaySession]) throws(MV2Error) {
        let segment = sessions.isEmpty ? [] : ReplaySegment.encode(sessions)
        let place = try checkedContentEnd(atLeast: header.footerOffset)
        table.shape = .current
        table.replayManifest = Tail.manifest(
            sessions, MV2Region(offset: UInt64(place), length: UInt64(segment.count)))
        header.footerOffset = UInt64(place + segment.count)
        hasUncommitted = true
        try Self.translating { () throws(FileSystemError) in
            try file.write(segment, at: place)
            try file.sync()
        }
    }

    /// Writes the table of contents and the footer of what was saved under the reference's protocol: into a copy that is
    /// renamed over the file. Does nothing when there is nothing to commit.
    ///
    /// - Throws: `MV2Error.file`; also when the copy has the name and a power cut may take it away again.
    public func commit() throws(MV2Error) {
        guard hasUncommitted, let offset = Int(exactly: header.footerOffset) else { return }
        let tableBytes = table.sealed()
        header.tableChecksum = table.checksum
        generation &+= 1
        let tail = tableBytes + MV2Footer.encode(table: tableBytes, generation: generation)
        try replaceFile(keeping: offset, then: tail)
        hasUncommitted = false
        if let problem { throw problem }
    }

    // MARK: Writing anew

    /// Where everything ends that has to be kept, which the file has to reach: what the table claims is not to be trusted.
    private func checkedContentEnd(atLeast least: UInt64 = 0) throws(MV2Error) -> Int {
        let end = max(least, table.contentEnd(log: header.log))
        let fileSize = try Self.translating { () throws(FileSystemError) in try file.size() }
        guard end <= UInt64(fileSize) else { throw .contentOutside(end: end, fileSize: fileSize) }
        return Int(end)
    }

    /// Whether more than half of the file is tails of earlier saves, to which nothing refers any more.
    private var isMostlyDead: Bool {
        guard let end = Int(exactly: table.contentEnd(log: header.log)) else { return false }
        return tailStart - end > size / 2
    }

    /// Writes the memory anew without the tails of earlier saves, in one step. Everything else keeps its bytes and its
    /// place. `save` does this when more than half of the file is dead.
    ///
    /// - Throws: `MV2Error.file`; then the memory is as it was, or, when every further call throws too, a power cut may bring
    ///   the larger file back, which holds the same.
    public func compact() throws(MV2Error) {
        try checkState()
        let end = try checkedContentEnd()
        let tail = try Tail(sessions, at: end, table, generation: generation &+ 1)
        var header = header
        header.footerOffset = UInt64(tail.tableOffset)
        header.tableChecksum = tail.table.checksum
        let old = self.header
        self.header = header
        do throws(MV2Error) {
            try replaceFile(keeping: end, then: tail.bytes)
        } catch {
            self.header = old
            throw error
        }
        (table, generation) = (tail.table, tail.generation)
        (size, tailStart) = (end + tail.bytes.count, end)
        if let problem { throw problem }
    }

    /// Puts a file in place of this one that begins with its first bytes, under the present header, and goes on with it.
    private func replaceFile(keeping count: Int, then tail: [UInt8]) throws(MV2Error) {
        let outcome = try Self.storing(path) { () throws(StorageError) in
            try AtomicReplacement(of: path, on: fileSystem).run(holding: file, .createNewForUpdate) {
                (new, _) throws(FileSystemError) in
                let end = try copy(count, to: new)
                try new.write(tail, at: end)
            }
        }
        file.close()
        file = outcome.file
        // The new file has the name; whether a power cut brings the old one back is not known.
        if let doubt = outcome.doubt { problem = .file(doubt) }
    }

    /// Copies the first bytes of the file under the present header; returns how many.
    private func copy(_ count: Int, to new: any OpenFile) throws(FileSystemError) -> Int {
        let fields = header.encodedFields()
        try new.write(fields, at: 0)
        var at = fields.count
        while at < count {
            let block = try file.read(at: at, count: min(1 << 20, count - at))
            if block.isEmpty { break }
            try new.write(block, at: at)
            at += block.count
        }
        return at
    }

    private static func translating<Result>(
        _ body: () throws(FileSystemError) -> Result
    ) throws(MV2Error) -> Result {
        do throws(FileSystemError) { return try body() } catch { throw .file(error) }
    }

    private static func storing<Result>(
        _ path: String, _ body: () throws(StorageError) -> Result
    ) throws(MV2Error) -> Result {
        do throws(StorageError) { return try body() } catch {
            switch error {
            case .file(let problem): throw .file(problem)
            case .exists: throw .exists(path)
            case .locked: throw .file(FileSystemError(call: "lock", path: path, errorNumber: EWOULDBLOCK))
            case .refused(_, let problem), .notDurable(_, let problem): throw .file(problem)
            case .nameLost, .changed, .headless: throw .replaced(path)
            }
        }
    }
}

/// What a safe save appends: segment, table of contents, commit footer.
private struct Tail {
    var start: Int
    var tableOffset: Int
    var table: MV2TableOfContents
    var generation: UInt64
    var segment: [UInt8]
    /// The table of contents and its footer.
    var commit: [UInt8]

    var bytes: [UInt8] { segment + commit }

    init(
        _ sessions: [ReplaySession], at start: Int, _ table: MV2TableOfContents, generation: UInt64
    ) throws(MV2Error) {
        segment = sessions.isEmpty ? [] : ReplaySegment.encode(sessions)
        let (end, overflow) = start.addingReportingOverflow(segment.count)
        if overflow { throw .tooLarge }
        self.start = start
        tableOffset = end
        self.table = table
        self.generation = generation
        self.table.shape = .current
        self.table.replayManifest = Self.manifest(
            sessions, MV2Region(offset: UInt64(start), length: UInt64(segment.count)))
        let tableBytes = self.table.sealed()
        commit = tableBytes + MV2Footer.encode(table: tableBytes, generation: generation)
    }

    static func manifest(_ sessions: [ReplaySession], _ segment: MV2Region) -> MV2ReplayManifest? {
        if sessions.isEmpty { return nil }
        return MV2ReplayManifest(
            segment: segment, sessionCount: UInt32(clamping: sessions.count),
            totalActions: sessions.reduce(0) { $0 + UInt64($1.actions.count) })
    }
}

extension MV2TableOfContents {
    /// Where everything ends that is not a replay segment or a table, in bytes, as the table claims; the end of the log when
    /// there is nothing.
    func contentEnd(log: MV2Region) -> UInt64 {
        var others = self
        others.replayManifest = nil
        let regions = [log] + frames.map(\.payload).filter { $0.length > 0 } + others.reliableRegions.map(\.region)
        return regions.reduce(0) { max($0, $1.end ?? .max) }
    }

    /// The table of a memory in which nothing is.
    static var empty: MV2TableOfContents {
        var table = MV2TableOfContents()
        table.catalogue.version = 1
        table.ticket.issuer = "free-tier"
        table.ticket.sequence = 1
        // What the real program gives a memory without a ticket of its own.
        table.ticket.capacityBytes = 52_428_800
        return table
    }
}

extension SessionRecorder {
    /// A recorder that goes on with the sessions of a memory.
    public init(
        memory: MV2Writer, clock: @escaping @Sendable () -> Int64,
        newID: @escaping @Sendable () -> SessionID = {
            var generator = SystemRandomNumberGenerator()
            return SessionID.random(using: &generator)
        }
    ) {
        self.init(completed: memory.sessions, clock: clock, newID: newID)
    }

    /// Saves the finished sessions.
    ///
    /// - Throws: `MV2Error`.
    public func save(to memory: MV2Writer, _ saving: MV2Writer.SavingProtocol = .safe) throws(MV2Error) {
        try memory.save(completed, saving)
    }
}
