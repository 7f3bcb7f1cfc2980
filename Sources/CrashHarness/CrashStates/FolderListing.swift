// A folder of the real disk by the bytes of its names, which Foundation's paths do not keep.

import Foundation
import SessionFormats

/// What stands below a folder of the real disk.
struct FolderListing {
    /// A name and what it stands for, links themselves and not what they lead to.
    struct Entry {
        /// The path below the folder.
        var name: String
        /// `S_IFREG`, `S_IFDIR`, `S_IFLNK` and so on.
        var kind: mode_t
    }

    /// Folders stand before what is in them.
    private(set) var entries: [Entry] = []

    /// Lists a folder.
    ///
    /// - Throws: `FileSystemError`.
    init(below folder: String) throws(FileSystemError) { try add("", in: folder) }

    private mutating func add(_ prefix: String, in folder: String) throws(FileSystemError) {
        for name in try Self.names(in: prefix.isEmpty ? folder : "\(folder)/\(prefix)").sorted() {
            let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
            var status = stat()
            // What went away meanwhile is not there.
            guard lstat(FileName.path("\(folder)/\(path)"), &status) == 0 else { continue }
            let kind = status.st_mode & S_IFMT
            entries.append(Entry(name: path, kind: kind))
            if kind == S_IFDIR { try add(path, in: folder) }
        }
    }

    private static func names(in folder: String) throws(FileSystemError) -> [String] {
        guard let stream = opendir(FileName.path(folder)) else {
            if errno == ENOENT { return [] }
            throw FileSystemError(call: "list", path: folder, errorNumber: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in FileName.text(bytes.prefix { $0 != 0 }) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// What a link leads to, as a text; nil for what is no link.
    static func target(ofLink path: String) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(FileName.path(path), &target, target.count)
        return count >= 0 ? FileName.text(target.prefix(count).map { UInt8(bitPattern: $0) }) : nil
    }

    /// Makes a folder, where none is.
    ///
    /// - Throws: `FileSystemError`.
    static func makeFolder(_ path: String) throws(FileSystemError) {
        guard mkdir(FileName.path(path), 0o777) == 0 || errno == EEXIST else {
            throw FileSystemError(call: "make the folder", path: path, errorNumber: errno)
        }
    }

    /// Makes a file, or with `O_TRUNC` writes over one.
    ///
    /// - Returns: What is known of it then.
    /// - Throws: `FileSystemError`, or what writing throws.
    @discardableResult
    static func write(_ bytes: [UInt8], to path: String, _ flag: Int32, _ finish: (Int32) -> Bool = { _ in true })
        throws -> stat
    {
        let descriptor = open(FileName.path(path), O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o644)
        guard descriptor >= 0 else { throw FileSystemError(call: "make", path: path, errorNumber: errno) }
        defer { close(descriptor) }
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: Data(bytes))
        var status = stat()
        guard finish(descriptor), fstat(descriptor, &status) == 0 else {
            throw FileSystemError(call: "write", path: path, errorNumber: errno)
        }
        return status
    }

    /// A file's bytes from an offset on.
    ///
    /// - Throws: `FileSystemError`, also for what is no file, or what reading throws.
    static func bytes(of path: String, _ offset: Int = 0, _ count: Int = .max) throws -> [UInt8] {
        var status = stat()
        // A pipe would be waited for.
        guard stat(FileName.path(path), &status) == 0 else {
            throw FileSystemError(call: "read", path: path, errorNumber: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileSystemError(call: "read", path: path, errorNumber: EINVAL)
        }
        let descriptor = open(FileName.path(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystemError(call: "read", path: path, errorNumber: errno) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.seek(toOffset: UInt64(max(0, offset)))
        return [UInt8](try file.read(upToCount: count) ?? Data())
    }
}
