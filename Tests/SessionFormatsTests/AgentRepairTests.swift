// Copies of agents' logs in which more than one thing had to be mended at one place.

import Foundation
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
        #expect(
            String(decoding: recovered.bytes, as: UTF8.self).hasSuffix(
                "\n{\"sessionId\":\"s\",\"projectHash\":\"p\"}\n"))
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

    @Test func `bytes of a whole object that are no UTF-8 become what the agent shows for them`() throws {
        let (before, after) = (#"{"sessionId":"s","messages":[],"summary":"a"#, #"b"}"#)
        let whole = FileBytes(Array(before.utf8) + [0xE2, 0x82, 0xFF] + Array(after.utf8))
        let recovered = try AgentLogFormat.gemini.recover(whole, RecoveryOptions())
        #expect(String(decoding: recovered.bytes, as: UTF8.self) == before + "\u{FFFD}\u{FFFD}" + after)
        #expect(recovered.repairs.map(\.action) == [.kept, .mended, .kept])
        #expect(recovered.repairs.reduce(0) { $0 + $1.length } == whole.count)
    }

    @Test func `a record over several lines keeps its spaces, is spelled as one line is, and ends with a newline`()
        throws
    {
        let entry = #"{"type":"user","message":{"role":"user","content":"x"},"uuid":"1","parentUuid":null}"#
        let before = #"{"type":"user","message":{"role":"user","content":"one "#
        let after = #"  two \ud800"},"uuid":"2","parentUuid":"1"}"#
        // A control character beside the newline is none that may stand in a string.
        for (newline, escaped) in [("\n", "\\n"), ("\r", "\\n"), ("\n\n", "\\n\\n"), ("\t\n\t", "\\n")] {
            let recovered = try AgentLogFormat.claudeCode.recover(
                FileBytes(Array((entry + "\n" + before + newline + after).utf8)))
            let copy = entry + "\n" + before + escaped + after.replacing("\\ud800", with: "\\ufffd") + "\n"
            #expect(String(decoding: recovered.bytes, as: UTF8.self) == copy)
            #expect(try AgentLogFormat.claudeCode.recover(FileBytes(recovered.bytes)).bytes == recovered.bytes)
        }
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

    /// A session of Gemini CLI as older releases write it.
    private func object(named project: String?, over lines: Bool = true) -> String {
        let messages = (0..<4).map { number in
            """
              {
               "id": "m\(number)",
               "type": "\(number % 2 == 0 ? "user" : "gemini")",
               "content": "brackets ] } in \\"quotes\\", \(number)"
              }
            """
        }
        let text = """
            {
             "sessionId": "s",\(project.map { "\n \"projectHash\": \"\($0)\"," } ?? "")
             "directories": [],
             "messages": [
            \(messages.joined(separator: ",\n"))
             ]
            }
            """
        return lines ? text : text.split(separator: "\n").joined()
    }

    private func shown(_ bytes: [UInt8]) throws -> [String]? {
        let format = try #require(FormatCatalogue.standard.format(.gemini))
        let examination = format.examine(FileBytes(bytes), ExaminationOptions(mode: .reference))
        return examination.verdict == .unreadable ? nil : examination.items?.map(\.id)
    }

    @Test func `messages in a record over several lines have the names that the copy gives them`() throws {
        let format = try #require(FormatCatalogue.standard.format(.gemini))
        let log = """
            {"sessionId":"s","projectHash":"p"}
            {"$set":{"messages":[{"id":"a-\n\n1","type":"user","content":"x"},{"id":"b","type":"gemini","content":"y"}]}}
            {"id":"c","type":"user","content":"z"}

            """
        let examination = format.examine(FileBytes(Array(log.utf8)), ExaminationOptions(mode: .recover))
        let copy = try format.recover(FileBytes(Array(log.utf8))).bytes
        let again = format.examine(FileBytes(copy), ExaminationOptions(mode: .recover))
        #expect(examination.items?.map(\.id) == ["", "a-\n\n1", "b", "c"])
        #expect(again.items?.map(\.id) == ["", "a-\n\n1", "b", "c"] && again.verdict == .clean)
        let second = try #require(examination.items?.map(\.range)[2])
        #expect(Array(log.utf8)[second].elementsEqual(#"{"id":"b","type":"gemini","content":"y"}"#.utf8))
    }

    @Test(arguments: [true, false])
    func `a session in one object is clean, and its copy is itself`(isOverLines: Bool) throws {
        for project in [nil, "p"] where project == nil || isOverLines {
            let bytes = Array(object(named: project, over: isOverLines).utf8)
            let examination = FormatCatalogue.standard.examine(FileBytes(bytes), name: "session-1.json")
            #expect(examination.format == .gemini && examination.verdict == .clean)
            #expect(try examination.items?.map(\.id) == shown(bytes))
            #expect(try AgentLogFormat.gemini.recover(FileBytes(bytes)).bytes == bytes)
        }
    }

    @Test(arguments: [true, false])
    func `a session in one object with records behind it is lost to the agent, and given back`(isOverLines: Bool) throws
    {
        let after = #"{"id":"n","timestamp":"t","type":"user","content":"after"}"# + "\n"
        for project in [nil, "p"] where project == nil || isOverLines {
            for weld in ["\n", "", "\r\n"] {
                let bytes = Array((object(named: project, over: isOverLines) + weld + after).utf8)
                let examination = FormatCatalogue.standard.examine(FileBytes(bytes), name: "session-1.json")
                #expect(examination.format == .gemini && examination.verdict == .damaged)
                #expect(try shown(bytes) == nil)
                let recovered = try AgentLogFormat.gemini.recover(FileBytes(bytes))
                #expect(try shown(recovered.bytes) == ["m0", "m1", "m2", "m3", "n"])
                #expect(try AgentLogFormat.gemini.recover(FileBytes(recovered.bytes)).bytes == recovered.bytes)
            }
        }
    }

    @Test(arguments: [true, false])
    func `what stands behind the messages of a session in one object is kept`(isWhole: Bool) throws {
        let after = #"{"id":"n","timestamp":"t","type":"user","content":"after"}"# + "\n"
        let members = #""summary":"the end","kind":"subagent""#
        for isEmpty in [true, false] {
            let messages =
                isEmpty ? "" : #"{"id":"m0","type":"user","content":"x"},{"id":"m1","type":"gemini","content":""}"#
            let object = """
                {
                  "sessionId": "s",
                  "projectHash": "p",
                  "messages": [\(messages)],
                  \(members)
                }

                """
            // A name that the damage takes away leaves the brackets as they were.
            let damaged = isWhole ? object : object.replacing(#""id":"m0""#, with: #""id"x"m0""#)
            let recovered = try AgentLogFormat.gemini.recover(FileBytes(Array((damaged + after).utf8)))
            let line = try #require(recovered.bytes.split(separator: 0x0A).first)
            let metadata = try JSONValue(line)
            #expect(metadata["summary"]?.string == "the end" && metadata["kind"]?.string == "subagent")
            #expect(metadata["sessionId"]?.string == "s" && metadata["messages"] == nil)
            let ids = isEmpty ? ["n"] : isWhole ? ["m0", "m1", "n"] : ["m1", "n"]
            #expect(try shown(recovered.bytes) == ids)
            let loss = recovered.repairs.filter { $0.action == .leftOut }
            #expect(loss.isEmpty == (isWhole || isEmpty))
        }
    }

    /// Members around an empty or short list, and what of them stands in the copy's metadata, with records behind or without.
    private static let members = [
        (#""messages": [], "sessionId": "s", "projectHash": "p", "summary": "z""#, ["s", "p", "z"], ["n"]),
        (#""sessionId": "s", "projectHash": "p", "messages": [M], "sessionId": """#, ["s", "p", nil], ["m", "n"]),
        (#""sessionId": "s", "projectHash": "p", "messages": [M], "id": "top""#, ["s", "p", nil], ["m", "n"]),
        (
            #""sessionId": "s", "projectHash": "p", "messages": [M], "messages": [], "summary": "z""#, ["s", "p", "z"],
            nil
        ),
        (#""sessionId": "s", "projectHash": "p", "extra": [M], "messages": [], "summary": "z""#, ["s", "p", "z"], nil),
    ]

    @Test(arguments: members.indices)
    func `members in any order are kept, told of once, and spoil nothing`(_ index: Int) throws {
        let (members, wanted, ids) = Self.members[index]
        let message = #"\n    {"id":"m","type":"user","content":"hi"}\n  "#.replacing("\\n", with: "\n")
        let object = "{\n  \(members.replacing("M", with: message).replacing(", \"", with: ",\n  \""))\n}\n"
        for after in [#"{"id":"n","timestamp":"t","type":"user","content":"after"}"# + "\n", "  x\n"] {
            let bytes = Array((object + after).utf8)
            let recovered = try AgentLogFormat.gemini.recover(FileBytes(bytes))
            var end = 0
            for repair in recovered.repairs {
                #expect(repair.offset == end, "\(repair.text)")
                end = repair.range.upperBound
            }
            #expect(end == bytes.count)
            #expect(try AgentLogFormat.gemini.recover(FileBytes(recovered.bytes)).bytes == recovered.bytes)
            guard after.hasPrefix("{") else { continue }
            let metadata = try JSONValue(try #require(recovered.bytes.split(separator: 0x0A).first))
            #expect(["sessionId", "projectHash", "summary"].map { metadata[$0]?.string } == wanted)
            if let ids { #expect(try shown(recovered.bytes) == ids) }
        }
    }

    @Test func `of a session in one object that was cut anywhere every whole message is given back`() throws {
        let bytes = Array(object(named: "p").utf8)
        for cut in 1..<bytes.count {
            let torn = Array(bytes.prefix(cut))
            // A message is whole where its closing brace is there.
            let whole = String(decoding: torn, as: UTF8.self).components(separatedBy: "\n  }").count - 1
            for tail in ["", "\n{\"id\":\"n\",\"timestamp\":\"t\",\"type\":\"user\",\"content\":\"x\"}\n"] {
                guard let recovered = try? AgentLogFormat.gemini.recover(FileBytes(torn + Array(tail.utf8))) else {
                    #expect(whole == 0 && tail.isEmpty, "cut at \(cut)")
                    continue
                }
                let ids = (0..<whole).map { "m\($0)" } + (tail.isEmpty ? [] : ["n"])
                #expect(try shown(recovered.bytes) == ids, "cut at \(cut)")
                let length = recovered.repairs.reduce(0) { $0 + $1.length }
                #expect(length == cut + tail.utf8.count, "what became of each byte is said")
            }
        }
    }
}
