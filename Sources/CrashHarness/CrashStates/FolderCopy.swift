// A folder as it was, so that a program can be run on it again.
//
// Files, links and folders alone: pipes and sockets have no content, and stay where they are.

import Foundation

/// A copy of a folder's content, kept until nobody needs it.
final class FolderCopy {
    private let folder: URL
    private let copy: URL
    /// Whether the folder may lack what only the copy has.
    private var isNeeded = false

    /// A folder that could not be given its content again.
    struct RestoreFailure: Error, CustomStringConvertible {
        /// One sentence that says where the content is.
        var description: String
    }

    /// Keeps what a folder holds.
    ///
    /// - Throws: What the file system reports.
    init(of folder: String) throws {
        self.folder = URL(filePath: folder)
        copy = FileManager.default.temporaryDirectory.appending(path: "crashlab-\(UUID().uuidString)")
        do { try Self.copy(self.folder, to: copy) } catch {
            try? FileManager.default.removeItem(at: copy)
            throw error
        }
    }

    deinit {
        if !isNeeded { try? FileManager.default.removeItem(at: copy) }
    }

    /// Gives the folder its content again; the folder itself stays, since programs may be in it.
    ///
    /// - Throws: `RestoreFailure`; the copy stays then.
    func restore() throws {
        isNeeded = true
        do {
            try Self.clear(folder)
            try Self.copy(copy, to: folder)
        } catch {
            throw RestoreFailure(
                description:
                    "\(folder.filePath) cannot be given its content again; all of it is in \(copy.filePath). \(error.reason)"
            )
        }
        isNeeded = false
    }

    private static func copy(_ source: URL, to target: URL) throws {
        let mode = try FileManager.default.attributesOfItem(atPath: source.filePath)[.posixPermissions] ?? 0o755
        try FileManager.default.createDirectory(
            at: target, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
        try forEach(in: source) { item, isFolder in
            let new = target.appending(path: item.lastPathComponent)
            if isFolder { try copy(item, to: new) } else { try FileManager.default.copyItem(at: item, to: new) }
        }
    }

    private static func clear(_ folder: URL) throws {
        try forEach(in: folder) { item, isFolder in
            if isFolder { try clear(item) }
            let isKept = try isFolder && !FileManager.default.contentsOfDirectory(atPath: item.filePath).isEmpty
            if !isKept { try FileManager.default.removeItem(at: item) }
        }
    }

    /// Calls `body` with each file, link and folder in a folder.
    private static func forEach(in folder: URL, _ body: (_ item: URL, _ isFolder: Bool) throws -> Void) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder.filePath) {
            let item = folder.appending(path: name)
            let isLink = files.isLink(item.filePath)
            let isFolder = !isLink && files.isFolder(item.filePath)
            if isLink || isFolder || files.isRegularFile(item.filePath) { try body(item, isFolder) }
        }
    }
}
