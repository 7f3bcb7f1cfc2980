// The recorded answers of pi's session manager, row by row.

import Testing

@testable import SessionFormats

@Suite("The view of pi's reader is that of its session manager, row by row")
struct PiFixtureTests {
    private let rows: [AgentRow]

    init() throws { rows = try AgentRow.all("pi") }

    @Test func `all 507 rows are there`() { #expect(rows.count == 507) }

    @Test func `the same branch and the same messages in the same order, or the same error`() {
        for row in rows {
            let reading = PiReading(FileBytes(row.input))
            let error = row.verdict.text("error")
            #expect(reading.error == (error == "hang" ? "Hang" : error.map { _ in "TypeError" }), "\(row.name)")
            if error != nil {
                #expect((reading.failsInContext ? "context" : "open") == row.verdict.text("stage"), "\(row.name)")
                continue
            }
            let name = { (value: Int) in reading.name(value) }
            #expect(reading.branch.map(name) == ids(row, "branch"), "\(row.name)")
            #expect(reading.context.map(name) == ids(row, "context"), "\(row.name)")
            #expect(reading.roles == ids(row, "roles"), "\(row.name)")
            #expect(reading.modelRoles == ids(row, "llm"), "\(row.name)")
        }
    }

    /// Identifiers; nil for what is no text.
    private func ids(_ row: AgentRow, _ key: String) -> [String?] {
        (row.verdict[key] as? [Any] ?? []).map { $0 as? String }
    }

    @Test func `the same becomes of the file on opening`() {
        for row in rows {
            let reading = PiReading(FileBytes(row.input))
            #expect(reading.effect.rawValue == row.verdict.text("after"), "\(row.name)")
            #expect((reading.effect != .same) == row.verdict["rewrites"] as? Bool, "\(row.name)")
            if reading.effect == .migrated {
                #expect(reading.values.count == row.verdict.number("after_lines"), "\(row.name)")
            }
        }
    }

    @Test func `it is in the list of sessions, and found as the most recent one, when it is in pi's`() {
        for row in rows {
            let reading = PiReading(FileBytes(row.input))
            #expect(reading.isListed == (row.verdict.object("listed") != nil), "\(row.name)")
            #expect(reading.isRecent == row.verdict["recent"] as? Bool, "\(row.name)")
        }
    }
}
