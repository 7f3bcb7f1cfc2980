// One process on a simulated disk: it can be stopped before any of its calls, and killed there.

import SessionFormats

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The disk as one process sees it.
final class SimulatedProcess: FileSystem, @unchecked Sendable {
    private let disk: SimulatedDisk
    /// Asked before each call; it may wait.
    var beforeCall: (() -> Void)?
    /// How many calls were made.
    private(set) var calls = 0
    /// Told of each call.
    var afterCall: ((_ kind: CallOrder.Kind, _ isDone: Bool) -> Void)?
    private var isDead = false
    private var files: [any OpenFile] = []

    init(on disk: SimulatedDisk) { self.disk = disk }

    /// Ends the process: its files are closed by the kernel, and whatever it still tries comes to nothing.
    func kill() {
        isDead = true
        for file in files { file.close() }
        files = []
    }

    fileprivate func call<Result>(
        _ name: String, _ path: String, _ kind: CallOrder.Kind = .change,
        _ body: () throws(FileSystemError) -> Result
    ) throws(FileSystemError) -> Result {
        if !isDead { beforeCall?() }
        if isDead { throw FileSystemError(call: name, path: path, errorNumber: ESRCH) }
        calls += 1
        return try told(kind, body)
    }

    private func told<Result>(
        _ kind: CallOrder.Kind, _ body: () throws(FileSystemError) -> Result
    ) throws(FileSystemError) -> Result {
        do throws(FileSystemError) {
            let result = try body()
            afterCall?(kind, true)
            return result
        } catch {
            afterCall?(kind, false)
            throw error
        }
    }

    fileprivate func closed(_ file: any OpenFile) {
        if isDead { return }
        file.close()
        files.removeAll { $0 === file }
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        let file = try call("open", path, mode.findsOnly ? .look : .change) { () throws(FileSystemError) in
            try disk.open(path, mode)
        }
        files.append(file)
        return ProcessFile(file, self, path)
    }

    func contents(of path: String) throws(FileSystemError) -> FileBytes {
        try call("read", path, .look) { () throws(FileSystemError) in try disk.contents(of: path) }
    }

    func exists(_ path: String) throws(FileSystemError) -> Bool {
        try call("examine", path, .look) { () throws(FileSystemError) in try disk.exists(path) }
    }

    func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try call("rename", path) { () throws(FileSystemError) in try disk.rename(path, to: newPath) }
    }

    func rename(_ path: String, toUnused newPath: String) throws(FileSystemError) {
        try call("rename", path) { () throws(FileSystemError) in try disk.rename(path, toUnused: newPath) }
    }

    func resolved(_ path: String) throws(FileSystemError) -> String {
        try call("follow", path, .look) { () throws(FileSystemError) in try disk.resolved(path) }
    }

    func makeFolder(_ path: String) throws(FileSystemError) {
        if isDead { throw FileSystemError(call: "make", path: path, errorNumber: ESRCH) }
        try told(.change) { () throws(FileSystemError) in try disk.makeFolder(path) }
    }

    func names(in folder: String) throws(FileSystemError) -> [String] { try disk.names(in: folder) }
    func remove(_ path: String) throws(FileSystemError) {
        try call("remove", path) { () throws(FileSystemError) in try disk.remove(path) }
    }

    func syncFolder(_ path: String) throws(FileSystemError) {
        try call("sync", path) { () throws(FileSystemError) in try disk.syncFolder(path) }
    }
}

extension OpenMode {
    /// Whether a file that is opened so has to be there, and stays as it is.
    fileprivate var findsOnly: Bool {
        switch self {
        case .read, .update, .append: true
        case .createOrTruncate, .createNew, .createNewForUpdate: false
        }
    }
}

private final class ProcessFile: OpenFile, @unchecked Sendable {
    private let file: any OpenFile
    private let process: SimulatedProcess
    private let path: String

    init(_ file: any OpenFile, _ process: SimulatedProcess, _ path: String) {
        (self.file, self.process, self.path) = (file, process, path)
    }

    func size() throws(FileSystemError) -> Int {
        try process.call("examine", path, .look) { () throws(FileSystemError) in try file.size() }
    }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        try process.call("read", path, .look) { () throws(FileSystemError) in try file.read(at: offset, count: count) }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        try process.call("write", path) { () throws(FileSystemError) in try file.write(bytes, at: offset) }
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) {
        try process.call("write", path) { () throws(FileSystemError) in try file.append(bytes) }
    }

    func truncate(to size: Int) throws(FileSystemError) {
        try process.call("truncate", path) { () throws(FileSystemError) in try file.truncate(to: size) }
    }

    func sync() throws(FileSystemError) {
        try process.call("sync", path) { () throws(FileSystemError) in try file.sync() }
    }

    func lock() throws(FileSystemError) {
        try process.call("lock", path, .lock) { () throws(FileSystemError) in try file.lock() }
    }

    func isNamed(_ path: String) throws(FileSystemError) -> Bool {
        try process.call("examine", path, .look) { () throws(FileSystemError) in try file.isNamed(path) }
    }

    func permissions() throws(FileSystemError) -> UInt32 {
        try process.call("examine", path, .look) { () throws(FileSystemError) in try file.permissions() }
    }

    func setPermissions(_ permissions: UInt32) throws(FileSystemError) {
        try process.call("change the mode of", path) { () throws(FileSystemError) in
            try file.setPermissions(permissions)
        }
    }

    func close() { process.closed(file) }
}
