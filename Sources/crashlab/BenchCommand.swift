import CrashHarness
import Foundation
import SessionFormats

enum BenchCommand: Command {
    static let name = "bench"
    static let summary = "Measure reading speed, memory and judging speed, beside peers where they are given."
    static let help = """
        usage: crashlab bench [files|live-replay] [OPTIONS]

        files: generates realistic files in a temporary folder and measures how fast they are read. live-replay:
        measures the store of live events. Both unless one is named. Figures are the best and the median of all
        rounds; ours and a peer are measured in turn, and a ratio is the median of the turns.

          --log-peer PROGRAM       A peer for session logs; PROGRAM --bench FILE prints {"mb_per_s": …}.
          --segment-peer PROGRAM   A peer for replay segments; PROGRAM FILE prints {"mb_per_s": …}.
          --megabytes N            Size of the files; 100 unless told otherwise.
          --turns N                Turns; 3 unless told otherwise.
          --rounds N               Rounds of ours in each turn; 5 unless told otherwise.
          --format text|json       A table (default), or one JSON object a line.
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
        let subjects = try arguments.operands()
        if let unknown = subjects.first(where: { Subject(rawValue: $0) == nil }) {
            throw UsageError(message: "\"\(unknown)\" is none of files, live-replay.")
        }
        let isAsked = { (subject: Subject) in subjects.isEmpty || subjects.contains(subject.rawValue) }

        if format == .text { Output.print(BenchmarkRow.tableHead) }
        let report = { (row: BenchmarkRow) in
            Output.write(format == .json ? row.json + [0x0A] : Array(row.tableLine.utf8))
        }
        if isAsked(.liveReplay) { LiveReplayBenchmark().run(report: report) }
        if isAsked(.files) { try measureFiles(benchmark, report) }
        return .success
    }

    private enum Subject: String {
        case files
        case liveReplay = "live-replay"
    }

    private static func measureFiles(_ benchmark: Benchmark, _ report: (BenchmarkRow) -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crashlab-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try benchmark.run(in: folder.path(), report: report)
    }
}
