// A disk in memory, for writers that are to be tested without one.
//
// Names lead to files as on a real disk: a file that is open keeps its bytes when its name changes or goes. What survives
// a crash is not modelled here: after each operation everything is durable.

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
    private let names: Guarded<[String: SimulatedFile]>

    /// A disk with these files on it.
    public init(_ files: [String: [UInt8]] = [:]) { names = Guarded(files.mapValues { SimulatedFile($0) }) }

    /// All files and their bytes, by name.
    public var contents: [String: [UInt8]] { names.withLock { $0.mapValues(\.bytes) } }

    /// Cuts a file as a crash may, behind the back of whoever has it open.
    public func cut(_ path: String, to size: Int) {
        names.withLock { $0[path] }?.change { bytes in bytes.removeLast(max(0, bytes.count - size)) }
    }

    /// Opens a file; see `FileSystem`.
    public func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        let outcome = names.withLock { names -> Result<SimulatedFile, FileSystemError> in
            func problem(_ number: Int32) -> Result<SimulatedFile, FileSystemError> {
                .failure(FileSystemError(call: "open", path: path, errorNumber: number))
            }
            let known = names[path]
            switch mode {
            case .read, .update, .append: return known.map { .success($0) } ?? problem(ENOENT)
            case .createNew where known != nil: return problem(EEXIST)
            case .createNew, .createOrTruncate, .replace:
                let file = known ?? SimulatedFile([])
                file.change { $0 = [] }
                names[path] = file
                return .success(file)
            }
        }
        return OpenSimulatedFile(try outcome.get(), on: self)
    }

    /// All bytes of a file.
    public func contents(of path: String) throws(FileSystemError) -> FileBytes {
        guard let file = names.withLock({ $0[path] }) else {
            throw FileSystemError(call: "open", path: path, errorNumber: ENOENT)
        }
        return FileBytes(file.bytes)
    }

    fileprivate func file(named path: String) -> SimulatedFile? { names.withLock { $0[path] } }

    /// Whether a file exists.
    public func exists(_ path: String) throws(FileSystemError) -> Bool { names.withLock { $0[path] != nil } }

    /// Renames a file.
    public func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        let moved = names.withLock { names in
            names.removeValue(forKey: path).map { names[newPath] = $0 } != nil
        }
        if !moved { throw FileSystemError(call: "rename", path: path, errorNumber: ENOENT) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        let removed = names.withLock { $0.removeValue(forKey: path) != nil }
        if !removed { throw FileSystemError(call: "remove", path: path, errorNumber: ENOENT) }
    }

    /// Does nothing: names are durable at once.
    public func syncFolder(_ path: String) throws(FileSystemError) {}
}

/// The bytes of a file, whatever its name.
private final class SimulatedFile: Sendable {
    private let content: Guarded<[UInt8]>

    init(_ bytes: [UInt8]) { content = Guarded(bytes) }

    var bytes: [UInt8] { content.withLock { $0 } }

    func change(_ body: (inout [UInt8]) -> Void) { content.withLock { body(&$0) } }
}

private final class OpenSimulatedFile: OpenFile {
    private let file: SimulatedFile
    private let disk: SimulatedDisk

    init(_ file: SimulatedFile, on disk: SimulatedDisk) { (self.file, self.disk) = (file, disk) }

    func size() throws(FileSystemError) -> Int { file.bytes.count }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        Array(file.bytes.dropFirst(offset).prefix(count))
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        file.change { file in
            let missing = offset + bytes.count - file.count
            if missing > 0 { file += [UInt8](repeating: 0, count: missing) }
            file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) { file.change { $0 += bytes } }

    func truncate(to size: Int) throws(FileSystemError) {
        file.change { file in
            if size > file.count { file += [UInt8](repeating: 0, count: size - file.count) }
            file.removeLast(file.count - size)
        }
    }

    func sync() throws(FileSystemError) {}
    func lock() throws(FileSystemError) {}
    func isNamed(_ path: String) throws(FileSystemError) -> Bool { disk.file(named: path) === file }
    func close() {}
}
