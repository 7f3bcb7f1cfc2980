// The one seam between this library's writers and a disk.
//
// Every writer goes through `FileSystem`, so that a test can hand it a disk that records, fails, tears and forgets.
// The operations are those whose order decides what survives a crash: creating, writing at an offset, appending,
// truncating, syncing a file, syncing a folder, renaming and removing. Nothing here buffers.

/// How a file is opened.
public enum OpenMode: Sendable {
    /// For reading only; the file must exist.
    case read
    /// For reading and writing at offsets; the file must exist.
    case update
    /// For reading and appending: each write lands at the end of the file in one step; the file must exist.
    case append
    /// For reading and appending; created when missing, emptied when it exists.
    case createOrTruncate
    /// For reading and writing at offsets; created when missing, emptied when it exists.
    case replace
    /// For reading and appending; fails when the file exists.
    case createNew
}

/// A disk, or something that behaves like one.
public protocol FileSystem: Sendable {
    /// Opens a file.
    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile
    /// All bytes of a file, of a large one those that are asked for.
    func contents(of path: String) throws(FileSystemError) -> FileBytes
    /// Whether something of this name exists.
    func exists(_ path: String) throws(FileSystemError) -> Bool
    /// Renames within one folder or across folders, replacing what has the new name, in one step.
    func rename(_ path: String, to newPath: String) throws(FileSystemError)
    /// Removes a file.
    func remove(_ path: String) throws(FileSystemError)
    /// Makes creations, renames and removals in this folder durable.
    func syncFolder(_ path: String) throws(FileSystemError)
}

/// An open file. Closing is the caller's duty.
public protocol OpenFile: AnyObject, Sendable {
    /// The file's size in bytes.
    func size() throws(FileSystemError) -> Int
    /// What tells this state of the file from another.
    func stamp() throws(FileSystemError) -> FileStamp
    /// Reads at most `count` bytes at `offset`; fewer only at the end of the file.
    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8]
    /// Reads into memory as much as it takes; fewer bytes only at the end of the file.
    ///
    /// - Returns: How many bytes were read.
    func read(at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws(FileSystemError) -> Int
    /// Writes all bytes at `offset` (files opened with `.update` or `.replace` only), in one call to the kernel where it takes them all.
    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError)
    /// Writes all bytes at the end of the file, in one call to the kernel where it takes them all.
    func append(_ bytes: [UInt8]) throws(FileSystemError)
    /// Cuts the file, or extends it with zeroes.
    func truncate(to size: Int) throws(FileSystemError)
    /// Returns when the file's bytes and size are durable.
    func sync() throws(FileSystemError)
    /// Takes the advisory lock that keeps other writers out until the file is closed; fails at once when another has it.
    func lock() throws(FileSystemError)
    /// Whether this file is the one that has this name now.
    func isNamed(_ path: String) throws(FileSystemError) -> Bool
    /// Releases the file and its lock.
    func close()
}

extension OpenFile {
    /// A file system that knows no times is asked for the content again.
    public func stamp() throws(FileSystemError) -> FileStamp { FileStamp(size: try size()) }

    /// Reads and copies.
    public func read(
        at offset: Int, into memory: UnsafeMutableRawBufferPointer
    ) throws(FileSystemError) -> Int {
        let bytes = try read(at: offset, count: memory.count)
        memory.copyBytes(from: bytes.prefix(memory.count))
        return min(bytes.count, memory.count)
    }

    /// All bytes, whatever the file's size was said to be.
    ///
    /// - Parameter size: How many bytes to be ready for; a file is read at once when it is right.
    func readToEnd(expecting size: Int) throws(FileSystemError) -> [UInt8] {
        try [UInt8].read(firstPiece: min(max(size, 0), 1 << 20) + 1) { (memory, done) throws(FileSystemError) in
            try read(at: done, into: memory)
        }
    }
}

/// A call to the file system that failed.
public struct FileSystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The call, in words: "open", "write", "sync".
    public var call: String
    /// The file or folder.
    public var path: String
    /// The system's error number.
    public var errorNumber: Int32

    /// Makes an error.
    public init(call: String, path: String, errorNumber: Int32) {
        self.call = call
        self.path = path
        self.errorNumber = errorNumber
    }

    /// One sentence: what could not be done to which file, and why.
    public var description: String {
        "Cannot \(call) \(path.printable): \(SystemCall.explanation(of: errorNumber))."
    }
}

extension FileSystem {
    /// Writes a file in place; it is durable when this returns, and may be short or empty after a crash before.
    func write(_ bytes: [UInt8], to path: String) throws(FileSystemError) {
        let file = try open(path, .createOrTruncate)
        defer { file.close() }
        try file.append(bytes)
        try file.sync()
    }

    /// Puts bytes in place of a file in one step: durable when this returns, and when it throws the old file is whole.
    func replace(_ path: String, with bytes: [UInt8]) throws(FileSystemError) {
        let temporary = path + ".new"
        try write(bytes, to: temporary)
        try rename(temporary, to: path)
        try syncFolder(path.folderOfPath)
    }

    /// `path` itself, or with the first of -2, -3, … behind it that no file has yet.
    func unusedName(_ path: String) throws(FileSystemError) -> String {
        var name = path
        var attempt = 1
        while try exists(name) {
            attempt += 1
            name = "\(path)-\(attempt)"
        }
        return name
    }
}

extension String {
    /// The folder part of a path, "." when there is none.
    package var folderOfPath: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
