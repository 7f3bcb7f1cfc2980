// Logs whose size makes the library's own tables grow.

import Testing

@testable import SessionFormats

@Suite("Large logs")
struct LargeLogTests {
    private let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#

    @Test func `forty thousand entries are all there, in order, and give the digest of their printed lines`() throws {
        let lines = (0..<40_000).map {
            #"{"type":"leaf","id":"e\#($0)","parent_id":null,"timestamp":"t","entry_id":"b"}"#
        }
        let log = try SessionLogReader(mode: .reference).read(
            Array(([header] + lines).joined(separator: "\n").utf8) + [0x0A])
        #expect(log.entries.count == 40_000 && log.entries[16_384].id == "e16384" && log.entries.last?.id == "e39999")
        #expect(log.entries[39_999].rawBytes == Array(lines[39_999].utf8))
        #expect(log.canonicalDigest == BLAKE3.hash(Array(lines.joined(separator: "\n").utf8)).description)
    }

    @Test func `an entry of twenty thousand content items is one entry`() throws {
        let items = (0..<20_000).map { #"{"type":"text","text":"\#($0)"}"# }.joined(separator: ",")
        let entry =
            #"{"type":"message","id":"a","timestamp":"t","message":{"role":"user","content":[\#(items)],"timestamp_ms":1}}"#
        let log = try SessionLogReader().read(Array("\(header)\n\(entry)\n".utf8))
        guard case .message(let entry) = log.entries.first?.decoded(), case .user(let message) = entry.message else {
            Issue.record("no message of a user")
            return
        }
        #expect(message.content.count == 20_000 && message.content.last == .text("19999"))
    }
}
