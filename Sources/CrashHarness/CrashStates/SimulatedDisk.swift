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
    /// An operation that is made to fail.
    public enum Fault: Sendable, CaseIterable {
        /// The next write stops after half of its bytes: the disk is full.
        case fullDisk
        /// The next sync of a file fails.
        case failingSync
        /// The next rename fails.
        case failingRename
    }

    private struct State {
        var names: [String: SimulatedFile]
        var trace: WriteTrace
        var fault: Fault?
        /// How many operations of the fault's kind succeed first.
        var skipped = 0

        /// Whether the next operation of a kind fails; it does so once.
        mutating func takes(_ fault: Fault) -> Bool {
            guard self.fault == fault else { return false }
            if skipped > 0 {
                skipped -= 1
                return false
            }
            self.fault = nil
            return true
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

    /// Cuts a file as a crash may, behind the back of whoever has it open.
    public func cut(_ path: String, to size: Int) {
        file(named: path)?.change { bytes in bytes.removeLast(max(0, bytes.count - size)) }
    }

    fileprivate func record(_ operation: WriteTrace.Operation) {
        state.withLock { $0.trace.operations.append(operation) }
    }

    fileprivate func takes(_ fault: Fault) -> Bool { state.withLock { $0.takes(fault) } }

    fileprivate func file(named path: String) -> SimulatedFile? { state.withLock { $0.names[path] } }

    /// Opens a file; see `FileSystem`.
    public func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
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
        if takes(.failingRename) { throw FileSystemError(call: "rename", path: path, errorNumber: EIO) }
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
        let removed = state.withLock { state in
            guard state.names.removeValue(forKey: path) != nil else { return false }
            state.trace.operations.append(.remove(path: path))
            return true
        }
        if !removed { throw FileSystemError(call: "remove", path: path, errorNumber: ENOENT) }
    }

    /// Makes the names in a folder durable.
    public func syncFolder(_ path: String) throws(FileSystemError) { record(.syncFolder(path: path)) }
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
        let isFull = disk.takes(.fullDisk)
        let written = isFull ? Array(bytes.prefix(bytes.count / 2)) : bytes
        file.change { file in
            let missing = offset + written.count - file.count
            if missing > 0 { file += [UInt8](repeating: 0, count: missing) }
            file.replaceSubrange(offset..<offset + written.count, with: written)
        }
        disk.record(.write(file: file.number, offset: offset, bytes: written))
        if isFull { throw FileSystemError(call: "write", path: path, errorNumber: ENOSPC) }
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) { try write(bytes, at: file.bytes.count) }

    func truncate(to size: Int) throws(FileSystemError) {
        file.change { file in
            if size > file.count { file += [UInt8](repeating: 0, count: size - file.count) }
            file.removeLast(file.count - size)
        }
        disk.record(.resize(file: file.number, size: size))
    }

    func sync() throws(FileSystemError) {
        if disk.takes(.failingSync) {
            disk.record(.failedSync(file: file.number))
            throw FileSystemError(call: "sync", path: path, errorNumber: EIO)
        }
        disk.record(.sync(file: file.number))
    }

    func lock() throws(FileSystemError) {}
    func isNamed(_ path: String) throws(FileSystemError) -> Bool { disk.file(named: path) === file }
    func close() {}
}
