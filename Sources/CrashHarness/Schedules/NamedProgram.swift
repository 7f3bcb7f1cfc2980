// A program of a writer that has a name: what an agent does, one operation behind the other, on one of its disks.
//
// Programs that nobody wrote lose power here and there. One with a name is what a reader of a table understands, and its work
// is looked at in every state that a crash may leave of it. After the crash an agent writes once more, so that a file which can
// be read and not be written to counts as lost.

import SessionFormats

/// Operations of a writer, and the disk that they begin with.
public struct NamedProgram: Sendable {
    /// A stable name.
    public let name: String
    /// The place of the disk among `WriterDescription.bases`.
    let base: Int
    /// Places among `WriterDescription.operations`.
    let operations: [Int]

    /// Describes a program.
    ///
    /// - Parameters:
    ///   - base: The place of the disk to begin with among the writer's bases.
    ///   - operations: The places of what is done among the writer's operations.
    public init(_ name: String, on base: Int, _ operations: [Int]) {
        (self.name, self.base, self.operations) = (name, base, operations)
    }
}

extension WriterDescription {
    /// The named programs as scenarios whose crash states are explored.
    var scenarios: [CrashScenario] { programs.map { scenario($0) } }

    /// - Parameter bug: A bug of the writer, which has to show in the programs where it does harm.
    func scenario(_ program: NamedProgram, bug: PlantedBug? = nil) -> CrashScenario {
        let base = bases[program.base]
        let files = base.file.map { [path: $0] } ?? [:]
        let attempts = rehearse(program, files)
        return CrashScenario(
            name: program.name, writing: "safe", expectation: .safe, base: files,
            work: { disk in
                let agent = makeAgent(0, bug?.planted(on: disk) ?? disk, bug)
                for (number, operation) in program.operations.enumerated() {
                    try agent.perform(operation, item: item(number)) { _ in }
                    disk.acknowledge("\(operations[operation]) \(number)")
                }
                agent.close()
            },
            check: { disk, acknowledged in
                goOn(disk, base, history(base, attempts, acknowledged: acknowledged.count))
            })
    }

    /// Long ones, so that some lie in more than one sector.
    private func item(_ number: Int) -> String { "0-\(number)2" }

    /// What each operation writes, which follows from the program alone.
    private func rehearse(_ program: NamedProgram, _ files: [String: [UInt8]]) -> [[String]] {
        let agent = makeAgent(0, SimulatedDisk(files), nil)
        return program.operations.enumerated().map { number, operation in
            var attempts: [String] = []
            try? agent.perform(operation, item: item(number)) { attempts.append($0) }
            return attempts
        }
    }

    /// What had happened when so many operations were acknowledged; the next may have begun.
    private func history(_ base: Base, _ attempts: [[String]], acknowledged: Int) -> WritingHistory {
        var history = WritingHistory(base.holds)
        for (number, attempts) in attempts.prefix(acknowledged + 1).enumerated() {
            for what in attempts {
                history.end(history.begin(what, by: 0), isAcknowledged: number < acknowledged)
            }
        }
        return history
    }

    /// How often an agent can have gone on behind the crash: each crash while it does is looked at too.
    private static let timesGoneOn = 8

    /// Compares what the crash left with the history, lets the agent go on, and compares again.
    private func goOn(
        _ disk: SimulatedDisk, _ base: Base, _ history: WritingHistory
    ) -> CrashProblem? {
        var history = history
        let names = (0..<Self.timesGoneOn).map { "1-\($0)" }
        let before = observe(disk, history.attempts.map(\.what) + names)
        let item = names.first { name in !before.items.contains(name) } ?? "1-more"
        for name in names where name != item {
            history.end(history.begin(name, by: 1), isAcknowledged: false)
        }
        if let problem = history.difference(to: before.items, promise) { return problem }
        let attempt = history.begin(item, by: 2)
        let agent = makeAgent(1, disk, nil)
        do { try agent.perform(0, item: item) { _ in } } catch { return ("the agent to go on", "\(error)") }
        agent.close()
        history.end(attempt, isAcknowledged: true)
        let after = observe(disk, history.attempts.map(\.what))
        if let problem = base.lossOfEvidence(on: disk) { return problem }
        if let problem = after.problem { return ("a file as its format wants it", problem) }
        return history.difference(to: after.items, promise)
    }
}
