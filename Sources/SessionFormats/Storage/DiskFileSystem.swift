// The real disk behind the `FileSystem` seam.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file system of this machine.
public struct DiskFileSystem: FileSystem {
    /// The file system of this machine.
    public init() {}

    /// Opens a file; see `FileSystem`.
    public func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .append: O_RDWR | O_APPEND
            case .createOrTruncate: O_RDWR | O_CREAT | O_TRUNC | O_APPEND
            case .replace: O_RDWR | O_CREAT | O_TRUNC
            case .createNew: O_RDWR | O_CREAT | O_EXCL | O_APPEND
            }
        let descriptor = try SystemCall.open(path, flags | O_CLOEXEC)
        do throws(FileSystemError) {
            _ = try SystemCall.status(of: descriptor, path: path)
        } catch {
            Self.closeDescriptor(descriptor)
            throw error
        }
        return DiskFile(descriptor: descriptor, path: path, appends: flags & O_APPEND != 0)
    }

    /// Opens a file for reading what is asked for; see `FileBytes`.
    public func contents(of path: String) throws(FileSystemError) -> FileBytes {
        try FileBytes(path: path)
    }

    /// Whether something of this name exists, a broken link included.
    public func exists(_ path: String) throws(FileSystemError) -> Bool {
        var buffer = stat()
        if lstat(path, &buffer) == 0 { return true }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw FileSystemError(call: "examine", path: path, errorNumber: errno)
    }

    /// Renames in one step.
    public func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        #if canImport(Glibc)
            let outcome = Glibc.rename(path, newPath)
        #elseif canImport(Musl)
            let outcome = Musl.rename(path, newPath)
        #else
            let outcome = Darwin.rename(path, newPath)
        #endif
        if outcome != 0 { throw FileSystemError(call: "rename", path: path, errorNumber: errno) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        if unlink(path) != 0 { throw FileSystemError(call: "remove", path: path, errorNumber: errno) }
    }

    /// Makes a folder's names durable.
    public func syncFolder(_ path: String) throws(FileSystemError) {
        let descriptor = try SystemCall.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { Self.closeDescriptor(descriptor) }
        if fsync(descriptor) != 0 { throw FileSystemError(call: "sync", path: path, errorNumber: errno) }
    }

    fileprivate static func closeDescriptor(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Darwin.close(descriptor)
        #endif
    }
}

final class DiskFile: OpenFile {
    let descriptor: Int32
    private let path: String
    /// Linux lets no write to such a file land anywhere but at its end.
    private let appends: Bool

    init(descriptor: Int32, path: String, appends: Bool) {
        self.descriptor = descriptor
        self.path = path
        self.appends = appends
    }

    /// The same file once more, to be closed for itself; nil when the process has too many open.
    func copy() -> DiskFile? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy < 0 ? nil : DiskFile(descriptor: copy, path: path, appends: appends)
    }

    func size() throws(FileSystemError) -> Int {
        try SystemCall.status(of: descriptor, path: path).size
    }

    func stamp() throws(FileSystemError) -> FileStamp {
        // The clock is asked first: a change made from now on has no earlier time.
        let now = Int64(clamping: SystemCall.nanoseconds(on: CLOCK_REALTIME))
        let status = try SystemCall.status(of: descriptor, path: path)
        // File systems take their times from a clock that ticks a hundred times a second or more, some every two seconds.
        let tick: Int64 = status.changedAt % 1_000_000_000 == 0 ? 2_000_000_000 : 20_000_000
        return FileStamp(
            size: status.size, changedAt: status.changedAt, isSettled: status.changedAt < now &- tick)
    }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var failure: FileSystemError?
        let done = bytes.withUnsafeMutableBytes { buffer in
            do throws(FileSystemError) { return try read(at: offset, into: buffer) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        bytes.removeLast(count - done)
        return bytes
    }

    func read(at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws(FileSystemError) -> Int {
        guard let base = memory.baseAddress else { return 0 }
        var done = 0
        while done < memory.count {
            let count = pread(descriptor, base + done, memory.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw FileSystemError(call: "read", path: path, errorNumber: errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        if appends { throw FileSystemError(call: "write at an offset of", path: path, errorNumber: EINVAL) }
        try SystemCall.writeAll(bytes, path: path) { pointer, count, done in
            pwrite(descriptor, pointer, count, off_t(offset + done))
        }
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) {
        try SystemCall.writeAll(bytes, path: path) { pointer, count, _ in
            #if canImport(Glibc)
                Glibc.write(descriptor, pointer, count)
            #elseif canImport(Musl)
                Musl.write(descriptor, pointer, count)
            #else
                Darwin.write(descriptor, pointer, count)
            #endif
        }
    }

    func truncate(to size: Int) throws(FileSystemError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            if errno != EINTR { throw FileSystemError(call: "truncate", path: path, errorNumber: errno) }
        }
    }

    func sync() throws(FileSystemError) {
        if fsync(descriptor) != 0 { throw FileSystemError(call: "sync", path: path, errorNumber: errno) }
    }

    func lock() throws(FileSystemError) {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno != EINTR { throw FileSystemError(call: "lock", path: path, errorNumber: errno) }
        }
    }

    func isNamed(_ path: String) throws(FileSystemError) -> Bool {
        var (own, named) = (stat(), stat())
        guard fstat(descriptor, &own) == 0 else {
            throw FileSystemError(call: "examine", path: self.path, errorNumber: errno)
        }
        if stat(path, &named) == 0 { return own.st_dev == named.st_dev && own.st_ino == named.st_ino }
        if errno == ENOENT || errno == ENOTDIR { return false }
        throw FileSystemError(call: "examine", path: path, errorNumber: errno)
    }

    func close() { DiskFileSystem.closeDescriptor(descriptor) }
}
