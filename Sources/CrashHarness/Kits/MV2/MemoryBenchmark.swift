// How fast memories are opened, hashed and searched for what was lost.

import Foundation
import SessionFormats

/// The memory's benchmarks. The peer is named "hash": `PROGRAM --num-threads 1 FILE` hashes a file on one core.
struct MemoryBenchmark {
    private let benchmark: Benchmark
    private var hashPeer: String? { benchmark.peers["hash"] }
    private var rounds: Int { benchmark.rounds }
    /// Ten times that of other files: only a part of it is touched.
    private var size: Int { benchmark.size * 10 }

    init(_ benchmark: Benchmark) { self.benchmark = benchmark }

    /// Measures everything.
    ///
    /// - Parameters:
    ///   - folder: Where the memories are written for the time being.
    ///   - report: Called with each row as soon as it is there.
    func run(in folder: String, report: (BenchmarkRow) -> Void) throws {
        benchmark.attempt("a large memory", report) { try measureLarge("\(folder)/large.mv2", report) }
        for megabytes in [1, 16, 64] {
            for hasFooter in [true, false] {
                benchmark.attempt("a memory with \(megabytes) MB of junk", report) {
                    try measureRecovery("\(folder)/junk.mv2", megabytes, hasFooter: hasFooter, report)
                }
            }
        }
        benchmark.attempt("a memory of many sessions", report) {
            try measureSessions("\(folder)/sessions.mv2", report)
        }
    }

    private func measureLarge(_ path: String, _ report: (BenchmarkRow) -> Void) throws {
        try write(MemoryScenario(indexSize: size).bytes, path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let gigabytes = Double(size) / 1e9
        let before = ProcessCost.residentMemory()
        report(
            try row("open and verify a memory of \(gigabytes) GB, not its content", "thousands a second", 1e-3) {
                _ = try MV2File.read(path: path).verified()
            })
        let touched = Double(max(0, ProcessCost.residentMemory() - before)) / 1e6
        report(BenchmarkRow(name: "memory that this touched", unit: "MB", best: touched, median: touched))
        report(
            try row("hash its content on all cores", "GB/s", gigabytes) {
                _ = try MV2File.read(path: path).verified(deep: true)
            })
        report(try oneCoreRow(path, gigabytes))
    }

    /// Ours and the peer in turn, both reading the file and nothing else, each on one core.
    private func oneCoreRow(_ path: String, _ gigabytes: Double) throws -> BenchmarkRow {
        var (ours, peers): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let bytes = try FileBytes(path: path)
            ours.append(gigabytes / (try seconds { bytes.withBytes { _ = BLAKE3.hash($0) } }))
            if let hashPeer {
                peers.append(
                    gigabytes / (try seconds { _ = try ChildProcess.succeed(hashPeer, ["--num-threads", "1", path]) }))
            }
        }
        return BenchmarkRow(
            name: "hash a file on one core", unit: "GB/s", best: ours.max() ?? 0, median: Benchmark.median(ours),
            peer: peers.isEmpty ? nil : Benchmark.median(peers),
            ratio: peers.isEmpty ? nil : Benchmark.median(zip(ours, peers).map { $0 / $1 }))
    }

    private func measureRecovery(
        _ path: String, _ megabytes: Int, hasFooter: Bool, _ report: (BenchmarkRow) -> Void
    ) throws {
        var bytes = MemoryScenario(indexSize: 100_000).bytes
        if !hasFooter { bytes.removeLast(56) }
        var generator = SplitMix64(state: 2)
        let end = bytes.count + megabytes << 20
        while bytes.count < end { withUnsafeBytes(of: generator.next()) { bytes += $0 } }
        try write(bytes, path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let what = hasFooter ? "after the footer" : "and no footer"
        report(
            try row("open a memory with \(megabytes) MB of junk \(what)", "MB/s", Double(bytes.count) / 1e6) {
                _ = try MV2File.read(path: path)
            })
    }

    private func measureSessions(_ path: String, _ report: (BenchmarkRow) -> Void) throws {
        var files = RealisticFiles(seed: 3)
        let count = 100_000
        let sessions = (0..<count).map { _ in files.session(actions: 20) }
        let writer = try MV2Writer.create(path: path)
        try writer.save(sessions)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let size = Double(try FileBytes(path: path).count)
        report(
            try row("list \(grouped(count)) sessions of 20 actions", "MB/s", size / 1e6) {
                _ = try MV2File.read(path: path).sessions.map(\.summary)
            })
        report(
            try row("read the same bytes once, by cat", "MB/s", size / 1e6) {
                _ = try ChildProcess.succeed("/bin/sh", ["-c", "cat \"$0\" >/dev/null", path])
            })
    }

    // MARK: Measuring

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    private func seconds(_ body: () throws -> Void) throws -> Double {
        let start = benchmark.now()
        try body()
        return benchmark.now() - start
    }

    /// Measures a body that does so much work.
    private func row(
        _ name: String, _ unit: String, _ work: Double, _ body: () throws -> Void
    ) throws -> BenchmarkRow {
        let figures = try (0..<rounds).map { _ in work / (try seconds(body)) }
        return BenchmarkRow(
            name: name, unit: unit, best: figures.max() ?? 0, median: Benchmark.median(figures))
    }
}
