// A folder as it was, so that a program can be run on it again.

import Foundation

/// A copy of a folder's content, kept until nobody needs it.
final class FolderCopy {
    private let folder: URL
    private let copy: URL

    /// Keeps what a folder holds.
    ///
    /// - Throws: What the file system reports.
    init(of folder: String) throws {
        self.folder = URL(filePath: folder)
        copy = FileManager.default.temporaryDirectory.appending(path: "crashlab-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: self.folder, to: copy)
    }

    deinit { try? FileManager.default.removeItem(at: copy) }

    /// Gives the folder its content again; the folder itself stays, since programs may be in it.
    ///
    /// - Throws: What the file system reports.
    func restore() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path()) {
            try FileManager.default.removeItem(at: folder.appending(path: name))
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: copy.path()) {
            try FileManager.default.copyItem(at: copy.appending(path: name), to: folder.appending(path: name))
        }
    }
}
