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

/// How things are measured: sizes, rounds and peers. What is measured is the kits' affair.
public struct Benchmark: Sendable {
    /// The size of the files that are read, in bytes.
    public var size = 100_000_000
    /// How many times in turn ours and the peer are measured.
    public var turns = 3
    /// How many rounds of ours make a turn.
    public var rounds = 5
    /// The peers by the names that kits give them.
    public var peers: [String: String] = [:]
    /// This program, for measuring whole processes.
    public var ownProgram: String
    let now: @Sendable () -> Double

    /// Makes a benchmark.
    public init(ownProgram: String, now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }) {
        self.ownProgram = ownProgram
        self.now = now
    }

    /// Calls `body`; when it fails, reports a row that says so, and the others go on.
    func attempt(_ name: String, _ report: (BenchmarkRow) -> Void, _ body: () throws -> Void) {
        do { try body() } catch { report(BenchmarkRow(name: name, failure: error)) }
    }

    /// Has a child write a realistic file, so that this process stays small and its caches are not favoured.
    func generate(_ format: FormatID, _ arguments: [String] = [], at path: String) throws {
        _ = try ChildProcess.succeed(
            ownProgram, ["generate", format.rawValue] + arguments + ["--size", "\(size)", "--output", path])
    }

    // MARK: Whole processes

    /// A command of this program on files, in megabytes of them a second.
    func commandRow(
        _ name: String, _ arguments: [String], of paths: [String], beside peer: Peer?
    ) -> BenchmarkRow {
        row("crashlab \(name), whole process", beside: peer) {
            try megabytesPerSecond(of: paths, ownProgram, arguments)
        }
    }

    func megabytesPerSecond(of paths: [String], _ program: String, _ arguments: [String]) throws -> Double {
        let size = try paths.reduce(0) { $0 + (try FileBytes(path: $1).count) }
        let start = now()
        _ = try ChildProcess.succeed(program, arguments)
        return Double(size) / (now() - start) / 1e6
    }

    func memoryRow(_ what: String, _ arguments: [String]) -> BenchmarkRow {
        let name = "peak memory of crashlab check, \(what)"
        do {
            let child = try ChildProcess.succeed(ownProgram, ["check", "--cost"] + arguments)
            let megabytes = Double(ProcessCost(text: child.errors)?.peakMemory ?? 0) / 1e6
            return BenchmarkRow(name: name, unit: "MB", best: megabytes, median: megabytes)
        } catch { return BenchmarkRow(name: name, failure: error) }
    }

    // MARK: Measuring

    /// Reading a file, in megabytes a second.
    func speedRow(
        _ name: String, _ path: String, beside peer: Peer?, _ body: () throws -> Void
    ) -> BenchmarkRow {
        row(name, beside: peer) {
            let size = Double(try FileBytes(path: path).count)
            let start = now()
            try body()
            return size / (now() - start) / 1e6
        }
    }

    /// What is measured in turn with ours.
    enum Peer {
        /// A program that tells the best of several rounds of its own: a turn's ratio is that of our best to it.
        case tellsBest(() throws -> Double)
        /// Something that is measured as often as ours: a turn's ratio is that of the medians.
        case measured(() throws -> Double)
    }

    /// Measures in turn with a peer, if there is one; either gives megabytes a second.
    func row(_ name: String, beside peer: Peer?, _ own: () throws -> Double) -> BenchmarkRow {
        var (all, ratios, peers): ([Double], [Double], [Double]) = ([], [], [])
        do {
            for _ in 0..<turns {
                let speeds = try (0..<rounds).map { _ in try own() }
                all += speeds
                switch peer {
                case nil: break
                case .tellsBest(let speed)?:
                    let best = try speed()
                    peers.append(best)
                    ratios.append((speeds.max() ?? 0) / best)
                case .measured(let speed)?:
                    let others = try (0..<rounds).map { _ in try speed() }
                    peers += others
                    ratios.append(Self.median(speeds) / Self.median(others))
                }
            }
        } catch { return BenchmarkRow(name: name, failure: error) }
        return BenchmarkRow(
            name: name, unit: "MB/s", best: all.max() ?? 0, median: Self.median(all),
            peer: peers.isEmpty ? nil : Self.median(peers), ratio: ratios.isEmpty ? nil : Self.median(ratios))
    }

    static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }

    private struct PeerSpeed: Decodable { var mb_per_s: Double }

    /// Runs a peer that times itself.
    func ownSpeed(of program: String, _ arguments: [String]) throws -> Double {
        let child = try ChildProcess.succeed(program, arguments)
        return try JSONDecoder().decode(PeerSpeed.self, from: Data(child.output.utf8)).mb_per_s
    }
}

extension BenchmarkRow {
    /// The same measurement in another unit.
    func scaled(by factor: Double, to name: String, _ unit: String) -> BenchmarkRow {
        var row = BenchmarkRow(
            name: name, unit: unit, best: best * factor, median: median * factor, peer: peer.map { $0 * factor },
            ratio: ratio)
        row.failure = failure
        return row
    }
}
