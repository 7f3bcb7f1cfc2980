// The harness must be able to find something: a planted bug goes in, a small case that replays comes out.

import Foundation
import SessionFormats
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
                == ["case.txt", "count", "report.txt", "session.jsonl"])
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
        let summary = campaign(jobs: 2)
        #expect(summary.findings.count == 1)
        #expect(summary.findings.first?.count == summary.failingCases.count)
        #expect(summary.failingCases.count > 5)
    }

    @Test func `of a judge that breaks its promise in ever other ways the first few are looked at, the rest counted`() {
        let summary = Campaign(.init(judges: [EverOtherwise()], seed: 1, cases: 40, jobs: 2, findingsPerJudge: 3)).run()
        // Made small, they turn out to be one.
        #expect(summary.findings.map(\.count) == [3])
        #expect(summary.failingCases.count == 40)
        #expect(summary.unexplained == 37)
        #expect(summary.text(seed: 1).contains("37 cases of further causes"))
    }

    @Test func `a case that fails once and not again is a finding that says so`() throws {
        let summary = Campaign(.init(judges: [Moody()], seed: 1, cases: 1, jobs: 1)).run()
        let finding = try #require(summary.findings.first).finding
        #expect(finding.violation.got.contains("none when it was judged again"))
        #expect(finding.caseFile.index == 0)
    }
}

/// Breaks its promise in a way of its own for each letter that it chooses.
private struct EverOtherwise: Judge {
    let name = "ever-otherwise"
    let promise = "This judge is broken."

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let word = (0..<8).map { _ in choices.pick("letter", Array("abcdefghijklmnopqrstuvwxyz")) }
        throw Violation(expected: "nothing", got: String(word), file: [], fileName: "")
    }
}

/// Breaks its promise the first time that it is asked.
private final class Moody: Judge {
    let name = "moody"
    let promise = "This judge is broken."
    private let asked = Guarded(0)

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let number = asked.withLock { number in
            number += 1
            return number
        }
        if number == 1 { throw Violation(expected: "nothing", got: "something", file: [], fileName: "") }
    }
}
