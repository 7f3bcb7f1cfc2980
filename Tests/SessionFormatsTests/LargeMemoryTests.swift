// A memory of a gigabyte, most of which nobody needs to look at.

import TestSupport
import Testing

@testable import SessionFormats

@Suite("Large memories")
struct LargeMemoryTests {
    /// A new memory whose log takes a gigabyte, which is a hole in the file.
    private func largeMemory(at path: String) throws {
        var table = MV2TableOfContents.empty
        let log = MV2Region(offset: UInt64(MV2Header.size), length: 1 << 30)
        let sealed = table.sealed()
        let header = MV2Header(footerOffset: log.offset + log.length, log: log, tableChecksum: table.checksum)
        let file = try DiskFileSystem().open(path, .createNewForUpdate)
        defer { file.close() }
        try file.write(header.encodedFields(), at: 0)
        try file.write(sealed + MV2Footer.encode(table: sealed, generation: 1), at: Int(header.footerOffset))
    }

    @Test func `of a memory of a gigabyte only its header and its tail are read, and what they point at`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/memory.mv2"
        try largeMemory(at: path)
        let writer = try MV2Writer.open(path: path)
        var session = ReplaySession(id: SessionID(high: 1, low: 2), name: "far behind", createdSeconds: 1_700_000_000)
        session.actions = [ReplayAction(sequence: 0, timestampSeconds: 1_700_000_001, type: .put(frameID: 1))]
        try writer.save([session])

        let file = CountingFile(try DiskFileSystem().open(path, .read))
        let bytes = try FileBytes(reading: file)
        #expect(bytes.count > 1 << 30)
        #expect(FormatCatalogue.standard.recognise(bytes).first?.format.id == .mv2)
        let examination = MV2Format().examine(bytes, ExaminationOptions())
        #expect(examination.verdict == .clean && examination.items?.count == 1, "\(examination.text(path: path))")
        #expect(file.bytesRead > 0 && file.bytesRead < 1 << 20, "\(file.bytesRead) bytes were read.")
    }
}

/// A file that counts what is read of it.
private final class CountingFile: OpenFile {
    private let file: any OpenFile
    private let count = Guarded(0)

    init(_ file: any OpenFile) { self.file = file }

    var bytesRead: Int { count.withLock { $0 } }

    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        let bytes = try file.read(at: offset, count: count)
        self.count.withLock { $0 += bytes.count }
        return bytes
    }

    func read(at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws(FileSystemError) -> Int {
        let read = try file.read(at: offset, into: memory)
        count.withLock { $0 += read }
        return read
    }

    func size() throws(FileSystemError) -> Int { try file.size() }
    func stamp() throws(FileSystemError) -> FileStamp { try file.stamp() }
    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) { try file.write(bytes, at: offset) }
    func append(_ bytes: [UInt8]) throws(FileSystemError) { try file.append(bytes) }
    func truncate(to size: Int) throws(FileSystemError) { try file.truncate(to: size) }
    func sync() throws(FileSystemError) { try file.sync() }
    func lock() throws(FileSystemError) { try file.lock() }
    func isNamed(_ path: String) throws(FileSystemError) -> Bool { try file.isNamed(path) }
    func sizeIfNamed(_ path: String) throws(FileSystemError) -> Int? { try file.sizeIfNamed(path) }
    func permissions() throws(FileSystemError) -> UInt32 { try file.permissions() }
    func setPermissions(_ permissions: UInt32) throws(FileSystemError) { try file.setPermissions(permissions) }
    func close() { file.close() }
}
