// Asks all judges, case after case, on all cores.
//
// Case number i belongs to judge i modulo the number of judges, and its choices follow from the seed and i alone. The
// workers take the next number from one counter, so the cases are the same whatever the number of workers; only their
// order in time differs. A case that fails is shrunk and kept; of one judge only the first few, the rest are counted.

import Foundation
import SessionFormats
import Synchronization

/// A campaign.
public final class Campaign: Sendable {
    /// What is to be done.
    public struct Plan: Sendable {
        /// The judges; at least one.
        public var judges: [any Judge]
        /// Where the cases follow from.
        public var seed: UInt64
        /// How many cases are taken up at most.
        public var cases: UInt64
        /// After how many seconds no further case is taken up.
        public var seconds: Double
        /// How many workers there are; at least 1.
        public var jobs: Int
        /// After how many seconds a case counts as hanging.
        public var hangSeconds: Double
        /// How many different findings of one judge are kept.
        public var findingsPerJudge: Int

        /// Makes a plan; without limits it goes on until it is stopped.
        public init(
            judges: [any Judge] = JudgeCatalogue.all, seed: UInt64, cases: UInt64 = .max, seconds: Double = .infinity,
            jobs: Int = ProcessInfo.processInfo.activeProcessorCount, hangSeconds: Double = 60,
            findingsPerJudge: Int = 3
        ) {
            self.judges = judges
            self.seed = seed
            self.cases = cases
            self.seconds = seconds
            self.jobs = max(1, jobs)
            self.hangSeconds = hangSeconds
            self.findingsPerJudge = findingsPerJudge
        }
    }

    /// How far it is.
    public struct Progress: Sendable {
        /// Seconds since it began.
        public var seconds: Double
        /// Seconds that are left; infinite without a limit.
        public var secondsLeft: Double
        /// Cases that judges looked at, those of sweeps one by one.
        public var cases: Int
        /// Failing cases so far.
        public var failures: Int
    }

    /// What came of it.
    public struct Summary: Sendable {
        /// Seconds that it took.
        public var seconds: Double
        /// How many cases were taken up.
        public var casesTaken: UInt64
        /// What was seen, by the judge's name.
        public var evidence: [String: Evidence]
        /// The findings that were kept, by case number.
        public var findings: [CampaignFinding]
        /// The numbers of all failing cases, in order.
        public var failingCases: [UInt64]
        /// The case that hangs, if one does; its worker is left behind.
        public var hanging: (judge: String, index: UInt64)?

        /// Everything that was seen.
        public var total: Evidence {
            var total = Evidence()
            evidence.values.forEach { total.add($0) }
            return total
        }
    }

    private struct State {
        var evidence: [String: Evidence] = [:]
        var findings: [CampaignFinding] = []
        var failingCases: [UInt64] = []
        /// By judge: findings kept or about to be, and failing cases that were shrunk.
        var kept: [String: Int] = [:]
        var shrunk: [String: Int] = [:]
        /// What each worker is at, and since when.
        var current: [Int: (index: UInt64, since: Double)] = [:]
        var casesSeen = 0
    }

    private let plan: Plan
    private let now: @Sendable () -> Double
    private let state = Guarded(State())
    private let next = Atomic<UInt64>(0)
    private let isStopped = Atomic<Bool>(false)
    private let workersEnded = NSCondition()
    private let running: Atomic<Int>
    private let start: Double

    /// Makes a campaign.
    ///
    /// - Parameter now: Seconds on a clock that only moves forwards.
    public init(_ plan: Plan, now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }) {
        self.plan = plan
        self.now = now
        running = Atomic(plan.jobs)
        start = now()
    }

    /// Lets each worker finish its case and take up no further one. May be called from anywhere.
    public func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Runs to the end.
    ///
    /// - Parameters:
    ///   - interval: Seconds between two calls of `report`.
    ///   - onFinding: Called for each kept finding, from a worker.
    ///   - report: Called while the campaign runs, from the calling thread.
    public func run(
        reportEvery interval: Double = 1, onFinding: @escaping @Sendable (CampaignFinding) -> Void = { _ in },
        report: (Progress) -> Void = { _ in }
    ) -> Summary {
        for worker in 0..<plan.jobs {
            let thread = Thread { self.work(worker, onFinding) }
            thread.stackSize = 8 << 20
            thread.start()
        }
        var hanging: (judge: String, index: UInt64)?
        while hanging == nil, !waitForWorkers(seconds: interval) {
            report(progress())
            hanging = findHanging()
        }
        stop()
        return summary(hanging)
    }

    private func work(_ worker: Int, _ onFinding: @Sendable (CampaignFinding) -> Void) {
        while !isStopped.load(ordering: .relaxed), now() - start < plan.seconds {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < plan.cases else { break }
            runCase(index, worker, onFinding)
        }
        workersEnded.lock()
        running.wrappingSubtract(1, ordering: .relaxed)
        workersEnded.broadcast()
        workersEnded.unlock()
    }

    private func runCase(_ index: UInt64, _ worker: Int, _ onFinding: (CampaignFinding) -> Void) {
        let judge = plan.judges[Int(index % UInt64(plan.judges.count))]
        state.withLock { $0.current[worker] = (index, now()) }
        var choices = Choices.seeded(plan.seed, case: index)
        var evidence = Evidence()
        var violation: Violation?
        do throws(Violation) { try judge.examine(&choices, &evidence) } catch { violation = error }
        let keeps = state.withLock { state in
            state.current[worker] = nil
            state.casesSeen += evidence.cases
            state.evidence[judge.name, default: Evidence()].add(evidence)
            guard violation != nil else { return false }
            state.failingCases.append(index)
            state.shrunk[judge.name, default: 0] += 1
            guard state.kept[judge.name, default: 0] < plan.findingsPerJudge,
                // Shrinking takes thousands of tries, and cases that fail are often the same one.
                state.shrunk[judge.name, default: 0] <= 2 * plan.findingsPerJudge
            else { return false }
            state.kept[judge.name, default: 0] += 1
            return true
        }
        guard keeps, let violation else { return }
        let finding = CampaignFinding(
            judge, seed: plan.seed, index: index, values: choices.values, violation, shrinker: Shrinker())
        let isNew = state.withLock { state in
            // Different cases that shrink to the same one are one finding.
            let isKnown = state.findings.contains {
                $0.caseFile.judge == judge.name && $0.caseFile.values == finding.caseFile.values
            }
            if isKnown {
                state.kept[judge.name, default: 1] -= 1
            } else {
                state.findings.append(finding)
            }
            return !isKnown
        }
        if isNew { onFinding(finding) }
    }

    /// Waits until all workers have ended, at most so long; tells whether they have.
    private func waitForWorkers(seconds: Double) -> Bool {
        workersEnded.lock()
        defer { workersEnded.unlock() }
        let deadline = Date(timeIntervalSinceNow: seconds)
        while running.load(ordering: .relaxed) > 0 {
            if !workersEnded.wait(until: deadline) { break }
        }
        return running.load(ordering: .relaxed) == 0
    }

    private func progress() -> Progress {
        let elapsed = now() - start
        return state.withLock { state in
            Progress(
                seconds: elapsed, secondsLeft: max(0, plan.seconds - elapsed), cases: state.casesSeen,
                failures: state.failingCases.count)
        }
    }

    private func findHanging() -> (judge: String, index: UInt64)? {
        let time = now()
        let oldest = state.withLock { state in
            state.current.values.first { time - $0.since > plan.hangSeconds }?.index
        }
        return oldest.map { (plan.judges[Int($0 % UInt64(plan.judges.count))].name, $0) }
    }

    private func summary(_ hanging: (judge: String, index: UInt64)?) -> Summary {
        let elapsed = now() - start
        let taken = min(next.load(ordering: .relaxed), plan.cases)
        return state.withLock { state in
            Summary(
                seconds: elapsed, casesTaken: taken, evidence: state.evidence,
                findings: state.findings.sorted { ($0.caseFile.index ?? 0) < ($1.caseFile.index ?? 0) },
                failingCases: state.failingCases.sorted(), hanging: hanging)
        }
    }
}
