// Puts a whole file in place of another, or where there is none, in one step.
//
//     1. Follow symbolic links: the file at their end is replaced, and they stay.
//     2. Lock the file that has the name, and look whether it still has it.
//     3. Fill NAME.crashlab-new, which is locked as well and gets the mode of the old file, and where that is permitted its
//        owner, before it gets a byte. One that an earlier program left when it was killed is removed first.
//     4. Sync it, look once more whether the old file has the name, rename, sync the folder.
//
// Where there is no file the rename fails when one came meanwhile. Whatever fails, the new file is taken away again, and the old
// file is whole. After the rename the new file is the one to go on with, whether the folder could be synced or not: the old
// one has no name any more.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Replaces files in one step.
public struct AtomicReplacement: Sendable {
    /// What is done with a file that has the name already.
    public enum Existing: Sendable {
        /// It is replaced; its mode is kept.
        case replaced
        /// It stays, and the replacement fails with `StorageError.exists`.
        case refused
    }

    /// The file that got the name, open and locked, to go on with.
    struct Outcome {
        var file: any OpenFile
        /// Why a power cut may bring the old file back; nil when it cannot.
        var doubt: FileSystemError?
    }

    /// What stands behind a file's name in the name of what will take its place; nobody else calls a file so, since what a
    /// killed writer left under that name is removed.
    package static let suffix = ".crashlab-new"

    private let name: String
    private let existing: Existing
    private let permissions: UInt32?
    private let fileSystem: any FileSystem

    /// Prepares a replacement.
    ///
    /// - Parameters:
    ///   - path: The file's name; a symbolic link stays and what it leads to is replaced.
    ///   - existing: What is done with a file that has the name.
    ///   - permissions: The mode of a file that replaces none, its nine lowest bits; as the system gives it when nil.
    public init(
        of path: String, existing: Existing = .replaced, permissions: UInt32? = nil,
        on fileSystem: any FileSystem = DiskFileSystem()
    ) {
        (name, self.existing, self.permissions, self.fileSystem) = (path, existing, permissions, fileSystem)
    }

    /// Gives the name to a file of these bytes; it is durable when this returns.
    ///
    /// - Throws: `StorageError`. `notDurable` says that the new file has the name all the same; with every other the old
    ///   file, or none, is there as before. `exists` when it is not to be replaced, `locked` when another writer has it.
    public func write(_ bytes: [UInt8]) throws(StorageError) { try update { _ in bytes } }

    /// Gives the name to a file that follows from the one that has it, which nobody else changes meanwhile.
    ///
    /// - Parameter change: Takes the bytes that are there, none when there is no file.
    /// - Throws: As `write`.
    public func update(_ change: ([UInt8]) -> [UInt8]) throws(StorageError) {
        let outcome = try run { (file, old) throws(FileSystemError) in
            let bytes = if let old { try old.read(at: 0, count: try old.size()) } else { [UInt8]() }
            try file.append(change(bytes))
        }
        outcome.file.close()
        if let doubt = outcome.doubt { throw .notDurable(name, after: doubt) }
    }

    /// Gives the name to a file that `fill` writes.
    ///
    /// - Parameters:
    ///   - held: The file that has the name, when the caller has its lock already; it is left open.
    ///   - mode: `.createNew` to go on appending, `.createNewForUpdate` to go on at offsets.
    func run(
        holding held: (any OpenFile)? = nil, _ mode: OpenMode = .createNew,
        filling fill: (_ file: any OpenFile, _ old: (any OpenFile)?) throws(FileSystemError) -> Void
    ) throws(StorageError) -> Outcome {
        let path = try StorageError.translating { () throws(FileSystemError) in try fileSystem.resolved(name) }
        // Each turn means that another writer made or removed the file.
        for _ in 0..<16 {
            let old = if let held { held } else { try lockOld(path) }
            defer { if held == nil { old?.close() } }
            if let outcome = try replace(old, path, mode, fill) { return outcome }
            if held != nil { throw .nameLost(name) }
        }
        throw .locked(name)
    }

    private func lockOld(_ path: String) throws(StorageError) -> (any OpenFile)? {
        // Only a first look, so that nothing is written in vain; the rename decides.
        if existing == .refused {
            let exists = try StorageError.translating { () throws(FileSystemError) in try fileSystem.exists(path) }
            if exists { throw .exists(name) }
            return nil
        }
        do throws(StorageError) { return try fileSystem.openLocked(path, .read) } catch {
            if case .file(let problem) = error, problem.errorNumber == ENOENT { return nil }
            throw error
        }
    }

    /// nil when the name went to another file meanwhile.
    private func replace(
        _ old: (any OpenFile)?, _ path: String, _ mode: OpenMode,
        _ fill: (any OpenFile, (any OpenFile)?) throws(FileSystemError) -> Void
    ) throws(StorageError) -> Outcome? {
        let temporary = path + Self.suffix
        let file = try makeTemporary(temporary, for: path, mode)
        do throws(FileSystemError) {
            if let old { file.takeOwner(of: old) }
            if let mode = try old?.permissions() ?? permissions { try file.setPermissions(mode) }
            try fill(file, old)
            try file.sync()
            guard try giveName(file, from: temporary, to: path, old) else {
                takeAway(file, temporary)
                return nil
            }
        } catch {
            // A rename that failed may have happened; then the file is not to be taken away under its new name.
            takeAway(file, temporary)
            throw .file(error)
        }
        do throws(FileSystemError) {
            try fileSystem.syncFolder(path.folderOfPath)
            return Outcome(file: file)
        } catch { return Outcome(file: file, doubt: error) }
    }

    private func giveName(
        _ file: any OpenFile, from temporary: String, to path: String, _ old: (any OpenFile)?
    ) throws(FileSystemError) -> Bool {
        if let old {
            guard try old.isNamed(path) else { return false }
            try fileSystem.rename(temporary, to: path)
            return true
        }
        do throws(FileSystemError) {
            try fileSystem.rename(temporary, toUnused: path)
            return true
        } catch {
            if error.errorNumber == EEXIST { return false }
            throw error
        }
    }

    private func takeAway(_ file: any OpenFile, _ temporary: String) {
        if (try? file.isNamed(temporary)) == true { try? fileSystem.remove(temporary) }
        file.close()
    }

    /// A new file, locked, under the name that all replacements of a file share.
    private func makeTemporary(
        _ temporary: String, for path: String, _ mode: OpenMode
    ) throws(StorageError) -> any OpenFile {
        for _ in 0..<16 {
            let file: any OpenFile
            do throws(FileSystemError) { file = try fileSystem.open(temporary, mode) } catch {
                guard error.errorNumber == EEXIST else { throw .file(error) }
                try removeLeftOver(temporary, path)
                continue
            }
            do throws(StorageError) {
                if try file.lock(naming: temporary) { return file }
                file.close()
            } catch .locked {
                // Another writer takes it for left over and removes it.
                file.close()
            } catch {
                takeAway(file, temporary)
                throw error
            }
        }
        throw .locked(name)
    }

    private func removeLeftOver(_ temporary: String, _ path: String) throws(StorageError) {
        let file: any OpenFile
        do throws(FileSystemError) { file = try fileSystem.open(temporary, .read) } catch {
            if error.errorNumber == ENOENT { return }
            throw .file(error)
        }
        defer { file.close() }
        // A file that got its name by a second one, and whose writer was killed before it took the first away.
        let isSecondName = try StorageError.translating { () throws(FileSystemError) in try file.isNamed(path) }
        if !isSecondName {
            do throws(StorageError) { if try !file.lock(naming: temporary) { return } } catch .locked {
                throw .locked(name)
            }
        }
        do throws(FileSystemError) { try fileSystem.remove(temporary) } catch {
            if error.errorNumber != ENOENT { throw .file(error) }
        }
    }
}
