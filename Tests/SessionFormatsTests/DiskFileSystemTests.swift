// The real disk behind the seam, where it answers other than simulated ones do.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

@Suite("The real disk")
struct DiskFileSystemTests {
    private let folder: TemporaryFolder
    private let disk = DiskFileSystem()
    private var path: String { folder.path + "/file" }

    init() throws { folder = try TemporaryFolder() }

    private func errorNumber(_ body: () throws(FileSystemError) -> Void) -> Int32 {
        do throws(FileSystemError) {
            try body()
            return 0
        } catch { return error.errorNumber }
    }

    @Test func `a file that is to be new must not be there`() throws {
        let file = try disk.open(path, .createNew)
        file.close()
        #expect(errorNumber { () throws(FileSystemError) in _ = try disk.open(path, .createNew) } == EEXIST)
    }

    @Test func `a name that cannot be looked at is not taken for no link`() {
        let name = folder.path + "/" + String(repeating: "n", count: 300)
        #expect(errorNumber { () throws(FileSystemError) in _ = try disk.resolved(name) } == ENAMETOOLONG)
        #expect(errorNumber { () throws(FileSystemError) in _ = try disk.resolved(path) } == 0)
    }

    @Test func `a name below a file, or with a zero in it, is no file`() throws {
        try disk.open(path, .createNew).close()
        #expect(try !disk.exists(path + "/below") && !disk.exists(folder.path + "/none"))
        #expect(errorNumber { () throws(FileSystemError) in _ = try disk.open("a\0b", .read) } == ENOENT)
        let long = folder.path + "/" + String(repeating: "x", count: 300)
        #expect(errorNumber { () throws(FileSystemError) in _ = try disk.exists(long) } == ENAMETOOLONG)
    }

    @Test func `what is not there can be neither renamed nor removed, and its folder not synced`() {
        let none = folder.path + "/none"
        #expect(errorNumber { () throws(FileSystemError) in try disk.rename(none, to: path) } == ENOENT)
        #expect(errorNumber { () throws(FileSystemError) in try disk.remove(none) } == ENOENT)
        #expect(errorNumber { () throws(FileSystemError) in try disk.syncFolder(none) } == ENOENT)
    }

    @Test func `a file that was opened for appending is written at its end alone`() throws {
        let file = try disk.open(path, .createOrTruncate)
        defer { file.close() }
        try file.append([1, 2])
        #expect(errorNumber { () throws(FileSystemError) in try file.write([9], at: 0) } == EINVAL)
        #expect(try file.read(at: 0, count: 9) == [1, 2])
    }

    @Test func `a lock ends with its file, also while a process that is being started has the file open`() throws {
        let file = try #require(try disk.open(path, .createNew) as? DiskFile)
        try file.lock()
        // As a process has it between fork and exec.
        let inherited = dup(file.descriptor)
        defer { _ = close(inherited) }
        file.close()
        let next = try disk.open(path, .append)
        defer { next.close() }
        #expect(errorNumber { () throws(FileSystemError) in try next.lock() } == 0)
    }

    @Test func `a file that was opened for reading is not changed`() throws {
        try disk.open(path, .createNew).close()
        let file = try disk.open(path, .read)
        defer { file.close() }
        #expect(errorNumber { () throws(FileSystemError) in try file.append([1]) } == EBADF)
        #expect(errorNumber { () throws(FileSystemError) in try file.truncate(to: 3) } == EINVAL)
    }

    @Test func `a file knows whether it still has its name`() throws {
        let file = try disk.open(path, .createNew)
        defer { file.close() }
        #expect(try file.isNamed(path))
        try disk.rename(path, to: path + ".old")
        #expect(try !file.isNamed(path) && file.isNamed(path + ".old"))
        try disk.open(path, .createNew).close()
        #expect(try !file.isNamed(path))
    }

    @Test func `what has no size, such as a pipe, is read to its end`() throws {
        #expect(mkfifo(path, 0o600) == 0)
        let (path, bytes) = (path, Data(repeating: 7, count: 1 << 20))
        let writer = Thread { try? bytes.write(to: URL(filePath: path)) }
        writer.start()
        let read = try disk.contents(of: path)
        #expect(read.count == 1 << 20 && read.copy(0..<3) == [7, 7, 7])
    }

    @Test func `a path's folder is what stands before its last slash`() {
        #expect(["/a", "/a/b", "b"].map(\.folderOfPath) == ["/", "/a", "."])
    }
}
