// A writer at work, and what must hold of every disk that a crash may leave of its work.

import SessionFormats

/// A scenario.
public struct CrashScenario: Sendable {
    /// What a scenario is known to do.
    ///
    /// A window or a bug has to show itself, and nothing else: each violation's `expected` begins with one of the words.
    public enum Expectation: Sendable {
        /// No state breaks a promise.
        case safe
        /// The upstream's protocol loses something in some states; kept so that this can be shown.
        case knownWindow(showing: [String])
        /// A planted bug that has to be found.
        case mutant(showing: [String])

        /// Whether nothing may be found.
        var isSafe: Bool { if case .safe = self { true } else { false } }

        /// Whether it is a planted bug.
        var isMutant: Bool { if case .mutant = self { true } else { false } }
    }

    /// A stable name.
    public let name: String
    /// How the writer writes: "safe", "reference", or the bug that was planted.
    public let writing: String
    /// What is known.
    public let expectation: Expectation
    let base: [String: [UInt8]]
    let work: @Sendable (SimulatedDisk) throws -> Void
    let check: @Sendable (_ disk: SimulatedDisk, _ acknowledged: [String]) -> CrashProblem?

    /// Makes a scenario.
    ///
    /// - Parameters:
    ///   - base: The disk's files before.
    ///   - work: What the writer does; it tells the disk what it acknowledges.
    ///   - check: What must hold of a disk after a crash: recovers from it as the writer's program would, and says what was
    ///     expected and what came when they differ.
    public init(
        name: String, writing: String, expectation: Expectation, base: [String: [UInt8]],
        work: @escaping @Sendable (SimulatedDisk) throws -> Void,
        check: @escaping @Sendable (_ disk: SimulatedDisk, _ acknowledged: [String]) -> CrashProblem?
    ) {
        (self.name, self.writing, self.expectation) = (name, writing, expectation)
        (self.base, self.work, self.check) = (base, work, check)
    }

    /// What leads to this scenario alone: its name, and how the writer writes where several share one.
    public var reference: String { expectation.isMutant ? name : "\(name):\(writing)" }

    /// Lets the writer work and visits the states.
    ///
    /// - Throws: What the writer throws.
    public func explore(_ explorer: CrashStateExplorer) throws -> Exploration {
        let disk = SimulatedDisk(base)
        try work(disk)
        return explore(disk, explorer)
    }

    /// The same with an operation that fails. A writer that does not say so has to have coped with it.
    ///
    /// - Parameter skipped: How many operations of that kind succeed first.
    /// - Returns: nil when the writer had less to do than that.
    func explore(_ explorer: CrashStateExplorer, _ fault: SimulatedDisk.Fault, after skipped: Int) -> Exploration? {
        let disk = SimulatedDisk(base)
        disk.inject(fault, after: skipped)
        try? work(disk)
        return disk.hasFaultLeft ? nil : explore(disk, explorer)
    }

    private func explore(_ disk: SimulatedDisk, _ explorer: CrashStateExplorer) -> Exploration {
        var judged = 0
        var exploration = explorer.explore(disk.trace) { disk, acknowledged in
            if let problem = check(disk, acknowledged) { return problem }
            let recovery = disk.trace
            // Recovering twice must give the same as once, and a crash while recovering must be no worse than the first.
            if let (expected, got) = check(disk, acknowledged) { return ("the same the second time: \(expected)", got) }
            return crashDuring(recovery, acknowledged, explorer, &judged)
        }
        exploration.judged += judged
        return exploration
    }

    private func crashDuring(
        _ recovery: WriteTrace, _ acknowledged: [String], _ explorer: CrashStateExplorer, _ judged: inout Int
    ) -> CrashProblem? {
        if recovery.operations.isEmpty { return nil }
        var second = explorer
        (second.bound, second.samples, second.onlyState) = (500, 100, nil)
        let first = second.firstWrong(recovery) { disk, _ in check(disk, acknowledged) }
        judged += first.judged
        return first.problem.map { expected, got in
            let done = recovery.operations.map(\.description).joined(separator: "; ")
            return ("after a crash during recovery: \(expected)", "\(got), recovery having done: \(done)")
        }
    }
}
