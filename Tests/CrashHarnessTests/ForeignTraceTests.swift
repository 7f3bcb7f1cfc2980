// What strace says, read back as operations.

import Foundation
import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Traces of other programs")
struct ForeignTraceTests {
    private static func hex(_ text: String) -> String {
        text.utf8.map { "\\x" + (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
    }

    private func trace(_ lines: [String], base: [String: [UInt8]] = [:]) -> ForeignTrace {
        ForeignTrace(Array(lines.joined(separator: "\n").utf8), folder: "/w", directory: "/", base: base)
    }

    @Test func `writes land where the program's position, its flags or its arguments say`() {
        let (a, b) = (Self.hex("/w/a"), Self.hex("/w/b"))
        let foreign = trace(
            [
                #"7 openat(AT_FDCWD<\#(Self.hex("/"))>, "\#(Self.hex("w/a"))", O_WRONLY|O_CREAT|O_APPEND, 0666) = 3<\#(a)>"#,
                #"7 write(3<\#(a)>, "\x78\x0a", 2) = 2"#,
                #"7 openat(AT_FDCWD<\#(Self.hex("/"))>, "\#(b)", O_RDWR|O_CREAT|O_TRUNC, 0666) = 4<\#(b)>"#,
                #"7 writev(4<\#(b)>, [{iov_base="\x31\x32", iov_len=2}, {iov_base="\x33", iov_len=1}], 2) = 3"#,
                #"7 lseek(4<\#(b)>, 1, SEEK_SET) = 1"#, #"7 write(4<\#(b)>, "\x5a\x5a", 2) = 1"#,
                #"7 pwrite64(4<\#(b)>, "\x51", 1, 5) = 1"#, #"7 fsync(4<\#(b)>) = 0"#,
                #"7 renameat(8<\#(Self.hex("/w"))>, "\#(Self.hex("b"))", AT_FDCWD<\x2f>, "\#(Self.hex("w/c"))") = 0"#,
                #"7 ftruncate(4<\#(Self.hex("/w/c"))>, 2) = 0"#, #"7 fsync(5<\#(Self.hex("/w"))>) = 0"#,
                #"7 fsync(4<\#(Self.hex("/w/c"))>) = -1 EIO (Input/output error)"#,
            ], base: ["a": [1]])
        #expect(foreign.files == ["a": [1, 0x78, 0x0A], "c": [0x31, 0x5A]])
        #expect(
            foreign.trace.operations == [
                .write(file: 0, offset: 1, bytes: [0x78, 0x0A]), .create(path: "b", file: 2),
                .write(file: 2, offset: 0, bytes: [0x31, 0x32, 0x33]), .write(file: 2, offset: 1, bytes: [0x5A]),
                .write(file: 2, offset: 5, bytes: [0x51]), .sync(file: 2),
                .rename(from: "b", to: "c"), .resize(file: 2, size: 2), .syncFolder(path: "."), .failedSync(file: 2),
            ])
        #expect(foreign.warnings.isEmpty)
    }

    @Test func `calls that were interrupted are put together, and lines of output with the mark are acknowledgements`()
    {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"7 openat(AT_FDCWD<\x2f>, "\#(a)", O_WRONLY|O_CREAT, 0666) = 3<\#(a)>"#,
                #"7 write(3<\#(a)>, "\x78", 1 <unfinished ...>"#,
                #"8 write(1<\x70>, "\#(Self.hex("no\nsaved 1"))", 10) = 10"#,
                #"7 <... write resumed>) = 1"#, #"8 write(1<\x70>, "\x0a", 1) = 1"#,
            ])
        let head: [WriteTrace.Operation] = [.create(path: "a", file: 0), .write(file: 0, offset: 0, bytes: [0x78])]
        #expect(foreign.trace.operations == head.prefix(1) + [.output("no")] + head.suffix(1) + [.output("saved 1")])
        #expect(
            foreign.trace.acknowledging { $0.hasPrefix("saved") }.operations == head + [.acknowledge("saved 1")])
        #expect(foreign.trace.acknowledging(nil).operations == head)
    }

    @Test func `bytes that the kernel copies from file to file are followed`() {
        let (a, b) = (Self.hex("/w/a"), Self.hex("/w/b"))
        let foreign = trace(
            [
                #"7 openat(AT_FDCWD<\x2f>, "\#(a)", O_RDONLY) = 3<\#(a)>"#,
                #"7 openat(AT_FDCWD<\x2f>, "\#(b)", O_WRONLY|O_CREAT, 0666) = 4<\#(b)>"#,
                #"7 copy_file_range(3<\#(a)>, NULL, 4<\#(b)>, NULL, 2, 0) = 2"#,
                #"7 copy_file_range(3<\#(a)>, [1], 4<\#(b)>, [4], 9, 0) = 3"#,
                #"7 sendfile(4<\#(b)>, 3<\#(a)>, NULL, 1) = 1"#,
            ], base: ["a": [1, 2, 3, 4]])
        #expect(foreign.files["b"] == [1, 2, 3, 0, 2, 3, 4])
        #expect(foreign.warnings.isEmpty)
    }

    @Test func `what cannot be followed is said`() {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3<\#(a)>, 0) = 0x7f0000000000"#,
                #"7 copy_file_range(3<\x2f\x78>, NULL, 4<\#(a)>, NULL, 10, 0) = 10"#,
                #"7 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3<\#(a)>, 0) = 0x7f0000000000"#,
            ], base: ["a": []])
        #expect(foreign.warnings.count == 2)
    }

    @Test func `lines that are no calls are passed over`() {
        let lines = [
            "", "7", "7 +++ exited with 0 +++", "7 --- SIGCHLD {} ---", "7 write(", "7 write() = ", "7 )", "x y=1",
        ]
        #expect(trace(lines).trace.operations.isEmpty)
    }

    private static let hasStrace = (try? ChildProcess.run("strace", ["-o", "/dev/null", "true"]))?.status == 0

    @Test(.enabled(if: hasStrace, "strace is not here or not permitted"))
    func `a shell that appends to a log without syncing it loses what it told, and that is found`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let header = SessionHeader(id: "s", timestamp: "t", cwd: "/").encoded() + [0x0A]
        try Data(header).write(to: folder.appending(path: "log.jsonl"))
        let entry = SessionEntry.leaf(LeafEntry(id: "a", parentID: nil, timestamp: "t", entryID: "a")).encoded()
        let script =
            "printf '%s\\n' '\(String(decoding: entry, as: UTF8.self))' >> \(folder.path())/log.jsonl; echo saved"
        let run = try ForeignRun(watching: folder.path(), ["/bin/sh", "-c", script])
        #expect(run.status == 0 && run.warnings.isEmpty)
        let judge = TraceJudge(
            try WriteTrace(file: String(decoding: run.trace.file, as: UTF8.self)).acknowledging { $0 == "saved" })
        let exploration = judge.explore(CrashStateExplorer())
        #expect(exploration.isExhaustive && exploration.violationCount > 0)
        #expect(exploration.causes.first?.violation.acknowledged == ["saved"])

        let asked = judge.explore(CrashStateExplorer(), asking: "test -f {}/log.jsonl")
        #expect(asked.violationCount == 0 && asked.distinct > 0)
    }

    @Test
    func
        `links, sizes by name, moves between folders, syncs of everything and files that sync each write are followed`()
    {
        let (a, b) = (Self.hex("/w/a"), Self.hex("/w/b"))
        let foreign = trace(
            [
                #"7 link("\#(a)", "\#(b)") = 0"#, #"7 truncate("\#(b)", 1) = 0"#,
                #"7 rename("\#(a)", "\#(Self.hex("/w/d/c"))") = 0"#, #"7 sync() = 0"#,
                #"7 fchdir(9<\#(Self.hex("/w"))>) = 0"#,
                #"7 openat(AT_FDCWD, "\#(Self.hex("b"))", O_WRONLY|O_APPEND|O_DSYNC) = 3<\#(b)>"#,
                #"7 pwritev2(3<\#(b)>, [{iov_base="\x31", iov_len=1}], 1, -1, 0) = 1"#,
            ], base: ["a": [7, 8]])
        #expect(
            foreign.trace.operations == [
                .link(from: "a", to: "b"), .resize(file: 0, size: 1), .rename(from: "a", to: "d/c"), .sync(file: 0),
                .syncFolder(path: "."), .syncFolder(path: "d"), .write(file: 0, offset: 1, bytes: [0x31]),
                .sync(file: 0),
            ])
        #expect(foreign.files == ["b": [7, 0x31], "d/c": [7, 0x31]] && foreign.warnings.isEmpty)
    }

    @Test func `places and sizes that no file here can have are refused with a warning`() {
        let a = Self.hex("/w/a")
        let open = #"7 openat(AT_FDCWD<\x2f>, "\#(a)", O_RDWR|O_CREAT, 0666) = 3<\#(a)>"#
        for call in [
            #"pwrite64(3<\#(a)>, "\x31", 1, 9223372036854775807) = 1"#, #"pwrite64(3<\#(a)>, "\x31", 1, -5) = 1"#,
            #"ftruncate(3<\#(a)>, 1152921504606846976) = 0"#, #"fallocate(3<\#(a)>, 0, 9223372036854775807, 9) = 0"#,
        ] {
            let foreign = trace([open, "7 " + call])
            #expect(foreign.warnings.count == 1 && foreign.files == ["a": []], "\(call)")
        }
        let far = trace([
            open, #"7 lseek(3<\#(a)>, 9223372036854775807, SEEK_SET) = 9223372036854775807"#,
            #"7 read(3<\#(a)>, "", 9) = 9"#, #"7 write(3<\#(a)>, "\x31", 1) = 1"#,
            #"7 copy_file_range(3<\#(a)>, [9223372036854775807], 3<\#(a)>, [-9], 9, 0) = 9"#,
        ])
        #expect(far.files == ["a": []])
    }

    @Test func `a trace is the same after it was in a file`() throws {
        var trace = WriteTrace(["a": [1], "d/b": []])
        trace.operations = [
            .create(path: "ü\n", file: 7), .write(file: 7, offset: 3, bytes: [0, 255]), .resize(file: 0, size: 9),
            .sync(file: 1), .failedSync(file: 7), .syncFolder(path: "."), .rename(from: "a", to: "d/a"),
            .link(from: "d/a", to: "e"), .remove(path: "e"), .acknowledge("x"), .output("y"),
        ]
        let read = try WriteTrace(file: String(decoding: trace.file, as: UTF8.self))
        #expect(read.operations == trace.operations)
        #expect(read.base.mapValues(\.file) == trace.base.mapValues(\.file) && read.base["a"]?.bytes == [1])
    }

    @Test func `a trace file that makes no sense is refused with the line`() {
        let head = #"{"type":"write-trace","version":1}"# + "\n"
        for (text, line) in [
            ("", 1), ("{}", 1), (#"{"type":"write-trace","version":2}"#, 1), (head + "nonsense", 2),
            (head + #"{"op":"sync","file":3}"#, 2),
            (head + #"{"op":"create","file":0,"path":"../a"}"#, 2), (head + #"{"op":"remove","path":"/etc/x"}"#, 2),
            (head + #"{"op":"create","file":0,"path":"a"}"# + "\n" + #"{"op":"resize","file":0,"size":-1}"#, 3),
            (
                head + #"{"op":"create","file":0,"path":"a"}"# + "\n"
                    + #"{"op":"write","file":0,"offset":9223372036854775807,"bytes":"AA=="}"#, 3
            ),
        ] {
            do {
                _ = try WriteTrace(file: text)
                Issue.record("\(text)")
            } catch { #expect(error.line == line, "\(text)") }
        }
    }

    @Test(arguments: [("append-log-unsynced", true), ("append-log-fsync", false)])
    func `a script that appends without syncing is found to lose entries, one that syncs is not`(
        _ name: String, _ loses: Bool
    ) throws {
        let fixture = URL(filePath: #filePath).appending(path: "../../../Fixtures/write-trace/\(name).jsonl")
            .standardized
        let trace = try WriteTrace(file: String(contentsOf: fixture, encoding: .utf8))
            .acknowledging { $0.hasPrefix("saved") }
        let exploration = TraceJudge(trace).explore(CrashStateExplorer())
        #expect(exploration.isExhaustive && exploration.distinct > 50)
        #expect((exploration.violationCount > 0) == loses)
    }

    @Test(arguments: ["record-and-save", "recover-pending-records"])
    func `the real program leaves a memory that it cannot open, by a mere kill`(_ name: String) throws {
        let fixture = URL(filePath: #filePath).appending(path: "../../../Fixtures/write-trace/\(name).jsonl.gz")
            .standardized
        let unpacked = try ChildProcess.run("gzip", ["-dc", fixture.path()])
        let trace = try WriteTrace(file: unpacked.output).acknowledging { $0.hasPrefix("saved") }
        var explorer = CrashStateExplorer()
        explorer.model = .cached
        let exploration = TraceJudge(trace).explore(explorer)
        #expect(exploration.isExhaustive)
        let window = try #require(exploration.causes.first?.violation)
        #expect(throws: MV2Error.self) {
            try MV2File.read(FileBytes(window.disk["memory.mv2"] ?? []), mode: .reference)
        }
    }
}
