// How fast the library is, beside a peer in the same run.
//
// Absolute times differ from run to run and from machine to machine, and on shared machines by half from one minute to
// the next. So what counts are ratios of what was measured right after one another: a few times in turn, ours and the
// peer's, and of these the median.

import Foundation
import SessionFormats

/// One measured thing.
public struct BenchmarkRow: Sendable {
    /// What was measured.
    public var name: String
    /// The unit of the figures.
    public var unit: String
    /// The best round.
    public var best: Double
    /// The median round.
    public var median: Double
    /// The peer's median, if there was a peer.
    public var peer: Double?
    /// How many times the peer's figure ours is: the median of several turns.
    public var ratio: Double?
    /// Why there are no figures; nil when there are.
    public var failure: String?

    /// A row with figures.
    init(name: String, unit: String, best: Double, median: Double, peer: Double? = nil, ratio: Double? = nil) {
        (self.name, self.unit, self.best, self.median) = (name, unit, best, median)
        (self.peer, self.ratio) = (peer, ratio)
    }

    /// A row for something that failed.
    init(name: String, failure: any Error) {
        self.init(name: name, unit: "", best: 0, median: 0)
        self.failure = failure.reason
    }
}

/// The benchmarks.
public struct Benchmark: Sendable {
    /// The size of the logs and the segment, in bytes.
    public var size = 100_000_000
    /// How many times in turn ours and the peer are measured.
    public var turns = 3
    /// How many rounds of ours make a turn; the best counts, as it does for the peers.
    public var rounds = 5
    /// The peer for session logs: `PROGRAM --bench FILE` times itself, `PROGRAM FILE…` prints verdicts and is timed.
    public var logPeer: String?
    /// The peer for segments, `PROGRAM FILE`.
    public var segmentPeer: String?
    /// This program, for measuring memory in a process of its own.
    public var ownProgram: String
    private let now: @Sendable () -> Double

    /// Makes a benchmark.
    public init(ownProgram: String, now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }) {
        self.ownProgram = ownProgram
        self.now = now
    }

    /// Measures everything.
    ///
    /// - Parameters:
    ///   - folder: Where the files that are read are written for the time being.
    ///   - report: Called with each row as soon as it is there.
    public func run(in folder: String, report: (BenchmarkRow) -> Void) throws {
        for content in RealisticFiles.LogContent.allCases {
            let path = "\(folder)/\(content.rawValue).jsonl"
            try generate(["session-log", "--content", content.rawValue], path)
            if content == .conversation { measureCommand(path, report) }
            measureLog(path, content, report)
            try FileManager.default.removeItem(atPath: path)
        }
        try measureFolder("\(folder)/logs", report)
        try measureSegment("\(folder)/segment.bin", report)
        report(measureTruncation())
    }

    // MARK: What a user does: the whole command

    private func measureCommand(_ path: String, _ report: (BenchmarkRow) -> Void) {
        report(commandRow("check FILE", [path], beside: timedByItself(path)))
        report(
            commandRow(
                "check --digest --format json FILE", ["--digest", "--format", "json", path],
                beside: logPeer.map { peer in { try self.megabytesPerSecond(of: [path], peer, [path]) } }))
        measureMemory("mapped, file of \(size / 1_000_000) MB", [path], report)
        measureMemory("streamed, file of \(size / 1_000_000) MB", ["--stream", path], report)
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
        measureMemory("folder of 250 logs of 100 KB", [folder], report)
        try add(250..<1_000)
        measureMemory("folder of 1,000 logs of 100 KB", [folder], report)
        let paths = (0..<1_000).map { "\(folder)/\($0).jsonl" }
        report(
            commandRow(
                "check FOLDER, 1,000 logs", [folder], of: paths,
                beside: logPeer.map { peer in { try self.megabytesPerSecond(of: paths, peer, paths) } }))
    }

    private func commandRow(
        _ name: String, _ arguments: [String], of paths: [String]? = nil, beside peer: (() throws -> Double)?
    ) -> BenchmarkRow {
        row("crashlab \(name), whole process", beside: peer) {
            try megabytesPerSecond(of: paths ?? [arguments.last ?? ""], ownProgram, ["check"] + arguments)
        }
    }

    private func megabytesPerSecond(of paths: [String], _ program: String, _ arguments: [String]) throws -> Double {
        let size = try paths.reduce(0) { $0 + (try FileBytes(path: $1).count) }
        let start = now()
        _ = try ChildProcess.succeed(program, arguments)
        return Double(size) / (now() - start) / 1e6
    }

    private func measureMemory(_ what: String, _ arguments: [String], _ report: (BenchmarkRow) -> Void) {
        let name = "peak memory of crashlab check, \(what)"
        do {
            let child = try ChildProcess.succeed(ownProgram, ["check", "--cost"] + arguments)
            let megabytes = Double(ProcessCost(text: child.errors)?.peakMemory ?? 0) / 1e6
            report(BenchmarkRow(name: name, unit: "MB", best: megabytes, median: megabytes))
        } catch { report(BenchmarkRow(name: name, failure: error)) }
    }

    // MARK: What a program does: the library

    private func measureLog(_ path: String, _ content: RealisticFiles.LogContent, _ report: (BenchmarkRow) -> Void) {
        let peer = timedByItself(path)
        for mode in [ReadingMode.reference, .recover] {
            report(
                speedRow("read \(content.rawValue) log, places of entries, \(mode.rawValue) mode", path, beside: peer) {
                    withExtendedLifetime(try SessionLogReader(mode: mode).read(path: path)) {}
                })
        }
        report(
            speedRow("read \(content.rawValue) log into values", path, beside: peer) {
                withExtendedLifetime(try SessionLogReader(mode: .reference).decode(path: path)) {}
            })
        report(
            speedRow("read \(content.rawValue) log, then each entry into a value", path, beside: peer) {
                let log = try SessionLogReader(mode: .reference).read(path: path)
                withExtendedLifetime(log.entries.map { $0.decoded() }) {}
            })
        report(
            speedRow("read \(content.rawValue) log, look at each text and parent", path, beside: peer) {
                var length = 0
                for entry in try SessionLogReader(mode: .reference).read(path: path).entries {
                    length += (entry.text?.utf8.count ?? 0) + (entry.parentID?.utf8.count ?? 0)
                }
                withExtendedLifetime(length) {}
            })
    }

    private func measureSegment(_ path: String, _ report: (BenchmarkRow) -> Void) throws {
        try generate(["replay-segment"], path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let peer = segmentPeer.map { peer in { try self.peerSpeed(peer, [path]) } }
        var actions = 0
        let row = speedRow("read replay segment, every field validated, none made", path, beside: peer) {
            actions = try ReplaySegment.read(path: path, mode: .reference).sessions.reduce(0) { $0 + $1.actionCount }
        }
        report(row)
        report(
            row.scaled(by: Double(actions) / Double(try FileBytes(path: path).count), to: "the same, in actions", "M/s")
        )
        report(
            speedRow("read replay segment into values, all at once", path, beside: peer) {
                for session in try ReplaySegment.read(path: path).sessions { _ = session.decoded() }
            })
    }

    private func measureTruncation() -> BenchmarkRow {
        let judge = LogTruncation(.twoKilobytes)
        var rates: [Double] = []
        for round in 0..<turns * rounds {
            var evidence = Evidence()
            let start = now()
            for index in 0..<40 {
                var choices = Choices.seeded(UInt64(round), case: UInt64(index))
                _ = try? judge.examine(&choices, &evidence)
            }
            rates.append(Double(evidence.cases) / (now() - start) / 1e3)
        }
        return BenchmarkRow(
            name: "truncation cases judged, log of 2 KB, one core", unit: "k/s", best: rates.max() ?? 0,
            median: Self.median(rates))
    }

    /// Made by a child, so that this process stays small and its caches are not favoured.
    private func generate(_ arguments: [String], _ path: String) throws {
        _ = try ChildProcess.succeed(ownProgram, ["generate"] + arguments + ["--size", "\(size)", "--output", path])
    }

    // MARK: Measuring

    private func speedRow(
        _ name: String, _ path: String, beside peer: (() throws -> Double)?, _ body: () throws -> Void
    ) -> BenchmarkRow {
        row(name, beside: peer) {
            let size = Double(try FileBytes(path: path).count)
            let start = now()
            try body()
            return size / (now() - start) / 1e6
        }
    }

    /// Measures in turn with a peer, if there is one; either gives megabytes a second.
    private func row(
        _ name: String, beside peer: (() throws -> Double)?, _ own: () throws -> Double
    ) -> BenchmarkRow {
        var (all, ratios, peers): ([Double], [Double], [Double]) = ([], [], [])
        do {
            for _ in 0..<turns {
                let speeds = try (0..<rounds).map { _ in try own() }
                all += speeds
                guard let peer else { continue }
                peers.append(try peer())
                ratios.append((speeds.max() ?? 0) / peers[peers.count - 1])
            }
        } catch { return BenchmarkRow(name: name, failure: error) }
        return BenchmarkRow(
            name: name, unit: "MB/s", best: all.max() ?? 0, median: Self.median(all),
            peer: peers.isEmpty ? nil : Self.median(peers), ratio: ratios.isEmpty ? nil : Self.median(ratios))
    }

    static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }

    /// The peer for logs, which reads the file several times into values and tells the best.
    private func timedByItself(_ path: String) -> (() throws -> Double)? {
        logPeer.map { peer in { try self.peerSpeed(peer, ["--bench", path]) } }
    }

    private struct PeerSpeed: Decodable { var mb_per_s: Double }

    private func peerSpeed(_ program: String, _ arguments: [String]) throws -> Double {
        let child = try ChildProcess.succeed(program, arguments)
        return try JSONDecoder().decode(PeerSpeed.self, from: Data(child.output.utf8)).mb_per_s
    }
}

extension BenchmarkRow {
    /// The same measurement in another unit.
    fileprivate func scaled(by factor: Double, to name: String, _ unit: String) -> BenchmarkRow {
        var row = BenchmarkRow(
            name: name, unit: unit, best: best * factor, median: median * factor, peer: peer.map { $0 * factor },
            ratio: ratio)
        row.failure = failure
        return row
    }
}
