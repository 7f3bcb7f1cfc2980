// A folder of the real disk that gets one disk after the other, for programs that look at it.
//
// What has not changed since the disk before is not written again. So that a program's changes are noticed, each file that is
// written gets an old time of change: nobody changes a file's bytes without changing that.

import Foundation
import SessionFormats

/// A folder that is used again.
final class JudgedFolder {
    /// Where a disk's content is.
    let path: String
    /// Where the acknowledgements are.
    let acknowledgements: String

    private struct Written {
        var bytes: [UInt8]
        var inode: UInt64
    }

    private let root: String
    private var written: [String: Written] = [:]
    /// The second of September 2001 in which a file has been written by this.
    private static let time = 1_000_000_000
    private static let permissions: mode_t = 0o644

    /// Makes a folder.
    ///
    /// - Throws: What the file system reports.
    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "crashlab-\(UUID().uuidString)").filePath
        (path, acknowledgements) = (root + "/disk", root + "/acknowledged")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Makes the folder hold this and nothing else.
    ///
    /// - Throws: `FileSystemError`, or what the file system reports.
    func fill(_ disk: DiskContent, acknowledged: [String]) throws {
        try Data(acknowledged.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: acknowledgements))
        // A program may have taken the folder away or made it into something else.
        if !FileManager.default.isFolder(path) || FileManager.default.isLink(path) {
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        let folders = disk.folders.union(disk.files.keys.flatMap(\.foldersOfPath))
        try clear { name, kind in
            switch kind {
            case S_IFDIR: folders.contains(name)
            case S_IFREG: disk.files[name] != nil
            case S_IFLNK: disk.links[name] != nil && disk.links[name] == link(name)
            default: false
            }
        }
        for folder in folders.sorted() where !FileManager.default.isFolder("\(path)/\(folder)") {
            try FileManager.default.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: false)
        }
        for (name, bytes) in disk.files where !isThere(name, bytes) { try write(name, bytes) }
        for (name, target) in disk.links where link(name) == nil {
            try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
        }
    }

    /// What a link leads to; nil for what is no link.
    private func link(_ name: String) -> String? {
        FileManager.default.isLink("\(path)/\(name)")
            ? try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/\(name)") : nil
    }

    /// Removes what is not wanted.
    private func clear(_ isWanted: (String, mode_t) -> Bool) throws {
        guard let names = FileManager.default.enumerator(atPath: path) else { return }
        var unwanted: [String] = []
        for case let name as String in names where !isWanted(name, status(name).map { $0.st_mode & S_IFMT } ?? 0) {
            unwanted.append(name)
        }
        // What is inside of an unwanted folder goes first.
        for name in unwanted.reversed() {
            written[name] = nil
            try FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    private func status(_ name: String) -> stat? {
        var status = stat()
        return lstat("\(path)/\(name)", &status) == 0 ? status : nil
    }

    /// Whether a file was written by this with these bytes and not touched since.
    private func isThere(_ name: String, _ bytes: [UInt8]) -> Bool {
        guard let known = written[name], known.bytes == bytes, let status = status(name) else { return false }
        return UInt64(status.st_ino) == known.inode && Int(status.st_size) == bytes.count
            && status.st_mtim.tv_sec == Self.time && status.st_mtim.tv_nsec == 0
            && status.st_mode & 0o7777 == Self.permissions && status.st_nlink == 1
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = "\(path)/\(name)"
        // Another program may have it open, or another name for it.
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, Self.permissions)
        guard descriptor >= 0 else { throw FileSystemError(call: "make", path: file, errorNumber: errno) }
        defer { close(descriptor) }
        try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: Data(bytes))
        let times = [timespec(tv_sec: Self.time, tv_nsec: 0), timespec(tv_sec: Self.time, tv_nsec: 0)]
        var status = stat()
        guard fchmod(descriptor, Self.permissions) == 0, futimens(descriptor, times) == 0,
            fstat(descriptor, &status) == 0
        else { throw FileSystemError(call: "write", path: file, errorNumber: errno) }
        written[name] = Written(bytes: bytes, inode: UInt64(status.st_ino))
    }
}
