// The log's writer on the real disk: a disk that is full, and processes that are killed beside each other.

import CrashHarness
import Foundation
import SessionFormats
import Testing

@Suite("Writers on the real disk")
struct KilledWriterTests {
    /// The log as the reference reads it.
    private func reference(_ path: String) throws -> SessionLog {
        try SessionLogReader(mode: .reference).read(path: path)
    }

    private func acknowledged(_ child: ChildProcess) -> [String] {
        child.output.split(separator: "\n").map(String.init)
    }

    @Test func `on a full disk of 64 KB, 10,000 appends with retries lose nothing that was acknowledged`() throws {
        try withFolder { folder in
            let log = folder + "/log.jsonl"
            var wanted: [String] = []
            // Each run has a little more room, so that a write is cut short at another place each time.
            for run in 0..<10 {
                let child = try crashlab(
                    "append", log, "--writer", "w\(run)", "--entries", "1000", "--retries", "1", "--file-limit",
                    "\(65_536 - 4_099 * (9 - run))")
                #expect(child.status == 1 && child.errors.contains("given up"), "\(child.errors)")
                wanted += acknowledged(child)
            }
            let read = try reference(log)
            #expect(wanted.count > 200 && read.entries.map(\.id) == wanted)
            #expect(read.recovery == .clean)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["log.jsonl"])
        }
    }

    @Test func `two processes that are killed a hundred times lose nothing that was acknowledged, and weld nothing`()
        throws
    {
        try withFolder { folder in
            let log = folder + "/log.jsonl"
            let run = try KilledWriters(log: log, program: program, entries: isSanitized ? 200 : 1_000, kills: 100)
                .run()
            #expect(run.kills == 100)
            #expect(run.problem == nil, "\(run.problem ?? "")")
        }
    }

    @Test func `writers that are done before the last kill write on until it`() throws {
        try withFolder { folder in
            let run = try KilledWriters(log: folder + "/log.jsonl", program: program, entries: 5, kills: 30).run()
            #expect(run.kills == 30)
            #expect(run.problem == nil, "\(run.problem ?? "")")
        }
    }

    @Test func `without the lock the same is found to lose entries`() throws {
        try withFolder { folder in
            let log = folder + "/log.jsonl"
            var writers = KilledWriters(log: log, program: program, entries: 1_000, kills: 100)
            writers.bug = .noLock
            let run = try writers.run()
            #expect(run.problem != nil)
        }
    }
}
