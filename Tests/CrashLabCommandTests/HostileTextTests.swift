// What files and their names say is shown and never obeyed, wherever it reaches people.

import CrashHarness
import Foundation
import SessionFormats
import Testing

@Suite("Hostile text")
struct HostileTextTests {
    /// Sets a terminal's title, clears its screen by C1, turns the order of text, and begins lines.
    private static let hostile =
        "a\u{1B}]0;owned\u{7}\u{9B}2J\u{202E}b\u{2066}\u{200F}\u{61C}\u{2028}\u{7F}\u{FEFF}\n::error::c"
    private static let shown =
        #"a\u{1B}]0;owned\u{7}\u{9B}2J\u{202E}b\u{2066}\u{200F}\u{61C}\u{2028}\u{7F}\u{FEFF}\u{A}"#

    /// Whether a text steers nothing: its own line ends apart.
    private func isPlain(_ text: some StringProtocol) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x0A: true
            case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: false
            default: true
            }
        }
    }

    private func json(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }

    @Test func `a header's type, an entry's identifier and a file's name steer nothing that check prints or writes`()
        throws
    {
        try withFolder { folder in
            let path = "\(folder)/\(Self.hostile).jsonl".replacing("/::", with: "::")
            let log = """
                {"type":\(try json(Self.hostile)),"version":1,"id":"s","timestamp":"t","cwd":"/"}
                {"type":"leaf","id":\(try json(Self.hostile)),"parent_id":null,"timestamp":"t","entry_id":"b"}

                """
            try log.write(toFile: path, atomically: false, encoding: .utf8)
            let (junit, sarif) = ("\(folder)/junit.xml", "\(folder)/sarif.json")
            let text = try crashlab("check", path, "--junit", junit, "--sarif", sarif)
            #expect(isPlain(text.output) && text.output.contains(Self.shown), "\(text.output.debugDescription)")
            #expect(text.output.split(separator: "\n").allSatisfy { !$0.hasPrefix("::") })
            let told = try crashlab("check", "--format", "json", path)
            #expect(told.output.split(separator: "\n").count == 1 && isPlain(told.output))
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(told.output.utf8)) as? [String: Any])
            #expect(object["path"] as? String == path)
            #expect((object["entries"] as? [[String: Any]])?.first?["id"] as? String == Self.hostile)
            for report in [junit, sarif] {
                let content = try String(contentsOfFile: report, encoding: .utf8)
                #expect(isPlain(content) && content.contains("owned"), "\(content.debugDescription)")
            }
            let xml = try String(contentsOfFile: junit, encoding: .utf8)
            #expect(xml.contains(#"a\u{1B}]0;owned"#))
        }
    }

    @Test func `a map steers nothing`() throws {
        try withFolder { folder in
            let path = "\(folder)/log.jsonl"
            let header = #"{"type":"session","version":1,"id":\#(try json(Self.hostile)),"timestamp":"t","cwd":"/"}"#
            try (header + "\n").write(toFile: path, atomically: false, encoding: .utf8)
            let text = try crashlab("inspect", path).output
            #expect(isPlain(text) && text.contains(Self.shown), "\(text.debugDescription)")
            #expect(isPlain(try crashlab("inspect", "--format", "json", path).output))
        }
    }

    @Test func `the name of a session in a memory steers nothing`() throws {
        try withFolder { folder in
            let path = "\(folder)/memory.mv2"
            let id = try #require(SessionID("00000000-0000-4000-8000-000000000007"))
            let session = ReplaySession(id: id, name: Self.hostile, createdSeconds: 1)
            try MV2Writer.create(path: path).save([session])
            for arguments in [["check", path], ["inspect", path], ["check", "--format", "json", path]] {
                let told = try ChildProcess.run(program, arguments, input: [])
                #expect(isPlain(told.output) && told.output.contains("owned"), "\(told.output.debugDescription)")
            }
        }
    }

    @Test func `an error about a file steers nothing`() throws {
        for command in ["check", "inspect", "replay", "damage"] {
            let told = try crashlab(command, "/nowhere/" + Self.hostile)
            #expect(isPlain(told.errors) && isPlain(told.output), "\(command): \(told.errors.debugDescription)")
            #expect(!told.errors.split(separator: "\n").contains { $0.hasPrefix("::") }, "\(command)")
        }
        #expect(isPlain(try crashlab(Self.hostile).errors))
    }

    @Test func `what was found is no markup and steers nothing in a report for other programs`() throws {
        let case_ = JUnitReport.Case(name: Self.hostile, failure: "<b>" + Self.hostile)
        let xml = String(decoding: JUnitReport(suite: "s", cases: [case_]).xml, as: UTF8.self)
        #expect(isPlain(xml) && !xml.contains("<b>") && xml.contains(#"\u{202E}"#))
    }
}
