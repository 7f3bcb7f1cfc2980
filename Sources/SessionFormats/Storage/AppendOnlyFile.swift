// A file that only grows, by whole appends.
//
//     open    open for appending, lock, look whether the file still has the name; only then read it. Write what came last
//             again in place and sync it: whoever wrote it may have been told that it could not be, and a sync that comes
//             after one that failed covers only what is written anew. A torn end is kept in a file beside it and cut. Sync
//             the folder: whoever made the file may have been killed before.
//     append  look whether the file has its name and ends where it did; write all bytes in one call; sync.
//
// An append that fails is taken back: the file is cut to where it began. When that fails too, and after every sync that
// fails, nothing more is written: the kernel forgets what it could not sync, so that no later sync tells whether it is
// there. The next one to open the file repairs its end.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An open file of whole appends, locked against other writers.
public final class AppendOnlyFile {
    /// How the end of a file is to be mended before anything goes behind it.
    package enum End: Sendable, Equatable {
        /// It is whole.
        case whole
        /// It is whole without these bytes, which are appended.
        case lacking([UInt8])
        /// What stands from this offset on is cut, and kept beside the file; these bytes are appended then.
        case torn(at: Int, then: [UInt8] = [])
        /// What stands from this offset on is cut and lost, as the reference does.
        case dropped(at: Int)
    }

    /// What was seen in a file.
    package struct Look {
        /// How its end is to be mended.
        package var end: End
        /// Where what may not be durable begins: the last append, or the first of several without a sync.
        package var settled: Int

        /// What was seen.
        package init(_ end: End, settled: Int) { (self.end, self.settled) = (end, settled) }
    }

    /// The file's name.
    public let path: String
    /// The file's size in bytes, up to the end of the last whole append.
    public private(set) var size: Int
    /// Where what was cut at opening is kept; nil when nothing was.
    package private(set) var torn: String?
    private let fileSystem: any FileSystem
    private var file: any OpenFile
    private var isOpen = true
    /// Why nothing more is written.
    private var refusal: StorageError?

    private init(_ path: String, _ fileSystem: any FileSystem, _ file: any OpenFile, size: Int = 0) {
        (self.path, self.fileSystem, self.file, self.size) = (path, fileSystem, file, size)
    }

    deinit { close() }

    /// Lets the file and its lock go.
    public func close() {
        if isOpen { file.close() }
        isOpen = false
        refusal = .file(FileSystemError(call: "write", path: path, errorNumber: EBADF))
    }

    // MARK: Beginning

    /// Makes a file of these bytes, in place of what is there, in one step; it is durable when this returns.
    ///
    /// - Throws: `StorageError`; with all but `notDurable` what was there is there still.
    package static func create(
        _ path: String, _ bytes: [UInt8], existing: AtomicReplacement.Existing = .replaced,
        on fileSystem: any FileSystem
    ) throws(StorageError) -> AppendOnlyFile {
        let replacement = AtomicReplacement(of: path, existing: existing, on: fileSystem)
        let outcome = try replacement.run { (file, _) throws(FileSystemError) in try file.append(bytes) }
        if let doubt = outcome.doubt {
            outcome.file.close()
            throw .notDurable(path, after: doubt)
        }
        return AppendOnlyFile(path, fileSystem, outcome.file, size: bytes.count)
    }

    /// Opens a file.
    ///
    /// - Parameter look: Reads the file, which is locked, and tells how its end is to be mended and what may not be durable.
    /// - Throws: `StorageError`, or what `look` throws; the file is as it was then, or mended.
    package static func open(
        _ path: String, on fileSystem: any FileSystem,
        _ look: (_ file: any OpenFile, _ size: Int) throws(StorageError) -> Look
    ) throws(StorageError) -> AppendOnlyFile {
        let file = try fileSystem.openLocked(path, .append)
        // From here on the file is closed with the object.
        let opened = AppendOnlyFile(path, fileSystem, file)
        opened.size = try StorageError.translating { () throws(FileSystemError) in try file.size() }
        let look = try look(file, opened.size)
        try opened.settle(look)
        try opened.mend(look.end)
        try StorageError.translating { () throws(FileSystemError) in
            try fileSystem.syncFolder(try fileSystem.resolved(path).folderOfPath)
        }
        return opened
    }

    private func settle(_ look: Look) throws(StorageError) {
        let end =
            switch look.end {
            case .whole, .lacking: size
            case .torn(let offset, _), .dropped(let offset): offset
            }
        guard look.settled < end else { return }
        try StorageError.translating { () throws(FileSystemError) in
            // One that is open for appending cannot be written anywhere else.
            let again = try fileSystem.open(path, .update)
            defer { again.close() }
            try again.write(try file.read(at: look.settled, count: end - look.settled), at: look.settled)
            try again.sync()
        }
    }

    private func mend(_ end: End) throws(StorageError) {
        switch end {
        case .whole: return
        case .lacking(let bytes): try append(bytes)
        case .torn(let offset, let bytes):
            if offset < size { try cutKeeping(from: offset) }
            if !bytes.isEmpty { try append(bytes) }
        case .dropped(let offset): try cut(to: offset)
        }
    }

    private func cutKeeping(from offset: Int) throws(StorageError) {
        let kept = try keepAside(from: offset)
        do throws(StorageError) { try cut(to: offset) } catch {
            // The end is where it was, so its copy is not needed.
            if size > offset { try? fileSystem.remove(kept) }
            throw error
        }
        torn = kept
    }

    private func cut(to offset: Int) throws(StorageError) {
        try StorageError.translating { () throws(FileSystemError) in
            try file.truncate(to: offset)
            size = offset
            try file.sync()
        }
    }

    /// Copies the end of the file to one beside it, durably, under a name that no earlier repair has taken.
    private func keepAside(from offset: Int) throws(StorageError) -> String {
        try StorageError.translating { () throws(FileSystemError) in
            let (name, copy) = try fileSystem.firstUnused("\(try fileSystem.resolved(path)).torn-\(offset)") {
                (name) throws(FileSystemError) in try fileSystem.open(name, .createNew)
            }
            defer { copy.close() }
            do throws(FileSystemError) {
                copy.takeOwner(of: file)
                try copy.setPermissions(try file.permissions())
                try copy.append(try file.read(at: offset, count: size - offset))
                try copy.sync()
                try fileSystem.syncFolder(name.folderOfPath)
                return name
            } catch {
                try? fileSystem.remove(name)
                throw error
            }
        }
    }

    // MARK: Appending

    /// Appends in one write.
    ///
    /// - Parameter isDurable: Whether it would survive a power cut when this returns; without it, the death of the program.
    /// - Throws: `StorageError`. `file` when it was taken back, so that it may be tried again; `refused`, `nameLost` and
    ///   `changed`, now and from now on, until the file is opened anew.
    public func append(_ bytes: [UInt8], isDurable: Bool = true) throws(StorageError) {
        try checkPlace()
        do throws(FileSystemError) { try file.append(bytes) } catch {
            takeBack(bytes.count, error)
            throw refusal ?? .file(error)
        }
        if isDurable { try sync(bytes.count) }
        size += bytes.count
    }

    private func sync(_ written: Int) throws(StorageError) {
        do throws(FileSystemError) { try file.sync() } catch {
            takeBack(written, error)
            throw refuse(.refused(path, after: error))
        }
    }

    /// Nothing is written to a file that nobody would find, or behind what somebody else may have left half-written.
    private func checkPlace() throws(StorageError) {
        if let refusal { throw refusal }
        let found: Int?
        do throws(FileSystemError) { found = try file.sizeIfNamed(path) } catch { throw .file(error) }
        guard let found else { throw refuse(.nameLost(path)) }
        if found != size { throw refuse(.changed(path, size: size, found: found)) }
    }

    private func takeBack(_ count: Int, _ error: FileSystemError) {
        do throws(FileSystemError) {
            // More than that was written by somebody who takes no lock.
            if try file.size() > size + count {
                _ = refuse(.refused(path, after: error))
            } else {
                try file.truncate(to: size)
            }
        } catch { _ = refuse(.refused(path, after: error)) }
    }

    private func refuse(_ problem: StorageError) -> StorageError {
        refusal = problem
        return problem
    }

    // MARK: Writing anew

    /// Puts a file of these bytes in place of this one, in one step, and goes on with it.
    ///
    /// - Throws: `StorageError`; with `notDurable` the new file has the name, and nothing more is written to it.
    package func replaceContent(with bytes: [UInt8]) throws(StorageError) {
        try checkPlace()
        let outcome = try AtomicReplacement(of: path, on: fileSystem).run(holding: file) {
            (file, _) throws(FileSystemError) in try file.append(bytes)
        }
        file.close()
        (file, size) = (outcome.file, bytes.count)
        if let doubt = outcome.doubt {
            _ = refuse(.refused(path, after: doubt))
            throw .notDurable(path, after: doubt)
        }
    }
}
