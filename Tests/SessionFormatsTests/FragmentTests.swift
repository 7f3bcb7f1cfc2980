// What tells a write that was cut short from something that was whole.

import Testing

@testable import SessionFormats

@Suite("Fragments")
struct FragmentTests {
    @Test(arguments: [[0xC3], [0xE2], [0xE2, 0x82], [0xF0], [0xF0, 0x9F], [0xF0, 0x9F, 0x92]] as [[UInt8]])
    func `a text that ends inside a character was cut short`(_ end: [UInt8]) {
        #expect(JSONFragment.isCutShort(Array(#"{"a":"b"#.utf8) + end))
    }

    @Test(
        arguments: [[0x80], [0x80, 0x7D], [0xC3, 0x22], [0xE0, 0x80], [0xED, 0xA0], [0xF4, 0x90], [0xFF]] as [[UInt8]])
    func `a text that ends in what begins no character was damaged`(_ end: [UInt8]) {
        #expect(!JSONFragment.isCutShort(Array(#"{"a":"b"#.utf8) + end))
    }

    @Test(arguments: [#"{"a":1"#, #"{"a":"b"}"#, #"{"a":"b\"#, #"{"a":"b\u00"#, #"{"a":"#])
    func `a character that begins where none can be is damage`(_ start: String) {
        #expect(!JSONFragment.isCutShort(Array(start.utf8) + [0xE2, 0x82]))
    }

    @Test func `a record that may be a value of the fragment before it is damage`() throws {
        func findings(behind fragment: String) throws -> [Finding] {
            let record = #"{"uuid":"b","parentUuid":"a","sessionId":"s","timestamp":"t","type":"user","#
            let message = #""message":{"role":"user","content":"x"}}"#
            let lines = [record.replacing(#""b""#, with: #""a""#).replacing(#""a","s"#, with: "null,\"s") + message]
            let bytes = Array((lines + [fragment + record + message]).joined(separator: "\n").utf8) + [0x0A]
            let format = try #require(FormatCatalogue.standard.format(.claudeCode))
            return format.examine(FileBytes(bytes), ExaminationOptions()).findings.filter { $0.code == .weldedLine }
        }
        #expect(try findings(behind: #"{"uuid":"c","message":{"role":"us"#).map(\.severity) == [.warning])
        #expect(try findings(behind: #"{"uuid":"c","message":{"usage":"#).map(\.severity) == [.error])
        #expect(try findings(behind: "\0\0" + #"{"uuid":"c","message":{"usage":"#).map(\.severity) == [.error])
    }
}
