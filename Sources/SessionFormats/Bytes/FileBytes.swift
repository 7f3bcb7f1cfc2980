// The bytes of a file that is being read, however they got into memory.
//
// A large file on disk is mapped, so that reading 100 MB costs no copy; a small one is read. Bytes that are already in
// memory are kept as they are. Readers see only `withBytes`. A mapping follows the file: when another program shortens the file while it is
// being read, the system ends this process with SIGBUS. Read files that are being written as a stream instead.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The immutable bytes of one file.
public final class FileBytes: Sendable {
    private enum Storage: Sendable {
        case owned([UInt8], count: Int)
        case mapped(address: UInt, count: Int)
    }

    private let storage: Storage
    /// Files up to this size are read, since mapping a small file costs more than copying it.
    private static let largestRead = 1 << 20

    /// Wraps bytes that are in memory.
    public init(_ bytes: [UInt8]) {
        storage = .owned(bytes, count: bytes.count)
    }

    /// Wraps the first bytes of an array without copying them; all of them when there are no more.
    public init(_ bytes: [UInt8], prefix count: Int) {
        storage = .owned(bytes, count: min(max(0, count), bytes.count))
    }

    /// Maps a file, or reads it when it is small or cannot be mapped (a pipe, a file of a special file system).
    ///
    /// - Throws: `FileSystemError` when the path is missing, is a folder, or may not be read.
    public init(path: String) throws(FileSystemError) {
        let descriptor = try SystemCall.open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let status = try SystemCall.status(of: descriptor, path: path)
        guard status.isRegular, status.size > Self.largestRead else {
            let bytes = try SystemCall.readToEnd(descriptor, path: path, expecting: status.size)
            storage = .owned(bytes, count: bytes.count)
            return
        }
        let address = mmap(nil, status.size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address, address != MAP_FAILED else {
            let bytes = try SystemCall.readToEnd(descriptor, path: path, expecting: 0)
            storage = .owned(bytes, count: bytes.count)
            return
        }
        madvise(address, status.size, MADV_SEQUENTIAL)
        storage = .mapped(address: UInt(bitPattern: address), count: status.size)
    }

    deinit {
        if case .mapped(let address, let count) = storage {
            munmap(UnsafeMutableRawPointer(bitPattern: address), count)
        }
    }

    /// The number of bytes.
    public var count: Int {
        switch storage {
        case .owned(_, let count): count
        case .mapped(_, let count): count
        }
    }

    /// Calls `body` with the bytes; the pointer is valid only inside it.
    @inline(__always)
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .owned(let bytes, let count):
            return try bytes.withUnsafeBytesTyped(prefix: count, body)
        case .mapped(let address, let count):
            let pointer = UnsafeRawPointer(bitPattern: address)
            return try body(UnsafeRawBufferPointer(start: pointer, count: pointer == nil ? 0 : count))
        }
    }

    /// A copy of a range of the bytes, clamped to what is there.
    public func copy(_ range: Range<Int>) -> [UInt8] {
        withBytes { Array($0[range.clamped(to: 0..<$0.count)]) }
    }
}

extension Array where Element == UInt8 {
    /// `withUnsafeBytes` on the first bytes that keeps the closure's typed error.
    @inline(__always)
    func withUnsafeBytesTyped<Result, Failure: Error>(
        prefix count: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome = withUnsafeBytes { (bytes) -> Swift.Result<Result, Failure> in
            do throws(Failure) { return .success(try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))) } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
