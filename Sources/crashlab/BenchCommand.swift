import CrashHarness
import Foundation
import SessionFormats

enum BenchCommand: Command {
    static let name = "bench"
    static let summary = "Measure reading speed, memory and judging speed, beside peers where they are given."
    static let help = """
        usage: crashlab bench [FORMAT…] [OPTIONS]

        Generates files in a temporary folder and measures how fast they are checked and read; all formats that have
        benchmarks unless some are named. Figures are the best and the median of all rounds; ours and a peer are measured
        in turn, and a ratio is the median of the turns. Hostile files of each format are checked as well, of 100 KB, 1 MB
        and 10 MB: a row tells the time for the largest, and as its ratio how many times the time grew from one size to the
        next at most; more than 12 is a failure.

          FORMAT               \(names).
          --peer NAME=PROGRAM  A program to measure beside ours, by the name that the format gives it: a format's own
                               name for one that reads its files and prints {"mb_per_s": …}, "hash" for one that hashes
                               a file on one core (PROGRAM --num-threads 1 FILE), "python" and "jq" for those two,
                               which parse a folder of agents' logs. May be given several times.
          --megabytes N        Size of the files; 100 unless told otherwise.
          --turns N            Turns; 3 unless told otherwise.
          --rounds N           Rounds of ours in each turn; 5 unless told otherwise.
          --hostile            Only the growth of time with hostile files.
          --format text|json   A table (default), or one JSON object a line.

        Exit status: 0, or 74 when something could not be measured or a time grew too fast; its row says why.
        """

    private static var kits: [FormatKit] { KitCatalogue.standard.kits }
    private static var names: String { kits.map(\.format.id.rawValue).joined(separator: ", ") }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let own = ProcessInfo.processInfo.arguments[0]
        var benchmark = Benchmark(
            ownProgram: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? own)
        while let peer = try arguments.option("--peer") {
            let parts = peer.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw UsageError(message: "--peer takes NAME=PROGRAM, not \"\(peer)\".") }
            benchmark.peers[String(parts[0])] = String(parts[1])
        }
        benchmark.size = (try arguments.number("--megabytes", in: 1...4_000 as ClosedRange<Int>) ?? 100) * 1_000_000
        benchmark.turns = try arguments.number("--turns", in: 1...100 as ClosedRange<Int>) ?? benchmark.turns
        benchmark.rounds = try arguments.number("--rounds", in: 1...1_000 as ClosedRange<Int>) ?? benchmark.rounds
        let format = try arguments.choice("--format", OutputFormat.self) ?? .text
        let onlyHostile = arguments.flag("--hostile")
        let subjects = try arguments.operands()
        if let unknown = subjects.first(where: { name in !kits.contains { $0.format.id.rawValue == name } }) {
            throw UsageError(message: "\"\(unknown)\" is none of \(names).")
        }

        if format == .text { Output.print(BenchmarkRow.tableHead) }
        var hasFailed = false
        let report = { (row: BenchmarkRow) in
            hasFailed = hasFailed || row.failure != nil
            Output.write(format == .json ? row.json + [0x0A] : Array(row.tableLine.utf8))
        }
        try withFolder { folder in
            // The memory that small things take shows only while the process is young, so logs of 100 MB come last.
            let chosen = kits.reversed().filter { subjects.isEmpty || subjects.contains($0.format.id.rawValue) }
            if !onlyHostile { for kit in chosen { try kit.measure?(benchmark, folder, report) } }
            for kit in chosen { kit.measureHostileFamilies(report) }
        }
        return hasFailed ? .inputOutputError : .success
    }

    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crashlab-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.filePath)
    }
}
