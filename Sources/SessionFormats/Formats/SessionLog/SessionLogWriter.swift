// Appends to a session log so that a crash at any moment costs at most the entry being written.
//
// Each line, newline included, goes to the kernel in one call on a file opened for appending, then the file is synced:
// two writers cannot overwrite each other, and a line is torn only where the disk tears it. (The reference writes the
// newline separately and not at the end of the file, which is how fragments come to be welded to the next entry.)

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

    private let file: any OpenFile
    /// What `open` did; `.none` for a new log.
    public let repair: Repair

    private init(file: any OpenFile, repair: Repair) {
        self.file = file
        self.repair = repair
    }

    deinit { file.close() }

    /// Begins a new log; a file of this name is emptied first, as the reference does.
    ///
    /// - Throws: `FileSystemError`.
    public static func create(
        path: String, header: SessionHeader, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(FileSystemError) -> SessionLogWriter {
        let writer = SessionLogWriter(file: try fileSystem.open(path, .createOrTruncate), repair: .none)
        try writer.appendLine(header.encoded())
        try fileSystem.syncFolder(path.folderOfPath)
        return writer
    }

    /// Opens a log to append to it, after repairing its end.
    ///
    /// - Throws: `FileSystemError`.
    public static func open(
        path: String, repair: TailRepair = .safe, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(FileSystemError) -> SessionLogWriter {
        let file = try fileSystem.open(path, .append)
        do throws(FileSystemError) {
            let tail = try Tail(of: file)
            let done: Repair =
                switch repair {
                case .reference: try repairAsReference(file, tail)
                case .safe: try repairSafely(file, tail, path: path, fileSystem)
                }
            return SessionLogWriter(file: file, repair: done)
        } catch {
            file.close()
            throw error
        }
    }

    /// Appends an entry; when this returns, the entry is durable.
    ///
    /// - Throws: `FileSystemError`; then the entry counts as not written, though a reader may find it.
    public func append(_ entry: SessionEntry) throws(FileSystemError) {
        try appendLine(entry.encoded())
    }

    private func appendLine(_ line: [UInt8]) throws(FileSystemError) {
        try file.append(line + [0x0A])
        try file.sync()
    }

    // MARK: Tail repair

    /// The bytes behind the last newline.
    private struct Tail {
        var start: Int
        var bytes: [UInt8]

        /// Reads backwards in blocks, not byte by byte.
        init(of file: any OpenFile) throws(FileSystemError) {
            let blockSize = 1 << 16
            start = try file.size()
            bytes = []
            while start > 0 {
                let from = max(0, start - blockSize)
                let block = try file.read(at: from, count: start - from)
                if let newline = block.lastIndex(of: 0x0A) {
                    bytes.insert(contentsOf: block[(newline + 1)...], at: 0)
                    start = from + newline + 1
                    return
                }
                bytes.insert(contentsOf: block, at: 0)
                start = from
            }
        }
    }

    private static func repairAsReference(_ file: any OpenFile, _ tail: Tail) throws(FileSystemError) -> Repair {
        if tail.bytes.isEmpty { return .none }
        try file.truncate(to: tail.start)
        return .cut(offset: tail.start, length: tail.bytes.count, savedAs: nil)
    }

    private static func repairSafely(
        _ file: any OpenFile, _ tail: Tail, path: String, _ fileSystem: any FileSystem
    ) throws(FileSystemError) -> Repair {
        if tail.bytes.isEmpty { return .none }
        if isWhole(tail.bytes, isFirstLine: tail.start == 0) {
            try file.append([0x0A])
            try file.sync()
            return .addedNewline
        }
        let saved = try save(tail, of: path, fileSystem)
        try file.truncate(to: tail.start)
        try file.sync()
        return .cut(offset: tail.start, length: tail.bytes.count, savedAs: saved)
    }

    /// Whether a line without its newline is an entry or a header all the same.
    private static func isWhole(_ line: [UInt8], isFirstLine: Bool) -> Bool {
        // Read as the line that it would be with its newline; a header before it makes it an entry's line.
        let header = SessionHeader(id: "", timestamp: "", cwd: "").encoded() + [0x0A]
        let reader = SessionLogReader(mode: .recover)
        if let log = try? reader.read(header + line + [0x0A]), !log.entries.isEmpty { return true }
        guard isFirstLine, let log = try? reader.read(line + [0x0A]) else { return false }
        return log.header != nil
    }

    /// Writes what will be cut beside the log, durably, under a name that no earlier repair has taken.
    private static func save(
        _ tail: Tail, of path: String, _ fileSystem: any FileSystem
    ) throws(FileSystemError) -> String {
        let name = try fileSystem.unusedName("\(path).torn-\(tail.start)")
        let file = try fileSystem.open(name, .createNew)
        defer { file.close() }
        try file.append(tail.bytes)
        try file.sync()
        try fileSystem.syncFolder(path.folderOfPath)
        return name
    }
}
