// A large file of which only what is asked for is read, each block once, into memory of this process.
//
// Memory for all of the file is reserved, which costs nothing until it is filled, so that places in the file are places in
// memory. Blocks that were not asked for, or are no longer in the file, read as zeroes. Memory that was filled is never
// written again.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Dispatch
import Synchronization

/// The bytes of a file that is read as they are asked for.
final class FileOnDemand: Sendable {
    /// How much is read at once unless told otherwise, in bytes.
    static let blockSize = 1 << 16
    /// How many blocks are read at once.
    private static let longestRun = 32

    private struct Progress {
        /// For each block whether it has been read.
        var hasRead: [Bool]
        /// The first place at which the file was found to end; its size when it never was shorter.
        var end: Int
        /// Why a block could not be read.
        var failure: FileSystemError?
        /// What happened meanwhile, as it was found when the last block was read.
        var change: FileChange?
    }

    private let file: any OpenFile
    private let before: FileStamp
    private let size: Int
    private let blockSize: Int
    private let address: UInt
    private let progress: Guarded<Progress>
    private let hasReadAll = Atomic(false)

    /// Reserves memory for a file; nil when there is none to be had.
    ///
    /// - Parameter before: What the file was when it was opened; its size is not 0.
    init?(_ file: any OpenFile, _ before: FileStamp, blockSize: Int) {
        let memory = mmap(
            nil, before.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else { return nil }
        (self.file, self.before, size, self.blockSize) = (file, before, before.size, max(1, blockSize))
        address = UInt(bitPattern: memory)
        let blocks = (before.size - 1) / max(1, blockSize) + 1
        progress = Guarded(Progress(hasRead: Array(repeating: false, count: blocks), end: before.size))
    }

    deinit {
        munmap(UnsafeMutableRawPointer(bitPattern: address), size)
        file.close()
    }

    /// The first place at which the file was found to end; its size when it never was shorter.
    var end: Int { progress.withLock { $0.end } }

    /// Calls `body` with the memory for the whole file; the pointer is valid only inside it.
    @inline(__always)
    func withMemory<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(memory(0..<size)))
    }

    // MARK: Reading

    /// Reads what has not been read.
    @inline(__always)
    func load() {
        if !hasReadAll.load(ordering: .acquiring) { loadRest() }
    }

    /// Reads the blocks of a part that have not been read.
    func load(_ part: Range<Int>) {
        guard !part.isEmpty, !hasReadAll.load(ordering: .acquiring) else { return }
        if part.count > size / 2 { return loadRest() }
        progress.withLock { progress in
            let blocks = part.lowerBound / blockSize..<(part.upperBound - 1) / blockSize + 1
            for run in runs(blocks, progress) { note(read(run), of: run, &progress) }
        }
    }

    /// Reads the rest on all cores, since filling fresh memory takes longer than looking at it.
    private func loadRest() {
        progress.withLock { progress in
            guard !hasReadAll.load(ordering: .relaxed) else { return }
            useLargePages()
            let runs = runs(progress.hasRead.indices, progress)
            let outcomes = GuardedValues<Outcome?>(nil, count: runs.count)
            DispatchQueue.concurrentPerform(iterations: runs.count) { index in
                let outcome = read(runs[index])
                outcomes.withLock(index) { $0 = outcome }
            }
            for (index, run) in runs.enumerated() {
                if let outcome = outcomes.withLock(index, { $0 }) { note(outcome, of: run, &progress) }
            }
            do throws(FileSystemError) { progress.change = try changeNow(progress) } catch {
                progress.failure = progress.failure ?? error
            }
            hasReadAll.store(true, ordering: .releasing)
        }
    }

    /// The blocks that have not been read, in runs that follow one another in the file.
    private func runs(_ blocks: Range<Int>, _ progress: Progress) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for block in blocks where !progress.hasRead[block] {
            if let last = runs.last, last.upperBound == block, last.count < Self.longestRun {
                runs[runs.count - 1] = last.lowerBound..<block + 1
            } else {
                runs.append(block..<block + 1)
            }
        }
        return runs
    }

    private typealias Outcome = Result<Int, FileSystemError>

    private func read(_ blocks: Range<Int>) -> Outcome {
        let range = range(of: blocks)
        do throws(FileSystemError) { return .success(try file.read(at: range.lowerBound, into: memory(range))) } catch {
            return .failure(error)
        }
    }

    private func note(_ outcome: Outcome, of blocks: Range<Int>, _ progress: inout Progress) {
        for block in blocks { progress.hasRead[block] = true }
        let range = range(of: blocks)
        switch outcome {
        case .success(let count):
            if count < range.count { progress.end = min(progress.end, range.lowerBound + count) }
        case .failure(let error): progress.failure = progress.failure ?? error
        }
    }

    private func range(of blocks: Range<Int>) -> Range<Int> {
        blocks.lowerBound * blockSize..<min(blocks.upperBound * blockSize, size)
    }

    private func memory(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: address + UInt(range.lowerBound)), count: range.count)
    }

    /// A fault for each 4 KB costs more than reading them.
    private func useLargePages() {
        #if os(Linux)
            madvise(UnsafeMutableRawPointer(bitPattern: address), size, MADV_HUGEPAGE)
        #endif
    }

    // MARK: Whether the file stood still

    /// What happened to the file since it was opened; nil when what was read is what it holds.
    func change() throws(FileSystemError) -> FileChange? {
        try progress.withLock { progress throws(FileSystemError) in
            if let failure = progress.failure { throw failure }
            return hasReadAll.load(ordering: .relaxed) ? progress.change : try changeNow(progress)
        }
    }

    private func changeNow(_ progress: Progress) throws(FileSystemError) -> FileChange? {
        let after = try file.stamp()
        if progress.end == size, before.excludesChange(until: after) { return nil }
        let again = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 16)
        defer { again.deallocate() }
        for block in progress.hasRead.indices where progress.hasRead[block] {
            let first = memory(range(of: block..<block + 1))
            let count = try file.read(
                at: range(of: block..<block + 1).lowerBound, into: .init(rebasing: again[..<first.count]))
            guard let a = first.baseAddress, let b = again.baseAddress, count == first.count, memcmp(a, b, count) == 0
            else { return FileChange(from: before.size, to: try file.size(), isGrowth: false) }
        }
        return after.size == size ? nil : FileChange(from: size, to: after.size, isGrowth: after.size > size)
    }
}
