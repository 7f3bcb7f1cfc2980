// Copies of agents' logs in which more than one thing had to be mended at one place.

import Testing

@testable import SessionFormats

@Suite("Repairs of agents' logs")
struct AgentRepairTests {
    @Test func `metadata that a later record makes void is given back behind it`() throws {
        let times = #""startTime":"2026-01-02T00:00:00.000Z","lastUpdated":"2026-01-02T00:00:00.000Z""#
        let lines = [
            #"{"sessionId":"s","projectHash":"p",\#(times),"kind":"main"}"#,
            #"{"id":"m","timestamp":"2026-01-02T00:00:00.000Z","type":"user","content":"x"}"#,
            #"{"sessionId":"s","projectHash":"",\#(times)}"#,
        ]
        let format = try #require(FormatCatalogue.standard.format(.gemini))
        let recovered = try format.recover(FileBytes(Array(lines.joined(separator: "\n").utf8)))
        #expect(String(decoding: recovered.bytes, as: UTF8.self).hasSuffix("\n{\"$set\":{\"projectHash\":\"p\"}}\n"))
        let copy = FileBytes(recovered.bytes)
        #expect(format.examine(copy, ExaminationOptions(mode: .reference)).verdict != .unreadable)
        #expect(try format.recover(copy).bytes == recovered.bytes)
    }

    private static let separator: [UInt8] = [0xE2, 0x80, 0xA8]

    @Test func `bytes that are no text, a raw separator and half a pair are mended in one go`() throws {
        let format = try #require(FormatCatalogue.standard.format(.gemini))
        let header = #"{"sessionId":"s","projectHash":"p","startTime":"t","lastUpdated":"t","kind":"main"}"#
        let record = Array(#"{"id":"m","timestamp":"t","type":"user","content":"a"#.utf8)
        let rest = Array(#"b\ud800"}"#.utf8)
        let bytes = Array(header.utf8) + [0x0A] + record + [0xFF] + Self.separator + rest + [0x0A]
        let recovered = try format.recover(FileBytes(bytes))
        let text = String(decoding: recovered.bytes, as: UTF8.self)
        #expect(text.hasSuffix(#""content":"a\#u{FFFD}\u2028b\ufffd"}"# + "\n"))
        #expect(try format.recover(FileBytes(recovered.bytes)).bytes == recovered.bytes)
    }

    @Test func `a header that is put first is mended there`() throws {
        let format = try #require(FormatCatalogue.standard.format(.codex))
        let item = #"{"timestamp":"t","type":"response_item","payload":{"type":"message","role":"user","content":[]}}"#
        let header = Array(#"{"timestamp":"t","type":"session_meta","payload":{"id":"s","cwd":"/"#.utf8) + [0xFF]
        let bytes = Array((item + "\n").utf8) + header + Array("\"}}\n".utf8)
        let recovered = try format.recover(FileBytes(bytes))
        #expect(String(validating: recovered.bytes, as: UTF8.self) != nil)
        #expect(recovered.bytes.starts(with: header.dropLast()))
        #expect(format.examine(FileBytes(recovered.bytes), ExaminationOptions(mode: .reference)).verdict != .unreadable)
    }
}
