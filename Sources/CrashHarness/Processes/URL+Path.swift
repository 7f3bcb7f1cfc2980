// Paths as the file system takes them.

import Foundation

extension URL {
    /// The path without escapes (`path()` writes a space as %20, which is another file) and without slashes at its end.
    package var filePath: String { path(percentEncoded: false).withoutSlashesAtEnd }
}

extension String {
    /// The path without slashes at its end; "/" stays.
    package var withoutSlashesAtEnd: String {
        var text = self
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        return text
    }
}
