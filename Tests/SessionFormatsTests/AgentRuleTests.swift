// Each rule on agents' logs as a small file, with its expected report beside it.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

@Suite("Rules on agents' logs")
struct AgentRuleTests {
    /// What each file must be told of, written by hand from the rules: code, severity, line.
    private static let rules: [(file: String, code: String, severity: Severity, line: Int?)] = [
        ("R1-lone-surrogate.claude-code", "lone-surrogate-escape", .error, 2),
        ("R2-line-separator.gemini", "line-separator-in-record", .warning, 2),
        ("R3-repeated-after-torn.claude-code", "repeated-after-torn", .note, 2),
        ("R4-raw-newline.copilot", "raw-control-in-string", .error, 2),
        ("R5-parent-missing.claude-code", "parent-missing", .warning, 3),
        ("R6-duplicate-id.pi", "duplicate-id", .warning, 4),
        ("R6-conflicting-id.pi", "conflicting-id", .error, 4),
        ("R7-parent-cycle.pi", "parent-cycle", .error, 2),
        ("R7-parent-cycle.pi", "reader-refuses", .error, nil),
        ("R7-logical-cycle.claude-code", "parent-cycle", .error, 1),
        ("R8-interleaved-branches.claude-code", "interleaved-branches", .warning, 3),
        ("R9-several-roots.claude-code", "several-roots", .warning, 3),
        ("R10-call-without-result.claude-code", "call-without-result", .error, 2),
        ("R10-open-call.claude-code", "open-call", .note, 2),
        ("R10-result-without-call.claude-code", "result-without-call", .error, 4),
        ("R10-result-before-call.claude-code", "result-before-call", .error, 2),
        ("R10-result-repeated.claude-code", "result-repeated", .error, 3),
        ("R10-call-interrupted.claude-code", "call-interrupted", .error, 2),
        ("R10-pair-split.pi", "pair-split-by-compaction", .error, 4),
        ("R11-sequence.codex", "sequence-repeated", .error, 3),
        ("R11-sequence.codex", "sequence-gap", .error, 4),
        ("R11-sequence.codex", "sequence-missing", .error, 5),
        ("R12-missing-header.codex", "missing-header", .error, 1),
        ("R12-header-not-first.codex", "header-not-first", .warning, 2),
        ("R12-version-newer.pi", "newer-version", .warning, 1),
        ("R12-header-too-long.pi", "header-too-long", .warning, 1),
        ("R12-older-version.pi", "reader-rewrites", .warning, 1),
        ("R13-foreign-leaf.pi", "foreign-leaf", .error, 4),
        ("R14-first-kept-missing.pi", "reference-missing", .error, 4),
        ("R14-lost-rewind.gemini", "reference-missing", .error, 4),
        ("R14-leaf-of-summary.claude-code", "reference-missing", .note, 1),
        ("R15-arguments-not-json.codex", "arguments-not-json", .error, 3),
        ("R15-empty-call-id.codex", "empty-call-id", .error, 3),
        ("R15-empty-block.claude-code", "empty-block", .error, 2),
        ("R16-snapshot-collision.claude-code", "snapshot-id-collision", .note, 1),
        ("R17-foreign-session.claude-code", "foreign-session-id", .note, 2),
    ]

    private func examination(_ file: String, _ options: ExaminationOptions = ExaminationOptions()) throws -> Examination
    {
        let agent = String(try #require(file.split(separator: ".").last))
        let format = try #require(FormatCatalogue.standard.format(FormatID(agent)))
        return format.examine(FileBytes(try Fixture.bytes("agent-rules/\(file).jsonl")), options)
    }

    @Test func `each rule is told with its severity and its line`() throws {
        for rule in Self.rules {
            let findings = try examination(rule.file).findings
            let found = findings.contains {
                $0.code.rawValue == rule.code && $0.severity == rule.severity && $0.line == rule.line
            }
            #expect(found, "\(rule.file): \(rule.code) in \(findings.map(\.text))")
        }
    }

    @Test func `the report is the expected one, word for word`() throws {
        for file in Set(Self.rules.map(\.file)) {
            let expected = String(decoding: try Fixture.bytes("agent-rules/\(file).expected"), as: UTF8.self)
            #expect(try examination(file).text(path: "\(file).jsonl") == expected, "\(file)")
        }
    }

    @Test func `a report holds no text of the conversation unless it is asked for`() throws {
        let file = "R5-parent-missing.claude-code"
        let silent = try String(decoding: examination(file).json(path: ""), as: UTF8.self)
        #expect(!silent.contains("hello"))
        let shown = try String(
            decoding: examination(file, ExaminationOptions(showsText: true)).json(path: ""), as: UTF8.self)
        #expect(shown.contains("hello"))
    }

    @Test func `dangling parents are bound, and open calls are closed, only when that is asked for`() throws {
        let dangling = FileBytes(try Fixture.bytes("agent-rules/R5-parent-missing.claude-code.jsonl"))
        #expect(try AgentLogFormat.claudeCode.recover(dangling).bytes == dangling.copy(0..<dangling.count))
        let bound = try AgentLogFormat.claudeCode.recover(dangling, RecoveryOptions(rewires: true))
        let reading = ClaudeReading(FileBytes(bound.bytes))
        #expect(reading.shown.count == 4)
        for file in ["R10-open-call.claude-code", "R10-call-without-result.claude-code"] {
            let open = FileBytes(try Fixture.bytes("agent-rules/\(file).jsonl"))
            #expect(try AgentLogFormat.claudeCode.recover(open).bytes == open.copy(0..<open.count))
            let closed = try AgentLogFormat.claudeCode.recover(open, RecoveryOptions(closesCalls: true))
            let codes = AgentLogFormat.claudeCode.examine(FileBytes(closed.bytes), ExaminationOptions()).findings.map(
                \.code)
            #expect(!codes.contains(.openCall) && !codes.contains(.callWithoutResult), "\(codes)")
        }
    }

    @Test func `a lost rewind that is made void is no update either`() throws {
        let log = """
            {"sessionId":"s","projectHash":"p"}
            {"id":"1","type":"user","timestamp":"t","content":"hello"}
            {"$rewindTo":"gone","$set":{"messages":[]},"sessionId":"s","projectHash":"p","messages":[]}

            """
        #expect(GeminiReading(FileBytes(Array(log.utf8))).messages.isEmpty)
        let copy = try AgentLogFormat.gemini.recover(FileBytes(Array(log.utf8))).bytes
        #expect(GeminiReading(FileBytes(copy)).messages.count == 1, "\(String(decoding: copy, as: UTF8.self))")
    }
}
