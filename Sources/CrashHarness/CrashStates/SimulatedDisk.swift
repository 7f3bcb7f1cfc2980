// A disk in memory, for writers that are to be tested without one.
//
// Names lead to files as on a real disk: a file that is open keeps its bytes when its name changes or goes; a lock belongs
// to an opening of a file and ends with it. Each operation is recorded, so that what a crash may leave can be worked out
// afterwards (see PersistenceModel), and operations can be made to fail.

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
    public struct Fault: Sendable, Hashable {
        /// What fails.
        public enum Operation: String, Sendable, CaseIterable {
            case open, read, write, truncate, sync, rename, remove, syncFolder, examine, lock, changeMode
        }

        /// What fails.
        public var operation: Operation
        /// What it fails with. nil for a write that does not fail and takes a part of its bytes at first, the rest then, as
        /// the kernel may.
        public var errorNumber: Int32?
        /// How many operations of its kind succeed first.
        public var skipped = 0
        /// Whether all later ones of its kind fail too.
        public var isForGood = false
        /// How many of its bytes a failing write leaves; nil for half.
        public var written: Int?

        /// Makes a fault that happens once, to the next operation of its kind.
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
        /// Who may read a file, by its number, of all that ever were.
        var permissions: [Int: Guarded<UInt32>]
        var links: [String: String] = [:]
        var folders: Set<String>
        var trace: WriteTrace
        var faults: [Fault] = []
        /// Which kinds have failed so far.
        var failed: Set<Fault.Operation> = []

        init(_ files: [String: [UInt8]], _ folders: some Sequence<String>) {
            trace = WriteTrace(files)
            trace.baseFolders.formUnion(folders)
            self.folders = trace.baseFolders
            names = trace.base.mapValues { SimulatedFile($0.file, $0.bytes) }
            permissions = Dictionary(names.values.map { ($0.number, $0.permissions) }, uniquingKeysWith: { a, _ in a })
        }

        /// The fault that an operation meets.
        mutating func meet(_ operation: Fault.Operation) -> Fault? {
            guard let index = faults.firstIndex(where: { $0.operation == operation }) else { return nil }
            if faults[index].skipped > 0 {
                faults[index].skipped -= 1
                return nil
            }
            failed.insert(operation)
            return faults[index].isForGood ? faults[index] : faults.remove(at: index)
        }

        func target(of path: String) -> String {
            var path = path
            while let next = links[path] { path = next }
            return path
        }
    }

    private let state: Guarded<State>

    /// A disk with these files and folders on it, all of them durable. Folders of files need not be named.
    public init(_ files: [String: [UInt8]] = [:], folders: some Sequence<String> = []) {
        state = Guarded(State(files, folders))
    }

    /// All files and their bytes, by name.
    public var contents: [String: [UInt8]] { state.withLock { $0.names.mapValues(\.bytes) } }

    /// All folders.
    public var folders: Set<String> { state.withLock { $0.folders } }

    /// What was done so far.
    public var trace: WriteTrace { state.withLock { $0.trace } }

    /// Notes that the writer told someone that something is done.
    public func acknowledge(_ what: String) { record(.acknowledge(what)) }

    /// Makes an operation of a kind fail, once: the next, or the one after so many.
    public func inject(_ fault: Fault, after skipped: Int = 0) {
        var fault = fault
        fault.skipped = skipped
        state.withLock { [fault] in $0.faults = [fault] }
    }

    /// Makes an operation fail, beside those that were told to fail before.
    func add(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }

    /// The disk works again.
    func mend() { state.withLock { $0.faults = [] } }

    /// Which kinds of operations have failed so far.
    var failed: Set<Fault.Operation> { state.withLock { $0.failed } }

    /// Whether a fault that was injected has not happened yet.
    var hasFaultLeft: Bool { state.withLock { !$0.faults.isEmpty } }

    /// Makes a symbolic link, durably.
    func link(_ path: String, to target: String) { state.withLock { $0.links[path] = target } }

    /// The permissions of a file; nil when there is none.
    func permissions(of path: String) -> UInt32? { file(named: path)?.permissions.withLock { $0 } }

    /// Changes the permissions of a file, durably.
    func setPermissions(of path: String, _ permissions: UInt32) {
        file(named: path)?.permissions.withLock { $0 = permissions }
    }

    /// Whether a path is a symbolic link.
    func isLink(_ path: String) -> Bool { state.withLock { $0.links[path] != nil } }

    /// Goes on as the disk that a crash left; whoever had a file open has lost it.
    func restart(with files: [String: [UInt8]], folders: [String], of old: [String: Int]) {
        state.withLock { state in
            let (permissions, links, failed) = (state.permissions, state.links, state.failed)
            state = State(files, folders)
            (state.links, state.failed) = (links, failed)
            for (path, file) in state.names {
                guard let known = old[path].flatMap({ permissions[$0] })?.withLock({ $0 }) else { continue }
                file.permissions.withLock { $0 = known }
            }
        }
    }

    fileprivate func record(_ operation: WriteTrace.Operation) {
        state.withLock { $0.trace.operations.append(operation) }
    }

    fileprivate func meet(_ operation: Fault.Operation) -> Fault? { state.withLock { $0.meet(operation) } }

    fileprivate func failIfTold(_ operation: Fault.Operation, _ path: String) throws(FileSystemError) {
        guard let number = meet(operation)?.errorNumber else { return }
        throw FileSystemError(call: operation.rawValue, path: path, errorNumber: number)
    }

    fileprivate func file(named path: String) -> SimulatedFile? {
        state.withLock { $0.names[$0.target(of: path)] }
    }

    /// Opens a file; see `FileSystem`.
    public func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        try failIfTold(.open, path)
        let outcome = state.withLock { state -> Result<SimulatedFile, FileSystemError> in
            func problem(_ number: Int32) -> Result<SimulatedFile, FileSystemError> {
                .failure(FileSystemError(call: "open", path: path, errorNumber: number))
            }
            let target = state.target(of: path)
            let known = state.names[target]
            switch mode {
            case .read, .update, .append: return known.map { .success($0) } ?? problem(ENOENT)
            case .createNew where known != nil, .createNewForUpdate where known != nil: return problem(EEXIST)
            case .createNew, .createNewForUpdate, .createOrTruncate:
                if let known {
                    known.change { $0 = [] }
                    state.trace.operations.append(.resize(file: known.number, size: 0))
                    return .success(known)
                }
                let number = state.trace.base.count + state.trace.operations.count
                let file = SimulatedFile(number, [])
                state.names[target] = file
                // A folder that nothing made was there.
                state.folders.formUnion(target.foldersOfPath)
                state.permissions[number] = file.permissions
                state.trace.operations.append(.create(path: target, file: number))
                return .success(file)
            }
        }
        return OpenSimulatedFile(try outcome.get(), on: self, path)
    }

    /// All bytes of a file.
    public func contents(of path: String) throws(FileSystemError) -> FileBytes {
        try failIfTold(.read, path)
        guard let file = file(named: path) else {
            throw FileSystemError(call: "open", path: path, errorNumber: ENOENT)
        }
        return FileBytes(file.bytes)
    }

    /// Whether a file exists.
    public func exists(_ path: String) throws(FileSystemError) -> Bool {
        try failIfTold(.examine, path)
        return file(named: path) != nil
    }

    /// Renames a file.
    public func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try failIfTold(.rename, path)
        let moved = state.withLock { state in
            guard let file = state.names.removeValue(forKey: path) else { return false }
            state.names[newPath] = file
            state.links[newPath] = nil
            state.trace.operations.append(.rename(from: path, to: newPath))
            return true
        }
        if !moved { throw FileSystemError(call: "rename", path: path, errorNumber: ENOENT) }
    }

    /// Renames a file to a name that none has, by a second name and the removal of the first.
    public func rename(_ path: String, toUnused newPath: String) throws(FileSystemError) {
        try failIfTold(.rename, path)
        let problem = state.withLock { state -> Int32? in
            guard let file = state.names[path] else { return ENOENT }
            guard state.names[newPath] == nil, state.links[newPath] == nil else { return EEXIST }
            state.names[newPath] = file
            state.names[path] = nil
            state.trace.operations += [.link(from: path, to: newPath), .remove(path: path)]
            return nil
        }
        if let problem { throw FileSystemError(call: "rename", path: path, errorNumber: problem) }
    }

    /// The path behind symbolic links.
    public func resolved(_ path: String) throws(FileSystemError) -> String {
        try failIfTold(.examine, path)
        return state.withLock { $0.target(of: path) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        try failIfTold(.remove, path)
        let removed = state.withLock { state in
            if state.links.removeValue(forKey: path) != nil { return true }
            guard state.names.removeValue(forKey: path) != nil else { return false }
            state.trace.operations.append(.remove(path: path))
            return true
        }
        if !removed { throw FileSystemError(call: "remove", path: path, errorNumber: ENOENT) }
    }

    /// Makes a folder and those above it, each durable with the names of the one above.
    public func makeFolder(_ path: String) throws(FileSystemError) {
        for folder in path.foldersOfPath + [path] {
            let isNew = state.withLock { state in
                guard state.folders.insert(folder).inserted else { return false }
                state.trace.operations.append(.makeFolder(path: folder))
                return true
            }
            // One that is there may be of somebody who was killed before it was durable.
            if isNew || folder == path { try syncFolder(folder.folderOfPath) }
        }
    }

    /// The names of files in a folder, and of folders in it.
    public func names(in folder: String) throws(FileSystemError) -> [String] {
        let paths = state.withLock { Array($0.names.keys) + $0.links.keys }
        return Set(
            paths.filter { $0.hasPrefix(folder + "/") }.compactMap {
                $0.dropFirst(folder.count + 1).split(separator: "/").first.map(String.init)
            }
        ).sorted()
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
    let permissions = Guarded<UInt32>(0o644)
    /// The opening that has the lock.
    let lock = Guarded<ObjectIdentifier?>(nil)
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

    deinit { close() }

    func size() throws(FileSystemError) -> Int {
        try disk.failIfTold(.examine, path)
        return file.bytes.count
    }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        try disk.failIfTold(.read, path)
        return Array(file.bytes.dropFirst(offset).prefix(count))
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        guard let fault = disk.meet(.write) else { return put(bytes, at: offset) }
        let part = min(fault.written ?? bytes.count / 2, bytes.count)
        if part > 0 { put(Array(bytes[..<part]), at: offset) }
        if let number = fault.errorNumber { throw FileSystemError(call: "write", path: path, errorNumber: number) }
        put(Array(bytes[part...]), at: offset + part)
    }

    private func put(_ bytes: [UInt8], at offset: Int) {
        file.change { $0.write(bytes, at: offset) }
        disk.record(.write(file: file.number, offset: offset, bytes: bytes))
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) { try write(bytes, at: file.bytes.count) }

    func truncate(to size: Int) throws(FileSystemError) {
        try disk.failIfTold(.truncate, path)
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

    func lock() throws(FileSystemError) {
        try disk.failIfTold(.lock, path)
        let isMine = file.lock.withLock { holder in
            if holder == nil { holder = ObjectIdentifier(self) }
            return holder == ObjectIdentifier(self)
        }
        if !isMine { throw FileSystemError(call: "lock", path: path, errorNumber: EWOULDBLOCK) }
    }

    func isNamed(_ path: String) throws(FileSystemError) -> Bool {
        try disk.failIfTold(.examine, path)
        return disk.file(named: path) === file
    }

    func permissions() throws(FileSystemError) -> UInt32 {
        try disk.failIfTold(.examine, path)
        return file.permissions.withLock { $0 }
    }

    func setPermissions(_ permissions: UInt32) throws(FileSystemError) {
        try disk.failIfTold(.changeMode, path)
        file.permissions.withLock { $0 = permissions }
    }

    func close() {
        file.lock.withLock { holder in
            if holder == ObjectIdentifier(self) { holder = nil }
        }
    }
}
