// Why disks are wrong: what must not be durable, or acknowledged, before what.
//
// A wrong state is made smaller: as much as possible of what it lacks is given back, whole operations first, then halves of the
// rest, then one by one, and the crash is moved to the earliest moment at which the disk is still wrong. What is lacking then,
// and the operation without which all would be well, are the cause. Wrong states with the same operations, by kind, file and
// place in the program and not by number, are one cause, however often a loop does it.

import Foundation

/// A cause of wrong disks.
public struct CrashCause: Sendable {
    /// What must not be before what, in a sentence.
    public var sentence: String
    /// How many of the states that were visited were wrong for it.
    public var count = 1
    /// The smallest wrong state that was found.
    public var violation: CrashViolation

    /// Writes a folder with the report and, in `disk`, every file as the crash left it.
    ///
    /// - Throws: What the file system reports.
    public func write(into folder: String, again: String) throws {
        try SimulatedDisk(violation.disk, folders: violation.folders).write(below: folder + "/disk")
        let text = "cause         \(sentence)\n\(violation.report(again: again))"
        try Data(text.utf8).write(to: URL(filePath: folder + "/report.txt"))
    }
}

/// Finds the causes of wrong states.
struct CauseSearch {
    /// More wrong states than this are not made smaller; those that contain no cause that is known are counted alone.
    static let limit = 1_000

    private struct Known {
        var state: CrashState
        var cause: Int
    }

    private let states: CrashStates
    private(set) var causes: [CrashCause] = []
    /// How many wrong states were not made smaller, since there were too many.
    private(set) var unexplained = 0
    private var known: [Known] = []
    /// The known ones that lack a change, by the first that they lack.
    private var knownByChange: [Int: [Int]] = [:]
    private var causeOfKey: [String: Int] = [:]
    /// Of each cause the state that is shown: the earliest, and of those the one that lacks least.
    private var smallest: [CrashState] = []
    /// What came of states that were asked about last.
    private var verdicts: [CrashState: Bool] = [:]
    /// How many differences the states in `verdicts` have.
    private var verdictsSize = 0
    private static let mostVerdictsSize = 1 << 18
    private var searches = 0

    init(_ states: CrashStates) { self.states = states }

    /// Notes a wrong state.
    ///
    /// - Parameter judge: What is wrong with the state in which a point stands.
    mutating func note(_ state: CrashState, _ judge: (CrashPoint) -> CrashProblem?) {
        if isWrong(CrashState(crashPoint: state.crashPoint), judge) {
            return explain(earliest(CrashState(crashPoint: state.crashPoint), judge), judge)
        }
        if let cause = containedCause(state) {
            causes[cause].count += 1
            return
        }
        guard searches < Self.limit else {
            unexplained += 1
            return
        }
        searches += 1
        let fewer = earliest(fewest(state, judge), judge)
        explain(fewest(fewer, judge), judge)
    }

    private func containedCause(_ state: CrashState) -> Int? {
        for change in state.forms.keys.sorted() {
            for index in knownByChange[change] ?? [] {
                let smaller = known[index].state
                if smaller.crashPoint <= state.crashPoint, smaller.sizes.allSatisfy({ state.sizes[$0] == $1 }),
                    smaller.forms.allSatisfy({ state.forms[$0] == $1 }),
                    smaller.places.allSatisfy({ state.places[$0] == $1 })
                {
                    return known[index].cause
                }
            }
        }
        return nil
    }

    private mutating func isWrong(_ state: CrashState, _ judge: (CrashPoint) -> CrashProblem?) -> Bool {
        if let known = verdicts[state] { return known }
        let isWrong = judge(states.point(in: state)) != nil
        verdictsSize += Self.size(state).1 + 1
        if verdictsSize > Self.mostVerdictsSize { (verdicts, verdictsSize) = ([:], 0) }
        verdicts[state] = isWrong
        return isWrong
    }

    // MARK: Smaller

    /// The state with as little missing as leaves it wrong.
    private mutating func fewest(_ state: CrashState, _ judge: (CrashPoint) -> CrashProblem?) -> CrashState {
        var state = state
        let operations = Dictionary(grouping: state.forms.keys) { states.changes.changes[$0].operation }
        state = reduced(
            state, operations.sorted { $0.key < $1.key }.map { .changes($0.value) } + Self.others(state), judge)
        state = reduced(state, state.forms.keys.sorted().map { .changes([$0]) } + Self.others(state), judge)
        for (change, form) in state.forms.sorted(by: { $0.key < $1.key }) where form != .missing {
            var simpler = state
            simpler.forms[change] = .missing
            if isWrong(simpler, judge) { state = simpler }
        }
        return state
    }

    private enum Part {
        case changes([Int])
        case size(Int)
        case order
    }

    private static func others(_ state: CrashState) -> [Part] {
        state.sizes.keys.sorted().map { .size($0) } + (state.places.isEmpty ? [] : [.order])
    }

    private static func state(_ state: CrashState, with parts: some Sequence<Part>) -> CrashState {
        var part = CrashState(crashPoint: state.crashPoint)
        for kept in parts {
            switch kept {
            case .changes(let changes): for change in changes { part.forms[change] = state.forms[change] }
            case .size(let file): part.sizes[file] = state.sizes[file]
            case .order: part.places = state.places
            }
        }
        return part
    }

    /// Delta debugging (Zeller, Hildebrandt): gives back ever smaller parts of what is missing as long as it stays wrong.
    private mutating func reduced(_ state: CrashState, _ parts: [Part], _ judge: (CrashPoint) -> CrashProblem?)
        -> CrashState
    {
        var (parts, size) = (parts, parts.count)
        while size >= 1, !parts.isEmpty {
            var start = 0
            while start < parts.count {
                let rest = parts[..<start] + parts[min(start + size, parts.count)...]
                if isWrong(Self.state(state, with: rest), judge) { parts = Array(rest) } else { start += size }
            }
            size /= 2
        }
        return Self.state(state, with: parts)
    }

    /// So many moments are gone back one by one; further back they are passed over in ever larger steps.
    private static let near = 64

    /// The state at a moment at which it is wrong and was not one operation before. A moment at which the disk was wrong with
    /// everything there, as before a program has made its files, says nothing about what is missing.
    private mutating func earliest(_ state: CrashState, _ judge: (CrashPoint) -> CrashProblem?) -> CrashState {
        func isWrong(_ crashPoint: Int, _ search: inout CauseSearch) -> Bool {
            let earlier = search.at(crashPoint, state)
            guard search.isWrong(earlier, judge) else { return false }
            return state.isEverything || !search.isWrong(CrashState(crashPoint: crashPoint), judge)
        }
        var (fine, wrong, step) = (-1, state.crashPoint, 1)
        while wrong - step > fine {
            if isWrong(wrong - step, &self) { wrong -= step } else { fine = wrong - step }
            if state.crashPoint - wrong > Self.near { step *= 2 }
        }
        while wrong - fine > 1 {
            let middle = (wrong + fine) / 2
            if isWrong(middle, &self) { wrong = middle } else { fine = middle }
        }
        return at(wrong, state)
    }

    /// The same at another moment, with what had not been issued then left out.
    private func at(_ crashPoint: Int, _ state: CrashState) -> CrashState {
        var earlier = state
        earlier.crashPoint = crashPoint
        earlier.forms = state.forms.filter { states.changes.changes[$0.key].operation < crashPoint }
        earlier.places = state.places.filter { max($0.key, $0.value) < crashPoint }
        return earlier
    }

    // MARK: In words

    private static func size(_ state: CrashState) -> (Int, Int) {
        (state.crashPoint, state.forms.count + state.sizes.count + state.places.count)
    }

    private mutating func explain(_ state: CrashState, _ judge: (CrashPoint) -> CrashProblem?) {
        let (key, sentence) = explanation(state)
        let cause = causeOfKey[key] ?? causes.count
        if cause < causes.count { causes[cause].count += 1 }
        if cause == causes.count || Self.size(state) < Self.size(smallest[cause]) {
            let point = states.point(in: state)
            guard let (expected, got) = judge(point) else { return }
            let shown = CrashCause(
                sentence: sentence, count: cause < causes.count ? causes[cause].count : 1,
                violation: CrashViolation(
                    expected: expected, got: got, operations: states.story(point.state),
                    acknowledged: states.acknowledged(point), disk: point.files, folders: point.tree.folders,
                    choices: state.numbers))
            causeOfKey[key] = cause
            if cause < causes.count {
                (causes[cause], smallest[cause]) = (shown, state)
            } else {
                causes.append(shown)
                smallest.append(state)
            }
        }
        guard !known.contains(where: { $0.state == state }), let change = state.forms.keys.min() else { return }
        knownByChange[change, default: []].append(known.count)
        known.append(Known(state: state, cause: cause))
    }

    /// What tells the cause from others, and the cause in words.
    private func explanation(_ state: CrashState) -> (key: String, sentence: String) {
        let operations = states.changes.trace.operations
        let last = state.crashPoint - 1
        var lost = Set(state.forms.keys.map { states.changes.changes[$0].operation })
        for file in state.sizes.keys {
            let sized = operations.indices.prefix(state.crashPoint).last { states.changes.file(of: $0) == file }
            if let sized { lost.insert(sized) }
        }
        lost.formUnion(state.places.keys)
        let before = lost.subtracting([last]).sorted()
        let names = before.prefix(3).map(name)
        let more = before.count > 3 ? " and \(before.count - 3) more" : ""
        let those = (before.count == 1 ? "operation " : "operations ") + names.joined(separator: ", ") + more
        let isReordered =
            state.places.isEmpty ? "" : "; they overlap, and took effect in another order than that of issue"
        let kinds = Set(before.map(kind)).sorted().joined(separator: " + ")
        guard last >= 0 else { return ("nothing", "the disk is wrong before the first operation") }
        let key = "\(kind(last))\(lost.contains(last) ? " in part" : "") | \(kinds) | \(!state.places.isEmpty)"
        if case .acknowledge(let what) = operations[last] {
            if before.isEmpty { return (key, "\"\(what)\" is acknowledged, and is not there though everything is") }
            let verb = before.count == 1 ? "is" : "are"
            return (
                key, "\"\(what)\" must not be acknowledged\(place(last)) before \(those) \(verb) durable\(isReordered)"
            )
        }
        if lost.contains(last) {
            let part = "operation \(name(last)) must not be on the disk in part"
            return (key, (before.isEmpty ? part : "\(part), or without \(those)") + isReordered)
        }
        if before.isEmpty {
            let next = operations.indices[state.crashPoint...].first { !states.changes.changesOf[$0].isEmpty }
            let until = next.map { " until operation \(name($0)) is there too" } ?? ""
            return (key, "operation \(name(last)) leaves a wrong disk\(until)")
        }
        return (key, "operation \(name(last)) must not be durable before \(those)\(isReordered)")
    }

    private func name(_ index: Int) -> String { "\(index + 1) (\(states.changes.describe(index))\(place(index)))" }

    private func place(_ index: Int) -> String { states.changes.trace.places[index].map { ", called at \($0)" } ?? "" }

    private func kind(_ index: Int) -> String {
        let place = states.changes.trace.places[index] ?? ""
        let file = states.changes.paths[index] ?? ""
        return switch states.changes.trace.operations[index] {
        case .write: "write \(file) \(place)"
        case .resize: "resize \(file) \(place)"
        case .sync, .failedSync, .syncWrite, .syncAll: "sync \(file) \(place)"
        case .acknowledge: "acknowledge \(place)"
        case .output: "output \(place)"
        default: "\(states.changes.describe(index)) \(place)"
        }
    }
}
