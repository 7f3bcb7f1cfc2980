// What an examination says for people and for programs, and what each format gives back of a damaged file.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

@Suite("Examinations")
struct ExaminationTests {
    private static let header =
        Array(#"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#.utf8) + [0x0A]
    private static let leaf =
        Array(#"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#.utf8) + [0x0A]

    @Test func `a map's rows are columns of text, coloured where a person looks, and JSON objects`() throws {
        let log = Self.header + Self.leaf + Self.leaf.dropLast(9)
        let map = FormatCatalogue.standard.examine(FileBytes(log)).map
        #expect(map.map(\.name) == ["line 1", "gap", "line 2", "gap"])
        #expect(map[0].text(isColoured: false).hasPrefix("         0       65  line 1"))
        #expect(map[1].text(isColoured: true).hasPrefix("\u{1B}[2m"))
        #expect(map[3].text(isColoured: true).hasPrefix("\u{1B}[31m"))
        #expect(map[3].text(isColoured: false).hasSuffix("<- torn-entry\n"))
        #expect(map[0].text(isColoured: true) == map[0].text(isColoured: false))
        let json = try JSONSerialization.jsonObject(with: Data(map[3].json)) as? [String: Any]
        #expect(json?["status"] as? [String] == ["torn-entry"] && json?["name"] as? String == "gap")
    }

    @Test func `an examination that has let go of its file keeps what was found`() throws {
        let bytes = FileBytes(try Fixture.bytes("mv2/one.mv2"))
        var examination = FormatCatalogue.standard.examine(bytes)
        #expect(examination.size == bytes.count && !examination.map.isEmpty && examination.items?.count == 1)
        #expect(examination.evidence == ["table of contents", "as a file that its own program opens"])
        let (text, findings) = (examination.text(path: "m"), examination.findings)
        examination.releaseFile()
        #expect(examination.size == nil && examination.map.isEmpty && examination.items == nil)
        #expect(examination.evidence.isEmpty && examination.fields.isEmpty)
        #expect(examination.text(path: "m") == text && examination.findings == findings)
    }

    @Test func `fields that share bytes are told apart, and places behind the end are at the end`() {
        let examination = Examination(
            FormatID("x"), of: FileBytes([1, 2, 3, 4]), .clean,
            findings: [Finding(.undecodable, .note, offset: 9, length: 9, message: "")],
            fields: {
                [
                    FieldSpan(path: "b", range: 1..<9, value: "v"), FieldSpan(path: "a", range: 0..<2, value: ""),
                    FieldSpan(path: "c", range: 7..<8, value: ""),
                ]
            })
        #expect(examination.fields.map(\.range) == [0..<2, 2..<4])
        #expect(examination.fields[1].value == "v (shares bytes with what is above)")
        #expect(examination.findings.map(\.offset) == [4] && examination.findings.map(\.length) == [0])
    }

    @Test func `verdicts and severities are ordered from good to bad`() {
        #expect(Verdict.allCases.sorted() == [.clean, .recovered, .damaged, .unreadable])
        #expect([nil, .note, .warning, .error].map { Verdict(worst: $0) } == [.clean, .clean, .recovered, .damaged])
    }

    @Test func `a format that brings nothing more says so`() throws {
        struct Plain: SessionFormat {
            var id: FormatID { FormatID("plain") }
            func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? { nil }
            func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
                Examination(id, of: bytes, .clean)
            }
        }
        #expect(Plain().title == "plain")
        #expect(throws: RecoveryError.unsupported(FormatID("plain"))) { try Plain().recover(FileBytes([])) }
        #expect("\(RecoveryError.unsupported(FormatID("plain")))".contains("plain"))
        #expect("\(RecoveryError.nothing("why."))".hasSuffix("why."))
        let path = Fixture.url("mv2/one.mv2").path()
        #expect(try FormatCatalogue.standard.examineStream(path: path, as: Plain()).format == FormatID("plain"))
        let standard = FormatCatalogue.standard
        #expect(standard.adding(Plain(), Plain()).formats.count == standard.formats.count + 1)
        #expect(FormatCatalogue.standard.formats.allSatisfy { $0.title.hasPrefix("A ") })
    }

    @Test func `a log comes back with every entry, and with a header when it was lost`() throws {
        let format = SessionLogFormat()
        let torn = Self.header + Self.leaf + [0x78, 0x0A] + Self.leaf.dropLast(20)
        let recovered = try format.recover(FileBytes(torn))
        #expect(recovered.bytes == Self.header + Self.leaf && !recovered.isWhole)
        #expect(recovered.repairs.map(\.action) == [.kept, .leftOut, .leftOut])
        let log = try SessionLogReader(mode: .reference).read(
            try format.recover(FileBytes(Self.leaf + Self.leaf)).bytes)
        #expect(log.header?.id == "" && log.entries.count == 2 && log.recovery == .clean)
        #expect(throws: RecoveryError.self) { try format.recover(FileBytes([0])) }
    }

    @Test func `a log of format version 2 comes back as one of version 1`() throws {
        let two = Array(#"{"type":"session","version":2,"id":"s","timestamp":"t","cwd":"/"}"#.utf8) + [0x0A]
        let recovered = try SessionLogFormat().recover(FileBytes(two))
        let log = try SessionLogReader(mode: .reference).read(recovered.bytes)
        #expect(log.header?.id == "s" && recovered.repairs.map(\.action) == [.mended])
    }

    @Test func `segments and sidecars come back without what belongs to nothing`() throws {
        let session = ReplaySession(id: .zero, name: "n", createdSeconds: 0)
        let segment = ReplaySegment.encode([session])
        #expect(try ReplaySegmentFormat().recover(FileBytes(segment + [1, 2])).bytes == segment)
        #expect(throws: RecoveryError.self) { try ReplaySegmentFormat().recover(FileBytes([1])) }
        let sidecar = ActiveSession(session).encoded()
        #expect(try ActiveSessionFormat().recover(FileBytes(sidecar + [1, 2])).bytes == sidecar)
        #expect(throws: RecoveryError.self) { try ActiveSessionFormat().recover(FileBytes([1])) }
        let named = FormatCatalogue.standard.examine(FileBytes([1, 2]), name: "x.mv2.session")
        #expect(named.format == .activeSession && named.recognition?.certainty == .name)
        let folder = try TemporaryFolder()
        try Data(sidecar).write(to: URL(filePath: folder.path + "/s"))
        #expect(try ActiveSession.read(path: folder.path + "/s").session == session)
        #expect(throws: ReplayFormatError.self) { try ActiveSession.read(path: folder.path + "/none") }
    }

    @Test func `a log's digest is told as text, as a stream, and where it was asked for only`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/log.jsonl"
        try Data(Self.header + Self.leaf).write(to: URL(filePath: path))
        let options = ExaminationOptions(digests: true)
        let digest = BLAKE3.hash(Array(Self.leaf.dropLast())).description
        #expect(try FormatCatalogue.standard.examine(path: path, options).text(path: "").contains("digest \(digest)"))
        #expect(try FormatCatalogue.standard.examineStream(path: path, options).text(path: "").contains(digest))
        #expect(try !FormatCatalogue.standard.examine(path: path).text(path: "").contains("digest"))
        try Data(repeating: 0x78, count: 9).write(to: URL(filePath: path))
        #expect(try FormatCatalogue.standard.examineStream(path: path, as: SessionLogFormat()).verdict == .unreadable)
        #expect(try SessionLogReader().decode(FileBytes(Self.header + Self.leaf)).entries.count == 1)
        #expect(throws: SessionLogError.self) { try SessionLogReader().decode(path: folder.path + "/none") }
    }
}
