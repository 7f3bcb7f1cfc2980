// A case as text: written, read, and refused with the line.

import Testing

@testable import CrashHarness

@Suite("Case files")
struct CaseFileTests {
    @Test func `what is written is read back`() throws {
        var choices = Choices.seeded(3)
        _ = LogScenario(&choices)
        let written = CaseFile(judge: "log-weld", seed: 7, index: 12, values: choices.values)
        let text = written.text(promise: "It holds.", labels: choices.made)
        #expect(try CaseFile(text: text) == written)
        #expect(text.hasPrefix("judge: log-weld\nseed: 7\ncase: 12\npromise: It holds.\nchoices:\n"))
    }

    @Test func `what is no case is refused with the line and what was expected`() {
        #expect(throws: CaseFile.Malformed(line: 0, expected: "a line \"judge: NAME\"")) { try CaseFile(text: "") }
        #expect(throws: CaseFile.Malformed(line: 0, expected: "a line \"choices:\"")) { try CaseFile(text: "judge: x") }
        #expect(throws: CaseFile.Malformed(line: 3, expected: "a number")) {
            try CaseFile(text: "judge: x\nchoices:\nmany of 3\n")
        }
    }
}
