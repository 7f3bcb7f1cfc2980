// Which format a file has, by evidence.

import TestSupport
import Testing

@testable import LiveReplay
@testable import SessionFormats

@Suite("Recognition")
struct RecognitionTests {
    private func examine(_ bytes: [UInt8], name: String? = nil) -> Examination {
        FormatCatalogue.withLiveReplay.examine(FileBytes(bytes), name: name)
    }

    private func format(_ text: String, name: String? = nil) -> FormatID {
        examine(Array(text.utf8), name: name).format
    }

    @Test func `the format is told from the content`() {
        #expect(format("") == .sessionLog)
        #expect(format("{\"type\":\"session\"") == .sessionLog)
        #expect(format("\u{FEFF}\n {") == .sessionLog)
        #expect(format("MV2RPLY!") == .replaySegment)
        #expect(format("MV2RP") == .replaySegment)
        #expect(format("MV2ACTIV\0") == .activeSession)
        #expect(format("MV2\0\u{1}") == .mv2)
        #expect(examine([0x89, 0x50, 0x4E, 0x47]).format == .unknown)
        #expect(format("hello") == .unknown)
        #expect(format(#"{"type":"live_replay_trace","version":1}"#) == .liveReplayTrace)
        #expect(format(#"{"type":"live_replay_store","version":1}"#) == .liveReplayStore)
    }

    @Test func `a name decides only where the content says nothing`() throws {
        #expect(format("hello", name: "a.mv2") == .mv2)
        #expect(format("", name: "a.mv2") == .mv2)
        let log = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"# + "\n"
        #expect(format(log, name: "a.mv2") == .sessionLog)
        #expect(examine(try Fixture.bytes("mv2/one.mv2"), name: "a.jsonl").format == .mv2)
    }

    @Test func `a memory with a damaged header and a line of JSON inside is a memory, with its sessions`() throws {
        var bytes = try Fixture.bytes("mv2/multi-save.mv2")
        let line = Array(
            "\n{\"type\":\"leaf\",\"id\":\"a\",\"parent_id\":null,\"timestamp\":\"t\",\"entry_id\":\"b\"}\n".utf8)
        bytes.replaceSubrange(0..<4, with: [0, 0, 0, 0])
        bytes.replaceSubrange(5_000..<5_000 + line.count, with: line)
        let examination = examine(bytes)
        #expect(examination.format == .mv2)
        #expect(examination.items?.isEmpty == false)
        #expect(examination.recognition?.certainty == .proof)
    }

    @Test func `the live replay store's own file is one of its own, with its events`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/live.jsonl"
        let store = try FileLiveReplayStore(path: path)
        let event = try store.append(
            sessionID: "s", revision: SessionRevision(1), payload: .agentFrameSwitched(frameID: "f"))
        let whole = try FileBytes(path: path)
        let examination = FormatCatalogue.withLiveReplay.examine(whole)
        #expect(examination.format == .liveReplayStore && examination.verdict == .clean)
        #expect(examination.items?.map(\.id) == [event.cursor.text])
        let torn = examine(whole.copy(0..<whole.count - 3))
        #expect(torn.verdict == .recovered && torn.findings.map(\.code) == [.tornEntry] && torn.items?.isEmpty == true)
        let broken = examine(whole.copy(0..<whole.count) + Array("x\n".utf8))
        #expect(broken.verdict == .damaged && broken.items?.count == 1)
        let recovered = try LiveReplayStoreFormat().recover(FileBytes(whole.copy(0..<whole.count) + Array("x\n".utf8)))
        #expect(recovered == whole.copy(0..<whole.count))
    }

    @Test func `a log of nothing but NUL bytes is said to be one`() {
        let examination = examine(Array(repeating: 0, count: 300), name: "session.jsonl")
        #expect(examination.format == .sessionLog && examination.verdict == .unreadable)
        #expect(examination.findings.map(\.code) == [.nulRun])
        #expect(examination.failure?.message.contains("Only NUL bytes are left") == true)
        #expect(examine(Array(repeating: 0, count: 300)).format == .unknown)
    }

    @Test func `a stream's format is told from its beginning`() throws {
        let catalogue = FormatCatalogue.withLiveReplay
        let memory = try catalogue.examineStream(path: Fixture.url("mv2/one.mv2").path())
        #expect(memory.format == .mv2 && memory.items?.count == 1)
        let log = try catalogue.examineStream(path: Fixture.url("session-log/session-1.jsonl").path())
        #expect(log.format == .sessionLog && log.items == nil && log.verdict == .clean)
        #expect(log.facts.contains { $0.name == "entryCount" })
    }

    @Test func `what was beaten is said when it was close`() {
        struct Rival: SessionFormat {
            var id: FormatID { FormatID("rival") }
            func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
                Recognition(.header, "a coin")
            }
            func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
                Examination(id, of: bytes, .clean)
            }
        }
        let log = Array(#"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#.utf8) + [0x0A]
        let examination = FormatCatalogue.standard.adding(Rival()).examine(FileBytes(log))
        #expect(examination.format == .sessionLog)
        #expect(examination.findings.map(\.code) == [.ambiguousFormat])
        #expect(examination.findings.first?.message.contains("rival, by a coin") == true)
    }
}
