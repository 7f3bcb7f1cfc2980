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

    /// A line of the table.
    public var line: String {
        let rate = Int(Double(exploration.judged) / max(seconds, 1e-3))
        let outcome =
            switch (scenario.expectation, exploration.violationCount) {
            case (_, 0): isAsExpected ? "none" : "none, AND THERE MUST BE SOME"
            case (.safe, let count): "\(grouped(count)), AND THERE MUST BE NONE"
            case (_, let count) where !isAsExpected: "\(grouped(count)), AND NOT ONLY THOSE THAT THERE MUST BE"
            case (.knownWindow, let count): "\(grouped(count)), a known window"
            case (.mutant, let count): "\(grouped(count)), the planted bug"
            }
        return padded(scenario.name, 24) + padded(scenario.writing, 42) + leftPadded("\(exploration.operations)", 11)
            + leftPadded(grouped(exploration.visited), 11) + leftPadded(grouped(exploration.distinct), 10)
            + leftPadded(grouped(exploration.judged), 10)
            + leftPadded(grouped(rate), 10) + "  " + padded(exploration.coverage.word, 11) + outcome
            + "\n"
    }

    /// Writes the first violation's report and its disk.
    ///
    /// - Parameter options: Those of the exploration, as `crashlab explore` takes them.
    public func writeFirstViolation(below folder: String, options: String) throws {
        let name = "\(scenario.name)-\(scenario.writing.prefix { $0 != " " })"
        try exploration.causes.first?.violation.write(
            into: "\(folder)/\(name)", again: "crashlab explore \(scenario.reference) \(options)")
    }
}
