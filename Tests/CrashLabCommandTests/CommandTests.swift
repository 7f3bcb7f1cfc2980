// The command as people and programs meet it: what it prints, and how it ends.

import CrashHarness
import Foundation
import Testing

/// Where the command was built, found beside the tests.
let program: String = {
    let places = CommandLine.arguments + [Bundle.main.bundlePath, Bundle.main.executablePath ?? ""]
    for place in places {
        var folder = URL(filePath: place)
        while folder.path() != "/", !folder.path().isEmpty {
            let candidate = folder.appending(path: "crashlab").path()
            if FileManager.default.isFile(candidate) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
    }
    return "crashlab"
}()

func crashlab(_ arguments: String..., input: [UInt8] = []) throws -> ChildProcess {
    try ChildProcess.run(program, arguments, input: input)
}

/// The sanitizers keep memory of their own, many times that of the program.
let isSanitized = ProcessInfo.processInfo.environment["CRASHLAB_SANITIZED"] != nil

/// A campaign whose cases have time, since other tests run beside it; under a sanitizer workers have no limit of memory.
func fuzz(_ arguments: String...) throws -> ChildProcess {
    let deadline = arguments.contains("--deadline") ? [] : ["--deadline", "600"]
    return try ChildProcess.run(program, ["fuzz"] + (isSanitized ? ["--memory", "0"] : []) + deadline + arguments)
}

/// A folder that is gone afterwards.
func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path())
}

@Suite("The command")
struct CommandTests {
    @Test func `help, version and wrong usage`() throws {
        #expect(try crashlab("--help").status == 0)
        #expect(try crashlab("--version").output == "crashlab 0.3.0\n")
        #expect(try crashlab().status == 64)
        let unknown = try crashlab("chek")
        #expect(unknown.status == 64)
        #expect(unknown.errors == "crashlab: there is no command \"chek\"; crashlab --help lists them.\n")
    }

    @Test(arguments: [
        "check", "recover", "inspect", "explore", "trace", "fuzz", "fuzz-worker", "replay", "generate", "damage",
        "append",
        "bench",
        "differential",
        "corpus", "findings",
    ])
    func `every subcommand explains itself and refuses options that it does not know`(_ name: String) throws {
        #expect(try crashlab(name, "--help").output.hasPrefix("usage: crashlab \(name)"))
        let refused = try crashlab(name, "--frobnicate", "x", "y", "--peer", "z")
        #expect(refused.status == 64)
        #expect(refused.errors.contains("--frobnicate") || refused.errors.contains("--peer"))
        #expect(refused.errors.split(separator: "\n").count == 1)
    }

    @Test func `an option without its value and a value out of range are refused in a sentence`() throws {
        #expect(try crashlab("fuzz", "--seconds").errors == "crashlab fuzz: --seconds needs a value.\n")
        let refused = try crashlab("check", "--mode", "fast", "x")
        #expect(refused.status == 64)
        #expect(refused.errors == "crashlab check: --mode takes one of reference, recover, not \"fast\".\n")
        #expect(try crashlab("fuzz", "--jobs", "0").status == 64)
    }

    // MARK: check

    @Test func `the exit status says how the worst file is`() throws {
        try withFolder { folder in
            func write(_ name: String, _ text: String) throws -> String {
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
                return "\(folder)/\(name)"
            }
            let header =
                #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/","parent_session":null}"# + "\n"
            let entry = #"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"a"}"#
            let clean = try write("clean", header + entry + "\n")
            let torn = try write("torn", header + entry)
            let damaged = try write("damaged", header + "garbage\n" + entry + "\n")
            let unknown = try write("unknown", "PNG")
            #expect(try crashlab("check", clean).status == 0)
            #expect(try crashlab("check", clean, torn).status == 0)
            #expect(try crashlab("check", clean, damaged, torn).status == 1)
            #expect(try crashlab("check", damaged, unknown).status == 2)
            #expect(try crashlab("check", unknown, "\(folder)/missing").status == 74)
            #expect(try crashlab("check", "\(folder)/missing").errors.contains("there is no such file"))
            #expect(try crashlab("check", folder).status == 2)
            #expect(try crashlab("check", folder).output.split(separator: "\n").count { !$0.hasPrefix(" ") } == 4)
            #expect(try crashlab("check", "--stream", damaged).status == 1)
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func `output that cannot be written is an error, a reader that went away is none`() throws {
        let full = try ChildProcess.run("/bin/sh", ["-c", "\"$0\" --help > /dev/full", program])
        #expect(full.status == 74 && full.errors.contains("cannot write the output"))
        let gone = try ChildProcess.run("/bin/sh", ["-c", "\"$0\" fuzz --list | head -c 1; exit 0", program])
        #expect(gone.status == 0 && gone.errors.isEmpty)
    }

    @Test func `output and exit status are the same with one job and with two, on all fixtures`() throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures").path()
        for (format, operands) in [
            ("json", [fixtures]), ("text", [fixtures + "/session-log", fixtures + "/live-replay"]),
        ] {
            let one = try ChildProcess.run(program, ["check", "--jobs", "1", "--format", format] + operands)
            let two = try ChildProcess.run(program, ["check", "--jobs", "2", "--format", format] + operands)
            #expect(one.output == two.output && one.status == two.status && one.errors == two.errors)
            #expect(one.output.split(separator: "\n").count > 50)
        }
        // A file alone has all cores; the text says nothing of them either.
        let log = fixtures + "/session-log/session-5.jsonl"
        #expect(try crashlab("check", "--jobs", "1", log).output == crashlab("check", log).output)
    }

    @Test func `a report as JSON has the fields of its format and no others`() throws {
        let log = try crashlab("generate", "session-log", "--size", "3000").output
        let report = try crashlab("check", "--format", "json", "-", input: Array(log.utf8.dropLast(9)))
        #expect(report.status == 0)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any])
        #expect(
            object.keys.sorted() == [
                "corruptCount", "entries", "error", "findings", "format", "path", "recovery", "verdict",
            ])
        let digested = try crashlab(
            "check", "--digest", "--format", "json", "-", input: Array(log.utf8.dropLast(9)))
        let digest = try JSONSerialization.jsonObject(with: Data(digested.output.utf8)) as? [String: Any]
        #expect((digest?["canonicalDigest"] as? String)?.count == 64)
        #expect(object["verdict"] as? String == "recovered")
        #expect(object["recovery"] as? String == "TruncatedLine")
        let finding = try #require((object["findings"] as? [[String: Any]])?.first)
        #expect(finding.keys.sorted() == ["code", "length", "line", "message", "offset", "severity"])
        #expect(finding["code"] as? String == "torn-entry")

        let segment = try Data(contentsOf: try generated("replay-segment"))
        let binary = try crashlab("check", "--format", "json", "-", input: Array(segment))
        let sessions = try #require(
            try JSONSerialization.jsonObject(with: Data(binary.output.utf8)) as? [String: Any])
        #expect(sessions.keys.sorted() == ["error", "findings", "format", "path", "sessions", "verdict"])
        #expect(sessions["verdict"] as? String == "clean")
    }

    private func generated(_ format: String) throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        #expect(try crashlab("generate", format, "--output", url.path()).status == 0)
        return url
    }

    @Test(arguments: ["session-log", "replay-segment", "active-session"])
    func `what is generated is clean, the same for the same seed, and told by its content`(_ format: String) throws {
        let url = try generated(format)
        defer { try? FileManager.default.removeItem(at: url) }
        let again = try generated(format)
        defer { try? FileManager.default.removeItem(at: again) }
        #expect(try Data(contentsOf: url) == Data(contentsOf: again))
        #expect(try crashlab("check", url.path()).output.hasPrefix("\(url.path()): \(format), clean\n"))
    }

    @Test func `damage writes a damaged copy and says what it did`() throws {
        let url = try generated("session-log")
        defer { try? FileManager.default.removeItem(at: url) }
        let before = try Data(contentsOf: url)
        let cut = try crashlab("damage", "cut", url.path(), "--offset", "500")
        #expect(cut.output.utf8.elementsEqual(before.prefix(500)))
        #expect(cut.errors == "cut at byte 500: \(before.count) bytes became 500\n")
        #expect(try Data(contentsOf: url) == before)
        #expect(try crashlab("damage", "stale-head", url.path()).status == 64)
        #expect(try crashlab("damage", "smash", url.path()).status == 64)
    }

    // MARK: fuzz and replay

    @Test func `a campaign without findings ends with status 0 and tells its seed`() throws {
        let run = try fuzz("--cases", "30", "--seed", "7", "--jobs", "2")
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("seed 7, "))
        #expect(run.output.hasSuffix("No promise was broken.\n"))
    }

    @Test func `a finding is kept as a folder that replays`() throws {
        try withFolder { folder in
            let run = try fuzz("--judge", "canary", "--cases", "20", "--seed", "1", "--findings", folder)
            #expect(run.status == 1)
            let cases = try FileManager.default.contentsOfDirectory(atPath: folder)
            let first = try #require(cases.first)
            let replayed = try crashlab("replay", "\(folder)/\(first)")
            #expect(replayed.status == 1)
            #expect(replayed.output.contains("expected"))
            #expect(try crashlab("replay", "\(folder)/\(first)/case.txt").status == 1)
            #expect(try crashlab("replay", "\(folder)/missing").status == 74)
            try Data("judge: canary\n".utf8).write(to: URL(filePath: "\(folder)/broken.txt"))
            #expect(try crashlab("replay", "\(folder)/broken.txt").status == 64)
        }
    }

    // MARK: Memory

    @Test(.disabled(if: isSanitized, "memory under a sanitizer says nothing"))
    func `forty bytes that claim 2^63 sessions cost no memory`() throws {
        let small = Array("MV2RPLY!".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0]
        let claim: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x80]
        let hostile = Array("MV2RPLY!".utf8) + [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF] + claim + claim + claim
        #expect(hostile.count == 40)
        let base = try peakMemory(of: small)
        #expect(try peakMemory(of: hostile) - base < 8 * 40 + 16 << 20)
    }

    @Test(.disabled(if: isSanitized, "memory under a sanitizer says nothing"))
    func `damaged megabytes cost a small multiple of themselves`() throws {
        let base = try peakMemory(of: Array("{}\n".utf8))
        let size = 2_000_000
        let files: [[UInt8]] = [
            [UInt8](repeating: 0x0A, count: size), [UInt8](repeating: 0x5B, count: size),
            [UInt8](repeating: 0, count: size), Array(repeating: Array("{\"".utf8), count: size / 2).flatMap { $0 },
            Array(repeating: Array("x\n".utf8), count: size / 2).flatMap { $0 },
            Array("MV2RPLY!".utf8) + [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0, count: size),
        ]
        for file in files + [Self.memoryOfFrames(15_000)] {
            #expect(try peakMemory(of: file) - base < 8 * size + 16 << 20)
        }
    }

    /// A memory whose table of contents is almost nothing but frames without anything in them, 129 zeroes each.
    private static func memoryOfFrames(_ count: Int) -> [UInt8] {
        func little(_ number: Int) -> [UInt8] { withUnsafeBytes(of: UInt64(number).littleEndian) { Array($0) } }
        var file = Array("MV2\0".utf8) + [1, 2, 2, 1] + little(8_192) + little(4_096) + little(4_096)
        file += [UInt8](repeating: 0, count: 8_192 - file.count)
        file += little(0) + little(0) + little(count) + [UInt8](repeating: 0, count: 129 * count + 192)
        return file + [UInt8](repeating: 0, count: 56)
    }

    @Test func `what memories hold is shown, and a map covers every byte`() throws {
        let memory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/mv2/multi-save.mv2").path()
        let check = try crashlab("check", "--format", "json", memory)
        #expect(check.output.contains(#""verdict":"clean""#) && check.output.contains(#""generation":"#))
        let map = try crashlab("inspect", "--format", "json", memory)
        struct Row: Decodable { var offset: Int, length: Int }
        let rows = try map.output.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
        var covered = 0
        for row in rows {
            #expect(row.offset <= covered)
            covered = max(covered, row.offset + row.length)
        }
        #expect(covered == 120_850)
    }

    private func peakMemory(of bytes: [UInt8]) throws -> Int {
        let run = try crashlab("check", "--cost", "-", input: bytes)
        return try #require(ProcessCost(text: run.errors)).peakMemory
    }
}
