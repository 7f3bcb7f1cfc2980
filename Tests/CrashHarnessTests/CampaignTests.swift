// How a campaign deals with judges other than ours.

import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Campaigns")
struct CampaignTests {
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

    @Test func `cases that take no time at all are counted to the last`() {
        let summary = Campaign(.init(judges: [Content()], seed: 1, cases: 100_000, jobs: 2)).run()
        #expect(summary.failingCases.isEmpty && summary.total.cases == 100_000)
    }
}

/// Finds nothing wrong.
private struct Content: Judge {
    let name = "content"
    let promise = "Nothing is wrong."

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) { evidence.cases += 1 }
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
