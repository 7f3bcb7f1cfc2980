// The one seam between this library's writers and a disk.
//
// Every writer goes through `FileSystem`, so that a test can hand it a disk that records, fails, tears and forgets.
// The operations are those whose order decides what survives a crash: creating, writing at an offset, appending,
// truncating, syncing a file, syncing a folder, renaming and removing. Nothing here buffers. Writers do not write by it
// directly but by `AppendOnlyFile` and `AtomicReplacement`, which know what to do when a call fails.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

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
    /// For reading and appending; fails when the file exists.
    case createNew
    /// For reading and writing at offsets; fails when the file exists.
    case createNewForUpdate
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
    /// Renames within one folder to a name that no file has yet, and fails with `EEXIST` when one has it. Nobody can come
    /// between the look and the rename.
    func rename(_ path: String, toUnused newPath: String) throws(FileSystemError)
    /// The path with symbolic links at its end followed: the name that a replacement has to take.
    func resolved(_ path: String) throws(FileSystemError) -> String
    /// Removes a file.
    func remove(_ path: String) throws(FileSystemError)
    /// Makes a folder and those above it that are missing, durably; one that is there is no error.
    func makeFolder(_ path: String) throws(FileSystemError)
    /// The names in a folder, in no order; none when there is no such folder.
    func names(in folder: String) throws(FileSystemError) -> [String]
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
    /// Writes all bytes at `offset` (files opened with `.update` or `.createNewForUpdate` only), in one call to the
    /// kernel where it takes them all.
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
    /// The file's size in bytes when it is the one that has this name now, else nil: one call where the system tells both.
    func sizeIfNamed(_ path: String) throws(FileSystemError) -> Int?
    /// Who may read, write and execute it: the lowest twelve bits of its mode.
    func permissions() throws(FileSystemError) -> UInt32
    /// Changes who may read, write and execute it.
    func setPermissions(_ permissions: UInt32) throws(FileSystemError)
    /// Gives the file to the user and group that have another, where that is permitted; else nothing.
    func takeOwner(of other: any OpenFile)
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
    /// Writes a file in place, as the reference does; it is durable when this returns, and may be short or empty after a
    /// crash before.
    func write(_ bytes: [UInt8], to path: String) throws(FileSystemError) {
        let file = try open(path, .createOrTruncate)
        defer { file.close() }
        try file.append(bytes)
        try file.sync()
    }

    /// Opens the file that has this name when the lock is there, and not one that lost it meanwhile: lock before look.
    ///
    /// - Throws: `StorageError.locked` when another writer has it; `file`.
    func openLocked(_ path: String, _ mode: OpenMode) throws(StorageError) -> any OpenFile {
        // Each turn means that another writer replaced the file; one that is replaced without end is busy.
        for _ in 0..<16 {
            let file: any OpenFile
            do throws(FileSystemError) { file = try open(path, mode) } catch { throw .file(error) }
            do throws(StorageError) {
                if try file.lock(naming: path) { return file }
                file.close()
            } catch {
                file.close()
                throw error
            }
        }
        throw .locked(path)
    }

    /// Removes a file, unless another writer has it; durable when this returns. One that is not there is no error.
    func removeLocked(_ path: String) throws(StorageError) {
        do throws(StorageError) {
            let file = try openLocked(path, .read)
            defer { file.close() }
            try StorageError.translating { () throws(FileSystemError) in try remove(path) }
        } catch {
            guard case .file(let problem) = error, problem.errorNumber == ENOENT else { throw error }
        }
        // Also when it was gone: whoever removed it may have been killed before this.
        try StorageError.translating { () throws(FileSystemError) in try syncFolder(path.folderOfPath) }
    }

    /// Gives a file, whose lock the caller has, another name in its folder, durably: `name`, or with the first of -2, -3, …
    /// behind it that no file has.
    func putAside(_ path: String, as name: String) throws(FileSystemError) -> String {
        let taken = try firstUnused(name) { (candidate) throws(FileSystemError) in
            try rename(path, toUnused: candidate)
        }
        try syncFolder(path.folderOfPath)
        return taken.name
    }

    /// Tries `name`, then with -2, -3, … behind it, as long as `take` fails since a file has that name.
    func firstUnused<Result>(
        _ name: String, _ take: (String) throws(FileSystemError) -> Result
    ) throws(FileSystemError) -> (name: String, result: Result) {
        var attempt = 1
        while true {
            let candidate = attempt == 1 ? name : "\(name)-\(attempt)"
            do throws(FileSystemError) { return (candidate, try take(candidate)) } catch {
                guard error.errorNumber == EEXIST else { throw error }
                attempt += 1
            }
        }
    }
}

extension OpenFile {
    /// A file system without owners.
    public func takeOwner(of other: any OpenFile) {}

    /// Asks for the two one after the other.
    public func sizeIfNamed(_ path: String) throws(FileSystemError) -> Int? { try isNamed(path) ? try size() : nil }

    /// Takes the lock, then tells whether the file still has this name.
    ///
    /// - Throws: `StorageError.locked`, `file`.
    func lock(naming path: String) throws(StorageError) -> Bool {
        do throws(FileSystemError) {
            try lock()
            return try isNamed(path)
        } catch {
            throw error.errorNumber == EWOULDBLOCK ? .locked(path) : .file(error)
        }
    }
}

extension String {
    /// The folder part of a path, "." when there is none.
    package var folderOfPath: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
