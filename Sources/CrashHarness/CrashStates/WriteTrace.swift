// What a writer did to a disk, in order.
//
// Operations stand in the order in which they were issued. A call is an interval: it has returned when so many operations had
// been issued, which is one more than its own place unless it overlapped others (`returned`). What a sync covers and which
// operations may have taken effect in either order follows from that; see PersistenceModel.

/// Operations on files and folders, and what the writer told the outside world between them.
public struct WriteTrace: Sendable {
    /// One operation. Files are numbers, since names change; a path means what it meant when the call was issued.
    public enum Operation: Sendable, Hashable {
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
        /// The bytes of an earlier write are durable, and the size that they need: what O_DSYNC and RWF_DSYNC promise.
        ///
        /// - Parameter of: The place of the write among the operations.
        case syncWrite(of: Int)
        /// The names in a folder are durable.
        case syncFolder(path: String)
        /// All files and names are durable.
        case syncAll
        /// A file or folder got another name.
        case rename(from: String, to: String)
        /// Two names were exchanged.
        case exchange(path: String, with: String)
        /// A file got one more name.
        case link(from: String, to: String)
        /// A file's name went away.
        case remove(path: String)
        /// A folder was made.
        case makeFolder(path: String)
        /// An empty folder was removed.
        case removeFolder(path: String)
        /// The writer told someone that something is done.
        case acknowledge(String)
        /// The writer said something of which it is not known what it means.
        case output(String)
    }

    /// The files on the disk before the first operation: number and bytes by name.
    public var base: [String: (file: Int, bytes: [UInt8])]
    /// The folders on the disk before the first operation, besides the one that is watched. Those of base files are among them.
    public var baseFolders: Set<String>
    /// The symbolic links on the disk before the first operation, and what they lead to: a path from the folder that they are in,
    /// or an absolute one. They are no part of states, but stand in the folders that programs are asked about.
    public var baseLinks: [String: String] = [:]
    /// What was done, in the order of issue.
    public var operations: [Operation] = []
    /// How many operations had been issued when an operation returned; only for calls that overlapped others. For all others
    /// that is one more than their place.
    public var returned: [Int: Int] = [:]
    /// Where in the program an operation was called, where that is known.
    public var places: [Int: String] = [:]

    /// What could not be seen of what was done, in sentences. Of a trace with such it cannot be said that no state is wrong.
    public var unseen: [String] = []

    /// A trace that begins with files.
    public init(_ files: [String: [UInt8]]) {
        (base, baseFolders) = ([:], [])
        for (number, name) in files.keys.sorted().enumerated() {
            base[name] = (number, files[name] ?? [])
            baseFolders.formUnion(name.foldersOfPath)
        }
    }

    /// The same with acknowledgements in place of what the writer said.
    ///
    /// - Parameter isMark: Which lines of its output are acknowledgements; nil to take each sync of files for one, at the moment
    ///   when it returned.
    public func acknowledging(_ isMark: ((String) -> Bool)?) -> WriteTrace {
        guard let isMark else { return acknowledgingSyncs() }
        var trace = self
        trace.operations = operations.map { operation in
            if case .output(let line) = operation, isMark(line) { .acknowledge(line) } else { operation }
        }
        return trace
    }

    private func acknowledgingSyncs() -> WriteTrace {
        var acknowledged: [Int: [Operation]] = [:]
        for (index, operation) in operations.enumerated() {
            let what: String
            switch operation {
            case .sync(let file): what = "sync of file \(file)"
            case .syncWrite(let write): what = "write of operation \(write + 1)"
            case .syncAll: what = "sync of everything"
            default: continue
            }
            acknowledged[returned[index] ?? index + 1, default: []].append(.acknowledge(what))
        }
        var trace = self
        trace.operations = []
        /// How many operations of the new trace had been issued when so many of the old one had.
        var issued: [Int] = []
        /// Where an operation stands now.
        var place: [Int] = []
        for index in 0...operations.count {
            issued.append(trace.operations.count)
            trace.operations += acknowledged[index] ?? []
            place.append(trace.operations.count)
            if index < operations.count { trace.operations.append(operations[index]) }
        }
        for (index, operation) in trace.operations.enumerated() {
            if case .syncWrite(let write) = operation { trace.operations[index] = .syncWrite(of: place[write]) }
        }
        func mapped<Value>(_ values: [Int: Value], _ change: (Value) -> Value) -> [Int: Value] {
            Dictionary(uniqueKeysWithValues: values.map { (place[$0.key], change($0.value)) })
        }
        trace.returned = mapped(returned) { issued[$0] }
        trace.places = mapped(places) { $0 }
        return trace
    }

    /// How many operations had been issued when an operation returned.
    func end(of index: Int) -> Int { returned[index] ?? index + 1 }

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
        case .syncWrite(let write): "make the write of operation \(write + 1) durable"
        case .syncFolder(let path): "sync folder \(path)"
        case .syncAll: "sync everything"
        case .rename(let from, let to): "rename \(from) to \(to)"
        case .exchange(let path, let other): "exchange \(path) and \(other)"
        case .link(let from, let to): "link \(from) as \(to)"
        case .remove(let path): "remove \(path)"
        case .makeFolder(let path): "make folder \(path)"
        case .removeFolder(let path): "remove folder \(path)"
        case .output(let line): "print \(line)"
        case .acknowledge(let what): "acknowledge \(what)"
        }
    }
}

extension WriteTrace {
    /// The symbolic links that lead out of the folder that is watched. The folders that programs are asked about lack them, so
    /// that no program changes what is elsewhere.
    public var linksLeadingOut: [String] { baseLinks.keys.filter { innerLinks[$0] == nil }.sorted() }

    /// The symbolic links that lead to places in the folder. One that goes up behind a name is not among them: the name may be
    /// a link too.
    var innerLinks: [String: String] {
        baseLinks.filter { path, target in
            let parts = target.split(separator: "/").filter { $0 != "." }
            let rest = parts.drop { $0 == ".." }
            return !target.isEmpty && !target.hasPrefix("/") && !rest.contains("..")
                && parts.count - rest.count <= path.foldersOfPath.count
        }
    }
}

extension String {
    /// The folders that lead to a path: "a" and "a/b" for "a/b/c".
    var foldersOfPath: [String] {
        indices.filter { self[$0] == "/" && $0 != startIndex }.map { String(self[..<$0]) }
    }
}
