// What stands at a path; links are followed where nothing else is said.

import Foundation

extension FileManager {
    /// Whether something is there that is no folder.
    package func isFile(_ path: String) -> Bool { isFolderIfThere(path) == false }

    /// Whether a folder is there.
    package func isFolder(_ path: String) -> Bool { isFolderIfThere(path) == true }

    /// Whether bytes can be read there: a file, or a link to one, no pipe and no device.
    package func isRegularFile(_ path: String) -> Bool {
        var kind = stat()
        return stat(path, &kind) == 0 && kind.st_mode & S_IFMT == S_IFREG
    }

    /// Whether a symbolic link is there.
    package func isLink(_ path: String) -> Bool {
        var kind = stat()
        return lstat(path, &kind) == 0 && kind.st_mode & S_IFMT == S_IFLNK
    }

    private func isFolderIfThere(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }
}
