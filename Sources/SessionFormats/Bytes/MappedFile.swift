// A file that is mapped, in programs that asked for it.
//
// The mapping follows the file: what another program writes is seen, and what it cuts reads as zeroes. Readers bear that, as
// they bear any bytes; what they conclude counts only when the file stood still.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import FileFaults

/// The mapping of a file.
final class MappedFile: Sendable {
    let count: Int
    private let address: UInt
    private let number: Int32
    private let file: any OpenFile
    private let before: FileStamp

    /// Maps a file; nil when that is not wanted or not possible.
    ///
    /// - Parameter before: What the file was when it was opened; its size is not 0.
    init?(_ file: any OpenFile, _ before: FileStamp) {
        guard file_faults_are_tolerated(), let descriptor = (file as? DiskFile)?.descriptor else { return nil }
        let memory = mmap(nil, before.size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let memory, memory != MAP_FAILED else { return nil }
        number = file_faults_watch(memory, before.size)
        guard number >= 0 else {
            munmap(memory, before.size)
            return nil
        }
        madvise(memory, before.size, MADV_SEQUENTIAL)
        (self.file, self.before, count, address) = (file, before, before.size, UInt(bitPattern: memory))
    }

    deinit {
        file_faults_forget(number)
        munmap(UnsafeMutableRawPointer(bitPattern: address), count)
        file.close()
    }

    /// Calls `body` with the mapping; the pointer is valid only inside it.
    @inline(__always)
    func withMemory<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }

    /// What happened to the file since it was opened.
    func change() throws(FileSystemError) -> FileChange? {
        let after = try file.stamp()
        return before.excludesChange(until: after)
            ? nil : FileChange(from: before.size, to: after.size, isGrowth: false)
    }

    /// The file as it is now, to be read into memory.
    var copied: (file: FileOnDemand, count: Int)? {
        guard let copy = (file as? DiskFile)?.copy(), let now = try? copy.stamp(), now.size > 0 else { return nil }
        return FileOnDemand(copy, now, blockSize: FileOnDemand.blockSize).map { ($0, now.size) }
    }
}
