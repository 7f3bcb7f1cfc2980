// Why a writer cannot do what it was asked to.

/// A writer that could not write, or will not.
public enum StorageError: Error, Equatable, Sendable {
    /// A call to the file system failed. What was asked for has not happened, and may be asked for again.
    case file(FileSystemError)
    /// Another writer has the file.
    case locked(String)
    /// There is a file of this name already.
    case exists(String)
    /// The name stands for another file now, or for none: nobody would find what is written.
    case nameLost(String)
    /// Somebody who does not take the lock changed the file: `size` bytes were known, and there are `found`.
    case changed(String, size: Int, found: Int)
    /// An earlier failure left the file in a state that is not known; nothing more is written until it is opened anew.
    case refused(String, after: FileSystemError)
    /// The file was replaced, but whether a power cut would undo that is not known.
    case notDurable(String, after: FileSystemError)
    /// The file does not begin as its format wants it, so no reader would take what is appended.
    case headless(String)
}

extension StorageError: CustomStringConvertible {
    /// One sentence that says what to do where something can be done.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .locked(let path): "Cannot write \(path): another program has it open for writing."
        case .exists(let path): "Cannot create \(path): it exists already."
        case .nameLost(let path):
            "Cannot write \(path): it was replaced or removed since it was opened; open it anew."
        case .changed(let path, let size, let found):
            "Cannot write \(path): another program changed it from \(size) to \(found) bytes; open it anew."
        case .refused(let path, let error):
            "Cannot write \(path) since an earlier failure: \(error) Open it anew."
        case .notDurable(let path, let error): "\(path) was replaced, which a power cut may undo: \(error)"
        case .headless(let path):
            "Cannot append to \(path): it has no header that its readers take, so nothing behind it would be read. "
                + "`crashlab recover` makes a whole copy of what it holds."
        }
    }
}

extension StorageError {
    /// What a body throws as a failed call.
    static func translating<Result>(
        _ body: () throws(FileSystemError) -> Result
    ) throws(StorageError) -> Result {
        do throws(FileSystemError) { return try body() } catch { throw .file(error) }
    }
}
