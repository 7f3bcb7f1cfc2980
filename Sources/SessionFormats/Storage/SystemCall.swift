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
        var isFolder: Bool
        var permissions: UInt32
        var identity: Identity
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
        return Status(
            size: Int(buffer.st_size), isRegular: kind == S_IFREG, isFolder: false,
            permissions: UInt32(buffer.st_mode) & 0o7777, identity: Identity(buffer))
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

    /// Reads to the end of the file, whatever its size was said to be.
    ///
    /// - Parameter size: How many bytes to be ready for; a small file is read at once when it is right.
    static func readToEnd(
        _ descriptor: Int32, path: String, expecting size: Int
    ) throws(FileSystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        // One byte more, so that the end is seen without another buffer.
        var room = min(max(size, 0), 1 << 20) + 1
        while true {
            var failure: FileSystemError?
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                do throws(FileSystemError) {
                    while count < room {
                        let rest = UnsafeMutableRawBufferPointer(
                            rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                        let read = try read(descriptor, path: path, into: rest)
                        if read == 0 { break }
                        count += read
                    }
                } catch { failure = error }
            }
            if let failure { throw failure }
            if bytes.isEmpty { bytes = piece } else { bytes.append(contentsOf: piece) }
            if piece.count < room { return bytes }
            room = 1 << 18
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
