// Logs that other releases wrote than the one whose verdicts are recorded.

import Testing

@testable import SessionFormats

@Suite("Logs of other releases")
struct LogVersionTests {
    private static let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#
    private static let versionTwoHeader =
        ##"{"type":"session","version":2,"id":"s","timestamp":"t","cwd":"/","parent_session":null,"##
        + ##""runtime_input_binding":{"kind":"direct_runtime_input","digest":"00","assembly_source":"x"}}"##
    private static let leaf = #"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#
    private static let picture =
        #"{"type":"message","id":"m","timestamp":"t","message":{"role":"user","content":[{"type":"image","source":"#
        + #"{"type":"bytes","data":[0,137,255]},"media_type":"image/png"}],"timestamp_ms":1}}"#

    private func read(
        _ lines: String..., mode: ReadingMode = .recover, version: SessionLogVersion = .reference
    ) throws -> SessionLog {
        try SessionLogReader(mode: mode, version: version, digests: true).read(
            Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    private func envelope(_ entry: String, _ classification: String = "required") -> String {
        #"{"type":"entry","classification":"\#(classification)","entry":\#(entry)}"#
    }

    @Test func `a picture is content like any other for 0.5.0, and corrupt for 0.3.0`() throws {
        let log = try read(Self.header, Self.picture, mode: .reference)
        #expect(log.recovery == .clean)
        guard case .message(let entry)? = log.entries.first?.decoded(), case .user(let message) = entry.message else {
            Issue.record("the entry does not decode")
            return
        }
        #expect(message.content == [.image(Image(source: .bytes([0, 137, 255]), mediaType: .png))])
        #expect(
            try read(Self.header, Self.picture, mode: .reference, version: .v0_3_0).recovery
                == .corruptEntries(count: 1))
        // Recover mode loses nothing of a later release, and names it.
        let recovered = try read(Self.header, Self.picture, version: .v0_3_0)
        #expect(recovered.entries.map(\.id) == ["m"])
        #expect(recovered.findings.all.map(\.code) == [.newerEntry])
        let said = try #require(recovered.findings.all.first?.message)
        #expect(said.hasPrefix("The entry needs release 0.5.0; readers of release 0.3.0 count it as corrupt."))
    }

    @Test(arguments: [
        ("extension_state", "0.5.1"), ("session_info", "0.6.5"), ("model_change", "0.6.5"),
        ("thinking_level_change", "0.6.5"), ("label", "0.6.5"), ("branch_summary", "0.6.5"),
    ])
    func `an entry of a type that came later is kept, named with its release, and no damage`(
        _ type: String, _ release: String
    ) throws {
        let entry = #"{"type":"\#(type)","id":"n","parent_id":"a","timestamp":"t","x":{"b":1,"a":[]}}"#
        let log = try read(Self.header, Self.leaf, entry)
        #expect(log.recovery == .clean)
        #expect(log.entries.map(\.id) == ["a", "n"])
        #expect(log.entries.map(\.kind.rawValue) == ["leaf", type])
        #expect(log.entries.map(\.parentID) == [nil, "a"])
        #expect(log.findings.worst == .warning)
        #expect(log.findings.all.map(\.code) == [.newerEntry])
        #expect(log.findings.all.first?.message.contains("needs release \(release);") == true)
        let json = #"{"id":"n","parent_id":"a","timestamp":"t","type":"\#(type)","x":{"a":[],"b":1}}"#
        guard case .newer(let value)? = log.entries[1].decoded() else {
            Issue.record("the entry does not decode")
            return
        }
        #expect(value.json.description == json && value.kind.rawValue == type)
        #expect(String(decoding: log.entries[1].canonical(), as: UTF8.self) == json)
        let lines = Self.leaf + "\n" + json
        #expect(log.canonicalDigest == BLAKE3.hash(Array(lines.utf8)).description)
        #expect(try read(Self.header, entry, mode: .reference).recovery == .corruptEntries(count: 1))
    }

    @Test func `an entry of a type that came later is damage when it lacks what all entries have`() throws {
        let log = try read(Self.header, Self.leaf, #"{"type":"label","timestamp":"t","label":"x"}"#)
        #expect(log.findings.all.map(\.code) == [.corruptEntry])
    }

    @Test func `fields that came later are noted once for each release, and ignored`() throws {
        func usage(_ id: String, _ more: String) -> String {
            #"{"type":"message","id":"\#(id)","timestamp":"t","message":{"role":"assistant","content":[],"api":"Google","#
                + #""provider":"p","model":"m","usage":{"input_tokens":1,"output_tokens":2\#(more)},"#
                + #""stop_reason":"stop","timestamp_ms":1}}"#
        }
        let log = try read(
            Self.header, usage("a", ""), usage("b", #","reported":true"#), usage("c", #","reported":true"#),
            usage("d", #","reasoning_tokens":3"#), usage("e", #","reported":1"#), usage("f", #","anything":1"#))
        #expect(log.recovery == .clean)
        #expect(log.entries.map(\.id) == ["a", "b", "c", "d", "e", "f"])
        #expect(log.findings.all.map(\.code) == [.newerEntry, .newerEntry])
        #expect(log.findings.all.map(\.line) == [3, 5])
        #expect(log.findings.worst == .note)
        #expect(log.findings.all.map(\.message).map { $0.contains("0.6.4") } == [true, false])
        #expect(log.findings.all.map(\.message).map { $0.contains("0.7.1") } == [false, true])
    }

    @Test func `a log of format version 2 is said to be one, and its entries are listed`() throws {
        let sorted = #"{"entry_id":"b","id":"z","parent_id":"a","timestamp":"t","type":"leaf"}"#
        let log = try read(
            Self.versionTwoHeader, envelope(Self.leaf), envelope(sorted), envelope(Self.picture),
            envelope(#"{"id":"l","label":"x","parent_id":null,"timestamp":"t","type":"label"}"#))
        #expect(log.recovery == .clean)
        #expect(log.header?.version == 2)
        #expect(log.entries.map(\.id) == ["a", "z", "m", "l"])
        #expect(log.entries.map(\.kind) == [.leaf, .leaf, .message, .label])
        #expect(log.entries[1].parentID == "a")
        #expect(log.findings.all.map(\.code) == [.newerVersion])
        #expect(throws: SessionLogError.unsupportedVersion(2)) {
            try read(Self.versionTwoHeader, envelope(Self.leaf), mode: .reference)
        }
    }

    @Test func `what is damaged in a log of format version 2 is found as in version 1`() throws {
        let whole = envelope(Self.leaf)
        let log = try read(
            Self.versionTwoHeader, String(whole.dropLast(20)), whole.prefix(30) + whole, "x",
            envelope(#"{"type":"newest","id":"q"}"#, "ignorable_observation"), envelope(Self.leaf, "odd"), whole)
        #expect(log.entries.map(\.id) == ["a", "a"])
        #expect(
            log.findings.all.map(\.code) == [
                .newerVersion, .corruptEntry, .weldedLine, .corruptEntry, .newerEntry, .corruptEntry,
            ])
        let torn = try SessionLogReader().read(Array((Self.versionTwoHeader + "\n" + whole.dropLast(1)).utf8))
        #expect(torn.recovery == .truncatedLine)
    }
}

@Suite("Damage to logs of other releases")
struct LogVersionDamageTests {
    private static let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#
    private static let headerTwo = #"{"type":"session","version":2,"id":"s","timestamp":"t","cwd":"/"}"#
    private static let leaf = #"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#
    private static let label = #"{"type":"label","id":"l","parent_id":null,"timestamp":"t","x":1}"#

    private func envelope(_ entry: String, required: Bool = true) -> String {
        #"{"type":"entry","classification":"\#(required ? "required" : "ignorable_observation")","entry":\#(entry)}"#
    }

    private func check(_ text: String, ids: [String], _ codes: [FindingCode], _ verdict: Verdict) {
        let bytes = FileBytes(Array(text.utf8))
        let examination = SessionLogFormat().examine(bytes, ExaminationOptions())
        #expect((examination.items?.map(\.id) ?? []) == ids, "\(text)")
        #expect(examination.findings.map(\.code) == codes, "\(text)")
        #expect(examination.verdict == verdict, "\(text)")
    }

    @Test func `an entry that is damaged inside its envelope is corrupt, not a weld and not of a later release`() {
        for inner in [
            #"{"type":"leaf","id":"z"}"#, #"{"type":"message","id":"m","timestamp":"t","message":{"role":"usar"}}"#,
        ] {
            let text = "\(Self.headerTwo)\n\(envelope(Self.leaf))\n\(envelope(inner))"
            check(text + "\n", ids: ["a"], [.newerVersion, .corruptEntry], .damaged)
            check(text + " \n", ids: ["a"], [.newerVersion, .corruptEntry], .damaged)
        }
        check(
            "\(Self.headerTwo)\n\0\0\(envelope(#"{"type":"leaf","id":"z"}"#))\n", ids: [],
            [.newerVersion, .nulRun, .corruptEntry], .damaged)
    }

    @Test func `a required entry of an unknown type is damage, one that may be ignored is not`() {
        let unknown = #"{"type":"newest","id":"q"}"#
        check("\(Self.headerTwo)\n\(envelope(unknown))\n", ids: [], [.newerVersion, .newerEntry], .damaged)
        check("\(Self.headerTwo)\n\(envelope(unknown))", ids: [], [.newerVersion, .newerEntry], .damaged)
        check(
            "\(Self.headerTwo)\n\(envelope(unknown, required: false))\n", ids: [], [.newerVersion, .newerEntry],
            .recovered)
    }

    @Test func `entries of later releases are saved from welds and NUL bytes like others`() {
        check("\(Self.header)\n\(Self.label)\(Self.leaf)\n", ids: ["l", "a"], [.newerEntry, .weldedLine], .recovered)
        check(
            "\(Self.header)\n\(Self.label)\(Self.label)\n", ids: ["l", "l"], [.newerEntry, .newerEntry, .weldedLine],
            .recovered)
        check("\(Self.header)\n{\"type\":\"mess\(Self.label)\n", ids: ["l"], [.newerEntry, .weldedLine], .recovered)
        check("\(Self.header)\n\0\0\0\(Self.label)\n", ids: ["l"], [.nulRun, .newerEntry], .recovered)
    }

    @Test func `an object inside a torn entry is never taken for an entry, whatever the entry's type`() {
        let torn = #"{"type":"extension_state","id":"x","parent_id":null,"timestamp":"t","state":\#(Self.leaf)"#
        check("\(Self.header)\n\(Self.leaf)\n\(torn)", ids: ["a"], [.tornEntry], .recovered)
        check("\(Self.headerTwo)\n\(envelope(Self.leaf).dropLast())", ids: [], [.newerVersion, .tornEntry], .recovered)
    }

    @Test func `envelopes are known without their header, and entries without envelopes are said to be`() {
        check(
            "\(envelope(Self.leaf))\n\(envelope(Self.label))\n", ids: ["a", "l"], [.newerVersion, .missingHeader],
            .damaged)
        check(
            "\(Self.headerTwo)\n\(Self.leaf)\n\(envelope(Self.leaf)) \n", ids: ["a", "a"],
            [.newerVersion, .missingEnvelope], .damaged)
    }

    @Test func `nested objects without a header are looked at a bounded number of times`() {
        // 400 KB of them took 37 seconds when each was searched to its end.
        let text = String(repeating: "{\"a\":", count: 40_000) + "\n"
        check(text, ids: [], [.invalidHeader], .unreadable)
    }
}

@Suite("Spellings")
struct SpellingTests {
    private static let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#

    private static func message(_ content: String, role: String = #""user""#, rest: String = "") -> String {
        #"{"type":"message","id":"m","parent_id":null,"timestamp":"t","message":{"role":\#(role),"content":[\#(content)]"#
            + #","timestamp_ms":1\#(rest)}}"#
    }

    /// Whether a line is hashed as it stands must not depend on anything but whether it is what would be printed.
    @Test(arguments: [
        message(#"{"type":"text","text":"x\n\"\\\b\f\r\t\u001f"}"#), message(#"{"type":"text","text":"\/"}"#),
        message(#"{"type":"text","text":"\u001F"}"#), message(#"{"type":"text","text":"\u000a"}"#),
        message(#"{"type":"text","text":"\u0041"}"#), message(#"{"type":"text","text":"é\ud83d\ude00"}"#),
        message(#"{"type":0,"text":"x"}"#), message(#"["text","x"]"#), message("", role: "0"),
        message("", role: "0     "), message(#"{"type":"text", "text":"x"}"#), message(#"{"text":"x","type":"text"}"#),
        message("", rest: #","x":1"#), message("") + " ", " " + message(""), message("") + "\r",
        message(#"{"type":"image","source":{"type":"bytes","data":[0,137,255]},"media_type":"image/png"}"#),
        message(#"{"type":"image","source":{"type":"bytes","data":[0, 1]},"media_type":{"image/png":null}}"#),
        message(#"{"type":"image","source":{"type":"url","url":""},"media_type":"image\/png"}"#),
        #"{"type":"leaf","id":"a","timestamp":"t","entry_id":"b"}"#,
        #"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#,
        #"{"type":"leaf","id":"a","parent_\u0069d":null,"timestamp":"t","entry_id":"b"}"#,
        #"{"type":"leaf","id":"a","timestamp":"t","parent_id":null,"entry_id":"b"}"#,
        #"{"typ\u0065":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#,
        #"{"type":"le\u0061f","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#,
        details(#"{"a":1,"b":[1.5,"x"]}"#), details(#"{"b":1,"a":2}"#), details(#"{"a":1,"a":2}"#),
        details("1e16"), details("1e+16"), details("1.50"), details("[1, 2]"), details("null"), details("0"),
        details(#""\u0007""#), details(#""\/""#), assistant(""), assistant(#","cache_read_tokens":0"#),
        assistant(#","cache_read_tokens":0,"cache_write_tokens":0"#),
    ])
    func `a digest is that of the printed entries, whatever the spelling`(_ line: String) throws {
        let plain = #"{"type":"leaf","id":"p","parent_id":null,"timestamp":"t","entry_id":"b"}"#
        let text = [Self.header, plain, line, plain, plain, line, line].map { $0 + "\n" }.joined()
        let log = try SessionLogReader(mode: .reference, digests: true).read(Array(text.utf8))
        #expect(log.entries.count == 6)
        let printed = log.entries.map { String(decoding: $0.canonical(), as: UTF8.self) }
        #expect(printed[1] == String(decoding: try #require(log.entries[1].decoded()).encoded(), as: UTF8.self))
        #expect(log.canonicalDigest == BLAKE3.hash(Array(printed.joined(separator: "\n").utf8)).description)
        let stream = try SessionLogReader(mode: .reference).read(Array(text.utf8))
        #expect(stream.canonicalDigest == log.canonicalDigest)
    }

    private static func details(_ json: String) -> String {
        #"{"type":"message","id":"m","parent_id":null,"timestamp":"t","message":{"role":"tool_result","tool_call_id":"c","#
            + #""tool_name":"n","content":[],"details":\#(json),"is_error":false,"timestamp_ms":1}}"#
    }

    private static func assistant(_ usage: String) -> String {
        #"{"type":"message","id":"m","parent_id":null,"timestamp":"t","message":{"role":"assistant","content":[],"#
            + #""api":"Google","provider":"p","model":"m","response_model":null,"response_id":null,"usage":"#
            + #"{"input_tokens":1,"output_tokens":2\#(usage)},"stop_reason":"stop","error_message":null,"timestamp_ms":1}}"#
    }
}
