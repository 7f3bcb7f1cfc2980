// Everything that a campaign came to, as data: what report.json holds and report.html shows.

import Foundation
import SessionFormats

/// The data of a report.
public struct RunReport: Sendable, Codable {
    /// A judge and how much it looked at.
    public struct JudgeLine: Sendable, Codable {
        /// Its name.
        public var name: String
        /// What has to hold.
        public var promise: String
        /// Cases that it looked at.
        public var cases: Int
    }

    /// A finding.
    public struct FindingLine: Sendable, Codable {
        /// The name of its cause.
        public var identity: String
        /// Who found it.
        public var judge: String
        /// What had to hold.
        public var promise: String
        /// What was expected.
        public var expected: String
        /// What came.
        public var got: String
        /// How many cases were of this cause.
        public var count: Int
        /// The command that shows it again.
        public var replay: String
    }

    /// Where the cases followed from.
    public var seed: UInt64
    /// Seconds that it took.
    public var seconds: Double
    /// Cases in all.
    public var cases: Int
    /// Bytes that readers were given.
    public var bytesRead: Int
    /// Cases that failed.
    public var failingCases: Int
    /// What was looked at.
    public var judges: [JudgeLine]
    /// What was found.
    public var findings: [FindingLine]
    /// Cases up to each second.
    public var casesBySecond: [Int]
    /// Coverage-guided targets, by name.
    public var targets: [String: GuidedTarget.Status]
    /// A map for each format.
    public var maps: [CrashMap]

    /// Puts a report together.
    public init(
        _ summary: Campaign.Summary, _ plan: Campaign.Plan, targets: [String: GuidedTarget.Status],
        findings folder: FindingsFolder, maps: [CrashMap]
    ) {
        let total = summary.total
        (seed, seconds, cases, bytesRead) = (plan.seed, summary.seconds, total.cases, total.bytesRead)
        failingCases = summary.failingCases.count
        judges = plan.judges.map {
            JudgeLine(name: $0.name, promise: $0.promise, cases: summary.evidence[$0.name]?.cases ?? 0)
        }
        findings = summary.findings.map { counted in
            let finding = counted.finding
            return FindingLine(
                identity: finding.identity, judge: finding.caseFile.judge, promise: finding.promise,
                expected: finding.violation.expected.printableLines, got: finding.violation.got.printableLines,
                count: counted.count,
                replay: "crashlab replay \(folder.path(of: finding))".printable)
        }
        (casesBySecond, self.targets, self.maps) = (summary.casesBySecond, targets, maps)
    }

    /// As JSON.
    ///
    /// - Throws: What the encoder does, for numbers that JSON has not.
    public func json() throws -> Data { try JSONEncoder.lines.encode(self) }

    /// As one page that needs nothing else: no network, no other file.
    ///
    /// - Throws: What the encoder does.
    public func html() throws -> Data {
        // The one thing that must not stand inside a script.
        let data = String(decoding: try json(), as: UTF8.self).replacing("</", with: "<\\/")
        return Data(ReportPage.template.replacing("__DATA__", with: data).utf8)
    }

    /// For programs that show test results.
    public var junit: JUnitReport {
        let found = Dictionary(grouping: findings, by: \.judge)
        return JUnitReport(
            suite: "crashlab fuzz",
            cases: judges.map { judge in
                let problems = found[judge.name] ?? []
                return JUnitReport.Case(
                    name: judge.name,
                    failure: problems.isEmpty
                        ? nil
                        : problems.map { "expected \($0.expected), got \($0.got); \($0.replay)" }.joined(
                            separator: "\n"))
            }
                + targets.sorted { $0.key < $1.key }.map { name, status in
                    let crashes = status.crashes == 0 ? nil : "\(status.crashes) inputs crash"
                    return JUnitReport.Case(name: "fuzz-\(name)", failure: status.problem ?? crashes)
                })
    }

    /// For programs that show findings in code and files.
    public var sarif: SarifReport {
        SarifReport(
            results: findings.map {
                SarifReport.Result(
                    rule: $0.judge, level: "error", message: "\($0.promise) Expected \($0.expected), got \($0.got).",
                    path: $0.replay.split(separator: " ").last.map(String.init) ?? "", offset: nil, length: nil,
                    line: nil)
            })
    }
}
