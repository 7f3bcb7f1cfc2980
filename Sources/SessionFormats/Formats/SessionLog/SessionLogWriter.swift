// Appends to a session log so that a crash at any moment costs at most the entry being written.
//
// Each line, newline included, goes to the kernel in one call on a file that is locked against other writers and opened for
// appending, then the file is synced (see AppendOnlyFile). A log begins in one step with its whole header. (The reference
// takes no lock and writes the newline separately and not at the end of the file, which is how fragments come to be welded
// to the next entry.)

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A writer of session logs.
public final class SessionLogWriter {
    /// How `open` repairs the end of a log that was not closed properly.
    public enum TailRepair: Sendable {
        /// As the reference: cut behind the last newline, whatever is lost, a whole header included.
        case reference
        /// Never drop a whole entry or header; keep what is cut in a file beside the log.
        case safe
    }

    /// What `open` did to the end of the file.
    public enum Repair: Sendable, Equatable {
        /// The file ended in a newline.
        case none
        /// The last line was whole; its newline was added.
        case addedNewline
        /// The file was cut at `offset`; what was cut was saved under `savedAs` (nil in reference mode).
        case cut(offset: Int, length: Int, savedAs: String?)
    }

    private let file: AppendOnlyFile
    /// What `open` did; `.none` for a new log.
    public let repair: Repair

    private init(file: AppendOnlyFile, repair: Repair) {
        self.file = file
        self.repair = repair
    }

    /// Begins a new log, in one step; a file of this name is replaced.
    ///
    /// - Parameter existing: `.refused` to fail when there is a file of this name.
    /// - Throws: `StorageError`: `locked` when another writer has a log of this name.
    public static func create(
        path: String, header: SessionHeader, existing: AtomicReplacement.Existing = .replaced,
        on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(StorageError) -> SessionLogWriter {
        let line = header.encoded() + [0x0A]
        return SessionLogWriter(
            file: try AppendOnlyFile.create(path, line, existing: existing, on: fileSystem), repair: .none)
    }

    /// Opens a log to append to it, after repairing its end.
    ///
    /// - Parameter header: What a log begins with that is not there, or that holds nothing but a part of a header, as a crash
    ///   may leave one that was begun in place; what it had is kept beside it. nil to refuse such a log.
    /// - Throws: `StorageError`: `locked` when another writer has it; under the safe repair `headless` when it has no header
    ///   that the reference takes, but may hold something: nothing that is appended to it would be read.
    public static func open(
        path: String, orBeginningWith header: SessionHeader? = nil, repair: TailRepair = .safe,
        on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(StorageError) -> SessionLogWriter {
        guard let header else { return try openThere(path, nil, repair, fileSystem) }
        // Each turn means that another program made or removed the log.
        for _ in 0..<16 {
            do throws(StorageError) { return try openThere(path, header, repair, fileSystem) } catch {
                guard case .file(let problem) = error, problem.errorNumber == ENOENT else { throw error }
            }
            do throws(StorageError) {
                return try create(path: path, header: header, existing: .refused, on: fileSystem)
            } catch .exists {}
        }
        throw .locked(path)
    }

    private static func openThere(
        _ path: String, _ header: SessionHeader?, _ repair: TailRepair, _ fileSystem: any FileSystem
    ) throws(StorageError) -> SessionLogWriter {
        var before = 0
        var end = AppendOnlyFile.End.whole
        let file = try AppendOnlyFile.open(path, on: fileSystem) { (file, size) throws(StorageError) in
            let tail = try StorageError.translating { () throws(FileSystemError) in try Tail(of: file, size: size) }
            end = repair == .reference ? endAsReference(tail) : endSafely(tail)
            if repair == .safe, try !beginsWithHeader(file, size) {
                guard let header, try holdsNothing(file, size) else { throw .headless(path) }
                end = .torn(at: 0, then: header.encoded() + [0x0A])
            }
            before = size
            // Under the reference's repair nothing is written that the reference does not write.
            return AppendOnlyFile.Look(end, settled: repair == .reference ? size : try lastLine(of: file, tail))
        }
        return SessionLogWriter(file: file, repair: done(end, before, file))
    }

    private static func done(_ end: AppendOnlyFile.End, _ before: Int, _ file: AppendOnlyFile) -> Repair {
        switch end {
        case .whole: .none
        case .lacking: .addedNewline
        case .torn(let offset, _) where offset == before: .none
        case .torn(let offset, _), .dropped(let offset):
            .cut(offset: offset, length: before - offset, savedAs: file.torn)
        }
    }

    /// Appends an entry; when this returns, the entry is durable.
    ///
    /// - Throws: `StorageError`. After `file` the entry was taken back and may be appended again; every other says why
    ///   nothing more can be appended until the log is opened anew.
    public func append(_ entry: SessionEntry) throws(StorageError) {
        try file.append(entry.encoded() + [0x0A])
    }

    /// Lets the log and its lock go; the writer's end does so too.
    public func close() { file.close() }

    // MARK: Tail repair

    /// The bytes behind the last newline.
    private struct Tail {
        var start: Int
        var bytes: [UInt8]

        /// Reads backwards in blocks, not byte by byte.
        init(of file: any OpenFile, size: Int) throws(FileSystemError) {
            let blockSize = 1 << 16
            start = size
            var blocks: [[UInt8]] = []
            while start > 0 {
                let from = max(0, start - blockSize)
                let block = try file.read(at: from, count: start - from)
                if let newline = block.lastIndex(of: 0x0A) {
                    blocks.append(Array(block[(newline + 1)...]))
                    start = from + newline + 1
                    break
                }
                blocks.append(block)
                start = from
            }
            bytes = Array(blocks.reversed().joined())
        }
    }

    /// Where the last line begins that ends in a newline, or the one behind it that is whole without.
    private static func lastLine(of file: any OpenFile, _ tail: Tail) throws(StorageError) -> Int {
        try StorageError.translating { () throws(FileSystemError) in
            tail.start == 0 ? 0 : try Tail(of: file, size: tail.start - 1).start
        }
    }

    private static func endAsReference(_ tail: Tail) -> AppendOnlyFile.End {
        tail.bytes.isEmpty ? .whole : .dropped(at: tail.start)
    }

    private static func endSafely(_ tail: Tail) -> AppendOnlyFile.End {
        if tail.bytes.isEmpty { return .whole }
        // A newline that did not reach the disk, although the size did, reads as a zero.
        let line = withoutZeroes(tail.bytes)
        let entries = entries(in: line)
        let isEntry = entries == [WhiteSpace.json.trimmed(line).indices]
        if isEntry || tail.start == 0 && isHeader(line) {
            return line.count == tail.bytes.count
                ? .lacking([0x0A]) : .torn(at: tail.start + line.count, then: [0x0A])
        }
        // Whole entries behind a fragment stay where they are, since a crash while they were moved would lose them.
        let kept = entries.first?.lowerBound == 0 ? entries[0].upperBound : 0
        if entries.count > (kept > 0 ? 1 : 0) { return .lacking([0x0A]) }
        return .torn(at: tail.start + kept, then: kept > 0 ? [0x0A] : [])
    }

    private static func withoutZeroes(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes[..<((bytes.lastIndex { $0 != 0 } ?? -1) + 1)])
    }

    /// Where in a line without its newline there are whole entries.
    private static func entries(in line: [UInt8]) -> [Range<Int>] {
        // Read as the line that it would be with its newline; a header before it makes it an entry's line.
        let header = SessionHeader(id: "", timestamp: "", cwd: "").encoded() + [0x0A]
        guard let log = try? SessionLogReader(mode: .recover).read(FileBytes(header + line + [0x0A])) else { return [] }
        return log.entries.map { $0.byteRange.lowerBound - header.count..<$0.byteRange.upperBound - header.count }
    }

    /// Whether a line is a header that the reference takes.
    private static func isHeader(_ line: [UInt8]) -> Bool {
        (try? SessionLogReader(mode: .reference).read(FileBytes(line + [0x0A])))?.header != nil
    }

    /// Whether a file without a header has nothing that could be missed: it is empty, zeroes, or the beginning of a header
    /// with or without zeroes behind it, as a crash leaves a log that was begun in place.
    private static func holdsNothing(_ file: any OpenFile, _ size: Int) throws(StorageError) -> Bool {
        if size > 1 << 16 { return false }
        let bytes = try StorageError.translating { () throws(FileSystemError) in try file.read(at: 0, count: size) }
        let start = withoutZeroes(bytes)
        let known = Array(#"{"type":"session""#.utf8)
        return start.isEmpty
            || JSONFragment.isCutShort(start) && !start.contains(0x0A)
                && (start.starts(with: known) || known.starts(with: start))
    }

    /// Whether the first line is a header.
    private static func beginsWithHeader(_ file: any OpenFile, _ size: Int) throws(StorageError) -> Bool {
        try StorageError.translating { () throws(FileSystemError) in
            var line: [UInt8] = []
            while line.count < size {
                let block = try file.read(at: line.count, count: min(1 << 12, size - line.count))
                if block.isEmpty { break }
                if let newline = block.firstIndex(of: 0x0A) { return isHeader(line + block[..<newline]) }
                line += block
            }
            return isHeader(withoutZeroes(line))
        }
    }
}
