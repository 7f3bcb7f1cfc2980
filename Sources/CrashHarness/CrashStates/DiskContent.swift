// What a disk holds, for those who judge it.

import Foundation
import SessionFormats

/// Files, folders and symbolic links by their paths.
public struct DiskContent: Sendable, Equatable {
    /// The bytes of all files.
    public var files: [String: [UInt8]]
    /// All folders besides the one that is watched.
    public var folders: Set<String>
    /// What the symbolic links lead to.
    public var links: [String: String]

    /// What tells it from all others.
    var digest: Digest {
        var hash = BLAKE3()
        // Lengths keep names apart from bytes.
        func add(_ name: String, _ kind: UInt8) {
            let bytes = Array(name.utf8)
            hash.update([kind] + withUnsafeBytes(of: UInt64(bytes.count).littleEndian, Array.init) + bytes)
        }
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            add(path, 0)
            hash.update(BLAKE3.hash(bytes).bytes)
        }
        for path in folders.sorted() { add(path, 1) }
        for (path, target) in links.sorted(by: { $0.key < $1.key }) {
            add(path, 2)
            add(target, 3)
        }
        return hash.finalize()
    }

    /// The files and folders in a few words.
    var summary: String {
        let files = files.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value.count) bytes)" }
        let parts = files + folders.sorted().map { "\($0)/" }
        if parts.isEmpty { return "no files" }
        return parts.prefix(8).joined(separator: ", ") + (parts.count > 8 ? " and \(parts.count - 8) more" : "")
    }

    /// What a disk holds, and of the links that were before the trace those whose folder is there and whose name nothing took.
    init(_ disk: SimulatedDisk, of trace: WriteTrace) {
        let (files, folders) = (disk.contents, disk.folders)
        (self.files, self.folders) = (files, folders)
        links = trace.innerLinks.filter { path, _ in
            files[path] == nil && !folders.contains(path) && path.foldersOfPath.allSatisfy(folders.contains)
        }
    }

    /// What is below a folder of the real disk; pipes and devices are left out. Links to absolute paths in it are told by the
    /// way there from their folder.
    ///
    /// - Throws: What the file system reports.
    init(below folder: String) throws {
        (files, folders, links) = ([:], [], [:])
        let folder = FileName.text(folder.utf8)
        for entry in try FolderListing(below: folder).entries {
            let path = "\(folder)/\(entry.name)"
            switch entry.kind {
            case S_IFLNK:
                guard let target = FolderListing.target(ofLink: path) else { continue }
                let up = entry.name.foldersOfPath.map { _ in "../" }.joined()
                links[entry.name] = target.hasPrefix(folder + "/") ? up + target.dropFirst(folder.count + 1) : target
            case S_IFREG: files[entry.name] = try FolderListing.bytes(of: path)
            case S_IFDIR: folders.insert(entry.name)
            default: break
            }
        }
    }
}
