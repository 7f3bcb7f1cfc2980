// Thin, retrying wrappers around the system calls that files need. EINTR is retried, short writes are continued,
// and every failure carries the call, the path and the errno.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

package enum SystemCall {
    struct Status {
        var size: Int
        var isRegular: Bool
        /// When content, size or status last changed, in nanoseconds since 1970.
        var changedAt: Int64
        var isFolder: Bool
        var permissions: UInt32
        var owner: Owner
        var identity: Identity
    }

    /// Whose a file is.
    struct Owner: Equatable {
        var user: uid_t
        var group: gid_t
    }

    /// Which file a name or a descriptor stands for.
    struct Identity: Equatable {
        private var device: UInt64
        private var number: UInt64

        init(_ status: stat) {
            (device, number) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino))
        }
    }

    static func explanation(of errorNumber: Int32) -> String {
        switch errorNumber {
        case ENOENT: "there is no such file"
        case EISDIR: "it is a folder, not a file"
        case EACCES, EPERM: "permission denied"
        case ENOSPC: "the disk is full"
        case EWOULDBLOCK: "another program has it open for writing"
        case EEXIST: "it exists already"
        default: String(cString: strerror(errorNumber))
        }
    }

    /// Nanoseconds on one of the system's clocks.
    @inlinable package static func nanoseconds(on clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    /// What time it is, in nanoseconds since 1970.
    static var now: Int64 { Int64(clamping: nanoseconds(on: CLOCK_REALTIME)) }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(FileSystemError) -> Int32 {
        guard !path.utf8.contains(0) else {
            throw FileSystemError(call: "open", path: path, errorNumber: ENOENT)
        }
        while true {
            #if canImport(Glibc)
                let descriptor = Glibc.open(path, flags, mode)
            #elseif canImport(Musl)
                let descriptor = Musl.open(path, flags, mode)
            #else
                let descriptor = Darwin.open(path, flags, mode)
            #endif
            if descriptor >= 0 { return descriptor }
            if errno != EINTR { throw FileSystemError(call: "open", path: path, errorNumber: errno) }
        }
    }

    static func status(of descriptor: Int32, path: String) throws(FileSystemError) -> Status {
        var buffer = stat()
        guard fstat(descriptor, &buffer) == 0 else {
            throw FileSystemError(call: "examine", path: path, errorNumber: errno)
        }
        let kind = buffer.st_mode & S_IFMT
        if kind == S_IFDIR { throw FileSystemError(call: "read", path: path, errorNumber: EISDIR) }
        #if canImport(Darwin)
            let times = [buffer.st_mtimespec, buffer.st_ctimespec]
        #else
            let times = [buffer.st_mtim, buffer.st_ctim]
        #endif
        return Status(
            size: Int(buffer.st_size), isRegular: kind == S_IFREG, changedAt: times.map(nanoseconds).max() ?? 0,
            isFolder: false, permissions: UInt32(buffer.st_mode) & 0o7777,
            owner: Owner(user: buffer.st_uid, group: buffer.st_gid), identity: Identity(buffer))
    }

    /// Returns when all of a file or folder is on the disk. On macOS `fsync` leaves it in the drive's cache.
    static func sync(_ descriptor: Int32, path: String) throws(FileSystemError) {
        #if canImport(Darwin)
            while fcntl(descriptor, F_FULLFSYNC) != 0 {
                // File systems that know nothing of it, network ones above all, have `fsync`.
                if errno == ENOTSUP || errno == EINVAL || errno == ENOTTY { break }
                if errno != EINTR { throw FileSystemError(call: "sync", path: path, errorNumber: errno) }
            }
        #endif
        while fsync(descriptor) != 0 {
            if errno != EINTR { throw FileSystemError(call: "sync", path: path, errorNumber: errno) }
        }
    }

    static func read(
        _ descriptor: Int32, path: String, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileSystemError) -> Int {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #else
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 { return count }
            if errno != EINTR { throw FileSystemError(call: "read", path: path, errorNumber: errno) }
        }
    }

    /// Reads what is left of something that can be read once, such as a pipe.
    static func readToEnd(_ descriptor: Int32, path: String) throws(FileSystemError) -> [UInt8] {
        try [UInt8].read(firstPiece: 1 << 18) { (memory, _) throws(FileSystemError) in
            var done = 0
            while done < memory.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: memory[done...])
                let count = try read(descriptor, path: path, into: rest)
                if count == 0 { break }
                done += count
            }
            return done
        }
    }

    /// Repeats `call` until all bytes are written, giving it the place reached so far.
    static func writeAll(
        _ bytes: [UInt8], path: String, _ call: (UnsafeRawPointer, Int, Int) -> Int
    ) throws(FileSystemError) {
        var done = 0
        while done < bytes.count {
            let (count, problem) = bytes.withUnsafeBytes { (buffer) -> (Int, Int32) in
                guard let base = buffer.baseAddress else { return (0, 0) }
                let count = call(base + done, buffer.count - done, done)
                return (count, errno)
            }
            if count < 0 {
                if problem == EINTR { continue }
                throw FileSystemError(call: "write", path: path, errorNumber: problem)
            }
            // A write that takes nothing and says nothing would be repeated for ever.
            if count == 0 { throw FileSystemError(call: "write", path: path, errorNumber: EIO) }
            done += count
        }
    }
}

extension [UInt8] {
    /// Reads piece by piece until one is not filled.
    ///
    /// - Parameters:
    ///   - firstPiece: The first piece's size. One more than there are bytes shows the end without another piece.
    ///   - fill: Fills memory as far as there are bytes, told how many were read before, and tells how many it read.
    static func read(
        firstPiece: Int, _ fill: (UnsafeMutableRawBufferPointer, Int) throws(FileSystemError) -> Int
    ) throws(FileSystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var room = firstPiece
        while true {
            var failure: FileSystemError?
            let piece = [UInt8](unsafeUninitializedCapacity: room) { memory, count in
                do throws(FileSystemError) {
                    count = try fill(UnsafeMutableRawBufferPointer(memory), bytes.count)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if bytes.isEmpty { bytes = piece } else { bytes.append(contentsOf: piece) }
            if piece.count < room { return bytes }
            room = 1 << 18
        }
    }
}
