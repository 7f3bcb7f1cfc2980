// Which format a file has, by evidence.

import Foundation
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

    @Test func `a log is a log whatever its messages and welds hold, and its entries are not lost`() throws {
        let header = Array(#"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#.utf8) + [0x0A]
        let entry = Array(#"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#.utf8) + [0x0A]
        let entries = Array(repeatElement(entry, count: 100).joined())
        let memory = try Fixture.bytes("mv2/one.mv2")
        let segment = ReplaySegment.encode([ReplaySession(id: .zero, name: "n", createdSeconds: 0)])
        let torn = Array(header.dropFirst(5))
        let cases: [(file: [[UInt8]], count: Int)] = [
            ([torn, entries, segment, [0x0A]], 100), ([entries, segment, [0x0A], entries], 200),
            ([entries, memory, [0x0A], entries], 200), ([torn, entries, memory], 100),
        ]
        for (file, count) in cases {
            let examination = examine(Array(file.joined()))
            #expect(examination.format == .sessionLog)
            #expect((examination.items?.count ?? 0) >= count)
        }
        // A log's header does not make a log of a memory over which it was written.
        var overwritten = memory
        overwritten.replaceSubrange(0..<header.count, with: header)
        #expect(examine(overwritten).format == .mv2)
    }

    @Test func `what the live replay store would throw away is said`() throws {
        let file = Array(
            """
            {"type":"live_replay_store","version":1}
            {"type":"life","first":1,"through":9}
            {"type":"event","session":"s","revision":0,"position":1,"at":0,"payload":{"agent_frame_switched":{"frame_id":"0"}}}
            {"type":"event","session":"s","revision":0,"position":2,"at":0,"payload":{"agent_frame_switched":{"frame_id":"1"}}}

            """.utf8)
        let lines = file.split(separator: 0x0A).map { Array($0) + [0x0A] }
        func verdict(_ numbers: [Int]) -> Verdict { examine(Array(numbers.map { lines[$0] }.joined())).verdict }
        #expect(verdict([0, 1, 2, 3]) == .clean)
        // Without its positions, out of order, twice.
        #expect(verdict([0, 2, 3]) == .damaged)
        #expect(verdict([0, 1, 3, 2]) == .damaged)
        #expect(verdict([0, 1, 2, 2]) == .damaged)
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
        #expect(recovered.bytes == whole.copy(0..<whole.count))
        #expect(recovered.leftOut.map(\.range) == [whole.count..<whole.count + 1])
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
        // What stands at the beginning may be another format's, so the beginning alone does not decide.
        let folder = try TemporaryFolder()
        var odd = try Fixture.bytes("mv2/multi-save.mv2")
        odd.replaceSubrange(0..<4, with: [0, 0, 0, 0])
        odd.replaceSubrange(5_000..<5_003, with: Array("\n{}".utf8))
        try Data(odd).write(to: URL(filePath: folder.path + "/odd"))
        #expect(try catalogue.examineStream(path: folder.path + "/odd").format == .mv2)
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
