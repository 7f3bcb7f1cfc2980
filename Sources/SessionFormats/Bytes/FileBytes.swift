// The bytes of a file that is being read, however they got into memory.
//
// Every byte is in memory of this process before a reader sees it, and stays what it was: other programs cut, grow and
// rewrite the logs of sessions that are running, and a mapping would show that in the middle of a string, or end the
// process where the file is no longer there. A small file is read at once, a large one when its bytes are asked for:
// `withBytes` asks for all of them, `withBytes(of:)` for a part, which is how a memory of gigabytes is opened by its ends.
// Whether the file stood still meanwhile is told by `change()`.
//
// Copying costs a fifth of the time of checking. A program that owns its signal handlers may have files that nobody is
// writing mapped all the same, see `mapsFiles()`; one that is changed after all is read anew, as a copy.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import FileFaults

/// The immutable bytes of one file.
public final class FileBytes: Sendable {
    private enum Storage: Sendable {
        case owned([UInt8], count: Int, FileChange?)
        case onDemand(FileOnDemand, count: Int)
        case mapped(MappedFile)
    }

    private let storage: Storage
    /// What was hashed of other files that share bytes with this one; nil when there are none.
    let digests: DigestMemory?
    /// Files up to this size are read at once, in bytes.
    private static let largestRead = 1 << 20

    /// Wraps bytes that are in memory.
    public convenience init(_ bytes: [UInt8]) { self.init(.owned(bytes, count: bytes.count, nil)) }

    /// Wraps bytes that are in memory, of one of many files that share most of theirs.
    package convenience init(_ bytes: [UInt8], sharing digests: DigestMemory) {
        self.init(.owned(bytes, count: bytes.count, nil), digests)
    }

    /// Wraps the first bytes of an array without copying them; all of them when there are no more.
    public convenience init(_ bytes: [UInt8], prefix count: Int) {
        self.init(.owned(bytes, count: min(max(0, count), bytes.count), nil))
    }

    /// Opens a file, and reads it when it is small or no regular file, such as a pipe.
    ///
    /// - Throws: `FileSystemError` when the path is missing, is a folder, or may not be read.
    public convenience init(path: String) throws(FileSystemError) {
        let descriptor = try SystemCall.open(path, O_RDONLY | O_CLOEXEC)
        let now = SystemCall.now
        let status: SystemCall.Status
        do throws(FileSystemError) { status = try SystemCall.status(of: descriptor, path: path) } catch {
            close(descriptor)
            throw error
        }
        let file = DiskFile(descriptor: descriptor, path: path, appends: false, identity: status.identity)
        do throws(FileSystemError) {
            if status.isRegular {
                self.init(try Self.storage(reading: file, FileStamp(status, askedAt: now)))
            } else {
                let bytes = try SystemCall.readToEnd(descriptor, path: path)
                file.close()
                self.init(bytes)
            }
        } catch {
            file.close()
            throw error
        }
    }

    /// Takes over an open file, reads it when it is small, and closes it in the end.
    ///
    /// - Parameters:
    ///   - atOnce: Files up to this size are read at once, in bytes.
    ///   - blockSize: Larger ones are read in blocks of this size when they are asked for; at least 1.
    /// - Throws: `FileSystemError` when it cannot be read; the file is still the caller's then.
    package convenience init(
        reading file: any OpenFile, atOnce: Int = FileBytes.largestRead, blockSize: Int = FileOnDemand.blockSize
    ) throws(FileSystemError) {
        self.init(try Self.storage(reading: file, file.stamp(), atOnce: atOnce, blockSize: blockSize))
    }

    private init(_ storage: Storage, _ digests: DigestMemory? = nil) {
        self.storage = storage
        self.digests = digests
    }

    private static func storage(
        reading file: any OpenFile, _ before: FileStamp, atOnce: Int = FileBytes.largestRead,
        blockSize: Int = FileOnDemand.blockSize
    ) throws(FileSystemError) -> Storage {
        if before.size > atOnce, before.isSettled, let mapped = MappedFile(file, before) { return .mapped(mapped) }
        if before.size > atOnce, let onDemand = FileOnDemand(file, before, blockSize: blockSize) {
            return .onDemand(onDemand, count: before.size)
        }
        // What was there when it was opened; that there is more now would show as a change.
        let bytes = before.size > 0 ? try file.read(at: 0, count: before.size) : try file.readToEnd(expecting: 0)
        let change = try FileChange.since(before, reading: file, what: bytes)
        file.close()
        return .owned(bytes, count: bytes.count, change)
    }

    /// The number of bytes, as the file had them when it was opened.
    public var count: Int {
        switch storage {
        case .owned(_, let count, _): count
        case .onDemand(_, let count): count
        case .mapped(let file): file.count
        }
    }

    /// Calls `body` with the bytes; the pointer is valid only inside it.
    @inline(__always)
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if case .onDemand(let file, _) = storage { file.load() }
        return try withLoadedBytes(body)
    }

    /// Calls `body` with the bytes, of which a part is sure to have been read: what has not been reads as zeroes. `body` may
    /// `load` more.
    @inline(__always)
    func withBytes<Result, Failure: Error>(
        of part: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        load(part)
        return try withLoadedBytes(body)
    }

    /// Reads a part of the file, clamped to what is there, unless it has been read.
    func load(_ part: Range<Int>) {
        if case .onDemand(let file, let count) = storage { file.load(part.clamped(to: 0..<count)) }
    }

    @inline(__always)
    private func withLoadedBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .owned(let bytes, let count, _):
            return try bytes.withUnsafeBytesTyped(prefix: count, body)
        case .onDemand(let file, let count):
            return try file.withMemory { memory throws(Failure) in
                try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
            }
        case .mapped(let file): return try file.withMemory(body)
        }
    }

    /// A copy of a range of the bytes, clamped to what is there.
    public func copy(_ range: Range<Int>) -> [UInt8] {
        withBytes(of: range) { buffer in
            let range = range.clamped(to: 0..<buffer.count)
            WorkMeter.add(range.count)
            return Array(buffer[range])
        }
    }

    // MARK: Files that change

    /// What another program did to the file since it was opened, as far as what was read of it so far is concerned: nil when
    /// that is what the file holds. Bytes in memory do not change.
    ///
    /// - Throws: `FileSystemError` when a part that was asked for could not be read; it was taken for zeroes.
    public func change() throws(FileSystemError) -> FileChange? {
        switch storage {
        case .owned(_, _, let change): change
        case .onDemand(let file, _): try file.change()
        case .mapped(let file): try file.change()
        }
    }

    /// Has large files mapped that are not being written when they are opened, for all of this process. A handler for SIGBUS
    /// is installed, which hands faults elsewhere to the one that was there before; so this is for programs to ask for, as
    /// their first step, and not for libraries. Whoever reads such bytes must ask for `change()` at the end, and read
    /// `copied()` when there was one; examining by path does.
    ///
    /// - Returns: Whether the handler could be installed; files are copied when not.
    @discardableResult
    public static func mapsFiles() -> Bool { file_faults_tolerate() }

    /// Has up to 16 MB of memory a thread kept that files were read into, for the next ones, for all of this process: the system clears
    /// what it hands out, which takes as long as a tenth of checking many small files. Like `mapsFiles()` this is for programs to
    /// ask for, as their first step. Where the allocator is not glibc's, nothing is done.
    public static func keepsMemory() { file_memory_keep() }

    /// The same file as it is now, read into memory; nil when the bytes are in memory, or cannot be had again.
    public func copied() -> FileBytes? {
        guard case .mapped(let file) = storage else { return nil }
        return file.copied.map { FileBytes(.onDemand($0.file, count: $0.count)) }
    }

    /// The bytes up to where the file was found to end when it was cut while it was read; all of them when it was not.
    var beforeCut: FileBytes {
        guard case .onDemand(let file, let count) = storage else { return self }
        return FileBytes(.onDemand(file, count: min(count, file.end)))
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
