// A disk in memory, for writers that are to be tested without one.
//
// It keeps the bytes of each file by name and answers as a disk does. What survives a crash is not modelled here: after
// each operation everything is durable.

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
    private let files: Guarded<[String: [UInt8]]>

    /// A disk with these files on it.
    public init(_ files: [String: [UInt8]] = [:]) { self.files = Guarded(files) }

    /// All files and their bytes.
    public var contents: [String: [UInt8]] { files.withLock { $0 } }

    /// Opens a file; see `FileSystem`.
    public func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        let problem = files.withLock { files -> Int32? in
            switch mode {
            case .read, .update, .append: return files[path] == nil ? ENOENT : nil
            case .createOrTruncate: files[path] = []
            case .createNew:
                if files[path] != nil { return EEXIST }
                files[path] = []
            }
            return nil
        }
        if let problem { throw FileSystemError(call: "open", path: path, errorNumber: problem) }
        return SimulatedFile(disk: self, path: path)
    }

    /// All bytes of a file.
    public func contents(of path: String) throws(FileSystemError) -> FileBytes {
        guard let bytes = files.withLock({ $0[path] }) else {
            throw FileSystemError(call: "open", path: path, errorNumber: ENOENT)
        }
        return FileBytes(bytes)
    }

    /// Whether a file exists.
    public func exists(_ path: String) throws(FileSystemError) -> Bool { files.withLock { $0[path] != nil } }

    /// Renames a file.
    public func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        let moved = files.withLock { files in
            files.removeValue(forKey: path).map { files[newPath] = $0 } != nil
        }
        if !moved { throw FileSystemError(call: "rename", path: path, errorNumber: ENOENT) }
    }

    /// Removes a file.
    public func remove(_ path: String) throws(FileSystemError) {
        let removed = files.withLock { $0.removeValue(forKey: path) != nil }
        if !removed { throw FileSystemError(call: "remove", path: path, errorNumber: ENOENT) }
    }

    /// Does nothing: names are durable at once.
    public func syncFolder(_ path: String) throws(FileSystemError) {}

    fileprivate func change<Result>(
        _ path: String, _ call: String, _ body: (inout [UInt8]) -> Result
    ) throws(FileSystemError) -> Result {
        let result = files.withLock { files -> Result? in
            guard var bytes = files.removeValue(forKey: path) else { return nil }
            defer { files[path] = bytes }
            return body(&bytes)
        }
        guard let result else { throw FileSystemError(call: call, path: path, errorNumber: ENOENT) }
        return result
    }
}

private final class SimulatedFile: OpenFile {
    private let disk: SimulatedDisk
    private let path: String

    init(disk: SimulatedDisk, path: String) {
        self.disk = disk
        self.path = path
    }

    func size() throws(FileSystemError) -> Int { try disk.change(path, "examine") { $0.count } }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        try disk.change(path, "read") { Array($0.dropFirst(offset).prefix(count)) }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        try disk.change(path, "write") { file in
            let missing = offset + bytes.count - file.count
            if missing > 0 { file += [UInt8](repeating: 0, count: missing) }
            file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) { try disk.change(path, "write") { $0 += bytes } }

    func truncate(to size: Int) throws(FileSystemError) {
        try disk.change(path, "truncate") { file in
            if size > file.count { file += [UInt8](repeating: 0, count: size - file.count) }
            file.removeLast(file.count - size)
        }
    }

    func sync() throws(FileSystemError) {}
    func close() {}
}
