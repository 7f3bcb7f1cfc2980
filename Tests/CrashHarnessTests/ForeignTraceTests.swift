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

    private func trace(
        _ lines: [String], base: [String: [UInt8]] = [:], folders: Set<String> = [], stops: Bool = false,
        reader: @escaping ForeignTrace.Reader = { _, _, _ in nil }
    ) -> ForeignTrace {
        var foreign = ForeignTrace(
            folder: "/w", directory: "/", base: base, folders: folders, stops: stops, reader: reader)
        for line in lines { foreign.read(Array(line.utf8)[...]) }
        foreign.finish()
        return foreign
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
        #expect(foreign.watched.files == ["a": [1, 0x78, 0x0A], "c": [0x31, 0x5A]])
        #expect(
            foreign.trace.operations == [
                .write(file: 0, offset: 1, bytes: [0x78, 0x0A]), .create(path: "b", file: 1),
                .write(file: 1, offset: 0, bytes: [0x31, 0x32, 0x33]), .write(file: 1, offset: 1, bytes: [0x5A]),
                .write(file: 1, offset: 5, bytes: [0x51]), .sync(file: 1),
                .rename(from: "b", to: "c"), .resize(file: 1, size: 2), .syncFolder(path: "."), .failedSync(file: 1),
            ])
        #expect(foreign.unseen.isEmpty)
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
        #expect(foreign.trace.operations == head + [.output("no"), .output("saved 1")])
        #expect(foreign.trace.returned == [1: 3])
        #expect(
            foreign.trace.acknowledging { $0.hasPrefix("saved") }.operations
                == head + [.output("no"), .acknowledge("saved 1")])
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
        #expect(foreign.watched.files["b"] == [1, 2, 3, 0, 2, 3, 4])
        #expect(foreign.unseen.isEmpty)
    }

    @Test func `what cannot be followed is said`() {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3<\#(a)>, 0) = 0x7f0000000000"#,
                #"7 copy_file_range(3<\x2f\x78>, NULL, 4<\#(a)>, NULL, 10, 0) = 10"#,
                #"7 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3<\#(a)>, 0) = 0x7f0000000000"#,
            ], base: ["a": []])
        #expect(foreign.unseen.count == 2)
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
        #expect(run.status == 0 && run.trace.unseen.isEmpty)
        let judge = TraceJudge(
            try WriteTrace(file: String(decoding: run.trace.file, as: UTF8.self)).acknowledging { $0 == "saved" })
        let exploration = judge.explore(CrashStateExplorer())
        #expect(exploration.isExhaustive && exploration.violationCount > 0)
        #expect(exploration.causes.first?.violation.acknowledged == ["saved"])

        let asked = judge.explore(CrashStateExplorer(), asking: DiskCommand("test -f {}/log.jsonl"))
        #expect(asked.violationCount == 0 && asked.distinct > 0)
        let sees = judge.explore(
            CrashStateExplorer(),
            asking: DiskCommand("grep -q saved {acks} && ! grep -q leaf {}/log.jsonl; test $? != 0"))
        #expect(sees.violationCount == exploration.violationCount)
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
            ], base: ["a": [7, 8]], folders: ["d"])
        #expect(
            foreign.trace.operations == [
                .link(from: "a", to: "b"), .resize(file: 0, size: 1), .rename(from: "a", to: "d/c"), .syncAll,
                .write(file: 0, offset: 1, bytes: [0x31]), .syncWrite(of: 4),
            ])
        #expect(foreign.watched.files == ["b": [7, 0x31], "d/c": [7, 0x31]] && foreign.unseen.isEmpty)
    }

    @Test func `places and sizes that no file here can have are refused with a warning`() {
        let a = Self.hex("/w/a")
        let open = #"7 openat(AT_FDCWD<\x2f>, "\#(a)", O_RDWR|O_CREAT, 0666) = 3<\#(a)>"#
        for call in [
            #"pwrite64(3<\#(a)>, "\x31", 1, 9223372036854775807) = 1"#, #"pwrite64(3<\#(a)>, "\x31", 1, -5) = 1"#,
            #"ftruncate(3<\#(a)>, 1152921504606846976) = 0"#, #"fallocate(3<\#(a)>, 0, 9223372036854775807, 9) = 0"#,
        ] {
            let foreign = trace([open, "7 " + call])
            #expect(foreign.unseen.count == 1 && foreign.watched.files == ["a": []], "\(call)")
        }
        let far = trace([
            open, #"7 lseek(3<\#(a)>, 9223372036854775807, SEEK_SET) = 9223372036854775807"#,
            #"7 read(3<\#(a)>, "", 9) = 9"#, #"7 write(3<\#(a)>, "\x31", 1) = 1"#,
            #"7 copy_file_range(3<\#(a)>, [9223372036854775807], 3<\#(a)>, [-9], 9, 0) = 9"#,
        ])
        #expect(far.watched.files == ["a": []])
    }

    // MARK: Overlapping calls

    @Test func `a sync does not cover a write that another thread issued before it and that returned after it began`() {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"7 pwrite64(3<\#(a)>, "\x78", 1, 2 <unfinished ...>"#, #"8 fsync(3<\#(a)> <unfinished ...>"#,
                #"7 <... pwrite64 resumed>) = 1"#, #"7 pwrite64(3<\#(a)>, "\x79", 1, 3) = 1"#,
                #"8 <... fsync resumed>) = 0"#, #"7 fsync(3<\#(a)>) = 0"#,
            ], base: ["a": []])
        #expect(
            foreign.trace.operations == [
                .write(file: 0, offset: 2, bytes: [0x78]), .sync(file: 0), .write(file: 0, offset: 3, bytes: [0x79]),
                .sync(file: 0),
            ])
        #expect(foreign.trace.returned == [0: 2, 1: 3])
        #expect(foreign.watched.files == ["a": [0, 0, 0x78, 0x79]] && foreign.unseen.isEmpty)
    }

    @Test func `a call whose process ends before it returns has done nothing, and others do not wait for it`() {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"8 fsync(3<\#(a)> <unfinished ...>"#, #"7 pwrite64(3<\#(a)>, "\x79", 1, 1) = 1"#,
                #"8 <... fsync resumed> <unfinished ...>) = ?"#, "8 +++ killed by SIGKILL +++",
            ], base: ["a": []])
        #expect(foreign.trace.operations == [.write(file: 0, offset: 1, bytes: [0x79])])
    }

    @Test func `a read that waits for another process makes nobody wait`() {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"8 read(0<\#(Self.hex("pipe:[5]"))>,  <unfinished ...>"#, #"7 pwrite64(3<\#(a)>, "\x79", 1, 0) = 1"#,
                #"7 write(1<\x70>, "\x6f\x0a", 2) = 2"#, #"8 <... read resumed>"\x79", 1) = 1"#,
            ], base: ["a": []])
        #expect(foreign.trace.operations.count == 2 && foreign.trace.returned.isEmpty)
    }

    @Test func `processes have descriptors of their own, threads share them`() {
        let a = Self.hex("/w/a")
        let open = #"openat(AT_FDCWD<\x2f>, "\#(a)", O_RDWR) = 3<\#(a)>"#
        let write = #"write(3<\#(a)>, "\x31", 1) = 1"#
        let child = #"7 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 8"#
        let thread = #"7 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD, exit_signal=0}, 88) = 9"#
        let apart = trace(["7 " + open, child, "8 " + open, "8 " + write, "7 " + write], base: ["a": []])
        #expect(apart.watched.files == ["a": [0x31]])
        let together = trace(["7 " + open, thread, "9 " + write, "7 " + write], base: ["a": []])
        #expect(together.watched.files == ["a": [0x31, 0x31]])
    }

    // MARK: Folders and names

    @Test func `folders that are made, renamed with what is in them, exchanged and removed are followed`() {
        let at = #"AT_FDCWD<\x2f>, "#
        let foreign = trace(
            [
                #"7 mkdir("\#(Self.hex("w/d"))", 0777) = 0"#,
                #"7 openat(\#(at)"\#(Self.hex("/w/./d//a"))", O_WRONLY|O_CREAT, 0666) = 3<\#(Self.hex("/w/d/a"))>"#,
                #"7 renameat(\#(at)"\#(Self.hex("w/d"))", \#(at)"\#(Self.hex("w/e/../e"))") = 0"#,
                #"7 write(3<\#(Self.hex("/w/e/a"))>, "\x31", 1) = 1"#,
                #"7 renameat2(\#(at)"\#(Self.hex("w/e"))", \#(at)"\#(Self.hex("w/f"))", RENAME_EXCHANGE) = 0"#,
                #"7 renameat2(\#(at)"\#(Self.hex("w/e"))", \#(at)"\#(Self.hex("w/g"))", RENAME_NOREPLACE) = -1 EEXIST (File exists)"#,
                #"7 unlinkat(\#(at)"\#(Self.hex("w/e"))", AT_REMOVEDIR) = 0"#,
                #"7 mkdirat(9<\#(Self.hex("/w/f"))>, "\x68", 0777) = 0"#, #"7 fsync(9<\#(Self.hex("/w/f"))>) = 0"#,
            ], folders: ["f"])
        #expect(
            foreign.trace.operations == [
                .makeFolder(path: "d"), .create(path: "d/a", file: 0), .rename(from: "d", to: "e"),
                .write(file: 0, offset: 0, bytes: [0x31]), .exchange(path: "e", with: "f"), .removeFolder(path: "e"),
                .makeFolder(path: "f/h"), .syncFolder(path: "f"),
            ])
        #expect(foreign.watched.files == ["f/a": [0x31]] && foreign.watched.folders == ["f", "f/h"])
        #expect(foreign.unseen.isEmpty)
    }

    @Test func `files that are moved out are gone, what is moved in is read and counts as not durable`() {
        let foreign = trace(
            [
                #"7 rename("\#(Self.hex("/w/a"))", "\#(Self.hex("/x"))") = 0"#,
                #"7 rename("\#(Self.hex("/y"))", "\#(Self.hex("/w/b"))") = 0"#,
            ], base: ["a": [1]]
        ) { path, _, _ in path == "/w/b" ? [2, 3] : nil }
        #expect(
            foreign.trace.operations == [
                .remove(path: "a"), .write(file: 1, offset: 0, bytes: [2, 3]), .create(path: "b", file: 1),
            ])
        #expect(foreign.unseen.count == 1)
    }

    @Test func `a file that was opened without a name has what was written before it got one`() throws {
        let (nameless, a) = (Self.hex("/w/#12"), Self.hex("/w/a"))
        let foreign = trace([
            #"7 openat(AT_FDCWD<\x2f>, "\#(Self.hex("/w"))", O_RDWR|O_TMPFILE, 0600) = 3<\#(nameless)>(deleted)"#,
            #"7 write(3<\#(nameless)>(deleted), "\x31", 1) = 1"#, #"7 fsync(3<\#(nameless)>(deleted)) = 0"#,
            #"7 linkat(AT_FDCWD<\x2f>, "\#(Self.hex("/proc/self/fd/3"))", AT_FDCWD<\x2f>, "\#(a)", AT_SYMLINK_FOLLOW) = 0"#,
            #"7 write(3<\#(a)>, "\x32", 1) = 1"#,
        ])
        #expect(
            foreign.trace.operations == [
                .write(file: 0, offset: 0, bytes: [0x31]), .sync(file: 0), .create(path: "a", file: 0),
                .write(file: 0, offset: 1, bytes: [0x32]),
            ])
        #expect(foreign.watched.files == ["a": [0x31, 0x32]])
        let read = try WriteTrace(file: String(decoding: foreign.trace.file, as: UTF8.self))
        #expect(read.operations == foreign.trace.operations)
    }

    // MARK: Flags

    @Test func `flags of pwritev2, fcntl and fallocate are followed`() {
        let a = Self.hex("/w/a")
        let iov = #"[{iov_base="\x31", iov_len=1}], 1"#
        let foreign = trace(
            [
                #"7 pwritev2(3<\#(a)>, \#(iov), 0, RWF_DSYNC) = 1"#,
                #"7 pwritev2(3<\#(a)>, \#(iov), 0, RWF_APPEND) = 1"#,
                #"7 fcntl(3<\#(a)>, F_SETFL, O_RDWR|O_APPEND) = 0"#, #"7 pwrite64(3<\#(a)>, "\x32", 1, 0) = 1"#,
                #"7 fallocate(3<\#(a)>, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 1, 100) = 0"#,
                #"7 fallocate(3<\#(a)>, FALLOC_FL_KEEP_SIZE, 0, 100) = 0"#,
                #"7 fallocate(3<\#(a)>, FALLOC_FL_ZERO_RANGE, 2, 3) = 0"#,
            ], base: ["a": [7, 8]])
        #expect(
            foreign.trace.operations == [
                .write(file: 0, offset: 0, bytes: [0x31]), .syncWrite(of: 0), .write(file: 0, offset: 2, bytes: [0x31]),
                .write(file: 0, offset: 3, bytes: [0x32]), .write(file: 0, offset: 1, bytes: [0, 0, 0]),
                .write(file: 0, offset: 2, bytes: [0, 0]), .resize(file: 0, size: 5),
            ])
        #expect(foreign.unseen.isEmpty)
        let collapsed = trace([#"7 fallocate(3<\#(a)>, FALLOC_FL_COLLAPSE_RANGE, 0, 4096) = 0"#], base: ["a": [7]])
        #expect(collapsed.unseen.count == 1)
    }

    @Test func `a ring of system calls cannot be seen`() {
        #expect(trace(["7 io_uring_setup(8, {flags=0}) = 4"]).unseen.count == 1)
    }

    @Test func `the place of a call is the first frame outside of the C library`() {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"7 pwrite64(3<\#(a)>, "\x31", 1, 0) = 1"#, " > /usr/lib/libc.so.6(__pwrite64+0x10) [0xf8350]",
                " > /usr/lib/libsqlite3.so.0(sqlite3_step+0x1b2) [0x5f112]", " > /usr/bin/x(main+0x1) [0x1]",
                #"7 fsync(3<\#(a)>) = 0"#, " > /usr/bin/dash() [0x13652]",
            ], base: ["a": []])
        #expect(foreign.trace.places == [0: "sqlite3_step+0x1b2 in libsqlite3.so.0", 1: "dash+0x13652"])
    }

    // MARK: Mapped files

    @Test func `what differs at a stop was stored before the call, and durable with a sync of the range`() {
        let a = Self.hex("/w/a")
        let (base, one) = ([UInt8](repeating: 0, count: 9_000), Guarded([UInt8](repeating: 0, count: 9_000)))
        var foreign = ForeignTrace(folder: "/w", directory: "/", base: ["a": base], stops: true) { path, _, _ in
            path == "/w/a" ? one.withLock { $0 } : nil
        }
        func read(_ line: String) { foreign.read(Array(line.utf8)[...]) }
        func stop() {
            read("7 --- SIGSTOP {si_signo=SIGSTOP, si_code=SI_KERNEL} ---")
            read("7 --- stopped by SIGSTOP ---")
        }
        read(#"7 mmap(NULL, 9000, PROT_READ|PROT_WRITE, MAP_SHARED, 3<\#(a)>, 0) = 0x10000"#)
        one.withLock { ($0[1], $0[5_000]) = (1, 2) }
        read("7 msync(0x10000, 4096, MS_SYNC) = 0")
        stop()
        read("7 msync(0x10000, 9000, MS_SYNC) = 0")
        stop()
        one.withLock { $0[8_999] = 3 }
        read(#"7 write(1<\x70>, "\x6f\x0a", 2) = 2"#)
        stop()
        one.withLock { $0[0] = 4 }
        foreign.finish()
        #expect(
            foreign.trace.operations == [
                .write(file: 0, offset: 1, bytes: [1]), .write(file: 0, offset: 5_000, bytes: [2]), .syncWrite(of: 0),
                .sync(file: 0), .write(file: 0, offset: 8_999, bytes: [3]), .output("o"),
                .write(file: 0, offset: 0, bytes: [4]),
            ])
        #expect(foreign.unseen.isEmpty && foreign.notes.count == 1)
    }

    @Test func `a file that mknod makes is followed, a pipe is not`() {
        let (a, b) = (Self.hex("/w/a"), Self.hex("/w/b"))
        let foreign = trace([
            #"7 mknod("\#(a)", S_IFREG|0600) = 0"#, #"7 mknodat(AT_FDCWD<\x2f>, "\#(b)", 0600) = 0"#,
            #"7 mknod("\#(Self.hex("/w/p"))", S_IFIFO|0600) = 0"#, #"7 mknod("\#(a)", 0600) = -1 EEXIST (File exists)"#,
            #"7 openat(AT_FDCWD<\x2f>, "\#(b)", O_WRONLY) = 3<\#(b)>"#, #"7 write(3<\#(b)>, "\x78", 1) = 1"#,
        ])
        #expect(
            foreign.trace.operations == [
                .create(path: "a", file: 0), .create(path: "b", file: 1), .write(file: 1, offset: 0, bytes: [0x78]),
            ])
        #expect(foreign.unseen.isEmpty)
    }

    // MARK: Names

    @Test func `names are bytes: those that look alike, or are no UTF-8, are different files`() throws {
        let names: [[UInt8]] = [
            Array("\u{e9}".utf8), Array("e\u{301}".utf8), [0xFF], [0xFE], Array("\\xff".utf8), Array("\u{301}x".utf8),
        ]
        let folder = Self.hex("/w/d/")
        let foreign = trace(
            names.enumerated().flatMap { index, name in
                let path = folder + name.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                return [
                    #"7 openat(AT_FDCWD<\x2f>, "\#(path)", O_WRONLY|O_CREAT, 0666) = 3<\#(path)>"#,
                    #"7 write(3<\#(path)>, "\x3\#(index)", 1) = 1"#,
                ]
            } + ["7 sync() = 0"], folders: ["d"])
        let read = try WriteTrace(file: String(decoding: foreign.trace.file, as: UTF8.self))
        #expect(read.operations == foreign.trace.operations)
        let disk = SimulatedDisk(CrashStates(read, .posix).point(at: read.operations.count).files, folders: ["d"])
        #expect(disk.contents.count == names.count && foreign.unseen.isEmpty)
        #expect(disk.contents["d/\u{e9}"] == [0x30] && disk.contents[#"d/e\xcc\x81"#] == [0x31])
        // On a real disk they have their bytes again.
        try inFolder { folder in
            try disk.write(below: folder)
            #expect(try DiskContent(below: folder).files == disk.contents)
            let listed = try ChildProcess.run("/bin/sh", ["-c", "cd \(folder)/d && printf '%s\\n' * | od -An -tx1 -v"])
            #expect(listed.output.contains("65 cc 81 0a") && listed.output.contains("ff 0a"))
        }
    }

    @Test func `a trace that another wrote may name files as they are`() throws {
        let trace = try WriteTrace(
            file: [
                #"{"type":"write-trace","version":2}"#, #"{"op":"create","path":"\u00e9","file":0}"#,
                #"{"op":"create","path":"e\u0301","file":1}"#, #"{"op":"sync-all"}"#,
                #"{"op":"acknowledge","text":"k"}"#,
            ].joined(separator: "\n"))
        var most = 0
        let coverage = CrashStateExplorer().forEachDisk(of: trace) { disk in
            if disk.acknowledged == 1 { #expect(disk.files.count == 2) }
            most = max(most, disk.files.count)
        }
        #expect(coverage == .all && most == 2)
    }

    @Test(.enabled(if: hasStrace && hasPython, "strace or python3 is not here or not permitted"))
    func `files of a program whose names look alike, or are no UTF-8, stand in the folder that a check gets`() throws {
        let run = try run(
            """
            import os, sys
            for name in (b"\\xc3\\xa9", b"e\\xcc\\x81", b"\\xff"):
                file = os.open(sys.argv[1].encode() + b"/" + name, os.O_CREAT | os.O_WRONLY)
                os.write(file, name)
                os.close(file)
            os.sync()
            print("saved", flush=True)
            """)
        #expect(run.status == 0 && run.trace.unseen.isEmpty, "\(run.trace.unseen)")
        let check =
            "test $(wc -l < {acks}) = 0 || { cd {} && for f in *; do test \"$(cat \"$f\")\" = \"$f\" || exit 1; done; "
            + "test $(ls | wc -l) = 3; }"
        let exploration = TraceJudge(run.trace.acknowledging { $0 == "saved" })
            .explore(CrashStateExplorer(), asking: DiskCommand(check))
        #expect(exploration.violationCount == 0 && exploration.distinct > 10)
    }

    // MARK: Symbolic links

    @Test func `links that were there before stand in the folders that a check gets, those that lead out do not`() {
        var trace = WriteTrace(["v1/data": [1]])
        trace.operations = [.write(file: 0, offset: 0, bytes: [2]), .makeFolder(path: "d")]
        trace.baseLinks = [
            "current": "v1", "v1/self": "../v1/data", "out": "/etc", "up": "../x", "v1/up": "a/../../..",
        ]
        #expect(trace.linksLeadingOut == ["out", "up", "v1/up"])
        func wrong(_ check: String) -> Int {
            TraceJudge(trace).explore(CrashStateExplorer(), asking: DiskCommand(check)).violationCount
        }
        #expect(wrong("cmp {}/current/data {}/v1/self && test ! -L {}/out -a ! -L {}/up") == 0)
        // A check that spoils a link leaves no trace of that.
        #expect(wrong("cd {} && test $(readlink current) = v1 && rm current && ln -s d current") == 0)
        let read = try? WriteTrace(file: String(decoding: trace.file, as: UTF8.self))
        #expect(read?.baseLinks == trace.baseLinks)
        // A name that something took is none of a link.
        trace.operations = [.rename(from: "v1/data", to: "current"), .syncFolder(path: "."), .acknowledge("1")]
        #expect(wrong("test -L {}/current || test -f {}/current") == 0)
        #expect(wrong("test $(wc -l < {acks}) = 0 || test ! -L {}/current") == 0)
    }

    @Test func `links that are moved or removed are told, since that is not followed`() {
        for call in [
            #"unlink("\#(Self.hex("/w/l"))")"#, #"rename("\#(Self.hex("/w/a"))", "\#(Self.hex("/w/l"))")"#,
            #"rename("\#(Self.hex("/w/l"))", "\#(Self.hex("/w/m"))")"#,
            #"rename("\#(Self.hex("/w/d"))", "\#(Self.hex("/w/e"))")"#,
        ] {
            var foreign = ForeignTrace(
                folder: "/w", directory: "/", base: ["a": []], folders: ["d"], links: ["l": "a", "d/l": "../a"])
            foreign.read(Array("7 \(call) = 0".utf8)[...])
            foreign.finish()
            #expect(foreign.unseen.count == 1 && foreign.unseen[0].contains("symbolic link"), "\(call)")
        }
    }

    @Test func `a sync of a range does not cover a write that had not returned when it was issued`() {
        let a = Self.hex("/w/a")
        let foreign = trace(
            [
                #"7 mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3<\#(a)>, 0) = 0x10000"#,
                #"7 pwrite64(3<\#(a)>, "\x77", 1, 0) = 1"#,
                #"8 pwrite64(3<\#(a)>, "\x78", 1, 1 <unfinished ...>"#,
                #"7 msync(0x10000, 4096, MS_SYNC) = 0"#, #"8 <... pwrite64 resumed>) = 1"#,
                #"7 msync(0x10000, 4096, MS_SYNC) = 0"#,
            ], base: ["a": [UInt8](repeating: 0, count: 9_000)])
        #expect(
            foreign.trace.operations == [
                .write(file: 0, offset: 0, bytes: [0x77]), .write(file: 0, offset: 1, bytes: [0x78]), .syncWrite(of: 0),
                .syncWrite(of: 1),
            ])
    }

    @Test func `ranges that differ are taken apart where a whole sector is equal`() {
        let before = [UInt8](repeating: 0, count: 2_048)
        var now = before
        (now[10], now[600], now[1_700]) = (1, 1, 1)
        #expect(ForeignTrace.differences(before, now) == [10..<601, 1_700..<1_701])
        #expect(ForeignTrace.differences(before, [0, 9]) == [1..<2])
        #expect(ForeignTrace.differences([], now).isEmpty)
    }

    // MARK: Programs

    private static let hasPython = (try? ChildProcess.run("python3", ["-c", ""]))?.status == 0

    /// Runs a Python script on a new folder, its path in `sys.argv[1]`.
    private func run(_ script: String, _ options: ForeignRun.Options = .init()) throws -> ForeignRun {
        try inFolder { try ForeignRun(watching: $0, ["python3", "-c", script, $0], options) }
    }

    private func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path())
    }

    @Test(.enabled(if: hasStrace && hasPython, "strace or python3 is not here or not permitted"))
    func `a program that maps a file is run again, stopped at its calls, and its stores are seen`() throws {
        let run = try run(
            """
            import mmap, os, sys
            f = os.open(sys.argv[1] + "/m", os.O_RDWR | os.O_CREAT)
            os.ftruncate(f, 8192)
            m = mmap.mmap(f, 8192)
            m[0:3] = b"abc"
            m.flush()
            m[5000:5003] = b"xyz"
            os.write(1, b"saved\\n")
            m.close()
            """)
        #expect(
            run.trace.operations.filter { if case .output(let line) = $0 { line == "saved" } else { true } } == [
                .create(path: "m", file: 0), .resize(file: 0, size: 8_192),
                .write(file: 0, offset: 0, bytes: Array("abc".utf8)), .sync(file: 0),
                .write(file: 0, offset: 5_000, bytes: Array("xyz".utf8)), .output("saved"),
            ])
        #expect(run.status == 0 && run.trace.unseen.isEmpty && run.notes.count >= 2)
        // What was said to be saved was not synced, and the judge by running states finds it.
        let judge = TraceJudge(run.trace.acknowledging { $0 == "saved" })
        #expect(judge.exploreRunningStates(CrashStateExplorer()).violationCount > 0)
        var never = ForeignRun.Options()
        never.stops = false
        let blind = try self.run(
            "import mmap, os, sys; f = open(sys.argv[1] + '/m', 'wb+'); f.truncate(9); "
                + "f.flush(); m = mmap.mmap(f.fileno(), 9); m[0] = 1; m.close()", never)
        #expect(blind.trace.unseen.count == 2)
    }

    @Test func `without a checker a crash has to leave what the running program had, with all that was acknowledged`() {
        var trace = WriteTrace(["a": Array("old".utf8)])
        trace.operations = [
            .write(file: 0, offset: 0, bytes: Array("new".utf8)), .sync(file: 0), .acknowledge("1"),
            .write(file: 0, offset: 0, bytes: Array("two".utf8)),
        ]
        func wrong() -> Int { TraceJudge(trace).exploreRunningStates(CrashStateExplorer()).violationCount }
        #expect(wrong() == 0)
        trace.operations.swapAt(1, 2)
        #expect(wrong() > 0, "acknowledged before it is durable: lost")
        // Two sectors of one write are there or not each for itself: the program never had one without the other.
        trace.operations = [.write(file: 0, offset: 0, bytes: [UInt8](repeating: 1, count: 1_024)), .sync(file: 0)]
        #expect(wrong() > 0, "half of a write: invented")
    }

    @Test func `of two writes that are under way at once the running program may have had either alone`() {
        var trace = WriteTrace(["a": [1], "b": [1]])
        trace.operations = [.write(file: 0, offset: 0, bytes: [2]), .write(file: 1, offset: 0, bytes: [2])]
        func wrong() -> Int { TraceJudge(trace).exploreRunningStates(CrashStateExplorer()).violationCount }
        #expect(wrong() == 1, "the second without the first, which had returned before")
        trace.returned = [0: 2]
        #expect(wrong() == 0)
    }

    @Test func `a recovery of the program's own is run first, and what it prints is compared, or else what it leaves`()
    {
        var trace = WriteTrace(["a": Array("old".utf8)])
        trace.operations = [
            .create(path: "t", file: 1), .write(file: 1, offset: 0, bytes: Array("new".utf8)), .sync(file: 1),
            .rename(from: "t", to: "a"), .syncFolder(path: "."), .acknowledge("1"),
        ]
        func wrong(_ reopen: DiskCommand? = nil) -> Exploration {
            TraceJudge(trace).exploreRunningStates(CrashStateExplorer(), reopen: reopen)
        }
        // A temporary file without its bytes is nothing that the program had, but to its recovery that makes no difference.
        #expect(wrong().violationCount > 0)
        #expect(wrong(DiskCommand("cat {}/a")).violationCount == 0)
        #expect(wrong(DiskCommand("rm -f {}/t")).violationCount == 0)
        #expect(wrong(DiskCommand("true")).violationCount == wrong().violationCount)
        let failing = wrong(DiskCommand("exit 3; echo {}"))
        #expect(failing.violationCount == failing.distinct)
        #expect(wrong(DiskCommand("test ! -e {}/t || exec sleep 60", deadline: 0.2)).violationCount > 0)
        // What prints nothing about some states still prints about others.
        #expect(wrong(DiskCommand("grep new {}/a; true")).violationCount == 0)
        trace.operations.remove(at: 2)
        #expect(wrong(DiskCommand("cat {}/a")).violationCount > 0)
    }

    @Test func `checks give the same on any number of cores, and see no trace of the check before`() {
        var trace = WriteTrace(["keep": Array("k".utf8)])
        trace.operations =
            (0..<2).flatMap { number -> [WriteTrace.Operation] in
                [
                    .create(path: "f\(number)", file: number + 1),
                    .write(file: number + 1, offset: 0, bytes: [UInt8(number)]),
                ]
            } + [.acknowledge("all")]
        // A check that spoils all that it finds, and finds it wrong when it was spoilt before.
        let check = DiskCommand(
            "cd {} && test ! -e spoilt && test \"$(cat keep)\" = k && echo x > keep && touch spoilt && rm -f f1 && "
                + "test $(grep -c all $CRASHLAB_ACKNOWLEDGED) = 0")
        let counts = [1, 3].map { TraceJudge(trace).explore(CrashStateExplorer(), asking: check, jobs: $0) }
        #expect(counts[0].violationCount == counts[1].violationCount && counts[0].distinct == counts[1].distinct)
        // Wrong are those after the acknowledgement alone: as many as there are disks then.
        #expect(counts[0].violationCount > 0 && counts[0].violationCount < counts[0].distinct)
    }

    @Test(.enabled(if: hasStrace, "strace is not here or not permitted"))
    func `calls are made to fail one after the other, on the folder as it was`() throws {
        try inFolder { folder in
            try Data("old".utf8).write(to: URL(filePath: folder + "/a"))
            let script = "echo new > \(folder)/t || exit 3; mv \(folder)/t \(folder)/a || exit 4; echo saved"
            let runs = try FaultyRuns(watching: folder, ["/bin/sh", "-c", script], .init())
            #expect(runs.whole.status == 0)
            let faults = runs.whole.faults(.inputOutput)
            #expect(faults.count == 3)
            let results = try faults.map { try #require(try runs.run($0)) }
            #expect(results.map(\.status) == [3, 3, 4] && results.allSatisfy { $0.injected == 1 })
            #expect(results.allSatisfy { $0.trace.base["a"]?.bytes == Array("old".utf8) })
            #expect(!results.contains { $0.trace.operations.contains(.output("saved")) })
            let short = try #require(runs.whole.faults(.short).first)
            let run = try #require(try runs.run(short))
            #expect(run.trace.operations.contains(.write(file: 1, offset: 0, bytes: Array("ne".utf8))))
            try runs.end()
            #expect(try Data(contentsOf: URL(filePath: folder + "/a")) == Data("new\n".utf8))
        }
    }

    @Test func `a trace is the same after it was in a file`() throws {
        var trace = WriteTrace(["a": [1], "d/b": []])
        trace.operations = [
            .create(path: "ü\n", file: 7), .write(file: 7, offset: 3, bytes: [0, 255]), .resize(file: 0, size: 9),
            .sync(file: 1), .failedSync(file: 7), .syncFolder(path: "."), .rename(from: "a", to: "d/a"),
            .link(from: "d/a", to: "e"), .remove(path: "e"), .acknowledge("x"), .output("y"),
        ]
        trace.unseen = ["something"]
        let read = try WriteTrace(file: String(decoding: trace.file, as: UTF8.self))
        #expect(read.operations == trace.operations && read.unseen == trace.unseen)
        #expect(read.base.mapValues(\.file) == trace.base.mapValues(\.file) && read.base["a"]?.bytes == [1])
    }

    @Test func `a trace file that makes no sense is refused with the line`() {
        let head = #"{"type":"write-trace","version":1}"# + "\n"
        for (text, line) in [
            ("", 1), ("{}", 1), (#"{"type":"write-trace","version":3}"#, 1), (head + "nonsense", 2),
            (head + #"{"op":"sync","file":3}"#, 2), (head + #"{"op":"sync-write","of":0}"#, 2),
            (head + #"{"op":"sync-all","returned":0}"#, 2), (head + #"{"op":"sync-all","returned":2}"#, 2),
            (head + #"{"op":"make-folder","path":"\#(String(repeating: "a/", count: 3_000))a"}"#, 2),
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
        #expect(exploration.isExhaustive && exploration.distinct > (loses ? 50 : 10))
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
