// What recover mode does for damage that people have reported, example by example.

import Testing

@testable import SessionFormats

@Suite("Recover mode")
struct RecoverModeTests {
    private static let header =
        #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/","parent_session":null}"#

    private func leaf(_ id: String) -> String {
        "{\"type\":\"leaf\",\"id\":\"\(id)\",\"parent_id\":null,\"timestamp\":\"t\",\"entry_id\":\"x\"}"
    }

    private struct Outcome: Equatable {
        var recovery: CrashRecovery
        var ids: [String]
        var findings: [FindingCode]
        var hasHeader = true
    }

    private func read(_ bytes: [UInt8]) throws -> Outcome {
        let log = try SessionLogReader().read(bytes)
        return Outcome(
            recovery: log.recovery, ids: log.entries.map(\.id), findings: log.findings.all.map(\.code),
            hasHeader: log.header != nil)
    }

    private func read(_ lines: String...) throws -> Outcome { try read(Array(lines.joined(separator: "\n").utf8)) }

    @Test func `a torn character at the end costs the torn entry alone`() throws {
        let torn = Array("\(Self.header)\n\(leaf("a"))\n{\"type\":\"leaf\",\"id\":\"".utf8) + [0xC3]
        #expect(try read(torn) == Outcome(recovery: .truncatedLine, ids: ["a"], findings: [.tornEntry]))
        #expect(throws: SessionLogError.notUTF8(offset: torn.count - 1)) {
            try SessionLogReader(mode: .reference).read(torn)
        }
    }

    @Test func `a bad byte costs its line, and the finding says which`() throws {
        let bytes =
            Array("\(Self.header)\n\(leaf("a"))\n{\"type\":\"leaf\",\"id\":\"".utf8) + [0xFF]
            + Array("\"}\n\(leaf("b"))\n".utf8)
        let log = try SessionLogReader().read(bytes)
        #expect(log.entries.map(\.id) == ["a", "b"])
        #expect(log.findings.all.map(\.code) == [.invalidUTF8])
        #expect(log.findings.all.first?.line == 3)
        #expect(log.recovery == .corruptEntries(count: 1))
    }

    @Test func `a whole last entry without its newline is kept`() throws {
        #expect(
            try read(Self.header, leaf("a"))
                == Outcome(recovery: .clean, ids: ["a"], findings: [.missingFinalNewline]))
    }

    @Test func `a lost or torn header does not hide the entries`() throws {
        #expect(
            try read(leaf("a"), leaf("b"), "")
                == Outcome(recovery: .clean, ids: ["a", "b"], findings: [.missingHeader], hasHeader: false))
        #expect(
            try read("{\"type\":\"session\",\"vers", leaf("a"), "")
                == Outcome(recovery: .clean, ids: ["a"], findings: [.invalidHeader], hasHeader: false))
    }

    @Test func `a header welded to an entry gives both back`() throws {
        #expect(
            try read(Self.header + leaf("a"), leaf("b"), "")
                == Outcome(recovery: .clean, ids: ["a", "b"], findings: [.weldedLine]))
    }

    @Test func `a welded line gives back every whole entry with its line and place`() throws {
        let fragment = "{\"type\":\"message\",\"id\":\"lost\",\"mess"
        let log = try SessionLogReader().read(
            Array("\(Self.header)\n\(fragment)\(leaf("a"))\(leaf("b"))\n\(leaf("c"))\n".utf8))
        #expect(log.entries.map(\.id) == ["a", "b", "c"])
        #expect(log.entries.map(\.line) == [2, 2, 3])
        #expect(log.entries[0].byteRange.lowerBound == Self.header.utf8.count + 1 + fragment.utf8.count)
        #expect(log.entries[0].isEncoded(as: leaf("a").utf8))
        #expect(log.findings.all.map(\.code) == [.weldedLine])
    }

    @Test func `an entry quoted inside another is not taken for one`() throws {
        let quoted = leaf("inner").replacing("\"", with: "\\\"")
        let line = """
            {"type":"message","id":"a","timestamp":"t","message":{"role":"tool_result","tool_call_id":"c","tool_name":"t",\
            "content":[{"type":"text","text":"\(quoted)"}],"details":{"log":[\(leaf("inner")),1]},"is_error":false,\
            "timestamp_ms":1}}
            """
        #expect(try read(Self.header, line, "").ids == ["a"])
        // Cut short, its inside is its own all the same.
        #expect(try read(Self.header, String(line.dropLast(20))).ids == [])
    }

    @Test func `NUL runs, a byte-order mark and CR LF are passed over and reported`() throws {
        let nul = String(repeating: "\0", count: 40)
        #expect(
            try read(Self.header, nul, nul + leaf("a"), leaf("b") + nul, nul)
                == Outcome(recovery: .truncatedLine, ids: ["a", "b"], findings: [.nulRun, .nulRun, .nulRun, .nulRun]))
        #expect(
            try read("\u{FEFF}" + Self.header, leaf("a"), "")
                == Outcome(recovery: .clean, ids: ["a"], findings: [.byteOrderMark]))
        #expect(
            try read(Self.header + "\r", leaf("a") + "\r", "")
                == Outcome(recovery: .clean, ids: ["a"], findings: [.crlfLineEndings]))
    }

    @Test func `content of a kind that no release has is kept`() throws {
        let audio = """
            {"type":"message","id":"a","timestamp":"t","message":{"role":"user",\
            "content":[{"type":"audio","data":"AAAA"}],"timestamp_ms":1}}
            """
        let log = try SessionLogReader().read(Array("\(Self.header)\n\(audio)\n".utf8))
        #expect(log.entries.map(\.isNewer) == [true])
        #expect(log.findings.all.map(\.code) == [.newerEntry])
        guard case .message(let entry)? = log.entries[0].decoded(), case .user(let message) = entry.message,
            case .unknown(let item)? = message.content.first
        else {
            Issue.record("the entry does not decode")
            return
        }
        #expect(item.description == #"{"data":"AAAA","type":"audio"}"#)
    }

    @Test func `a second header and a header of an unknown version are reported`() throws {
        #expect(try read(Self.header, leaf("a"), Self.header, leaf("b"), "").findings == [.repeatedHeader])
        let newer = Self.header.replacing("\"version\":1", with: "\"version\":3")
        #expect(
            try read(newer, leaf("a"), "")
                == Outcome(recovery: .clean, ids: ["a"], findings: [.unexpectedHeader]))
    }

    @Test func `a file with nothing in it to recover is refused`() {
        for text in ["x", "\0\0", "\n\n", "{}", "{\"type\":\"session\""] {
            #expect(throws: SessionLogError.self, "\(text)") { try SessionLogReader().read(Array(text.utf8)) }
        }
        #expect(throws: SessionLogError.empty) { try SessionLogReader().read([]) }
    }

    @Test func `findings beyond the limit are counted`() throws {
        let lines = String(repeating: "x\n", count: Findings.limit + 5)
        let log = try SessionLogReader().read(Array("\(Self.header)\n\(lines)".utf8))
        #expect(log.recovery.corruptCount == Findings.limit + 5)
        #expect(log.findings.report.count == Findings.limit + 1)
        #expect(log.findings.report.last?.code == .moreFindings)
    }

    @Test func `lines of white space of any script are blank, and passed over`() throws {
        let blanks = ["", " \t", "\u{1680}\u{2003}", "\u{3000}", "\u{85}\u{A0}"]
        for blank in blanks {
            #expect(
                try read(Self.header, leaf("a"), blank, leaf("b"), "")
                    == Outcome(recovery: .clean, ids: ["a", "b"], findings: []), "\(blank.unicodeScalars)")
        }
        #expect(try read(Self.header, leaf("a"), "\u{1681}", leaf("b"), "").findings == [.corruptEntry])
    }

    @Test func `content of an unknown kind is written as it was read, its keys in order`() throws {
        let content = #"{"a":null,"b":[1,2.5],"type":"hologram"}"#
        let entry =
            #"{"type":"message","id":"a","parent_id":null,"timestamp":"t","message":{"role":"user","content":["#
            + content + #"],"timestamp_ms":1}}"#
        let log = try SessionLogReader().read(Array("\(Self.header)\n\(entry)\n".utf8))
        let decoded = try #require(log.entries.first?.decoded())
        #expect(String(decoding: decoded.encoded(), as: UTF8.self) == entry)
    }
}

@Suite("Names written as numbers")
struct NumericVariantTests {
    private func survives(_ message: String) throws -> [UInt8]? {
        let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#
        let entry = "{\"type\":\"message\",\"id\":\"a\",\"timestamp\":\"t\",\"message\":\(message)}"
        let log = try SessionLogReader(mode: .reference).read(Array("\(header)\n\(entry)\n".utf8))
        return log.entries.first?.canonical()
    }

    @Test func `a role and a content type may be the variant's position`() throws {
        let text = try survives(#"{"role":0,"content":[{"type":0,"text":"x"}],"timestamp_ms":1}"#)
        let spelled = try survives(#"{"role":"user","content":[{"type":"text","text":"x"}],"timestamp_ms":1}"#)
        #expect(text != nil && text == spelled)
    }

    @Test func `a position that is not there, or not an unsigned integer, is corrupt`() throws {
        for role in ["3", "-1", "0.0", "\"0\"", "18446744073709551616", "null"] {
            #expect(try survives("{\"role\":\(role),\"content\":[],\"timestamp_ms\":1}") == nil, "\(role)")
        }
        // A user message has texts and images, so there is no position 2.
        #expect(try survives(#"{"role":0,"content":[{"type":2,"text":"x"}],"timestamp_ms":1}"#) == nil)
    }

    @Test func `an entry's own type may not be a number`() throws {
        let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#
        let log = try SessionLogReader(mode: .reference).read(
            Array("\(header)\n{\"type\":2,\"id\":\"a\",\"timestamp\":\"t\",\"entry_id\":\"b\"}\n".utf8))
        #expect(log.recovery == .corruptEntries(count: 1))
    }
}

@Suite("Numbers as the reference reads them")
struct ReferenceNumberTests {
    private func accepts(_ number: String) throws -> Bool {
        let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#
        let entry =
            "{\"type\":\"leaf\",\"id\":\"a\",\"timestamp\":\"t\",\"entry_id\":\"b\",\"x\":\(number)}"
        let log = try SessionLogReader(mode: .reference).read(Array("\(header)\n\(entry)\n".utf8))
        return log.entries.count == 1
    }

    // serde_json 1.0.87 accepted the first three, and refused the number below; 1.0.149 does neither.
    @Test func `a fraction has a digit, also behind an integer part that overflows 64 bits`() throws {
        for number in [
            "184467440737095516151.", "-92233720368547758081.", "184467440737095516151.e5", "1.",
            "18446744073709551615.", "1.e5", "-.5", "184467440737095516151.e",
        ] {
            #expect(try !accepts(number), "\(number)")
        }
        for number in ["18446744073709551616.0", "-92233720368547758081.5", "1e308", "18446744073709551616.0e-400"] {
            #expect(try accepts(number), "\(number)")
        }
        for number in ["1e309", "-1e400", "1e2147483648"] { #expect(try !accepts(number), "\(number)") }
        for number in ["0e2147483648", "1e-2147483649"] { #expect(try accepts(number), "\(number)") }
    }

    @Test func `doubles print as the reference prints them`() throws {
        for (text, printed) in [
            ("1e16", "1e+16"), ("1e15", "1000000000000000.0"), ("1.5e300", "1.5e+300"), ("-0.0", "-0.0"),
            ("0.00001", "0.00001"), ("0.0000001", "1e-7"), ("18446744073709551616", "1.8446744073709552e+19"),
        ] {
            #expect(try CanonicalJSON(Array(text.utf8)).description == printed)
        }
    }
}
