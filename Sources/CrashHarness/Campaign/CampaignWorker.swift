// Whoever judges the cases: this process itself, or a child that may die of them.

/// Judges cases of a campaign.
protocol CampaignWorker: AnyObject {
    /// Judges cases one after another.
    ///
    /// - Throws: `WorkerStop`: one of them took the process with it, and nothing is known of those before it; or there is no
    ///   process, for which no case is to blame.
    func run(_ cases: Range<UInt64>) throws(WorkerStop) -> CaseBatch

    /// Judges one case by its choices.
    ///
    /// - Parameter isShrinking: Whether sweeps look at all values, the recorded one first.
    func examine(_ judge: String, _ values: [UInt64], isShrinking: Bool) -> CaseFate

    /// What a case chose that takes its process with it, by having it do so once more.
    func choices(ofDying index: UInt64) -> [UInt64]

    /// The same as `examine` by a process that tells where it dies.
    func examineTracing(_ judge: String, _ values: [UInt64]) -> CaseFate
}

/// Why cases were not judged to their end.
enum WorkerStop: Error {
    /// A case ended its process.
    case died(at: UInt64, Death)
    /// There could be no process.
    case notStarted(ChildProcess.StartFailure)
}

/// Judges in this process. A case that traps ends it.
public final class InProcessWorker: CampaignWorker {
    private let judges: [any Judge]
    private let seed: UInt64
    private let mark: CaseMark?

    /// Makes a worker for a campaign with these judges and this seed.
    public convenience init(_ plan: Campaign.Plan) { self.init(plan.judges, seed: plan.seed) }

    /// - Parameter mark: Where it notes what it is at.
    init(_ judges: [any Judge], seed: UInt64, mark: CaseMark? = nil) {
        (self.judges, self.seed, self.mark) = (judges, seed, mark)
    }

    func run(_ cases: Range<UInt64>) -> CaseBatch {
        var batch = CaseBatch()
        for index in cases {
            mark?.mark(index)
            let judge = judges[Int(index % UInt64(judges.count))]
            var choices = Choices.seeded(seed, case: index)
            if let mark { choices.journal = { _, _ in mark.beat() } }
            do throws(Violation) {
                try judge.examine(&choices, &batch.evidence[judge.name, default: Evidence()])
            } catch { batch.failures.append(.init(index: index, values: choices.values, kind: error.kind)) }
        }
        return batch
    }

    func examine(_ judge: String, _ values: [UInt64], isShrinking: Bool) -> CaseFate {
        guard let judge = judges.first(where: { $0.name == judge }) else { return .held }
        var choices = isShrinking ? Choices.shrinking(values) : Choices.recorded(values)
        return fate(of: &choices, judge)
    }

    /// Judges one case of the campaign and notes each of its choices.
    func examineNoting(_ index: UInt64) -> CaseFate {
        var choices = Choices.seeded(seed, case: index)
        return fate(of: &choices, judges[Int(index % UInt64(judges.count))])
    }

    private func fate(of choices: inout Choices, _ judge: any Judge) -> CaseFate {
        mark?.mark(0)
        if let mark { choices.journal = { mark.note($1, at: $0) } }
        var evidence = Evidence()
        do throws(Violation) {
            try judge.examine(&choices, &evidence)
            return .held
        } catch { return .violated(made: choices.values) }
    }

    func choices(ofDying index: UInt64) -> [UInt64] { [] }

    func examineTracing(_ judge: String, _ values: [UInt64]) -> CaseFate {
        examine(judge, values, isShrinking: false)
    }
}
