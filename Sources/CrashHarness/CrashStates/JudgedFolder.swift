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
            case S_IFLNK: disk.links[name] != nil && disk.links[name] == FolderListing.target(ofLink: "\(path)/\(name)")
            default: false
            }
        }
        for folder in folders.sorted() { try FolderListing.makeFolder("\(path)/\(folder)") }
        for (name, bytes) in disk.files where !isThere(name, bytes) { try write(name, bytes) }
        for (name, target) in disk.links where FolderListing.target(ofLink: "\(path)/\(name)") == nil {
            guard symlink(FileName.path(target), FileName.path("\(path)/\(name)")) == 0 else {
                throw FileSystemError(call: "make the link", path: "\(path)/\(name)", errorNumber: errno)
            }
        }
    }

    /// Removes what is not wanted, what is inside of an unwanted folder first.
    private func clear(_ isWanted: (String, mode_t) -> Bool) throws {
        for entry in try FolderListing(below: path).entries.reversed() where !isWanted(entry.name, entry.kind) {
            written[entry.name] = nil
            guard remove(FileName.path("\(path)/\(entry.name)")) == 0 else {
                throw FileSystemError(call: "remove", path: "\(path)/\(entry.name)", errorNumber: errno)
            }
        }
    }

    private func status(_ name: String) -> stat? {
        var status = stat()
        return lstat(FileName.path("\(path)/\(name)"), &status) == 0 ? status : nil
    }

    /// Whether a file was written by this with these bytes and not touched since.
    private func isThere(_ name: String, _ bytes: [UInt8]) -> Bool {
        guard let known = written[name], known.bytes == bytes, let status = status(name) else { return false }
        return UInt64(status.st_ino) == known.inode && Int(status.st_size) == bytes.count
            && status.st_mtim.tv_sec == Self.time && status.st_mtim.tv_nsec == 0
            && status.st_mode & 0o7777 == Self.permissions && status.st_nlink == 1
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        // Another program may have it open, or another name for it.
        unlink(FileName.path("\(path)/\(name)"))
        let times = [timespec(tv_sec: Self.time, tv_nsec: 0), timespec(tv_sec: Self.time, tv_nsec: 0)]
        let status = try FolderListing.write(bytes, to: "\(path)/\(name)", O_EXCL) { descriptor in
            fchmod(descriptor, Self.permissions) == 0 && futimens(descriptor, times) == 0
        }
        written[name] = Written(bytes: bytes, inode: UInt64(status.st_ino))
    }
}
