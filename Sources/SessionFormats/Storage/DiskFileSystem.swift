// The real disk behind the `FileSystem` seam.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Synchronization

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
            case .createNew: O_RDWR | O_CREAT | O_EXCL | O_APPEND
            case .createNewForUpdate: O_RDWR | O_CREAT | O_EXCL
            }
        let descriptor = try SystemCall.open(path, flags | O_CLOEXEC)
        do throws(FileSystemError) {
            let status = try SystemCall.status(of: descriptor, path: path)
            return DiskFile(
                descriptor: descriptor, path: path, appends: flags & O_APPEND != 0, identity: status.identity)
        } catch {
            Self.closeDescriptor(descriptor)
            throw error
        }
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

    /// Gives a file a second name, which fails when there is one, and takes the first away: what Linux offers programs in
    /// Swift for this. A crash between the two leaves both names. Where the file system knows no second names, this looks
    /// first and renames then.
    public func rename(_ path: String, toUnused newPath: String) throws(FileSystemError) {
        #if canImport(Darwin)
            if renamex_np(path, newPath, UInt32(RENAME_EXCL)) == 0 { return }
            let problem = errno
            if problem != ENOTSUP { throw FileSystemError(call: "rename", path: path, errorNumber: problem) }
        #else
            if link(path, newPath) == 0 {
                // The new name is given; another writer may have taken the old one away for a left-over already.
                _ = unlink(path)
                return
            }
            let problem = errno
            if problem != EPERM, problem != ENOTSUP, problem != EMLINK {
                throw FileSystemError(
                    call: "rename", path: problem == EEXIST ? newPath : path, errorNumber: problem)
            }
        #endif
        if try exists(newPath) { throw FileSystemError(call: "rename", path: newPath, errorNumber: EEXIST) }
        try rename(path, to: newPath)
    }

    /// Follows symbolic links at the end of a path, as many as the system does.
    public func resolved(_ path: String) throws(FileSystemError) -> String {
        var path = path
        for _ in 0..<40 {
            var status = stat()
            if lstat(path, &status) != 0 {
                // What cannot be looked at may be a link.
                if errno == ENOENT || errno == ENOTDIR { return path }
                throw FileSystemError(call: "follow", path: path, errorNumber: errno)
            }
            guard status.st_mode & S_IFMT == S_IFLNK else { return path }
            var target = [CChar](repeating: 0, count: 4_096)
            let length = target.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.map { readlink(path, $0, buffer.count) } ?? -1
            }
            guard length > 0 else { throw FileSystemError(call: "follow", path: path, errorNumber: errno) }
            // A name that is mended would lead to another file.
            guard let text = String(validating: target[..<length].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            else { throw FileSystemError(call: "follow", path: path, errorNumber: EILSEQ) }
            path = text.hasPrefix("/") ? text : "\(path.folderOfPath)/\(text)"
        }
        throw FileSystemError(call: "follow", path: path, errorNumber: ELOOP)
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        if unlink(path) != 0 { throw FileSystemError(call: "remove", path: path, errorNumber: errno) }
    }

    /// Makes a folder and those above it, each durable with the names of the one above.
    public func makeFolder(_ path: String) throws(FileSystemError) {
        let above = path.folderOfPath
        var problem = mkdir(path, 0o755) == 0 ? 0 : errno
        if problem == ENOENT, above != path, above != "." {
            try makeFolder(above)
            problem = mkdir(path, 0o755) == 0 ? 0 : errno
        }
        guard problem == 0 || problem == EEXIST else {
            throw FileSystemError(call: "make the folder", path: path, errorNumber: problem)
        }
        // Whoever made one that is there may have been killed before it was durable. Where the folder above cannot be opened,
        // somebody else made it.
        do throws(FileSystemError) { try syncFolder(above) } catch {
            if problem == 0 || error.errorNumber != EACCES && error.errorNumber != EPERM { throw error }
        }
    }

    /// The names in a folder but for "." and "..".
    public func names(in folder: String) throws(FileSystemError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw FileSystemError(call: "list", path: folder, errorNumber: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes a folder's names durable.
    public func syncFolder(_ path: String) throws(FileSystemError) {
        let descriptor = try SystemCall.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { Self.closeDescriptor(descriptor) }
        try SystemCall.sync(descriptor, path: path)
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

extension FileStamp {
    /// - Parameter now: A time before the system was asked, in nanoseconds since 1970.
    init(_ status: SystemCall.Status, askedAt now: Int64) {
        // File systems take their times from a clock that ticks a hundred times a second or more, some every two seconds.
        let tick: Int64 = status.changedAt % 1_000_000_000 == 0 ? 2_000_000_000 : 20_000_000
        self.init(size: status.size, changedAt: status.changedAt, isSettled: status.changedAt < now &- tick)
    }
}

final class DiskFile: OpenFile {
    let descriptor: Int32
    private let path: String
    /// Linux lets no write to such a file land anywhere but at its end.
    private let appends: Bool
    private let identity: SystemCall.Identity
    private let isLocked = Atomic(false)

    init(descriptor: Int32, path: String, appends: Bool, identity: SystemCall.Identity) {
        (self.descriptor, self.path, self.appends, self.identity) = (descriptor, path, appends, identity)
    }

    /// The same file once more, to be closed for itself; nil when the process has too many open.
    func copy() -> DiskFile? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy < 0 ? nil : DiskFile(descriptor: copy, path: path, appends: appends, identity: identity)
    }

    func size() throws(FileSystemError) -> Int {
        try SystemCall.status(of: descriptor, path: path).size
    }

    func stamp() throws(FileSystemError) -> FileStamp {
        // The clock is asked first: a change made from now on has no earlier time.
        let now = SystemCall.now
        return FileStamp(try SystemCall.status(of: descriptor, path: path), askedAt: now)
    }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        var failure: FileSystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, done in
            do throws(FileSystemError) {
                done = try read(at: offset, into: UnsafeMutableRawBufferPointer(memory))
            } catch { failure = error }
        }
        if let failure { throw failure }
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
        try SystemCall.sync(descriptor, path: path)
    }

    func lock() throws(FileSystemError) {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno != EINTR { throw FileSystemError(call: "lock", path: path, errorNumber: errno) }
        }
        isLocked.store(true, ordering: .relaxed)
    }

    func isNamed(_ path: String) throws(FileSystemError) -> Bool { try sizeIfNamed(path) != nil }

    func sizeIfNamed(_ path: String) throws(FileSystemError) -> Int? {
        var named = stat()
        if stat(path, &named) == 0 { return SystemCall.Identity(named) == identity ? Int(named.st_size) : nil }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw FileSystemError(call: "examine", path: path, errorNumber: errno)
    }

    func permissions() throws(FileSystemError) -> UInt32 {
        try SystemCall.status(of: descriptor, path: path).permissions
    }

    func takeOwner(of other: any OpenFile) {
        guard let other = other as? DiskFile,
            let owner = try? SystemCall.status(of: other.descriptor, path: path).owner,
            let own = try? SystemCall.status(of: descriptor, path: path).owner, own != owner
        else { return }
        // Only the system's administrator may give files away.
        _ = fchown(descriptor, owner.user, owner.group)
    }

    func setPermissions(_ permissions: UInt32) throws(FileSystemError) {
        while fchmod(descriptor, mode_t(permissions & 0o7777)) != 0 {
            if errno != EINTR {
                throw FileSystemError(call: "change the mode of", path: path, errorNumber: errno)
            }
        }
    }

    func close() {
        // A process that another thread is starting has the file open too until it runs its program, and with it the lock.
        if isLocked.load(ordering: .relaxed) { flock(descriptor, LOCK_UN) }
        DiskFileSystem.closeDescriptor(descriptor)
    }
}
