// A disk in memory, for writers that are to be tested without one.
//
// Names lead to files as on a real disk: a file that is open keeps its bytes when its name changes or goes. Each operation
// is recorded, so that what a crash may leave can be worked out afterwards (see PersistenceModel), and operations can be
// made to fail.

import SessionFormats

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file system in memory.
public final class SimulatedDisk: FileSystem {
    /// An operation that is made to fail, once.
    public struct Fault: Sendable, Hashable {
        /// What fails.
        public enum Operation: String, Sendable, CaseIterable {
            case open, write, truncate, sync, rename, remove, syncFolder
        }

        /// What fails.
        public var operation: Operation
        /// What it fails with; a write leaves half of its bytes. nil for a write that does not fail and takes half of its
        /// bytes at first, the rest then, as the kernel may.
        public var errorNumber: Int32?

        /// Makes a fault.
        public init(_ operation: Operation, _ errorNumber: Int32?) {
            (self.operation, self.errorNumber) = (operation, errorNumber)
        }

        /// The disk is full.
        public static let fullDisk = Fault(.write, ENOSPC)
        /// A file cannot be made durable.
        public static let failingSync = Fault(.sync, EIO)
        /// A write in two steps.
        public static let shortWrite = Fault(.write, nil)

        /// Every operation with an error of the disk and with an interruption, the full disk, and the short write.
        public static let all =
            [fullDisk, shortWrite] + Operation.allCases.flatMap { [Fault($0, EIO), Fault($0, EINTR)] }
    }

    private struct State {
        var names: [String: SimulatedFile]
        var trace: WriteTrace
        var fault: Fault?
        /// How many operations of the fault's kind succeed first.
        var skipped = 0

        /// The fault that the next operation of a kind meets; each fault happens once.
        mutating func meet(_ operation: Fault.Operation) -> Fault? {
            guard let fault, fault.operation == operation else { return nil }
            if skipped > 0 {
                skipped -= 1
                return nil
            }
            self.fault = nil
            return fault
        }
    }

    private let state: Guarded<State>

    /// A disk with these files on it, all of them durable.
    public init(_ files: [String: [UInt8]] = [:]) {
        let trace = WriteTrace(files)
        state = Guarded(
            State(names: trace.base.mapValues { SimulatedFile($0.file, $0.bytes) }, trace: trace))
    }

    /// All files and their bytes, by name.
    public var contents: [String: [UInt8]] { state.withLock { $0.names.mapValues(\.bytes) } }

    /// What was done so far.
    public var trace: WriteTrace { state.withLock { $0.trace } }

    /// Notes that the writer told someone that something is done.
    public func acknowledge(_ what: String) { record(.acknowledge(what)) }

    /// Makes an operation of a kind fail, once: the next, or the one after so many.
    public func inject(_ fault: Fault, after skipped: Int = 0) {
        state.withLock { state in (state.fault, state.skipped) = (fault, skipped) }
    }

    /// Whether the fault that was injected has not happened yet.
    var hasFaultLeft: Bool { state.withLock { $0.fault != nil } }

    /// Cuts a file as a crash may, behind the back of whoever has it open.
    public func cut(_ path: String, to size: Int) {
        file(named: path)?.change { bytes in bytes.removeLast(max(0, bytes.count - size)) }
    }

    fileprivate func record(_ operation: WriteTrace.Operation) {
        state.withLock { $0.trace.operations.append(operation) }
    }

    fileprivate func meet(_ operation: Fault.Operation) -> Fault? { state.withLock { $0.meet(operation) } }

    private func failIfTold(_ operation: Fault.Operation, _ path: String) throws(FileSystemError) {
        guard let number = meet(operation)?.errorNumber else { return }
        throw FileSystemError(call: operation.rawValue, path: path, errorNumber: number)
    }

    fileprivate func file(named path: String) -> SimulatedFile? { state.withLock { $0.names[path] } }

    /// Opens a file; see `FileSystem`.
    public func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        try failIfTold(.open, path)
        let outcome = state.withLock { state -> Result<SimulatedFile, FileSystemError> in
            func problem(_ number: Int32) -> Result<SimulatedFile, FileSystemError> {
                .failure(FileSystemError(call: "open", path: path, errorNumber: number))
            }
            let known = state.names[path]
            switch mode {
            case .read, .update, .append: return known.map { .success($0) } ?? problem(ENOENT)
            case .createNew where known != nil: return problem(EEXIST)
            case .createNew, .createOrTruncate, .replace:
                if let known {
                    known.change { $0 = [] }
                    state.trace.operations.append(.resize(file: known.number, size: 0))
                    return .success(known)
                }
                let number = state.trace.base.count + state.trace.operations.count
                let file = SimulatedFile(number, [])
                state.names[path] = file
                state.trace.operations.append(.create(path: path, file: number))
                return .success(file)
            }
        }
        return OpenSimulatedFile(try outcome.get(), on: self, path)
    }

    /// All bytes of a file.
    public func contents(of path: String) throws(FileSystemError) -> FileBytes {
        guard let file = file(named: path) else {
            throw FileSystemError(call: "open", path: path, errorNumber: ENOENT)
        }
        return FileBytes(file.bytes)
    }

    /// Whether a file exists.
    public func exists(_ path: String) throws(FileSystemError) -> Bool { file(named: path) != nil }

    /// Renames a file.
    public func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try failIfTold(.rename, path)
        let moved = state.withLock { state in
            guard let file = state.names.removeValue(forKey: path) else { return false }
            state.names[newPath] = file
            state.trace.operations.append(.rename(from: path, to: newPath))
            return true
        }
        if !moved { throw FileSystemError(call: "rename", path: path, errorNumber: ENOENT) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        try failIfTold(.remove, path)
        let removed = state.withLock { state in
            guard state.names.removeValue(forKey: path) != nil else { return false }
            state.trace.operations.append(.remove(path: path))
            return true
        }
        if !removed { throw FileSystemError(call: "remove", path: path, errorNumber: ENOENT) }
    }

    /// Makes the names in a folder durable.
    public func syncFolder(_ path: String) throws(FileSystemError) {
        try failIfTold(.syncFolder, path)
        record(.syncFolder(path: path))
    }
}

/// The bytes of a file, whatever its name.
private final class SimulatedFile: Sendable {
    let number: Int
    private let content: Guarded<[UInt8]>

    init(_ number: Int, _ bytes: [UInt8]) {
        self.number = number
        content = Guarded(bytes)
    }

    var bytes: [UInt8] { content.withLock { $0 } }

    func change(_ body: (inout [UInt8]) -> Void) { content.withLock { body(&$0) } }
}

private final class OpenSimulatedFile: OpenFile {
    private let file: SimulatedFile
    private let disk: SimulatedDisk
    private let path: String

    init(_ file: SimulatedFile, on disk: SimulatedDisk, _ path: String) {
        (self.file, self.disk, self.path) = (file, disk, path)
    }

    func size() throws(FileSystemError) -> Int { file.bytes.count }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        Array(file.bytes.dropFirst(offset).prefix(count))
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        guard let fault = disk.meet(.write) else { return put(bytes, at: offset) }
        let half = bytes.count / 2
        put(Array(bytes[..<half]), at: offset)
        if let number = fault.errorNumber { throw FileSystemError(call: "write", path: path, errorNumber: number) }
        put(Array(bytes[half...]), at: offset + half)
    }

    private func put(_ bytes: [UInt8], at offset: Int) {
        file.change { $0.write(bytes, at: offset) }
        disk.record(.write(file: file.number, offset: offset, bytes: bytes))
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) { try write(bytes, at: file.bytes.count) }

    func truncate(to size: Int) throws(FileSystemError) {
        if let number = disk.meet(.truncate)?.errorNumber {
            throw FileSystemError(call: "truncate", path: path, errorNumber: number)
        }
        file.change { $0.setSize(size) }
        disk.record(.resize(file: file.number, size: size))
    }

    func sync() throws(FileSystemError) {
        if let number = disk.meet(.sync)?.errorNumber {
            disk.record(.failedSync(file: file.number))
            throw FileSystemError(call: "sync", path: path, errorNumber: number)
        }
        disk.record(.sync(file: file.number))
    }

    func lock() throws(FileSystemError) {}
    func isNamed(_ path: String) throws(FileSystemError) -> Bool { disk.file(named: path) === file }
    func close() {}
}
