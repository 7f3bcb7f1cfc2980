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
