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

    @Test func `read on all cores it gives the same, wherever something stands that is no plain entry`() throws {
        let usual = [
            #"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#,
            #"{"type":"compaction","id":"c","timestamp":"t","summary":"x","first_kept_entry_id":"a","tokens_before":1,"tokens_after":0}"#,
        ]
        let unusual = [
            "", "x", "\0\0", usual[0] + "\r", usual[0].dropLast(3) + usual[1], " " + usual[1] + "\t", header,
            #"{"type":"label","id":"l","timestamp":"t"}"#,
        ]
        for headers in [[header], [], ["\u{FEFF}" + header], ["", header], [header + "\r"]] {
            var lines = headers
            for number in 0..<2_000 {
                lines.append(usual[number % 2])
                if number.isMultiple(of: 31) { lines.append(String(unusual[number / 31 % unusual.count])) }
            }
            let bytes = FileBytes(Array(lines.joined(separator: "\n").utf8))
            for mode in ReadingMode.allCases {
                var reader = SessionLogReader(mode: mode)
                let whole = try? reader.read(bytes)
                for size in [1, 50, 700, 100_000] {
                    (reader.usesAllCores, reader.aheadPieceSize) = (true, size)
                    let ahead = try? reader.read(bytes)
                    #expect(ahead?.entries.map(\.byteRange) == whole?.entries.map(\.byteRange))
                    #expect(ahead?.entries.map(\.line) == whole?.entries.map(\.line))
                    #expect(ahead?.findings.report == whole?.findings.report)
                    #expect(ahead?.recovery == whole?.recovery)
                }
            }
        }
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
