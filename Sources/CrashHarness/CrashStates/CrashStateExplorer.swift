// Visits the disks that a crash may leave and asks of each whether all is well.

import Foundation
import SessionFormats

/// What an exploration found.
public struct Exploration: Sendable {
    /// How many operations the trace has.
    public var operations: Int
    /// How many states were visited.
    public var visited = 0
    /// How many of them were different disks, or the same with more acknowledged.
    public var distinct = 0
    /// How many disks were recovered from and judged, those that a crash during recovery leaves among them.
    public var judged = 0
    /// Whether these were all states that the model allows.
    public var isExhaustive = true
    /// The states in which something was wrong; the first hundred.
    public var violations: [CrashViolation] = []
    /// How many there were.
    public var violationCount = 0
}

/// A disk on which something is wrong.
public struct CrashViolation: Sendable {
    /// What had to hold.
    public var expected: String
    /// What was found.
    public var got: String
    /// The operations before the crash, and what became of each.
    public var operations: [String]
    /// What had been acknowledged.
    public var acknowledged: [String]
    /// Every file as the crash left it.
    public var disk: [String: [UInt8]]
    /// The choices that lead to this state again.
    public var choices: [UInt64]

    /// The violation in words.
    ///
    /// - Parameter again: The command that shows it again, up to the state.
    public func report(again: String) -> String {
        let steps = operations.enumerated().map { "  \($0 + 1). \($1)" }.joined(separator: "\n")
        let files = disk.sorted { $0.key < $1.key }.map { "\($0) (\($1.count) bytes)" }.joined(separator: ", ")
        return """
            expected      \(expected)
            got           \(got)
            acknowledged  \(acknowledged.isEmpty ? "nothing" : acknowledged.joined(separator: ", "))
            disk          \(files.isEmpty ? "no files" : files)
            again         \(again) --state \(choices.map(String.init).joined(separator: ","))
            operations before the crash:
            \(steps)

            """
    }

    /// Writes a folder with the report and, in `disk`, every file as the crash left it.
    ///
    /// - Throws: What the file system reports.
    public func write(into folder: String, again: String) throws {
        try SimulatedDisk(disk).write(below: folder + "/disk")
        try Data(report(again: again).utf8).write(to: URL(filePath: folder + "/report.txt"))
    }
}

/// Explores a trace.
public struct CrashStateExplorer: Sendable {
    /// The rules.
    public var model = PersistenceModel.posix
    /// 512 or 4,096 bytes.
    public var sectorSize = 512
    /// With more states than this they are sampled instead of visited all.
    public var bound = 200_000
    /// How many are sampled then.
    public var samples = 20_000
    /// Where the samples come from.
    public var seed: UInt64 = 1
    /// The choices that lead to the only state to visit; nil to visit all.
    public var onlyState: [UInt64]?

    /// Makes an explorer.
    public init() {}

    /// What is wrong with a disk that a crash left; nil when nothing is.
    public typealias Check = (_ disk: SimulatedDisk, _ acknowledged: [String]) -> (expected: String, got: String)?

    /// Visits states. The check gets each different disk with what was acknowledged before the crash.
    public func explore(_ trace: WriteTrace, _ check: Check) -> Exploration {
        let states = CrashStates(trace, model, sectorSize: sectorSize)
        if let onlyState {
            var visit = Visit(
                states: states, trace: trace, exploration: Exploration(operations: trace.operations.count))
            var choices = Choices.recorded(onlyState)
            visit.look(&choices, check)
            return visit.exploration
        }
        // Counted first without looking at any: a part of all states would be those of the first operations alone.
        let isSmall =
            !states.areMore(than: bound)
            && ExhaustiveChoices.forEach(limit: bound + 1) { choices in _ = states.choose(&choices) }.cases <= bound
        var visit = Visit(states: states, trace: trace, exploration: Exploration(operations: trace.operations.count))
        if isSmall {
            _ = ExhaustiveChoices.forEach { choices in visit.look(&choices, check) }
        } else {
            visit.exploration.isExhaustive = false
            for index in 0..<UInt64(samples) {
                var choices = Choices.seeded(seed, case: index)
                visit.look(&choices, check)
            }
        }
        return visit.exploration
    }

    private struct Visit {
        private struct Seen: Hashable {
            var content: CrashState.Content
            var acknowledged: Int
        }

        let states: CrashStates
        let trace: WriteTrace
        var exploration: Exploration
        private var seen: Set<Seen> = []

        init(states: CrashStates, trace: WriteTrace, exploration: Exploration) {
            (self.states, self.trace, self.exploration) = (states, trace, exploration)
        }

        mutating func look(_ choices: inout Choices, _ check: Check) {
            let state = states.choose(&choices)
            exploration.visited += 1
            let acknowledged = trace.acknowledged(before: state.crashPoint)
            guard seen.insert(Seen(content: state.content, acknowledged: acknowledged.count)).inserted else { return }
            exploration.distinct += 1
            exploration.judged += 1
            let disk = states.materialise(state)
            guard let (expected, got) = check(SimulatedDisk(disk), acknowledged) else { return }
            exploration.violationCount += 1
            guard exploration.violations.count < 100 else { return }
            exploration.violations.append(
                CrashViolation(
                    expected: expected, got: got, operations: states.story(state), acknowledged: acknowledged,
                    disk: disk, choices: choices.values))
        }
    }
}
