// How fast a folder of agents' logs is checked, beside programs that only parse its lines.

import Foundation
import SessionFormats

/// The benchmark of agents' logs, all on one core. The peers are named "python", for a `PROGRAM -c SCRIPT FOLDER` that parses
/// every line, and "jq", for a `PROGRAM -c .uuid FILE…` that prints a field of each.
struct AgentBenchmark {
    private let benchmark: Benchmark
    private let format: AgentLogFormat

    init(_ benchmark: Benchmark, _ format: AgentLogFormat) { (self.benchmark, self.format) = (benchmark, format) }

    private static let script = """
        import json, os, sys
        for name in sorted(os.listdir(sys.argv[1])):
            with open(os.path.join(sys.argv[1], name), "rb") as file:
                for line in file: json.loads(line)
        """

    /// A thousand logs of 100 KB.
    func run(in folder: String, report: (BenchmarkRow) -> Void) throws {
        let logs = "\(folder)/\(format.id)-logs"
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: logs) }
        let paths = (0..<1_000).map { "\(logs)/\($0).jsonl" }
        for (number, path) in paths.enumerated() {
            try Data(FormatKit.log(of: format, size: 100_000, seed: UInt64(number))).write(to: URL(filePath: path))
        }
        report(row(paths, logs, "python", ["-c", Self.script, logs]))
        if benchmark.peers["jq"] != nil { report(row(paths, logs, "jq", ["-c", ".uuid"] + paths)) }
    }

    private func row(_ paths: [String], _ logs: String, _ name: String, _ arguments: [String]) -> BenchmarkRow {
        let peer = benchmark.peers[name]
        return benchmark.commandRow(
            "check --jobs 1 FOLDER, 1,000 logs of \(format.agent)\(peer == nil ? "" : ", beside \(name)")",
            ["check", "--jobs", "1", logs], of: paths,
            beside: peer.map { program in
                .measured { try benchmark.megabytesPerSecond(of: paths, program, arguments) }
            })
    }
}
