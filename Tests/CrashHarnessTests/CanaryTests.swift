// The harness must be able to find something: a planted bug goes in, a small case that replays comes out.

import Foundation
import Testing

@testable import CrashHarness

@Suite("The canary")
struct CanaryTests {
    private func campaign(jobs: Int, keeping findings: Int = 1) -> Campaign.Summary {
        Campaign(
            .init(judges: [LogTruncation.canary], seed: 1, cases: 16, jobs: jobs, findingsPerJudge: findings)
        ).run()
    }

    @Test func `a planted bug is found, shrunk to a few choices, saved, and fails the same way when replayed`() throws {
        let summary = campaign(jobs: 2)
        let finding = try #require(summary.findings.first).finding
        #expect(finding.caseFile.values.count <= 20)

        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let saved = try FindingsFolder(folder).keep(finding)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: saved).sorted()
                == ["case.txt", "report.txt", "session.jsonl"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [finding.identity])

        let text = try String(contentsOfFile: "\(saved)/case.txt", encoding: .utf8)
        let again = try CaseFile(text: text).replay(LogTruncation.canary)
        #expect(again.violation?.expected == finding.violation.expected)
        #expect(again.violation?.got == finding.violation.got)
        #expect(again.violation?.file == finding.violation.file)
        // The reader without the bug passes the same case.
        #expect(try CaseFile(text: text).replay(LogTruncation()).violation == nil)
    }

    @Test func `the same seed gives the same failing cases on one worker and on four`() {
        let one = campaign(jobs: 1)
        let four = campaign(jobs: 4)
        #expect(one.failingCases == four.failingCases)
        #expect(one.total.cases == four.total.cases)
        #expect(one.failingCases.count > 5)
    }

    @Test func `cases of one cause are one finding with a count`() {
        let summary = campaign(jobs: 2, keeping: 10)
        #expect(summary.findings.reduce(0) { $0 + $1.count } == summary.failingCases.count)
        // The bug shows in two ways: with entries behind the cut one, and without.
        #expect((1...2).contains(summary.findings.count))
        #expect(summary.failingCases.count > 5)
    }
}
