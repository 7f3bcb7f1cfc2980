// How fast replay segments are read, beside a program that embeds the reference's decoder.

import Foundation
import SessionFormats

/// The segment's benchmarks. The peer is named "replay-segment": `PROGRAM FILE` times its own reading.
struct SegmentBenchmark {
    private let benchmark: Benchmark

    init(_ benchmark: Benchmark) { self.benchmark = benchmark }

    func run(in folder: String, report: (BenchmarkRow) -> Void) throws {
        benchmark.attempt("a segment", report) { try measureSegment("\(folder)/segment.bin", report) }
    }

    private func measureSegment(_ path: String, _ report: (BenchmarkRow) -> Void) throws {
        try benchmark.generate(.replaySegment, at: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let peer = benchmark.peers["replay-segment"].map { peer in
            Benchmark.Peer.tellsBest { try benchmark.ownSpeed(of: peer, [path]) }
        }
        var actions = 0
        let row = benchmark.speedRow("read replay segment, every field validated, none made", path, beside: peer) {
            actions = try ReplaySegment.read(path: path, mode: .reference).sessions.reduce(0) { $0 + $1.actionCount }
        }
        report(row)
        report(
            row.scaled(by: Double(actions) / Double(try FileBytes(path: path).count), to: "the same, in actions", "M/s")
        )
        report(
            benchmark.speedRow("read replay segment into values, all at once", path, beside: peer) {
                for session in try ReplaySegment.read(path: path).sessions { _ = try session.decoded() }
            })
    }
}
