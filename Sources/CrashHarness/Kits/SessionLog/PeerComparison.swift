// Our reference mode against a program that embeds the reference itself.
//
// The peer reads (u32 little-endian length, bytes) from its standard input again and again, and prints one verdict a
// line as JSON. Logs are generated, damaged, and given to both; a verdict that differs is a finding.

import Foundation
import SessionFormats

/// A comparison with a peer.
public struct PeerComparison: Sendable {
    /// What a comparison came to.
    public struct Outcome: Sendable {
        /// How many logs both have read.
        public var cases: Int
        /// How many of them the reference accepts.
        public var accepted: Int
        /// The first differences: our verdict, the peer's, and the log.
        public var differences: [(ours: String, peers: String, bytes: [UInt8])]

        /// Nothing compared yet.
        public init() { (cases, accepted, differences) = (0, 0, []) }

        /// Adds what another comparison came to.
        public mutating func add(_ other: Outcome) {
            cases += other.cases
            accepted += other.accepted
            differences += other.differences
        }
    }

    /// The program.
    public var program: String
    /// Where the logs follow from.
    public var seed: UInt64

    /// Makes a comparison.
    public init(program: String, seed: UInt64) {
        self.program = program
        self.seed = seed
    }

    /// Compares until `cases` logs have been read.
    ///
    /// - Parameter progress: Called now and then with the number of cases so far.
    /// - Throws: When the peer cannot be started or ends early.
    public func run(cases: Int, progress: (Int) -> Void = { _ in }) throws -> Outcome {
        let peer = Process()
        peer.executableURL = URL(filePath: program)
        let (input, output) = (Pipe(), Pipe())
        peer.standardInput = input
        peer.standardOutput = output
        try peer.run()
        defer { peer.terminate() }
        let feed = LogFeed(seed: seed, cases: cases, to: input.fileHandleForWriting)
        feed.start()
        var verdicts = LineReader(output.fileHandleForReading)
        var outcome = Outcome()
        while outcome.cases < cases, outcome.differences.count < 10 {
            guard let line = verdicts.next(), let bytes = feed.take() else { throw PeerEnded(program: program) }
            compare(bytes, line, &outcome)
            if outcome.cases.isMultiple(of: 10_000) { progress(outcome.cases) }
        }
        return outcome
    }

    /// A peer that stopped answering.
    public struct PeerEnded: Error, CustomStringConvertible {
        /// The program.
        public var program: String
        /// One sentence.
        public var description: String { "\(program) ended before it had answered." }
    }

    private func compare(_ bytes: [UInt8], _ line: [UInt8], _ outcome: inout Outcome) {
        outcome.cases += 1
        let ours = Self.verdict(on: bytes)
        let peers = Self.normalised(line)
        if peers.hasPrefix("ok ") { outcome.accepted += 1 }
        if ours != peers { outcome.differences.append((ours, peers, bytes)) }
    }

    /// Our verdict in words that compare.
    static func verdict(on bytes: [UInt8]) -> String {
        do throws(SessionLogError) {
            let log = try SessionLogReader(mode: .reference).read(bytes)
            return """
                ok \(log.header?.id ?? "") \(log.recovery.name) \(log.recovery.corruptCount) \
                \(log.entries.map(\.id)) \(log.canonicalDigest)
                """
        } catch { return "refused \(error.kind ?? "")" }
    }

    private struct PeerVerdict: Decodable {
        var ok: Bool
        var error_kind: String?
        var header_id: String?
        var recovery: String?
        var count: Int?
        var entries: [String]?
        var canonical_blake3: String?
    }

    static func normalised(_ line: [UInt8]) -> String {
        guard let verdict = try? JSONDecoder().decode(PeerVerdict.self, from: Data(line)) else {
            return "no verdict: \(String(decoding: line, as: UTF8.self))"
        }
        guard verdict.ok else { return "refused \(verdict.error_kind ?? "")" }
        return """
            ok \(verdict.header_id ?? "") \(verdict.recovery ?? "") \(verdict.count ?? -1) \(verdict.entries ?? []) \
            \(verdict.canonical_blake3 ?? "")
            """
    }
}

/// Feeds a peer with logs from a thread of its own, since the peer answers when it likes, and keeps what it has not
/// answered yet. The pipe's capacity bounds how far the feed runs ahead.
private final class LogFeed: @unchecked Sendable {
    private let seed: UInt64
    private let cases: Int
    private let pipe: FileHandle
    private let lock = NSLock()
    private var unanswered: [[UInt8]] = []
    private var answered = 0

    init(seed: UInt64, cases: Int, to pipe: FileHandle) {
        self.seed = seed
        self.cases = cases
        self.pipe = pipe
    }

    func start() {
        Thread {
            var left = self.cases
            var number: UInt64 = 0
            while left > 0 {
                let logs = Self.logs(number, seed: self.seed).prefix(left)
                self.lock.withLock { self.unanswered += logs }
                guard (try? self.pipe.write(contentsOf: Data(Self.framed(logs)))) != nil else { return }
                left -= logs.count
                number += 1
            }
            // The peer keeps its last answers back until its input ends.
            try? self.pipe.close()
        }.start()
    }

    /// The log that the next answer is about.
    func take() -> [UInt8]? {
        lock.withLock {
            guard answered < unanswered.count else { return nil }
            defer { answered += 1 }
            if answered > 10_000 {
                unanswered.removeFirst(answered)
                answered = 0
            }
            return unanswered[answered]
        }
    }

    /// Logs made from one another: one scenario, damaged in many ways.
    private static func logs(_ number: UInt64, seed: UInt64) -> [[UInt8]] {
        var choices = Choices.seeded(seed, case: number)
        let whole = LogScenario(styled: true, &choices).bytes
        let other = LogScenario(&choices).bytes
        var logs = [whole]
        while logs.count < 100 {
            var bytes = whole
            for _ in 0...choices.choose("further damages", below: 2) {
                bytes =
                    choices.happens("token", oneIn: 2)
                    ? TokenDamage.apply(to: bytes, &choices)
                    : Damage.choose(for: bytes, other: other, &choices).apply(to: bytes)
            }
            logs.append(bytes)
        }
        return logs
    }

    private static func framed(_ logs: ArraySlice<[UInt8]>) -> [UInt8] {
        var stream: [UInt8] = []
        for bytes in logs {
            stream += (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
            stream += bytes
        }
        return stream
    }
}

/// Lines from a pipe.
private struct LineReader {
    private let handle: FileHandle
    private var buffer: [UInt8] = []
    private var at = 0

    init(_ handle: FileHandle) { self.handle = handle }

    mutating func next() -> [UInt8]? {
        while true {
            if let newline = buffer[at...].firstIndex(of: 0x0A) {
                defer { at = newline + 1 }
                return Array(buffer[at..<newline])
            }
            let more = handle.availableData
            if more.isEmpty { return nil }
            buffer.removeFirst(at)
            at = 0
            buffer += more
        }
    }
}
