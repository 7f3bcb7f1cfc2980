// Bugs that writers of such files have had, planted between a writer and its disk, each of which has to be found.
//
// The writers are the real ones: a bug takes back what the protocol does right, such as a lock that is not taken, or does it
// at the wrong moment.

import Foundation
import SessionFormats

/// A bug.
public enum PlantedBug: String, Sendable, CaseIterable {
    /// Nobody is kept out.
    case noLock = "no-lock"
    /// The lock is taken before the first write, after everything was looked at.
    case lockAfterLook = "lock-after-look"
    /// The newline goes in a write of its own.
    case newlineApart = "newline-apart"
    /// Bytes are written where the end was when the file was opened, not where it is; and without a lock, which would hide it.
    case noAppendMode = "no-append-mode"
    /// What a short write left stays.
    case noTakeBack = "no-take-back"
    /// A sync that failed counts as one that did not.
    case failedSyncIgnored = "failed-sync-ignored"
    /// A file that a crash left without a header is appended to.
    case headerAssumed = "header-assumed"
    /// After a rewrite the file that lost its name is written on.
    case rewriteKeepsOldFile = "rewrite-keeps-old-file"
    /// The file is rewritten without a lock on it, so beside the appends of others.
    case rewriteBesideAppend = "rewrite-beside-append"

    /// A sync of a file does nothing.
    case noSync = "no-sync"
    /// A sync of a folder does nothing.
    case noFolderSync = "no-folder-sync"

    /// Whether it takes a file that a crash damaged to show the bug, and not another one that comes with it.
    var needsDamage: Bool {
        switch self {
        case .noLock, .lockAfterLook, .headerAssumed: true
        default: false
        }
    }

    /// Whether a writer that has the bug takes the file to be as it left it.
    fileprivate var believes: Bool {
        switch self {
        case .noLock, .newlineApart, .noAppendMode, .noTakeBack, .rewriteKeepsOldFile, .rewriteBesideAppend: true
        case .lockAfterLook, .failedSyncIgnored, .headerAssumed, .noSync, .noFolderSync: false
        }
    }

    /// A disk on which a writer has the bug.
    func planted(on disk: any FileSystem) -> any FileSystem { AlteredDisk(disk, bug: self) }
}

/// A disk as a writer with a bug sees it, or one that takes writes in pieces, as the kernel may.
final class AlteredDisk: FileSystem, @unchecked Sendable {
    fileprivate let bug: PlantedBug?
    private let disk: any FileSystem
    fileprivate let pieces: Int
    /// The files that are about to replace another, by name, and the one that is written to.
    private var new: [String: AlteredFile] = [:]
    private var current: AlteredFile?

    /// - Parameter pieces: In how many writes the disk takes what is appended at once.
    init(_ disk: any FileSystem, bug: PlantedBug?, pieces: Int = 1) {
        (self.disk, self.bug, self.pieces) = (disk, bug, max(1, pieces))
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        // Only what is opened for appending has the mode that this bug leaves out.
        let lacksMode = bug == .noAppendMode && mode == .append
        let isNew = mode == .createNew || mode == .createNewForUpdate
        let file = AlteredFile(try disk.open(path, lacksMode ? .update : mode), self, isNew: isNew)
        if lacksMode { file.end = try file.size() }
        if isNew { new[path] = file } else if mode == .append { current = file }
        return file
    }

    func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try disk.rename(path, to: newPath)
        guard let file = new.removeValue(forKey: path) else { return }
        if bug == .rewriteKeepsOldFile, let current { file.goOn(as: current) }
        current = file
    }

    func rename(_ path: String, toUnused newPath: String) throws(FileSystemError) {
        try disk.rename(path, toUnused: newPath)
        current = new.removeValue(forKey: path)
    }

    func contents(of path: String) throws(FileSystemError) -> FileBytes { try disk.contents(of: path) }
    func exists(_ path: String) throws(FileSystemError) -> Bool { try disk.exists(path) }
    func resolved(_ path: String) throws(FileSystemError) -> String { try disk.resolved(path) }
    func makeFolder(_ path: String) throws(FileSystemError) { try disk.makeFolder(path) }
    func names(in folder: String) throws(FileSystemError) -> [String] { try disk.names(in: folder) }
    func remove(_ path: String) throws(FileSystemError) { try disk.remove(path) }
    func syncFolder(_ path: String) throws(FileSystemError) {
        if bug != .noFolderSync { try disk.syncFolder(path) }
    }
}

private final class AlteredFile: OpenFile, @unchecked Sendable {
    private var file: any OpenFile
    private let disk: AlteredDisk
    /// Whether it is one that is about to replace another.
    private let isNew: Bool
    /// Where the bug believes the end to be.
    var end: Int?
    private var lacksLock = false
    private var hasFailed = false
    /// Whether it is the file that lost its name.
    private var isOld = false
    /// How large the writer believes the file to be: the bugs stand in writers that do not look again.
    private var believedSize: Int?

    private var bug: PlantedBug? { disk.bug }

    init(_ file: any OpenFile, _ disk: AlteredDisk, isNew: Bool) {
        (self.file, self.disk, self.isNew) = (file, disk, isNew)
    }

    func goOn(as other: AlteredFile) {
        isOld = true
        believedSize = try? file.size()
        (file, other.file) = (other.file, file)
    }

    func lock() throws(FileSystemError) {
        switch bug {
        case .noLock, .noAppendMode, .newlineApart, .rewriteBesideAppend: return
        case .lockAfterLook where !isNew: lacksLock = true
        default: try file.lock()
        }
    }

    private func lockLate() throws(FileSystemError) {
        if lacksLock { try file.lock() }
        lacksLock = false
    }

    func append(_ bytes: [UInt8]) throws(FileSystemError) {
        try lockLate()
        hasFailed = true
        if let end {
            try file.write(bytes, at: end)
            self.end = end + bytes.count
        } else if bug == .newlineApart, bytes.last == 0x0A, bytes.count > 1 {
            try file.append(Array(bytes.dropLast()))
            try file.append([0x0A])
        } else {
            let size = (bytes.count + disk.pieces - 1) / disk.pieces
            for start in stride(from: 0, to: bytes.count, by: max(1, size)) {
                try file.append(Array(bytes[start..<min(start + size, bytes.count)]))
                // Others get their turn in between, which costs nothing when there are none.
                if disk.pieces > 1 { sched_yield() }
            }
        }
        hasFailed = false
        believedSize = believedSize.map { $0 + bytes.count }
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) {
        try lockLate()
        try file.write(bytes, at: offset)
    }

    func truncate(to size: Int) throws(FileSystemError) {
        try lockLate()
        if bug == .noTakeBack, hasFailed { return }
        try file.truncate(to: size)
        believedSize = believedSize.map { _ in size }
        if end != nil { end = size }
    }

    func sync() throws(FileSystemError) {
        if bug == .noSync { return }
        do throws(FileSystemError) { try file.sync() } catch {
            if bug != .failedSyncIgnored { throw error }
        }
    }

    func size() throws(FileSystemError) -> Int {
        if let believedSize { return believedSize }
        let size = try file.size()
        if bug?.believes == true { believedSize = size }
        return size
    }
    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        try file.read(at: offset, count: count)
    }
    func isNamed(_ path: String) throws(FileSystemError) -> Bool {
        let isNamed = try file.isNamed(path)
        return isNamed || isOld
    }
    func permissions() throws(FileSystemError) -> UInt32 { try file.permissions() }
    func setPermissions(_ permissions: UInt32) throws(FileSystemError) { try file.setPermissions(permissions) }
    func close() { file.close() }
}
