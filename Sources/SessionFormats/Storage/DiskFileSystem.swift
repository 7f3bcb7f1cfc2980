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

    /// Maps a file; see `FileBytes`.
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

private final class DiskFile: OpenFile {
    private let descriptor: Int32
    private let path: String
    /// Linux lets no write to such a file land anywhere but at its end.
    private let appends: Bool

    init(descriptor: Int32, path: String, appends: Bool) {
        self.descriptor = descriptor
        self.path = path
        self.appends = appends
    }

    func size() throws(FileSystemError) -> Int {
        try SystemCall.status(of: descriptor, path: path).size
    }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let (got, problem) = bytes.withUnsafeMutableBytes { (buffer) -> (Int, Int32) in
                guard let base = buffer.baseAddress else { return (0, 0) }
                return (pread(descriptor, base + done, count - done, off_t(offset + done)), errno)
            }
            if got < 0, problem == EINTR { continue }
            if got < 0 { throw FileSystemError(call: "read", path: path, errorNumber: problem) }
            if got == 0 { break }
            done += got
        }
        bytes.removeLast(count - done)
        return bytes
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
