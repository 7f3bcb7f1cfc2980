// The writer on a disk that records what it is asked to do.

import Foundation
import Synchronization
import Testing

@testable import SessionFormats

/// One file and the calls that it saw.
private final class RecordingDisk: FileSystem {
    struct State {
        var files: [String: [UInt8]]
        var calls: [String] = []
    }
    let state: Mutex<State>

    init(_ files: [String: [UInt8]] = [:]) { state = Mutex(State(files: files)) }

    var calls: [String] { state.withLock { $0.calls } }
    var files: [String: [UInt8]] { state.withLock { $0.files } }

    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile {
        let problem = state.withLock { state -> Int32? in
            switch mode {
            case .createNew, .createNewForUpdate:
                if state.files[path] != nil { return EEXIST }
                state.files[path] = []
            case .createOrTruncate: state.files[path] = []
            case .read, .update, .append: break
            }
            return state.files[path] == nil ? ENOENT : nil
        }
        if let problem { throw FileSystemError(call: "open", path: path, errorNumber: problem) }
        return RecordingFile(disk: self, path: path)
    }
    func contents(of path: String) throws(FileSystemError) -> FileBytes { FileBytes(files[path] ?? []) }
    func exists(_ path: String) throws(FileSystemError) -> Bool { files[path] != nil }
    func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        state.withLock { $0.files[newPath] = $0.files.removeValue(forKey: path) }
        note("rename \(path) to \(newPath)")
    }
    func rename(_ path: String, toUnused newPath: String) throws(FileSystemError) { try rename(path, to: newPath) }
    func resolved(_ path: String) throws(FileSystemError) -> String { path }
    func makeFolder(_ path: String) throws(FileSystemError) {}
    func names(in folder: String) throws(FileSystemError) -> [String] { [] }
    func remove(_ path: String) throws(FileSystemError) { note("remove") }
    func syncFolder(_ path: String) throws(FileSystemError) { note("sync folder \(path)") }
    func note(_ call: String) { state.withLock { $0.calls.append(call) } }
}

private final class RecordingFile: OpenFile {
    let disk: RecordingDisk
    private let opened: String
    /// The name that it was opened under, or the one that it was renamed to since.
    var path: String { disk.files[opened] == nil ? String(opened.dropLast(".crashlab-new".count)) : opened }
    init(disk: RecordingDisk, path: String) { (self.disk, opened) = (disk, path) }
    func size() throws(FileSystemError) -> Int { disk.files[path]?.count ?? 0 }
    func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
        Array((disk.files[path] ?? []).dropFirst(offset).prefix(count))
    }
    func write(_ bytes: [UInt8], at offset: Int) throws(FileSystemError) { disk.note("write at \(offset)") }
    func append(_ bytes: [UInt8]) throws(FileSystemError) {
        let path = path
        disk.state.withLock { $0.files[path, default: []] += bytes }
        disk.note("append \(bytes.count) to \(path)")
    }
    func truncate(to size: Int) throws(FileSystemError) {
        let path = path
        disk.state.withLock { $0.files[path] = Array($0.files[path, default: []].prefix(size)) }
        disk.note("truncate \(path) to \(size)")
    }
    func sync() throws(FileSystemError) { disk.note("sync \(path)") }
    func lock() throws(FileSystemError) {}
    func isNamed(_ path: String) throws(FileSystemError) -> Bool { path == self.path }
    func permissions() throws(FileSystemError) -> UInt32 { 0o644 }
    func setPermissions(_ permissions: UInt32) throws(FileSystemError) {}
    func close() {}
}

@Suite("Writing session logs")
struct SessionLogWriterTests {
    private let header = SessionHeader(id: "s", timestamp: "t", cwd: "/")
    private let entry = SessionEntry.leaf(LeafEntry(id: "a", parentID: nil, timestamp: "t", entryID: "a"))

    private var headerLine: [UInt8] { header.encoded() + [0x0A] }
    private var entryLine: [UInt8] { entry.encoded() + [0x0A] }

    @Test func `each line is one write, and each is synced`() throws {
        let disk = RecordingDisk()
        let writer = try SessionLogWriter.create(path: "d/log", header: header, on: disk)
        try writer.append(entry)
        #expect(
            disk.calls == [
                "append \(headerLine.count) to d/log.crashlab-new", "sync d/log.crashlab-new",
                "rename d/log.crashlab-new to d/log",
                "sync folder d", "append \(entryLine.count) to d/log", "sync d/log",
            ])
        #expect(disk.files["d/log"] == headerLine + entryLine)
    }

    private func opened(_ bytes: [UInt8], _ repair: SessionLogWriter.TailRepair) throws -> (
        RecordingDisk, SessionLogWriter.Repair
    ) {
        let disk = RecordingDisk(["log": bytes])
        return (disk, try SessionLogWriter.open(path: "log", repair: repair, on: disk).repair)
    }

    @Test func `a whole log is opened without changing it; its last line is made durable, whoever wrote it`() throws {
        for repair in [SessionLogWriter.TailRepair.reference, .safe] {
            let (disk, done) = try opened(headerLine + entryLine, repair)
            #expect(done == .none)
            let settles = ["write at \(headerLine.count)", "sync log"]
            #expect(disk.calls == (repair == .safe ? settles : []) + ["sync folder ."])
            #expect(disk.files == ["log": headerLine + entryLine])
        }
    }

    @Test func `a torn tail is cut, and by the safe repair saved first, durably`() throws {
        let torn = Array("{\"type\":\"le".utf8)
        let (disk, done) = try opened(headerLine + torn, .safe)
        let saved = "log.torn-\(headerLine.count)"
        #expect(done == .cut(offset: headerLine.count, length: torn.count, savedAs: saved))
        #expect(disk.files == ["log": headerLine, saved: torn])
        #expect(
            disk.calls == [
                "write at 0", "sync log", "append \(torn.count) to \(saved)", "sync \(saved)", "sync folder .",
                "truncate log to \(headerLine.count)", "sync log", "sync folder .",
            ])
        let (reference, cut) = try opened(headerLine + torn, .reference)
        #expect(cut == .cut(offset: headerLine.count, length: torn.count, savedAs: nil))
        #expect(reference.files == ["log": headerLine])
    }

    @Test func `a log whose header the reference does not take is left as it is`() throws {
        let later = Array(
            String(decoding: headerLine, as: UTF8.self).replacing("\"version\":1", with: "\"version\":7").utf8)
        let line = entry.encoded() + [0x0A]
        for bytes in [
            [UInt8](repeating: 0, count: 20) + headerLine.dropFirst(20) + line, later + line,
            [0xEF, 0xBB, 0xBF] + headerLine,
            [0x0A] + headerLine + line, Array("dear diary\n".utf8), Array("{\"type\":\"leaf\"".utf8),
        ] {
            let disk = RecordingDisk(["log": bytes])
            #expect(throws: StorageError.headless("log")) {
                try SessionLogWriter.open(path: "log", orBeginningWith: header, on: disk)
            }
            #expect(disk.files == ["log": bytes])
        }
    }

    @Test func `a log that holds nothing but a part of a header is begun anew`() throws {
        for bytes in [
            [], Array(headerLine.prefix(1)), Array(headerLine.prefix(40)), headerLine.prefix(40) + [0, 0],
            [UInt8](repeating: 0, count: 4_096),
        ] {
            let disk = RecordingDisk(["log": bytes])
            try SessionLogWriter.open(path: "log", orBeginningWith: header, on: disk).append(entry)
            #expect(disk.files["log"] == headerLine + entry.encoded() + [0x0A])
        }
    }

    @Test func `a fragment behind a whole entry is cut, and an entry behind a fragment stays`() throws {
        let (whole, torn) = (entry.encoded(), Array("{\"type\":\"le".utf8))
        let (disk, done) = try opened(headerLine + whole + torn, .safe)
        let saved = "log.torn-\(headerLine.count + whole.count)"
        #expect(done == .cut(offset: headerLine.count + whole.count, length: torn.count, savedAs: saved))
        #expect(disk.files == ["log": headerLine + whole + [0x0A], saved: torn])
        #expect(try opened(headerLine + torn + whole, .safe).0.files == ["log": headerLine + torn + whole + [0x0A]])
    }

    @Test func `a whole entry or header without its newline is kept by the safe repair, cut by the reference's`() throws
    {
        for bytes in [header.encoded(), headerLine + entry.encoded()] {
            let (disk, done) = try opened(bytes, .safe)
            #expect(done == .addedNewline)
            #expect(disk.files == ["log": bytes + [0x0A]])
        }
        #expect(try opened(header.encoded(), .reference).0.files == ["log": []])
        #expect(try opened(headerLine + entry.encoded(), .reference).0.files == ["log": headerLine])
    }

    @Test func `a log that reads as complete because it ends in CR is cut by the reference's repair`() throws {
        let bytes = headerLine + entry.encoded() + [0x0D]
        #expect(try SessionLogReader(mode: .reference).read(bytes).entries.count == 1)
        #expect(try opened(bytes, .reference).0.files == ["log": headerLine])
        #expect(try opened(bytes, .safe).1 == .addedNewline)
    }

    @Test func `a second torn tail at the same place does not overwrite the first`() throws {
        let disk = RecordingDisk(["log": headerLine + [0x7B], "log.torn-\(headerLine.count)": [1]])
        let done = try SessionLogWriter.open(path: "log", on: disk).repair
        #expect(done == .cut(offset: headerLine.count, length: 1, savedAs: "log.torn-\(headerLine.count)-2"))
        #expect(disk.files["log.torn-\(headerLine.count)"] == [1])
    }
}
