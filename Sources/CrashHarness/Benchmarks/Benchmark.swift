// How fast the library is, beside a peer in the same run.
//
// Absolute times differ from run to run and from machine to machine, so what counts are ratios. Each figure is the best
// and the median of several rounds.

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
    /// The peer's best round, if there was a peer.
    public var peer: Double?

    /// How many times the peer's figure ours is.
    public var ratio: Double? { peer.map { best / $0 } }
}

/// The benchmarks.
public struct Benchmark: Sendable {
    /// The size of the logs and the segment, in bytes.
    public var size = 100_000_000
    /// How many rounds each is measured.
    public var rounds = 7
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

    private func measureLog(_ path: String, _ content: RealisticFiles.LogContent, _ report: (BenchmarkRow) -> Void)
        throws
    {
        for mode in [ReadingMode.reference, .recover] {
            let speeds = try megabytesPerSecond(of: path) {
                _ = try SessionLogReader(mode: mode).read(path: path)
            }
            let peer = mode == .reference ? try logPeer.map { try peerSpeed($0, ["--bench", path]) } : nil
            report(row("read session log, \(content.rawValue), \(mode.rawValue) mode", "MB/s", speeds, peer))
        }
    }

    private func measureSegment(_ path: String, _ report: (BenchmarkRow) -> Void) throws {
        try generate(["replay-segment"], path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var actions = 0
        let speeds = try megabytesPerSecond(of: path) {
            actions = try ReplaySegment.read(path: path, mode: .reference).sessions.reduce(0) { $0 + $1.actionCount }
        }
        let peer = try segmentPeer.map { try peerSpeed($0, [path]) }
        report(row("read replay segment, every field reachable", "MB/s", speeds, peer))
        let perMegabyte = Double(actions) / Double(try FileBytes(path: path).count) * 1e6 / 1e6
        report(row("the same, in actions", "M/s", speeds.map { $0 * perMegabyte }, peer.map { $0 * perMegabyte }))
        let decoded = try megabytesPerSecond(of: path) {
            for session in try ReplaySegment.read(path: path).sessions { _ = session.decoded() }
        }
        report(row("read replay segment into values, all at once", "MB/s", decoded, peer))
    }

    private func measureTruncation() -> BenchmarkRow {
        let judge = LogTruncation(.twoKilobytes)
        var rates: [Double] = []
        for round in 0..<rounds {
            var evidence = Evidence()
            let start = now()
            for index in 0..<40 {
                var choices = Choices.seeded(UInt64(round), case: UInt64(index))
                _ = try? judge.examine(&choices, &evidence)
            }
            rates.append(Double(evidence.cases) / (now() - start) / 1e3)
        }
        return row("truncation cases judged, log of 2 KB, one core", "k/s", rates, nil)
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
                    best: megabytes, median: megabytes, peer: nil))
        }
    }

    // MARK: Measuring

    private func megabytesPerSecond(of path: String, _ body: () throws -> Void) throws -> [Double] {
        let size = Double(try FileBytes(path: path).count)
        return try (0..<rounds).map { _ in
            let start = now()
            try body()
            return size / (now() - start) / 1e6
        }
    }

    private func row(_ name: String, _ unit: String, _ speeds: [Double], _ peer: Double?) -> BenchmarkRow {
        let sorted = speeds.sorted()
        return BenchmarkRow(
            name: name, unit: unit, best: sorted.last ?? 0, median: sorted.isEmpty ? 0 : sorted[sorted.count / 2],
            peer: peer)
    }

    private struct PeerSpeed: Decodable { var mb_per_s: Double }

    private func peerSpeed(_ program: String, _ arguments: [String]) throws -> Double {
        let child = try ChildProcess.run(program, arguments)
        return try JSONDecoder().decode(PeerSpeed.self, from: Data(child.output.utf8)).mb_per_s
    }
}
