// What exploring a scenario came to, as a line of a table and as a folder with the first violation.

import Foundation
import SessionFormats

/// The report on one scenario.
public struct ExplorationReport {
    /// What was explored.
    public var scenario: CrashScenario
    /// What was found.
    public var exploration: Exploration
    /// How long it took.
    public var seconds: Double
    /// The rules; known windows and planted bugs need to show under `posix` only.
    public var model: PersistenceModel

    /// Makes a report.
    public init(scenario: CrashScenario, exploration: Exploration, seconds: Double, model: PersistenceModel) {
        self.scenario = scenario
        self.exploration = exploration
        self.seconds = seconds
        self.model = model
    }

    /// Whether safe is safe, and of known windows and planted bugs those were found and nothing else.
    public var isAsExpected: Bool {
        switch scenario.expectation {
        case .safe: exploration.violationCount == 0
        case .knownWindow(let words), .mutant(let words):
            (exploration.violationCount > 0 || model != .posix)
                && exploration.expectations.allSatisfy { expected in words.contains { expected.hasPrefix($0) } }
        }
    }

    /// The table's first line.
    public static let head =
        padded("scenario", 24) + padded("writing", 42) + leftPadded("operations", 11) + leftPadded("visited", 11)
        + leftPadded("distinct", 10) + leftPadded("judged", 10) + leftPadded("a second", 10) + "  "
        + padded("states", 11) + "violations\n"

    private var wrong: String {
        "\(grouped(exploration.violationCount)) of \(counted(exploration.causes.count, "cause")), first after \(exploration.firstWrong ?? 0)"
    }

    /// A line of the table.
    public var line: String {
        let rate = Int(Double(exploration.visited) / max(seconds, 1e-3))
        let outcome =
            switch (scenario.expectation, exploration.violationCount) {
            case (_, 0): isAsExpected ? "none" : "none, AND THERE MUST BE SOME"
            case (.safe, _): "\(wrong), AND THERE MUST BE NONE"
            case _ where !isAsExpected: "\(wrong), AND NOT ONLY THOSE THAT THERE MUST BE"
            case (.knownWindow, _): "\(wrong), a known window"
            case (.mutant, _): "\(wrong), the planted bug"
            }
        return padded(scenario.name, 24) + padded(scenario.writing, 42) + leftPadded("\(exploration.operations)", 11)
            + leftPadded(grouped(exploration.visited), 11) + leftPadded(grouped(exploration.distinct), 10)
            + leftPadded(grouped(exploration.judged), 10)
            + leftPadded(grouped(rate), 10) + "  " + padded(exploration.coverage.word, 11) + outcome
            + "\n"
    }

    /// The exploration as one line of JSON; see ``Exploration/json(of:again:)``.
    ///
    /// - Parameter options: Those of the exploration, as `crashlab explore` takes them.
    /// - Throws: What encoding throws.
    public func json(options: String) throws -> Data {
        try exploration.json(of: scenario.reference, again: again(options), isAsExpected: isAsExpected)
    }

    /// The command that shows a state again, up to the state.
    public func again(_ options: String) -> String { "crashlab explore \(scenario.reference) \(options)" }

    /// Writes a folder for the scenario when something was wrong; see ``Exploration/write(into:again:)``.
    ///
    /// - Parameter options: Those of the exploration, as `crashlab explore` takes them.
    public func write(below folder: String, options: String) throws {
        let name = "\(scenario.name)-\(scenario.writing.prefix { $0 != " " })"
        try exploration.write(into: "\(folder)/\(name)", again: again(options))
    }
}

extension Exploration {
    /// What was visited, and the causes of what is wrong.
    ///
    /// - Parameter again: The command that shows a state again, up to the state.
    public func text(again: String) -> String {
        var text =
            "\(operations) operations, \(grouped(visited)) states visited (\(coverage.sentence)), "
            + "\(grouped(distinct)) distinct, \(grouped(violationCount)) wrong"
        if violationCount == 0 { return text + "\n" }
        text += ", of \(counted(causes.count, "cause")); the first after \(grouped(firstWrong ?? 0)) states\n"
        for (index, cause) in causes.enumerated() {
            text += "\n\(index + 1). \(cause.sentence) (\(counted(cause.count, "state")))\n\n"
            text += cause.violation.report(again: again)
        }
        if unexplained > 0 {
            text += "\n\(counted(unexplained, "state")) of further causes: no more were looked into.\n"
        }
        return text
    }

    /// One line of JSON: counts, and the causes with what shows each again.
    ///
    /// - Parameters:
    ///   - subject: What was explored: a scenario, or the path of a trace.
    ///   - again: The command that shows a state again, up to the state.
    ///   - unseen: What could not be seen of what was done, in sentences.
    ///   - isAsExpected: Whether this is what was known before; nil when nothing was.
    /// - Throws: What encoding throws.
    public func json(
        of subject: String, again: String, unseen: [String] = [], isAsExpected: Bool? = nil
    ) throws -> Data {
        let causes = causes.map { cause in
            JSONReport.Cause(
                cause: cause.sentence, states: cause.count, expected: cause.violation.expected,
                got: cause.violation.got,
                acknowledged: cause.violation.acknowledged, operations: cause.violation.operations,
                files: cause.violation.disk.mapValues(\.count), again: cause.violation.command(again: again))
        }
        return try JSONEncoder.lines.encode(
            JSONReport(
                subject: subject, operations: operations, visited: visited, distinct: distinct, judged: judged,
                states: coverage.sentence, wrong: violationCount, firstWrong: firstWrong, unexplained: unexplained,
                unseen: unseen, unjudged: unjudged, isAsExpected: isAsExpected, causes: causes)) + [0x0A]
    }

    private struct JSONReport: Encodable {
        struct Cause: Encodable {
            var cause: String
            var states: Int
            var expected: String
            var got: String
            var acknowledged: [String]
            var operations: [String]
            var files: [String: Int]
            var again: String
        }

        var subject: String
        var operations: Int
        var visited: Int
        var distinct: Int
        var judged: Int
        var states: String
        var wrong: Int
        var firstWrong: Int?
        var unexplained: Int
        var unseen: [String]
        var unjudged: [String]
        var isAsExpected: Bool?
        var causes: [Cause]
    }

    /// Writes the first cause's report and disk, those of further ones in `cause-2` and so on; nothing when nothing is wrong.
    ///
    /// - Throws: What the file system reports.
    public func write(into folder: String, again: String) throws {
        for (index, cause) in causes.enumerated() {
            try cause.write(into: index == 0 ? folder : "\(folder)/cause-\(index + 1)", again: again)
        }
    }
}
