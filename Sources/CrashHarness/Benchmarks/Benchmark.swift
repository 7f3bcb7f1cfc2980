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
}

/// The benchmarks.
public struct Benchmark: Sendable {
    /// The size of the logs and the segment, in bytes.
    public var size = 100_000_000
    /// How many times in turn ours and the peer are measured.
    public var turns = 3
    /// How many rounds of ours make a turn; the best counts, as it does for the peers.
    public var rounds = 5
    /// The peer for session logs, `PROGRAM --bench FILE`.
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
            if content == .conversation { try measureMemory(path, report) }
            try measureLog(path, content, report)
            try FileManager.default.removeItem(atPath: path)
        }
        try measureSegment("\(folder)/segment.bin", report)
        report(measureTruncation())
    }

    private func measureLog(
        _ path: String, _ content: RealisticFiles.LogContent, _ report: (BenchmarkRow) -> Void
    ) throws {
        for mode in [ReadingMode.reference, .recover] {
            let name = "read session log, \(content.rawValue), \(mode.rawValue) mode"
            let peer = mode == .reference ? logPeer.map { ($0, ["--bench", path]) } : nil
            report(
                try speedRow(name, path, beside: peer) { _ = try SessionLogReader(mode: mode).read(path: path) })
        }
    }

    private func measureSegment(_ path: String, _ report: (BenchmarkRow) -> Void) throws {
        try generate(["replay-segment"], path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let peer = segmentPeer.map { ($0, [path]) }
        var actions = 0
        let row = try speedRow("read replay segment, every field reachable", path, beside: peer) {
            actions = try ReplaySegment.read(path: path, mode: .reference).sessions.reduce(0) { $0 + $1.actionCount }
        }
        report(row)
        report(
            row.scaled(by: Double(actions) / Double(try FileBytes(path: path).count), to: "the same, in actions", "M/s")
        )
        report(
            try speedRow("read replay segment into values, all at once", path, beside: peer) {
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
        let child = try ChildProcess.run(
            ownProgram, ["generate"] + arguments + ["--size", "\(size)", "--output", path])
        if child.status != 0 { throw GenerationFailed(status: child.status) }
    }

    /// A child that did not write the file to measure with.
    public struct GenerationFailed: Error, CustomStringConvertible {
        /// How it ended.
        public var status: Int32
        /// One sentence.
        public var description: String { "Generating a file to measure with ended with status \(status)." }
    }

    private func measureMemory(_ path: String, _ report: (BenchmarkRow) -> Void) throws {
        let size = Double(try FileBytes(path: path).count)
        for (name, options) in [("mapped", []), ("streamed", ["--stream"])] {
            let child = try ChildProcess.run(
                ownProgram, ["check", "--mode", "reference", "--cost"] + options + [path])
            let megabytes = Double(ProcessCost(text: child.errors)?.peakMemory ?? 0) / 1e6
            report(
                BenchmarkRow(
                    name: "peak memory of crashlab check, \(name), file of \(Int(size / 1e6)) MB", unit: "MB",
                    best: megabytes, median: megabytes))
        }
    }

    // MARK: Measuring

    /// Measures in turn with a peer, if there is one.
    private func speedRow(
        _ name: String, _ path: String, beside peer: (program: String, arguments: [String])?, _ body: () throws -> Void
    ) throws -> BenchmarkRow {
        let size = Double(try FileBytes(path: path).count)
        var (all, best, peers): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<turns {
            let speeds = try (0..<rounds).map { _ in
                let start = now()
                try body()
                return size / (now() - start) / 1e6
            }
            all += speeds
            best.append(speeds.max() ?? 0)
            if let peer { peers.append(try peerSpeed(peer.program, peer.arguments)) }
        }
        return BenchmarkRow(
            name: name, unit: "MB/s", best: all.max() ?? 0, median: Self.median(all),
            peer: peers.isEmpty ? nil : Self.median(peers),
            ratio: peers.isEmpty ? nil : Self.median(zip(best, peers).map { $0 / $1 }))
    }

    static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }

    private struct PeerSpeed: Decodable { var mb_per_s: Double }

    private func peerSpeed(_ program: String, _ arguments: [String]) throws -> Double {
        let child = try ChildProcess.run(program, arguments)
        return try JSONDecoder().decode(PeerSpeed.self, from: Data(child.output.utf8)).mb_per_s
    }
}

extension BenchmarkRow {
    /// The same measurement in another unit.
    fileprivate func scaled(by factor: Double, to name: String, _ unit: String) -> BenchmarkRow {
        BenchmarkRow(
            name: name, unit: unit, best: best * factor, median: median * factor, peer: peer.map { $0 * factor },
            ratio: ratio)
    }
}
