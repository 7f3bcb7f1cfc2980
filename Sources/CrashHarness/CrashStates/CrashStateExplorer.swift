// Visits the disks that a crash may leave and asks of each whether all is well.
//
// States are visited by their deviation (see PersistenceModel), the smallest first: what is most likely to be wrong comes early,
// and what was not visited can be named. When all states are few they are visited all. Else all with at most so many deviations
// as the bound allows, and random ones after them.

import Foundation
import SessionFormats

/// Which of all states were visited.
public enum ExplorationCoverage: Sendable, Equatable {
    /// All that the model allows.
    case all
    /// All with at most so many deviations, and then samples. nil when not even those without any were few enough.
    case deviations(upTo: Int?, samples: Int)
    /// The one that was asked for.
    case one

    /// Whether states that were asked for were not visited.
    public var leavesOut: Bool { if case .deviations = self { true } else { false } }

    /// The coverage in a word or two.
    var word: String {
        switch self {
        case .all: "all"
        case .one: "one"
        case .deviations(nil, _): "sampled"
        case .deviations(let most?, _): "up to \(most)"
        }
    }

    /// The coverage in words.
    public var sentence: String {
        switch self {
        case .all: "all states"
        case .one: "one state"
        case .deviations(nil, let samples): "\(grouped(samples)) samples"
        case .deviations(let most?, let samples):
            "all states with at most \(most) deviation\(most == 1 ? "" : "s"), then \(grouped(samples)) samples"
        }
    }
}

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
    /// Which states were visited.
    public var coverage = ExplorationCoverage.all
    /// Why disks are wrong, in the order in which that was found.
    public var causes: [CrashCause] = []
    /// How many different disks were wrong.
    public var violationCount = 0
    /// How many of them were not made smaller, since there were too many.
    public var unexplained = 0
    /// How many states had been visited when the first wrong one was, that one included; nil when none is wrong.
    public var firstWrong: Int?
    /// Why this is no verdict, whatever was found, in sentences.
    public var unjudged: [String] = []
    /// What had to hold of the wrong ones, each once.
    public var expectations: Set<String> = []

    /// Whether these were all states that the model allows.
    public var isExhaustive: Bool { coverage == .all }
}

/// What had to hold of a disk, and what was found.
public typealias CrashProblem = (expected: String, got: String)

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
    /// The folders on the disk, besides the one that is watched.
    public var folders: [String]
    /// The numbers that lead to this state again.
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
            again         \(command(again: again))
            operations before the crash:
            \(steps)

            """
    }

    /// The command that shows the state again.
    ///
    /// - Parameter again: The command up to the state.
    public func command(again: String) -> String {
        "\(again) --state \(choices.map(String.init).joined(separator: ","))"
    }
}

/// Explores a trace.
public struct CrashStateExplorer: Sendable {
    /// The rules.
    public var model = PersistenceModel.posix
    /// What may happen to sectors.
    public var sectors = SectorFaults()
    /// About how many states are visited, samples not among them; with no more than this all are.
    public var bound = 200_000
    /// How many are sampled when not all were visited.
    public var samples = 20_000
    /// Where the samples come from.
    public var seed: UInt64 = 1
    /// The numbers that lead to the only state to visit; nil to visit all.
    public var onlyState: [UInt64]?

    /// Makes an explorer.
    public init() {}

    /// What is wrong with a disk that a crash left; nil when nothing is.
    public typealias Check = (_ disk: SimulatedDisk, _ acknowledged: [String]) -> CrashProblem?

    /// Visits states. The check gets each different disk with what was acknowledged before the crash.
    public func explore(_ trace: WriteTrace, _ check: Check) -> Exploration {
        withoutActuallyEscaping(check) { check in
            var contents = FileAnswers<[UInt8]>(limit: 32 << 20) { $0.count + 64 }
            return explore(trace) { point, acknowledged in
                let files = contents.answers(for: point) { $1 }
                return check(SimulatedDisk(files, folders: point.tree.folders), acknowledged)
            }
        }
    }

    /// Visits states of which each file can be judged by itself.
    ///
    /// - Parameters:
    ///   - examine: What is asked about a file, by its path and its bytes, once for all disks that have it.
    ///   - check: What is wrong with a disk that a crash left, by the answers for its files and what was acknowledged.
    func explore<Answer>(
        _ trace: WriteTrace, examining examine: (_ path: String, _ bytes: [UInt8]) -> Answer,
        _ check: (_ files: [String: Answer], _ acknowledged: [String]) -> CrashProblem?
    ) -> Exploration {
        withoutActuallyEscaping(check) { check in
            withoutActuallyEscaping(examine) { examine in
                var answers = FileAnswers<Answer>(limit: 100_000) { _ in 1 }
                return explore(trace) { point, acknowledged in
                    check(answers.answers(for: point, examine), acknowledged)
                }
            }
        }
    }

    private func explore(
        _ trace: WriteTrace, judging judge: @escaping (CrashPoint, _ acknowledged: [String]) -> CrashProblem?
    ) -> Exploration {
        let visit = Visit(trace, self, judge)
        visit.coverage = forEachState(of: CrashStates(trace, model, sectors)) { point in
            visit.look(point)
            return true
        }
        return visit.exploration
    }

    /// The first wrong disk, without its cause, and how many disks were judged.
    func firstWrong(_ trace: WriteTrace, _ check: Check) -> (problem: CrashProblem?, judged: Int) {
        var seen: Set<BlockSum> = []
        var problem: CrashProblem?
        let states = CrashStates(trace, model, sectors)
        _ = forEachState(of: states) { point in
            guard seen.insert(point.key).inserted else { return true }
            problem = check(
                SimulatedDisk(point.files, folders: point.tree.folders), states.acknowledged(point))
            return problem == nil
        }
        return (problem, seen.count)
    }

    /// Visits states as a point that stands in each of them, one after the other, till `body` says to stop.
    func forEachState(of states: CrashStates, _ body: (CrashPoint) -> Bool) -> ExplorationCoverage {
        if let onlyState {
            _ = body(states.point(in: CrashState(numbers: onlyState)))
            return .one
        }
        if let points = fewPoints(of: states) { return visitAll(points, body) }
        let (complete, areAll) = visitByDeviation(states, body)
        if areAll { return .all }
        sample(states, body)
        return .deviations(upTo: complete, samples: samples)
    }

    /// The points that have all states between them, when those are no more than the bound.
    private func fewPoints(of states: CrashStates) -> [CrashPoint]? {
        var (points, count, bytes): ([CrashPoint], Double, Int) = ([], 0, 0)
        for index in states.decisivePoints {
            let point = states.point(at: index)
            count += point.count(deviation: nil, upTo: Double(bound) - count)
            bytes += point.weight
            if count > Double(bound) || bytes > Self.mostBytesOfPoints { return nil }
            points.append(point)
        }
        return points
    }

    /// Points that take more bytes than this are not kept all at once.
    private static let mostBytesOfPoints = 256 << 20

    private func visitAll(_ points: [CrashPoint], _ body: (CrashPoint) -> Bool) -> ExplorationCoverage {
        var largest = 0
        if model == .ordered || model == .cached {
            for point in points where !point.visit(deviation: nil, { body(point) }) { break }
        } else {
            largest = points.map(\.largestDeviation).max() ?? 0
            deviations: for deviation in 0...largest {
                for point in points where point.largestDeviation >= deviation {
                    if !point.visit(deviation: deviation, { body(point) }) { break deviations }
                }
            }
        }
        // With more orders of overlapping operations than are gone through, not all was seen.
        return points.contains(where: \.leavesOrdersOut) ? .deviations(upTo: nil, samples: 0) : .all
    }

    /// Visits all states of ever more deviations, while those of the next are few enough.
    private func visitByDeviation(
        _ states: CrashStates, _ body: (CrashPoint) -> Bool
    ) -> (complete: Int?, areAll: Bool) {
        var (complete, left): (Int?, Double) = (nil, Double(bound))
        var (largest, leavesOrdersOut, deviation) = (0, false, 0)
        while deviation <= largest {
            var count = 0.0
            for index in 0...states.count where count <= left {
                let point = states.point(at: index)
                largest = max(largest, point.largestDeviation)
                count += point.count(deviation: deviation, upTo: left - count)
            }
            guard count <= left else { return (complete, false) }
            left -= count
            for index in 0...states.count {
                let point = states.point(at: index)
                if !point.visit(deviation: deviation, { body(point) }) { return (complete, false) }
                leavesOrdersOut = leavesOrdersOut || point.leavesOrdersOut
            }
            // With more orders of overlapping operations than are gone through, none of them is complete.
            if leavesOrdersOut { return (complete, false) }
            complete = deviation
            deviation += 1
        }
        return (complete, true)
    }

    /// Visits random states, those of one crash point together.
    private func sample(_ states: CrashStates, _ body: (CrashPoint) -> Bool) {
        var streams: [Int: [Choices]] = [:]
        for index in 0..<UInt64(samples) {
            var choices = Choices.seeded(seed, case: index)
            let crashPoint = choices.choose("crash after operation", below: states.count + 1)
            streams[crashPoint, default: []].append(choices)
        }
        for (index, choices) in streams.sorted(by: { $0.key < $1.key }) {
            let point = states.point(at: index)
            for var choices in choices {
                point.choose(&choices)
                if !body(point) { return }
            }
        }
    }
}

/// Judges states, and remembers what it has seen.
private final class Visit {
    private let states: CrashStates
    private let judge: (CrashPoint, _ acknowledged: [String]) -> CrashProblem?
    private var found: Exploration
    private var seen: Set<BlockSum> = []
    /// What is wrong with disks, and which were judged before they were visited.
    private var problems: [BlockSum: CrashProblem] = [:]
    private var known: Set<BlockSum> = []
    private var search: CauseSearch

    var coverage: ExplorationCoverage {
        get { found.coverage }
        set { found.coverage = newValue }
    }

    init(
        _ trace: WriteTrace, _ explorer: CrashStateExplorer,
        _ judge: @escaping (CrashPoint, _ acknowledged: [String]) -> CrashProblem?
    ) {
        // Another than that whose states are visited, since making a state smaller goes elsewhere.
        states = CrashStates(trace, explorer.model, explorer.sectors)
        self.judge = judge
        found = Exploration(operations: trace.operations.count)
        search = CauseSearch(states)
    }

    var exploration: Exploration {
        var exploration = found
        (exploration.causes, exploration.unexplained) = (search.causes, search.unexplained)
        return exploration
    }

    func look(_ point: CrashPoint) {
        found.visited += 1
        let key = point.key
        guard seen.insert(key).inserted else { return }
        found.distinct += 1
        guard let problem = judge(point, key) else { return }
        found.violationCount += 1
        found.firstWrong = found.firstWrong ?? found.visited
        found.expectations.insert(problem.expected)
        search.note(point.state) { point in judge(point, point.key) }
    }

    /// Asks about each disk once.
    private func judge(_ point: CrashPoint, _ key: BlockSum) -> CrashProblem? {
        guard known.insert(key).inserted else { return problems[key] }
        found.judged += 1
        problems[key] = judge(point, states.acknowledged(point))
        return problems[key]
    }
}

/// What is known of files that were asked for last, once for all disks that have them.
private struct FileAnswers<Answer> {
    /// How much is remembered; then it begins anew.
    let limit: Int
    /// How much of that an answer takes.
    let weight: (Answer) -> Int
    private var known: [BlockSum: Answer] = [:]
    private var size = 0

    init(limit: Int, weight: @escaping (Answer) -> Int) { (self.limit, self.weight) = (limit, weight) }

    mutating func answers(
        for point: CrashPoint, _ find: (_ path: String, _ bytes: [UInt8]) -> Answer
    ) -> [String: Answer] {
        var answers: [String: Answer] = [:]
        for (path, key, bytes) in point.fileKeys {
            let key = key.followed(by: path)
            let answer = known[key] ?? find(path, bytes())
            answers[path] = answer
            if known[key] != nil { continue }
            size += weight(answer)
            if size > limit { (known, size) = ([:], weight(answer)) }
            known[key] = answer
        }
        return answers
    }
}
