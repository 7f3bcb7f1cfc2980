// What a writer did to a disk, in order.

/// Operations on files, and what the writer told the outside world between them.
public struct WriteTrace: Sendable {
    /// One operation. Files are numbers, since names change.
    public enum Operation: Sendable, Equatable {
        /// A name was given to a new, empty file.
        case create(path: String, file: Int)
        /// Bytes were written at an offset.
        case write(file: Int, offset: Int, bytes: [UInt8])
        /// The file was cut, or extended with zeroes.
        case resize(file: Int, size: Int)
        /// The file's bytes and size are durable.
        case sync(file: Int)
        /// A sync failed: what was not durable may never become so.
        case failedSync(file: Int)
        /// The names in a folder are durable.
        case syncFolder(path: String)
        /// A file got another name.
        case rename(from: String, to: String)
        /// A file got one more name.
        case link(from: String, to: String)
        /// A name went away.
        case remove(path: String)
        /// The writer told someone that something is done.
        case acknowledge(String)
        /// The writer said something of which it is not known what it means.
        case output(String)
    }

    /// The files on the disk before the first operation: number and bytes by name.
    public var base: [String: (file: Int, bytes: [UInt8])]
    /// What was done.
    public var operations: [Operation] = []

    /// A trace that begins with files.
    public init(_ files: [String: [UInt8]]) {
        base = [:]
        for (number, name) in files.keys.sorted().enumerated() { base[name] = (number, files[name] ?? []) }
    }

    /// The same with acknowledgements in place of what the writer said.
    ///
    /// - Parameter isMark: Which lines of its output are acknowledgements; nil to take each sync of a file for one.
    public func acknowledging(_ isMark: ((String) -> Bool)?) -> WriteTrace {
        var trace = self
        trace.operations = operations.flatMap { operation -> [Operation] in
            switch operation {
            case .output(let line): isMark?(line) == true ? [.acknowledge(line)] : []
            case .sync(let file) where isMark == nil: [operation, .acknowledge("sync of file \(file)")]
            default: [operation]
            }
        }
        return trace
    }

    /// What was acknowledged before an operation.
    func acknowledged(before index: Int) -> [String] {
        operations[..<index].compactMap { operation in
            guard case .acknowledge(let what) = operation else { return nil }
            return what
        }
    }
}

extension WriteTrace.Operation: CustomStringConvertible {
    /// The operation in a few words.
    public var description: String {
        switch self {
        case .create(let path, let file): "create \(path) as file \(file)"
        case .write(let file, let offset, let bytes): "write \(bytes.count) bytes at \(offset) of file \(file)"
        case .resize(let file, let size): "set the size of file \(file) to \(size)"
        case .sync(let file): "sync file \(file)"
        case .failedSync(let file): "sync file \(file), which fails"
        case .syncFolder(let path): "sync folder \(path)"
        case .rename(let from, let to): "rename \(from) to \(to)"
        case .link(let from, let to): "link \(from) as \(to)"
        case .remove(let path): "remove \(path)"
        case .output(let line): "print \(line)"
        case .acknowledge(let what): "acknowledge \(what)"
        }
    }
}
