// Asks all judges, case after case, on all cores.
//
// The cases are the same whatever the number of workers; only their order in time differs. Workers are children that may die
// of a case; then the case is known, made small by further children, and the campaign goes on behind it. Of one cause one
// finding is kept, the rest are counted; of one judge's broken promises the first few causes are looked at.

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
        /// How many cases are taken up at most, by all shards together.
        public var cases: UInt64
        /// After how many seconds no further case is taken up.
        public var seconds: Double
        /// How many workers there are; at least 1.
        public var jobs: Int
        /// How many different ways to break one judge's promise are looked at.
        public var findingsPerJudge: Int
        /// Which of several machines this is, from 0, and how many there are.
        public var shard: (number: UInt64, count: UInt64)
        /// How many seconds are spent on making one case small that ends its process.
        public var shrinkSeconds = 60.0

        /// Makes a plan; without limits it goes on until it is stopped.
        public init(
            judges: [any Judge] = KitCatalogue.standard.judges, seed: UInt64, cases: UInt64 = .max,
            seconds: Double = .infinity,
            jobs: Int = ProcessInfo.processInfo.activeProcessorCount, findingsPerJudge: Int = 3,
            shard: (number: UInt64, count: UInt64) = (0, 1)
        ) {
            self.judges = judges
            self.seed = seed
            self.cases = cases
            self.seconds = seconds
            self.jobs = max(1, jobs)
            self.findingsPerJudge = findingsPerJudge
            self.shard = shard
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

    /// A finding, and how often its cause was met.
    public struct CountedFinding: Sendable {
        /// The first case of it, made small.
        public var finding: CampaignFinding
        /// How many cases were of this cause in this run.
        public var count: Int
    }

    /// What came of it.
    public struct Summary: Sendable {
        /// Seconds that it took.
        public var seconds: Double
        /// What was seen, by the judge's name.
        public var evidence: [String: Evidence]
        /// The findings that were kept, by case number.
        public var findings: [CountedFinding]
        /// The numbers of all failing cases, in order.
        public var failingCases: [UInt64]
        /// Cases that all judges had looked at after each second, the first after one.
        public var casesBySecond: [Int]
        /// Why workers could not go on; empty when all did.
        public var problems: [String]

        /// Failing cases whose cause is not known: their judge had shown its first few by then.
        public var unexplained: Int { failingCases.count - findings.reduce(0) { $0 + $1.count } }

        /// Everything that was seen.
        public var total: Evidence {
            var total = Evidence()
            evidence.values.forEach { total.add($0) }
            return total
        }
    }

    /// What cases that fail have in common, as far as that can be told before they are made small.
    private struct Cause: Hashable {
        var judge: String
        var kind: String
    }

    private struct State {
        var supply: CaseSupply
        var evidence: [String: Evidence] = [:]
        var findings: [String: CountedFinding] = [:]
        var failingCases: [UInt64] = []
        /// By cause, the finding; nil while it is being made small.
        var causes: [Cause: String?] = [:]
        /// Cases whose finding is not there yet.
        var waiting: [Cause: Int] = [:]
        var casesSeen = 0
        var casesBySecond: [Int] = []
        var problems: [String] = []
    }

    private let plan: Plan
    private let makeWorker: @Sendable () throws -> any CampaignWorker
    private let now: @Sendable () -> Double
    private let state: Guarded<State>
    private let isStopped = Atomic<Bool>(false)
    private let workersEnded = NSCondition()
    private let running: Atomic<Int>
    private let start: Double

    /// Makes a campaign whose cases are judged by children.
    ///
    /// - Parameter now: Seconds on a clock that only moves forwards.
    public convenience init(
        _ plan: Plan, in children: WorkerProcess.Options,
        now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }
    ) {
        self.init(plan, now: now) { try WorkerProcess(children, now: now) }
    }

    /// Makes a campaign whose cases are judged in this process, which ends with a case that traps.
    public convenience init(
        _ plan: Plan, now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }
    ) {
        self.init(plan, now: now) { InProcessWorker(plan) }
    }

    private init(
        _ plan: Plan, now: @escaping @Sendable () -> Double,
        makeWorker: @escaping @Sendable () throws -> any CampaignWorker
    ) {
        self.plan = plan
        self.now = now
        self.makeWorker = makeWorker
        let shard = CaseSupply.Shard(number: plan.shard.number, count: max(1, plan.shard.count))
        state = Guarded(State(supply: CaseSupply(limit: plan.cases, judges: plan.judges.count, shard: shard)))
        running = Atomic(plan.jobs)
        start = now()
    }

    /// Lets each worker finish its cases and take up no further ones. May be called from anywhere.
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
        for _ in 0..<plan.jobs {
            let thread = Thread { self.work(onFinding) }
            thread.stackSize = 8 << 20
            thread.start()
        }
        while !waitForWorkers(seconds: interval) { report(progress()) }
        return summary()
    }

    // MARK: Workers

    private func work(_ onFinding: @Sendable (CampaignFinding) -> Void) {
        do {
            try workThrough(try makeWorker(), onFinding)
        } catch { state.withLock { $0.problems.append("\(error)") } }
        workersEnded.lock()
        running.wrappingSubtract(1, ordering: .relaxed)
        workersEnded.broadcast()
        workersEnded.unlock()
    }

    private func workThrough(_ worker: any CampaignWorker, _ onFinding: @Sendable (CampaignFinding) -> Void) throws {
        // Ranges of about a tenth of a second: long enough for the talk about them to cost nothing.
        var size: UInt64 = 1
        while !isStopped.load(ordering: .relaxed), now() - start < plan.seconds,
            let cases = state.withLock({ $0.supply.next(atMost: size) })
        {
            let before = now()
            try judge(cases, worker, onFinding)
            let took = now() - before
            size = took < 0.05 ? min(size * 2, 1 << 20) : took > 0.2 ? max(1, size / 2) : size
        }
    }

    private func judge(
        _ cases: Range<UInt64>, _ worker: any CampaignWorker, _ onFinding: (CampaignFinding) -> Void
    ) throws {
        var rest = cases
        while !rest.isEmpty {
            do throws(WorkerStop) {
                note(try worker.run(rest), worker, onFinding)
                return
            } catch .died(let at, let death) {
                // What came before the case that died went with its process: once more, up to there.
                let index = rest.contains(at) ? at : rest.lowerBound
                if index > rest.lowerBound { try judge(rest.lowerBound..<index, worker, onFinding) }
                noteDeath(of: index, death, worker, onFinding)
                rest = index + 1..<rest.upperBound
            } catch .notStarted(let failure) { throw failure }
        }
    }

    // MARK: Results

    private func judge(of index: UInt64) -> any Judge { plan.judges[Int(index % UInt64(plan.judges.count))] }

    private func note(_ batch: CaseBatch, _ worker: any CampaignWorker, _ onFinding: (CampaignFinding) -> Void) {
        state.withLock { state in
            state.evidence.merge(batch.evidence) { known, new in
                var sum = known
                sum.add(new)
                return sum
            }
            state.casesSeen += batch.cases
            state.failingCases += batch.failures.map(\.index)
        }
        for failure in batch.failures {
            let judge = judge(of: failure.index)
            note(Cause(judge: judge.name, kind: failure.kind), atMost: plan.findingsPerJudge, onFinding) {
                CampaignFinding(judge, seed: plan.seed, failure, by: worker)
            }
        }
    }

    private func noteDeath(
        of index: UInt64, _ death: Death, _ worker: any CampaignWorker, _ onFinding: (CampaignFinding) -> Void
    ) {
        let judge = judge(of: index)
        state.withLock { $0.failingCases.append(index) }
        note(Cause(judge: judge.name, kind: "\(death.cause.word) \(death.place)"), atMost: .max, onFinding) {
            let deadline = now() + plan.shrinkSeconds
            return CampaignFinding(
                judge, seed: plan.seed, index: index, values: worker.choices(ofDying: index), death, by: worker,
                isOver: { self.now() > deadline })
        }
    }

    /// Counts a case of a cause; one of a new cause is made small and kept.
    ///
    /// - Parameter limit: How many causes of one judge are looked at; shrinking takes thousands of tries.
    private func note(
        _ cause: Cause, atMost limit: Int, _ onFinding: (CampaignFinding) -> Void, shrunk: () -> CampaignFinding
    ) {
        let isNew = state.withLock { state in
            if let known = state.causes[cause] {
                if let known { state.findings[known]?.count += 1 } else { state.waiting[cause, default: 0] += 1 }
                return false
            }
            guard state.causes.keys.count(where: { $0.judge == cause.judge }) < limit else { return false }
            state.causes[cause] = .some(nil)
            return true
        }
        guard isNew else { return }
        let finding = shrunk()
        let isKept = state.withLock { state in
            let count = 1 + (state.waiting.removeValue(forKey: cause) ?? 0)
            state.causes[cause] = finding.identity
            // Two causes may turn out to be one when they are small.
            let isKnown = state.findings[finding.identity] != nil
            state.findings[finding.identity, default: CountedFinding(finding: finding, count: 0)].count += count
            return !isKnown
        }
        if isKept { onFinding(finding) }
    }

    // MARK: Progress

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
            while Double(state.casesBySecond.count + 1) <= elapsed { state.casesBySecond.append(state.casesSeen) }
            return Progress(
                seconds: elapsed, secondsLeft: max(0, plan.seconds - elapsed), cases: state.casesSeen,
                failures: state.failingCases.count)
        }
    }

    /// How often each finding's cause was met so far.
    public var counts: [String: Int] { state.withLock { $0.findings.mapValues(\.count) } }

    private func summary() -> Summary {
        let elapsed = now() - start
        return state.withLock { state in
            Summary(
                seconds: elapsed, evidence: state.evidence,
                findings: state.findings.values.sorted {
                    ($0.finding.caseFile.index ?? 0) < ($1.finding.caseFile.index ?? 0)
                }, failingCases: state.failingCases.sorted(), casesBySecond: state.casesBySecond,
                problems: state.problems)
        }
    }
}
