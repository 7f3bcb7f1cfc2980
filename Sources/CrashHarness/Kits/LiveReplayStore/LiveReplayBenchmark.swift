// How fast the live replay store in memory is, beside a plain ring in the same run.

import Foundation
import LiveReplay
import SessionFormats

/// The live replay store's benchmarks.
struct LiveReplayBenchmark {
    private let benchmark: Benchmark
    /// Rounds are short, so there are more of them than elsewhere.
    private var rounds: Int { benchmark.rounds * 2 - 1 }
    private static let payload = SessionObservationPayload.agentFrameSwitched(frameID: "frame-000000000000001")
    private static let revision = SessionRevision(7)

    init(_ benchmark: Benchmark) { self.benchmark = benchmark }

    /// Measures everything.
    ///
    /// - Parameter report: Called with each row as soon as it is there.
    func run(report: (BenchmarkRow) -> Void) {
        report(memoryOfManySessions())
        let names = (0..<1_000).map { "session-\($0)" }
        let store = InMemoryLiveReplayStore(bounds: LiveReplayBounds(maximumAge: .max))
        for _ in 0..<2_048 { appendOnce(to: names, store) }
        report(appendsBesidePlainRing(names, store))
        report(replays(of: names, store))
        report(replays(of: [names[0]], store))
        report(lookedAt(names[0], store))
        report(emptyReplays(names[0], store))
        for capacity in [16, 2_048, 262_144] as [UInt64] { report(appends(capacity: capacity)) }
        report(appendsBesideIdleSubscribers())
        report(twoThreads())
    }

    private func appendOnce(to names: [String], _ store: InMemoryLiveReplayStore) {
        for name in names {
            let event = try? store.append(sessionID: name, revision: Self.revision, payload: Self.payload)
            consume(event?.cursor.text)
        }
    }

    private func appendsBesidePlainRing(_ names: [String], _ store: InMemoryLiveReplayStore) -> BenchmarkRow {
        let ring = PlainRing()
        let fill = { (times: Int) in
            for _ in 0..<times { for name in names { consume(ring.append(name, Self.revision, Self.payload)) } }
        }
        fill(2_048)
        return row("append, cursor text included, 1,000 full sessions; plain ring", "M/s", beside: { fill(200) }) {
            for _ in 0..<200 { appendOnce(to: names, store) }
            return 200_000
        }
    }

    private func replays(of names: [String], _ store: InMemoryLiveReplayStore) -> BenchmarkRow {
        let starts = names.compactMap { startOfKept($0, store) }
        let what = names.count == 1 ? "one session" : "\(names.count) sessions in turn"
        let turns = max(1, 2_000 / names.count)
        return row("hand over references to all 2,048 events of \(what), untouched", "M/s") {
            var count = 0
            for _ in 0..<turns {
                for start in starts {
                    guard case .replayed(let events)? = try? store.replay(after: start) else { continue }
                    count += events.count
                }
            }
            return count
        }
    }

    private func lookedAt(_ name: String, _ store: InMemoryLiveReplayStore) -> BenchmarkRow {
        let start = startOfKept(name, store)
        return row("replay 2,048 events, look at each one's cursor text and payload", "M/s") {
            var length = 0
            var count = 0
            for _ in 0..<200 {
                guard let start, case .replayed(let events)? = try? store.replay(after: start) else { continue }
                for event in events {
                    length += event.cursor.text.utf8.count
                    if event.payload == Self.payload { length += 1 }
                }
                count += events.count
            }
            consume("\(length)")
            return count
        }
    }

    private func emptyReplays(_ name: String, _ store: InMemoryLiveReplayStore) -> BenchmarkRow {
        let end = store.currentCursor(sessionID: name, revision: Self.revision)
        return row("replay with nothing to return, 2,048 events kept", "M/s") {
            for _ in 0..<1_000_000 { _ = try? store.replay(after: end) }
            return 1_000_000
        }
    }

    private func appends(capacity: UInt64) -> BenchmarkRow {
        let store = InMemoryLiveReplayStore(bounds: LiveReplayBounds(capacity: capacity, maximumAge: .max))
        for _ in 0..<capacity { appendOnce(to: ["s"], store) }
        return row("append to one full session of capacity \(capacity)", "M/s") {
            for _ in 0..<500_000 { appendOnce(to: ["s"], store) }
            return 500_000
        }
    }

    private func appendsBesideIdleSubscribers() -> BenchmarkRow {
        let store = InMemoryLiveReplayStore()
        let idle = (0..<10_000).compactMap { _ in
            try? store.subscribe(after: SessionCursor(sessionID: "other", revision: Self.revision, position: 0))
        }
        defer { withExtendedLifetime(idle) {} }
        return row("append to one session, 10,000 subscribers of another", "M/s") {
            for _ in 0..<500_000 { appendOnce(to: ["s"], store) }
            return 500_000
        }
    }

    /// The median of what two threads add in the same time that one takes.
    private func twoThreads() -> BenchmarkRow {
        let store = InMemoryLiveReplayStore()
        let count = 500_000
        func time(_ names: [String]) -> Double {
            seconds {
                DispatchQueue.concurrentPerform(iterations: names.count) { index in
                    for _ in 0..<count { appendOnce(to: [names[index]], store) }
                }
            }
        }
        let ratios = (0..<rounds).map { _ in time(["a"]) * 2 / time(["a", "b"]) }
        return BenchmarkRow(
            name: "append, two threads on two sessions, times one thread", unit: "×", best: ratios.max() ?? 0,
            median: Benchmark.median(ratios))
    }

    private func memoryOfManySessions() -> BenchmarkRow {
        let before = ProcessCost.residentMemory()
        let store = InMemoryLiveReplayStore()
        appendOnce(to: (0..<1_000).map { "session-\($0)" }, store)
        let megabytes = Double(ProcessCost.residentMemory() - before) / 1e6
        withExtendedLifetime(store) {}
        return BenchmarkRow(
            name: "memory of 1,000 sessions of one event", unit: "MB", best: megabytes, median: megabytes)
    }

    private func startOfKept(_ name: String, _ store: InMemoryLiveReplayStore) -> SessionCursor? {
        let end = try? store.currentCursor(sessionID: name, revision: Self.revision).parts().position
        return end.map { SessionCursor(sessionID: name, revision: Self.revision, position: $0 - min($0, 2_048)) }
    }

    /// Measures a body that returns how many things it did, in turn with a peer that does as many.
    private func row(
        _ name: String, _ unit: String, beside peer: (() -> Void)? = nil, _ body: () -> Int
    ) -> BenchmarkRow {
        var (speeds, peers): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            var count = 0
            let own = seconds { count = body() }
            speeds.append(Double(count) / own / 1e6)
            if let peer { peers.append(Double(count) / seconds(peer) / 1e6) }
        }
        return BenchmarkRow(
            name: name, unit: unit, best: speeds.max() ?? 0, median: Benchmark.median(speeds),
            peer: peer == nil ? nil : Benchmark.median(peers),
            ratio: peer == nil ? nil : Benchmark.median(zip(speeds, peers).map { $0 / $1 }))
    }

    private func seconds(_ body: () -> Void) -> Double {
        let start = benchmark.now()
        body()
        return benchmark.now() - start
    }

    /// Keeps the compiler from leaving out what made this.
    @inline(never)
    private func consume(_ text: String?) {}
}

/// What one would write first: one lock, a dictionary of arrays, an object an event. It keeps 2,048 of each session.
private final class PlainRing {
    private final class Event {
        let cursor: String
        let payload: SessionObservationPayload
        let appendedAt: UInt64

        init(_ cursor: String, _ payload: SessionObservationPayload, _ appendedAt: UInt64) {
            (self.cursor, self.payload, self.appendedAt) = (cursor, payload, appendedAt)
        }
    }

    private struct Ring {
        var slots = [Event?](repeating: nil, count: 2_048)
        var tail = 0

        mutating func add(_ make: (Int) -> Event) -> String {
            tail += 1
            let event = make(tail)
            slots[tail % slots.count] = event
            return event.cursor
        }
    }

    private let lock = NSLock()
    private var rings: [String: Ring] = [:]

    func append(_ session: String, _ revision: SessionRevision, _ payload: SessionObservationPayload) -> String {
        lock.withLock {
            rings[session, default: Ring()].add { position in
                Event("lashsc1:\(revision.number):\(position):\(session)", payload, InMemoryLiveReplayStore.uptime())
            }
        }
    }
}
