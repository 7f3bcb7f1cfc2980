// trace and explore with the trace of another program, as people meet them.

import CrashHarness
import Foundation
import Testing

@Suite("Traces of other programs, by the command")
struct ForeignTraceCommandTests {
    /// A log that is written and synced, then acknowledged.
    private func trace(_ operations: [WriteTrace.Operation], unseen: [String] = [], in folder: String) throws -> String
    {
        var trace = WriteTrace(["log": []])
        (trace.operations, trace.unseen) = (operations, unseen)
        let path = folder + "/trace.jsonl"
        try trace.file.write(to: URL(filePath: path))
        return path
    }

    private static let written = WriteTrace.Operation.write(file: 0, offset: 0, bytes: Array("one\n".utf8))

    @Test func `where something was not seen, no wrong state is no verdict`() throws {
        try withFolder { folder in
            let operations = [Self.written, .sync(file: 0), .output("saved 1")]
            // Bytes that a crash has left as zeroes are none to this recovery.
            let judging = ["--ack", "^saved", "--reopen", "tr -d '\\000' < {}/log"]
            let path = try trace(operations, in: folder)
            let seen = try ChildProcess.run(program, ["explore", path] + judging)
            #expect(seen.status == 0 && seen.errors.isEmpty)
            _ = try trace(operations, unseen: ["A ring was used."], in: folder)
            let blind = try ChildProcess.run(program, ["explore", path] + judging)
            #expect(blind.status == 2)
            #expect(blind.errors.contains("not seen: A ring was used.\n") && blind.errors.contains("Not judged: "))
        }
    }

    @Test
    func `a check gets the folder and what was acknowledged, and a program without one is held against its own states`()
        throws
    {
        try withFolder { folder in
            let path = try trace([Self.written, .output("saved 1"), .sync(file: 0)], in: folder)
            let check = "test $(wc -l < {acks}) = 0 || grep -q one {}/log"
            for options in [["--check", check], ["--judge", "states"], ["--reopen", "cat {}/log"], []] {
                let found = try ChildProcess.run(program, ["explore", path, "--ack", "^saved"] + options)
                #expect(found.status == 1 && found.output.contains(" wrong"), "\(options)")
            }
            let safe = try trace([Self.written, .sync(file: 0), .output("saved 1")], in: folder)
            #expect(try crashlab("explore", safe, "--ack", "^saved", "--check", check).status == 0)
        }
    }

    @Test func `a report in JSON says why it is no verdict`() throws {
        try withFolder { folder in
            let path = try trace([Self.written, .sync(file: 0)], unseen: ["A ring was used."], in: folder)
            let blind = try crashlab("explore", path, "--ack", "^saved", "--check", "true", "--format", "json")
            #expect(blind.output.contains(#""unjudged":["No line of the program's output matches"#))
            #expect(blind.status == 2 && blind.output.contains(#""unseen":["A ring was used."]"#))
        }
    }

    @Test func `disks that may not be all end with status 2, and that is said`() throws {
        try withFolder { folder in
            let path = try trace([Self.written, .sync(file: 0)], in: folder)
            let all = try ChildProcess.run(program, ["explore", path, "--disks"])
            #expect(all.status == 0 && all.errors.isEmpty && all.output.contains(#""size":4"#))
            let one = try ChildProcess.run(program, ["explore", path, "--disks", "--state", "1"])
            #expect(one.status == 0 && one.errors.isEmpty)
            let few = try ChildProcess.run(program, ["explore", path, "--disks", "--bound", "1"])
            #expect(few.status == 2 && few.errors.contains("Not all: of \(path)"))
            _ = try trace([Self.written], unseen: ["A ring was used."], in: folder)
            let blind = try ChildProcess.run(program, ["explore", path, "--disks"])
            #expect(blind.status == 2 && blind.errors.contains("not seen: A ring was used.\n"))
        }
    }

    private static let hasStrace = (try? ChildProcess.run("strace", ["-o", "/dev/null", "true"]))?.status == 0

    @Test(.enabled(if: hasStrace, "strace is not here or not permitted"))
    func `runs with a fault say what was visited, and are kept so that a state is shown again`() throws {
        try withFolder { folder in
            let watched = folder + "/watched"
            try FileManager.default.createDirectory(atPath: watched, withIntermediateDirectories: true)
            let script = "echo one > \(watched)/log; echo saved"
            func inject(_ format: String) throws -> ChildProcess {
                try ChildProcess.run(
                    program,
                    [
                        "trace", "--watch", watched, "--inject", "ENOSPC", "--ack", "^saved", "--check",
                        "grep -q one {}/log || ! grep -q saved {acks}", "--format", format, "--report",
                        folder + "/report", "--", "/bin/sh", "-c", script,
                    ])
            }
            let json = try inject("json")
            let again = try #require(json.output.firstMatch(of: /"again":"(crashlab explore [^"]*fault-1[^"]*)"/)?.1)
            let command = String(again).replacing("crashlab ", with: "\(program) ", maxReplacements: 1)
            let shown = try ChildProcess.run("/bin/sh", ["-c", command.replacing(#"\/"#, with: "/")])
            #expect(shown.status == 1 && shown.output.contains("1 wrong"))
            let text = try inject("text")
            #expect(text.output.contains("ENOSPC at ") && text.output.contains("states visited (all states)"))
        }
    }

    @Test func `a pattern that no line matches gives no verdict`() throws {
        try withFolder { folder in
            let path = try trace([Self.written, .sync(file: 0), .output("saved 1")], in: folder)
            let blind = try ChildProcess.run(program, ["explore", path, "--ack", "svaed", "--check", "true"])
            #expect(blind.status == 2 && blind.errors.contains("No line of the program's output matches --ack"))
        }
    }

    @Test func `what a report says to run again shows the same state, and another state is refused`() throws {
        try withFolder { folder in
            let path = try trace([Self.written, .output("saved 1"), .sync(file: 0)], in: folder)
            let found = try crashlab(
                "explore", path, "--ack", "^saved", "--check", "grep -q one {}/log || ! grep -q 1 {acks}")
            let again = try #require(found.output.split(separator: "\n").first { $0.hasPrefix("again ") })
            let command = again.dropFirst("again".count).replacing(
                " crashlab ", with: " \(program) ", maxReplacements: 1)
            let shown = try ChildProcess.run("/bin/sh", ["-c", String(command)])
            #expect(found.status == 1 && shown.status == 1 && shown.output.contains("1 wrong"))
            for state in ["999", "1,1", ""] {
                #expect(try crashlab("explore", path, "--ack", "^saved", "--state", state).status == 64, "\(state)")
            }
        }
    }

    @Test func `a trace whose names or numbers make no sense is refused`() throws {
        try withFolder { folder in
            let header = #"{"type":"write-trace","version":2}"#
            for line in [
                #"{"op":"base","path":"a","file":-1,"bytes":""}"#, #"{"op":"base","path":"./a","file":0,"bytes":""}"#,
                #"{"op":"base","path":"a","file":0,"bytes":""}"# + "\n"
                    + #"{"op":"base","path":"a/b","file":1,"bytes":""}"#,
            ] {
                let path = folder + "/trace.jsonl"
                try Data("\(header)\n\(line)\n".utf8).write(to: URL(filePath: path))
                let refused = try ChildProcess.run(program, ["explore", path, "--judge", "states"])
                #expect(
                    refused.status != 0 && refused.status != 1 && refused.errors.contains("of the trace"), "\(line)")
            }
        }
    }

    @Test(
        arguments: [
            ["--check", "true", "--judge", "states"], ["--reopen", "true", "--judge", "formats"], ["--judge", "well"],
            ["--deadline", "0"], ["--inject", "EIO", "--output", "x"], ["--inject", "ENOENT"], ["--stops", "often"],
        ])
    func `options that contradict each other are refused`(_ options: [String]) throws {
        let refused = try ChildProcess.run(program, ["trace", "--watch", "/tmp"] + options + ["--", "true"])
        #expect(refused.status == 64 && !refused.errors.isEmpty)
    }
}
