// How fast session logs are checked and read, beside a program that embeds the reference.

import Foundation
import SessionFormats

/// The session log's benchmarks. The peer is named "session-log": `PROGRAM --bench FILE` times its own reading into values,
/// `PROGRAM FILE…` prints a verdict a file.
struct LogBenchmark {
    private let benchmark: Benchmark
    private var peer: String? { benchmark.peers["session-log"] }

    init(_ benchmark: Benchmark) { self.benchmark = benchmark }

    func run(in folder: String, report: (BenchmarkRow) -> Void) throws {
        for content in RealisticFiles.LogContent.allCases {
            let path = "\(folder)/\(content.rawValue).jsonl"
            benchmark.attempt("\(content.rawValue) log", report) {
                try benchmark.generate(.sessionLog, ["--content", content.rawValue], at: path)
                if content == .conversation { measureCommand(path, report) }
                measureLog(path, content, report)
            }
            try? FileManager.default.removeItem(atPath: path)
        }
        benchmark.attempt("a folder of logs", report) { try measureFolder("\(folder)/logs", report) }
        report(measureTruncation())
    }

    // MARK: What a user does: the whole command

    private func measureCommand(_ path: String, _ report: (BenchmarkRow) -> Void) {
        report(benchmark.commandRow("check FILE", ["check", path], of: [path], beside: timedByItself(path)))
        report(
            benchmark.commandRow(
                "check --digest --format json FILE", ["check", "--digest", "--format", "json", path], of: [path],
                beside: peer.map { peer in .measured { try benchmark.megabytesPerSecond(of: [path], peer, [path]) } }))
        let size = "file of \(benchmark.size / 1_000_000) MB"
        report(benchmark.memoryRow("whole, \(size)", [path]))
        report(benchmark.memoryRow("streamed, \(size)", ["--stream", path]))
    }

    /// A thousand logs of 100 KB.
    private func measureFolder(_ folder: String, _ report: (BenchmarkRow) -> Void) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: folder) }
        func add(_ numbers: Range<Int>) throws {
            for number in numbers {
                var files = RealisticFiles(seed: UInt64(number))
                try Data(files.log(.conversation, size: 100_000)).write(to: URL(filePath: "\(folder)/\(number).jsonl"))
            }
        }
        try add(0..<250)
        report(benchmark.memoryRow("folder of 250 logs of 100 KB", [folder]))
        try add(250..<1_000)
        report(benchmark.memoryRow("folder of 1,000 logs of 100 KB", [folder]))
        let paths = (0..<1_000).map { "\(folder)/\($0).jsonl" }
        report(
            benchmark.commandRow(
                "check FOLDER, 1,000 logs", ["check", folder], of: paths,
                beside: peer.map { peer in .measured { try benchmark.megabytesPerSecond(of: paths, peer, paths) } }))
    }

    // MARK: What a program does: the library

    private func measureLog(_ path: String, _ content: RealisticFiles.LogContent, _ report: (BenchmarkRow) -> Void) {
        let peer = timedByItself(path)
        for mode in [ReadingMode.reference, .recover] {
            report(
                benchmark.speedRow(
                    "read \(content.rawValue) log, places of entries, \(mode.rawValue) mode", path, beside: peer
                ) {
                    withExtendedLifetime(try SessionLogReader(mode: mode).read(path: path)) {}
                })
        }
        report(
            benchmark.speedRow("read \(content.rawValue) log into values", path, beside: peer) {
                withExtendedLifetime(try SessionLogReader(mode: .reference).decode(path: path)) {}
            })
        report(
            benchmark.speedRow("read \(content.rawValue) log, then each entry into a value", path, beside: peer) {
                let log = try SessionLogReader(mode: .reference).read(path: path)
                withExtendedLifetime(log.entries.map { $0.decoded() }) {}
            })
        report(
            benchmark.speedRow("read \(content.rawValue) log, look at each text and parent", path, beside: peer) {
                var length = 0
                for entry in try SessionLogReader(mode: .reference).read(path: path).entries {
                    length += (entry.text?.utf8.count ?? 0) + (entry.parentID?.utf8.count ?? 0)
                }
                withExtendedLifetime(length) {}
            })
    }

    private func measureTruncation() -> BenchmarkRow {
        let judge = LogTruncation(.twoKilobytes)
        var rates: [Double] = []
        for round in 0..<benchmark.turns * benchmark.rounds {
            var evidence = Evidence()
            let start = benchmark.now()
            for index in 0..<40 {
                var choices = Choices.seeded(UInt64(round), case: UInt64(index))
                _ = try? judge.examine(&choices, &evidence)
            }
            rates.append(Double(evidence.cases) / (benchmark.now() - start) / 1e3)
        }
        return BenchmarkRow(
            name: "truncation cases judged, log of 2 KB, one core", unit: "k/s", best: rates.max() ?? 0,
            median: Benchmark.median(rates))
    }

    /// The peer reads the file several times into values and tells the best.
    private func timedByItself(_ path: String) -> Benchmark.Peer? {
        peer.map { peer in .tellsBest { try benchmark.ownSpeed(of: peer, ["--bench", path]) } }
    }
}
