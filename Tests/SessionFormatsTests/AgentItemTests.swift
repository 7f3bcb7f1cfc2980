// What an item of an agent's log is: the record, and nothing of what stands around it on its line.

import Testing

@testable import SessionFormats

@Suite("Items of agents' logs")
struct AgentItemTests {
    @Test(arguments: ["\n", " \n", " ", "\r\n", ""])
    func `an item's content is the record without the blanks around it`(_ end: String) throws {
        let times = #""startTime":"2026-01-02T00:00:00.000Z","lastUpdated":"2026-01-02T00:00:00.000Z""#
        let header = #"{"sessionId":"s","projectHash":"p",\#(times),"kind":"main"}"#
        let record = #"{"id":"m","timestamp":"2026-01-02T00:00:00.000Z","type":"user","content":"x"}"#
        let bytes = FileBytes(Array((header + "\n" + record + end).utf8))
        let examination = FormatCatalogue.standard.examine(bytes, name: "s.jsonl")
        #expect(examination.format == .gemini)
        let contents = try #require(examination.items).map { String(decoding: $0.content, as: UTF8.self) }
        #expect(contents == [record])
    }
}
