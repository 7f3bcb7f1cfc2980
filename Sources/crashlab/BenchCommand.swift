import CrashHarness
import Foundation
import SessionFormats

enum BenchCommand: Command {
    static let name = "bench"
    static let summary = "Measure reading speed, memory and judging speed, beside peers where they are given."
    static let help = """
        usage: crashlab bench [files|memories|live-replay] [OPTIONS]

        files: generates logs and segments in a temporary folder and measures how fast they are read. memories: the same
        for .mv2 files. live-replay: measures the store of live events. All unless some are named. Figures are the best and the median of all
        rounds; ours and a peer are measured in turn, and a ratio is the median of the turns.

          --log-peer PROGRAM       A peer for session logs; PROGRAM --bench FILE prints {"mb_per_s": …} of reading into
                                   values, PROGRAM FILE… prints verdicts and is timed as a whole process.
          --segment-peer PROGRAM   A peer for replay segments; PROGRAM FILE prints {"mb_per_s": …}.
          --hash-peer PROGRAM      A peer for hashing; PROGRAM --num-threads 1 FILE is timed (b3sum).
          --megabytes N            Size of the files; 100 unless told otherwise.
          --turns N                Turns; 3 unless told otherwise.
          --rounds N               Rounds of ours in each turn; 5 unless told otherwise.
          --format text|json       A table (default), or one JSON object a line.

        Exit status: 0, or 74 when something could not be measured; its row says why.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let own = ProcessInfo.processInfo.arguments[0]
        var benchmark = Benchmark(
            ownProgram: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? own)
        benchmark.logPeer = try arguments.option("--log-peer")
        benchmark.segmentPeer = try arguments.option("--segment-peer")
        benchmark.size = (try arguments.number("--megabytes", in: 1...4_000 as ClosedRange<Int>) ?? 100) * 1_000_000
        benchmark.turns = try arguments.number("--turns", in: 1...100 as ClosedRange<Int>) ?? benchmark.turns
        benchmark.rounds = try arguments.number("--rounds", in: 1...1_000 as ClosedRange<Int>) ?? benchmark.rounds
        let format = try arguments.choice("--format", OutputFormat.self) ?? .text
        var memories = MemoryBenchmark()
        memories.hashPeer = try arguments.option("--hash-peer")
        let subjects = try arguments.operands()
        if let unknown = subjects.first(where: { Subject(rawValue: $0) == nil }) {
            throw UsageError(message: "\"\(unknown)\" is none of files, memories, live-replay.")
        }
        let isAsked = { (subject: Subject) in subjects.isEmpty || subjects.contains(subject.rawValue) }

        if format == .text { Output.print(BenchmarkRow.tableHead) }
        var hasFailed = false
        let report = { (row: BenchmarkRow) in
            hasFailed = hasFailed || row.failure != nil
            Output.write(format == .json ? row.json + [0x0A] : Array(row.tableLine.utf8))
        }
        if isAsked(.liveReplay) { LiveReplayBenchmark().run(report: report) }
        try withFolder { folder in
            if isAsked(.memories) { try memories.run(in: folder, report: report) }
            if isAsked(.files) { try benchmark.run(in: folder, report: report) }
        }
        return hasFailed ? .inputOutputError : .success
    }

    private enum Subject: String {
        case files
        case memories
        case liveReplay = "live-replay"
    }

    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crashlab-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path())
    }
}
