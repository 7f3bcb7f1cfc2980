// Processes that append to one log and are killed at any moment, and what must be in the log afterwards.

import Foundation
import SessionFormats

/// Runs `crashlab append` twice at once, kills, and starts anew, until all entries are written.
public struct KilledWriters {
    /// The log.
    public var log: String
    /// The program `crashlab`.
    public var program: String
    /// How many entries each process has to write; one that has them before the last kill gets as many again, since on
    /// a busy machine the writers may be done before this one has seen what they told of.
    public var entries: Int
    /// How many times one of them is killed; one that was done when the signal came does not count.
    public var kills: Int
    /// About how many bytes an entry has.
    public var size = 1_000
    /// Where the moments follow from; what the processes had done by then does not.
    public var seed: UInt64 = 1
    /// A bug to plant; nil for none.
    public var bug: PlantedBug?

    /// Prepares a run.
    public init(log: String, program: String, entries: Int, kills: Int) {
        (self.log, self.program, self.entries, self.kills) = (log, program, entries, kills)
    }

    /// What came of it.
    public struct Outcome: Sendable {
        /// How many times a process was killed; fewer than wanted only when a hundred signals in a row came too late.
        public var kills: Int
        /// The identifiers that each process printed, in its order.
        public var acknowledged: [[String]]
        /// What was lost or welded; nil when nothing was.
        public var problem: String?
    }

    /// One of the processes, started again and again.
    private final class Life {
        let name: String
        var process = Process()
        var output = Pipe()
        var lives = 0
        var acknowledged: [String] = []
        /// How many identifiers it has to tell of before it is done.
        var wanted: Int
        /// How many times it ended by itself with nothing to tell.
        var fruitless = 0
        var toldBefore = 0
        private var rest: [UInt8] = []

        init(_ name: String, wanted: Int) { (self.name, self.wanted) = (name, wanted) }

        /// Reads what is there, at least a byte; tells how many identifiers came, nil at the end.
        func read() -> Int? {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { return nil }
            rest += data
            var lines = rest.split(separator: 0x0A, omittingEmptySubsequences: false)
            rest = Array(lines.removeLast())
            acknowledged += lines.map { String(decoding: $0, as: UTF8.self) }
            return lines.count
        }
    }

    /// Runs to the end.
    ///
    /// - Throws: When the program cannot be started, or the log not be read.
    public func run() throws -> Outcome {
        var choices = Choices.seeded(seed)
        let lives = [Life("a", wanted: entries), Life("b", wanted: entries)]
        for life in lives { try start(life) }
        var (killed, late, running) = (0, 0, lives)
        func moment() -> Int { choices.choose("entries before the next kill", below: max(1, entries / max(1, kills))) }
        /// Has one that is done write on while kills are to come.
        func giveMore(_ life: Life) {
            guard killed < kills, late < Self.mostLate, life.acknowledged.count >= life.wanted else { return }
            life.wanted += max(1, entries)
        }
        var left = moment()
        while !running.isEmpty {
            for life in wait(for: running) {
                guard let count = life.read() else {
                    life.process.waitUntilExit()
                    giveMore(life)
                    if life.acknowledged.count < life.wanted, !isStuck(life) {
                        try start(life)
                    } else {
                        running.removeAll { $0 === life }
                    }
                    continue
                }
                left -= count
            }
            guard left < 0, killed < kills, !running.isEmpty else { continue }
            let life = choices.pick("who is killed", running)
            if kill(life) {
                (killed, late) = (killed + 1, 0)
                left = moment()
            } else {
                late += 1
            }
            giveMore(life)
            try start(life)
        }
        let stuck = lives.contains { $0.acknowledged.count < $0.wanted } ? "nothing more can be appended" : nil
        return Outcome(kills: killed, acknowledged: lives.map(\.acknowledged), problem: try problem(lives) ?? stuck)
    }

    /// Whether it ended twenty times in a row without an entry, as on a full disk: it is not started for ever.
    private func isStuck(_ life: Life) -> Bool {
        life.fruitless = life.acknowledged.count > life.toldBefore ? 0 : life.fruitless + 1
        life.toldBefore = life.acknowledged.count
        return life.fruitless >= 20
    }

    /// Those that have something to read, or have ended; waits for one.
    private func wait(for lives: [Life]) -> [Life] {
        var polled = lives.map {
            pollfd(fd: $0.output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        }
        poll(&polled, nfds_t(polled.count), -1)
        return zip(lives, polled).filter { $0.1.revents != 0 }.map(\.0)
    }

    /// After so many signals in a row that met no writer at work the writers get no more to do.
    private static let mostLate = 100

    /// Kills one, and tells whether it was still at work.
    private func kill(_ life: Life) -> Bool {
        Foundation.kill(life.process.processIdentifier, SIGKILL)
        // What it told of before it died counts.
        while life.read() != nil {}
        life.process.waitUntilExit()
        return life.process.terminationReason == .uncaughtSignal
    }

    private func start(_ life: Life) throws {
        life.lives += 1
        life.process = Process()
        life.output = Pipe()
        life.process.executableURL = URL(filePath: program)
        // Entries of another life have other names, since one that was killed may have written what it did not tell of.
        life.process.arguments =
            [
                "append", log, "--writer", "\(life.name)\(life.lives)", "--first", "\(life.acknowledged.count)",
                "--entries", "\(max(0, life.wanted - life.acknowledged.count))", "--size", "\(size)", "--batch", "3",
                "--pieces", "8", "--retries", "1000",
            ] + (bug.map { ["--bug", $0.rawValue] } ?? [])
        life.process.standardOutput = life.output
        life.process.standardError = FileHandle.nullDevice
        try life.process.run()
    }

    /// Looks at the bytes of the log, line by line.
    private func problem(_ lives: [Life]) throws -> String? {
        let bytes = Array(try Data(contentsOf: URL(filePath: log)))
        var ids: [String: [String]] = [:]
        for line in bytes.split(separator: 0x0A).dropFirst() {
            // One entry, and nothing before or behind it.
            guard let value = try? JSONValue(line), let id = value["id"]?.string, line.first == UInt8(ascii: "{") else {
                return "a line that is no entry: \(String(decoding: line.prefix(60), as: UTF8.self))"
            }
            ids[String(id.prefix(1)), default: []].append(id)
        }
        for life in lives {
            let (found, wanted) = (ids[life.name] ?? [], Set(life.acknowledged))
            let kept = found.filter(wanted.contains)
            if kept != life.acknowledged {
                let lost = life.acknowledged.first { !found.contains($0) }
                return lost.map { "the acknowledged entry \($0) is gone" }
                    ?? "the entries of \(life.name) in another order"
            }
        }
        return nil
    }
}
