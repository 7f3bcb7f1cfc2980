// Files that another program changes in the middle of being read, at every byte.

import TestSupport
import Testing

@testable import SessionFormats

@Suite("Files that change while they are read")
struct ChangingFileTests {
    /// Lines of one length, each of which tells of which log it is.
    private static func log(_ name: String, lines: Int = 12) -> [UInt8] {
        let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"# + "\n"
        let entries = (0..<lines).map {
            #"{"type":"leaf","id":"\#(name)\#($0 + 10)","parent_id":null,"timestamp":"t","entry_id":"b"}"# + "\n"
        }
        return Array((header + entries.joined()).utf8)
    }

    private static let before = log("a")
    private static let changes: [(name: String, after: [UInt8])] = [
        ("cut", Array(before.prefix(300))), ("emptied", []), ("grown", before + log("c", lines: 1).suffix(80)),
        ("rewritten", log("b")), ("rewritten longer", log("b", lines: 20)), ("rewritten shorter", log("b", lines: 5)),
    ]

    private static func examine(_ bytes: [UInt8]) -> Examination { FormatCatalogue.standard.examine(FileBytes(bytes)) }

    private static func contents(_ examination: Examination) -> [[UInt8]] { examination.items?.map(\.content) ?? [] }

    /// What is told of either state, and what was told.
    private func check(
        _ examination: Examination, _ after: [UInt8], _ what: String, isStream: Bool
    ) {
        let changed = examination.findings.first { $0.code == .changedWhileReading }
        guard let changed else {
            let states = [Self.before, after].map(Self.examine)
            let isOne = states.contains { state in
                state.verdict == examination.verdict && state.findings == examination.findings
                    && (isStream || Self.contents(state) == Self.contents(examination))
            }
            #expect(isOne, "\(what): \(examination.text(path: "neither state"))")
            return
        }
        #expect(
            changed.message.contains("\(Self.before.count)") && changed.message.contains("\(after.count)"), "\(what)")
        #expect(examination.verdict >= .damaged || changed.severity == .note, "\(what)")
        if changed.severity == .note {
            let items = Self.contents(examination)
            let isOne = [Self.before, after].contains { Self.contents(Self.examine($0)).starts(with: items) }
            #expect(isStream || isOne, "\(what)")
        }
    }

    @Test(arguments: [false, true], [0, 1 << 20])
    func `a verdict is that of a state of the file, or says that the file changed`(
        knowsTimes: Bool, atOnce: Int
    ) throws {
        var told = 0
        for (name, after) in Self.changes {
            for place in stride(from: 0, through: Self.before.count + 40, by: 23) {
                for read in 0...1 {
                    let disk = ChangingDisk(
                        Self.before, after, atRead: read, place: place, knowsTimes: knowsTimes, atOnce: atOnce)
                    let whole = try FormatCatalogue.standard.examine(path: "log", on: disk)
                    check(whole, after, "\(name) at \(place) of read \(read)", isStream: false)
                    told += whole.findings.contains { $0.code == .changedWhileReading } ? 1 : 0
                }
            }
        }
        #expect(told > 50)
    }

    @Test(arguments: [false, true])
    func `a stream's verdict is that of a state of the file, or says that the file changed`(knowsTimes: Bool) throws {
        for (name, after) in Self.changes {
            for place in stride(from: 0, through: Self.before.count + 40, by: 23) {
                for read in 0...1 {
                    let disk = ChangingDisk(
                        Self.before, after, atRead: read, place: place, knowsTimes: knowsTimes, atOnce: 0)
                    let streamed = try FormatCatalogue.standard.examineStream(
                        path: "log", as: SessionLogFormat(), on: disk)
                    check(streamed, after, "\(name) at \(place) of read \(read)", isStream: true)
                }
            }
        }
    }

    @Test func `what was read until a file was cut is told`() throws {
        let disk = ChangingDisk(
            Self.before, Array(Self.before.prefix(300)), atRead: 0, place: 300, knowsTimes: true, atOnce: 0)
        let examination = try FormatCatalogue.standard.examine(path: "log", as: SessionLogFormat(), on: disk)
        #expect(examination.items?.count == 3 && examination.verdict == .damaged)
        #expect(examination.findings.map(\.code) == [.tornEntry, .changedWhileReading])
    }

    @Test func `a part that cannot be read is an error with its reason`() throws {
        let disk = ChangingDisk(Self.before, Self.before, atRead: 0, place: -1, knowsTimes: true, atOnce: 0)
        #expect(throws: FileSystemError(call: "read", path: "log", errorNumber: 5)) {
            try FormatCatalogue.standard.examine(path: "log", on: disk)
        }
    }

    @Test(arguments: ["mv2/one.mv2", "mv2/pending-wal-with-sessions.mv2"])
    func `a memory is told the same when only what is asked for is read`(_ name: String) throws {
        let whole = try #require(try? Fixture.bytes(name))
        var files = [whole, Array(whole.dropLast(20)), Array(whole.prefix(whole.count / 2)), whole + [1, 2, 3]]
        for place in stride(from: 0, to: whole.count, by: max(1, whole.count / 60)) {
            var flipped = whole
            flipped[place] ^= 4
            files.append(flipped)
        }
        for file in files {
            let disk = ChangingDisk(file, file, atRead: .max, place: 0, knowsTimes: true, atOnce: 0, blockSize: 64)
            for mode in ReadingMode.allCases {
                let options = ExaminationOptions(mode: mode, isDeep: true)
                let parts = try FormatCatalogue.standard.examine(path: "m", on: disk, options)
                let all = FormatCatalogue.standard.examine(FileBytes(file), name: "m", options)
                #expect(parts.json(path: "") == all.json(path: "") && parts.map == all.map)
            }
        }
    }
}

/// A disk with one file, which becomes another one in the middle of one of its reads.
private final class ChangingDisk: FileSystem {
    private let states: [[UInt8]]
    private let change: (read: Int, place: Int)
    private let knowsTimes: Bool
    private let atOnce: Int
    private let blockSize: Int

    /// - Parameters:
    ///   - read: The number of the read in which the file changes.
    ///   - place: Where in the file that read is then; behind its end for directly after it, negative for a failing read.
    ///   - knowsTimes: Whether a change shows in the file's times.
    init(
        _ before: [UInt8], _ after: [UInt8], atRead read: Int, place: Int, knowsTimes: Bool, atOnce: Int,
        blockSize: Int = 100
    ) {
        states = [before, after]
        change = (read, place)
        (self.knowsTimes, self.atOnce, self.blockSize) = (knowsTimes, atOnce, blockSize)
    }

    private final class File: OpenFile {
        let disk: ChangingDisk
        private let progress = Guarded((reads: 0, hasChanged: false))

        init(_ disk: ChangingDisk) { self.disk = disk }

        func size() throws(FileSystemError) -> Int { disk.states[progress.withLock { $0.hasChanged } ? 1 : 0].count }

        func stamp() throws(FileSystemError) -> FileStamp {
            let hasChanged = progress.withLock { $0.hasChanged }
            let size = disk.states[hasChanged ? 1 : 0].count
            return disk.knowsTimes
                ? FileStamp(size: size, changedAt: hasChanged ? 2 : 1, isSettled: true) : FileStamp(size: size)
        }

        func read(at offset: Int, count: Int) throws(FileSystemError) -> [UInt8] {
            if disk.change.place < 0 { throw FileSystemError(call: "read", path: "log", errorNumber: 5) }
            return progress.withLock { progress in
                defer { progress.reads += 1 }
                func part(_ range: Range<Int>) -> [UInt8] {
                    let state = disk.states[progress.hasChanged ? 1 : 0]
                    return Array(state[range.clamped(to: 0..<state.count)])
                }
                guard progress.reads == disk.change.read else { return part(offset..<offset + count) }
                let place = min(max(disk.change.place, offset), offset + count)
                let first = part(offset..<place)
                progress.hasChanged = true
                // A read that met the end does not go on behind it.
                return first.count < place - offset ? first : first + part(place..<offset + count)
            }
        }

        func close() {}
        func write(_ bytes: [UInt8], at offset: Int) {}
        func append(_ bytes: [UInt8]) {}
        func truncate(to size: Int) {}
        func sync() {}
        func lock() {}
        func isNamed(_ path: String) -> Bool { true }
        func permissions() -> UInt32 { 0o644 }
        func setPermissions(_ permissions: UInt32) {}
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any OpenFile { File(self) }

    func contents(of path: String) throws(FileSystemError) -> FileBytes {
        try FileBytes(reading: File(self), atOnce: atOnce, blockSize: blockSize)
    }

    func exists(_ path: String) -> Bool { true }
    func rename(_ path: String, to newPath: String) {}
    func rename(_ path: String, toUnused newPath: String) {}
    func resolved(_ path: String) -> String { path }
    func makeFolder(_ path: String) {}
    func names(in folder: String) -> [String] { [] }
    func remove(_ path: String) {}
    func syncFolder(_ path: String) {}
}
