// All coverage-guided targets, in turn on some cores, beside a campaign.

import Foundation
import SessionFormats
import Synchronization

/// Runs targets for a time.
public final class GuidedRun: Sendable {
    private struct State {
        var next = 0
        var results: [String: GuidedTarget.Status] = [:]
        var current: [Int: GuidedTarget] = [:]
    }

    private let targets: [GuidedTarget]
    /// How many run at once.
    public let slots: Int
    private let seconds: Double
    private let state = Guarded(State())
    private let isStopped = Atomic<Bool>(false)
    private let ended = DispatchGroup()
    private let now: @Sendable () -> Double
    private let start: Double

    /// Divides the time among the targets, which have at most ten minutes at a time each: one that is left behind by a
    /// supervisor that was killed ends by itself.
    ///
    /// - Parameters:
    ///   - slots: How many run at once.
    ///   - seconds: How long all of them together; may be infinite.
    public init(
        _ targets: [GuidedTarget], slots: Int, seconds: Double,
        now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }
    ) {
        (self.targets, self.slots, self.seconds) = (targets, max(1, min(slots, targets.count)), seconds)
        (self.now, start) = (now, now())
    }

    /// Begins; `wait` returns when all is done.
    public func begin(onFinding: @escaping @Sendable (String) -> Void) {
        for slot in 0..<slots {
            ended.enter()
            let thread = Thread {
                self.work(slot, onFinding)
                self.ended.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    private func work(_ slot: Int, _ onFinding: @Sendable (String) -> Void) {
        let share = max(2, seconds * Double(slots) / Double(max(1, targets.count)))
        while !isStopped.load(ordering: .relaxed), secondsLeft >= 1, let target = next(slot) {
            let status = target.run(
                seconds: min(600, share, secondsLeft), now: now, onFinding: onFinding,
                isStopped: { self.isStopped.load(ordering: .relaxed) })
            state.withLock { state in
                state.current[slot] = nil
                state.results[target.name] = state.results[target.name].map { $0.adding(status) } ?? status
            }
        }
    }

    private var secondsLeft: Double { seconds - (now() - start) }

    private func next(_ slot: Int) -> GuidedTarget? {
        state.withLock { state in
            guard !targets.isEmpty else { return nil }
            defer { state.next += 1 }
            state.current[slot] = targets[state.next % targets.count]
            return state.current[slot]
        }
    }

    /// Has the targets' programs end.
    public func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Waits until all targets are done.
    public func wait() { ended.wait() }

    /// What was done so far, by target.
    public var results: [String: GuidedTarget.Status] { state.withLock { $0.results } }

    /// The targets that run now, with how far they are.
    public func current() -> [(name: String, status: GuidedTarget.Status)] {
        state.withLock { $0.current.sorted { $0.key < $1.key }.map(\.value) }.map { ($0.name, $0.statusNow()) }
    }
}

extension GuidedTarget.Status {
    fileprivate func adding(_ other: Self) -> Self {
        var sum = other
        sum.executions += executions
        sum.seconds += seconds
        sum.crashes += crashes
        sum.coverage = max(coverage, other.coverage)
        return sum
    }
}
