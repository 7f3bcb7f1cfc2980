// What stands at a path, links followed.

import Foundation

extension FileManager {
    /// Whether something is there that is no folder.
    package func isFile(_ path: String) -> Bool { isFolderIfThere(path) == false }

    /// Whether a folder is there.
    package func isFolder(_ path: String) -> Bool { isFolderIfThere(path) == true }

    private func isFolderIfThere(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }
}
