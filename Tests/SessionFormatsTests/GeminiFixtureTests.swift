// The recorded answers of Gemini CLI's recording service, row by row.

import Testing

@testable import SessionFormats

@Suite("The view of Gemini CLI's reader is that of its recording service, row by row")
struct GeminiFixtureTests {
    private let rows: [AgentRow]

    init() throws { rows = try AgentRow.all("gemini") }

    @Test func `all 409 rows are there`() { #expect(rows.count == 409) }

    @Test func `the same messages in the same order, or none at all`() {
        for row in rows {
            check(GeminiReading(FileBytes(row.input)), row.verdict, row.name)
            let newer = row.verdictOnNode24 ?? row.verdict
            check(GeminiReading(FileBytes(row.input), endsAtSeparators: true), newer, "\(row.name) on Node 24")
        }
    }

    private func check(_ reading: GeminiReading, _ verdict: [String: Any], _ name: String) {
        let loads = verdict.object("load") != nil
        #expect(reading.loads == loads, "\(name)")
        guard loads, let ids = verdict["ids"] as? [Any], let types = verdict["types"] as? [Any] else { return }
        #expect(reading.messages.map { $0.id.map(JSONText.string) } == ids.map { $0 as? String }, "\(name)")
        #expect(reading.messages.map { $0.type.map(JSONText.string) } == types.map { $0 as? String }, "\(name)")
    }

    @Test func `it is listed as the agent lists it`() {
        for row in rows {
            let reading = GeminiReading(FileBytes(row.input))
            let listed = row.verdict.object("meta")
            #expect(reading.loads == (listed != nil), "\(row.name)")
            guard let listed else { continue }
            #expect(reading.listedCount == listed.number("messageCount"), "\(row.name)")
            #expect(reading.hasResumableContent == listed["hasResumableContent"] as? Bool, "\(row.name)")
            #expect(reading.isSubagent == (listed.text("kind") == "subagent"), "\(row.name)")
            let first = JSONText.string(reading.firstUserMessage)
            #expect(first == listed.text("firstUserMessage") ?? "", "\(row.name)")
        }
    }
}
