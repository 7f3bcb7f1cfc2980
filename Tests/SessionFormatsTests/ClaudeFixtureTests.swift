// The recorded answers of the Claude Agent SDK, row by row.

import Testing

@testable import SessionFormats

@Suite("The view of Claude Code's reader is that of the SDK, row by row")
struct ClaudeFixtureTests {
    private let rows: [AgentRow]

    init() throws { rows = try AgentRow.all("claude-code") }

    @Test func `all 633 rows are there`() { #expect(rows.count == 633) }

    @Test func `the same messages in the same order, or the same error`() {
        for row in rows {
            let reading = ClaudeReading(FileBytes(row.input))
            #expect(reading.error == row.verdict.text("error"), "\(row.name)")
            guard reading.error == nil else { continue }
            #expect(reading.shownIDs == row.verdict.strings("messages"), "\(row.name)")
            #expect(reading.shownPlaces == row.verdict["picked"] as? [Int], "\(row.name)")
            #expect(reading.keptCount == row.verdict.number("kept"), "\(row.name)")
        }
    }

    @Test func `the same messages as a subagent's file`() {
        for row in rows {
            let reading = ClaudeReading(FileBytes(row.input))
            guard let verdict = row.verdict.object("subagent") else { continue }
            // A parent that is no text only matters there when the walk meets it.
            guard verdict.text("error") == nil, reading.error != "TypeError" else { continue }
            #expect(reading.shownIDsOfSubagent == verdict.strings("messages"), "\(row.name)")
        }
    }

    @Test func `it is listed as the SDK lists it`() {
        for row in rows {
            let listing = ClaudeListing(FileBytes(row.input))
            #expect(listing.isFatal == (row.verdict.text("info_error") != nil), "\(row.name)")
            if listing.isFatal { continue }
            #expect(listing.isListed == row.verdict["listed"] as? Bool, "\(row.name)")
            guard let info = row.verdict.object("info") else { continue }
            func check(_ text: [UInt8]?, _ key: String) {
                #expect(text.map(JSONText.string) == info.text(key), "\(row.name): \(key)")
            }
            check(listing.summary, "summary")
            check(listing.customTitle, "custom_title")
            check(listing.firstPrompt, "first_prompt")
            check(listing.gitBranch, "git_branch")
            check(listing.folder, "cwd")
            check(listing.tag, "tag")
        }
    }
}
