// Segments that the real program wrote, and what becomes of broken ones.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

/// The parts of a `.expected.json` that concern the replay segment; an independent decoder wrote it.
private struct ExpectedMemory: Decodable {
    struct Manifest: Decodable {
        var segment_offset: Int
        var segment_size: Int
    }
    struct Contents: Decodable { var replay_manifest: Manifest? }
    struct Action: Decodable {
        var sequence: UInt64
        var timestamp_secs: Int64
        var input_hash: String
        var output_hash: String
        var input_preview: String
        var output_preview: String
        var affected_frames: [UInt64]
        var duration_ms: UInt64
    }
    struct Session: Decodable {
        var session_id: String
        var name: String?
        var created_secs: Int64
        var ended_secs: Int64?
        var actions: [Action]
    }
    struct Replay: Decodable { var sessions: [Session] }
    var toc: Contents?
    var replay: Replay?
}

@Suite("Replay segments")
struct ReplaySegmentTests {
    private static let memories = [
        "checkpoints", "deleted-one", "many", "multi-save", "multi", "one-session", "one", "pending-wal-with-sessions",
        "pending-wal", "previews", "put-many", "remove", "sentinel-lost-frames", "unicode-sessions",
    ]

    private func segment(of memory: String) throws -> (bytes: [UInt8], expected: ExpectedMemory) {
        let json = try Fixture.bytes("mv2/\(memory).expected.json")
        let expected = try JSONDecoder().decode(ExpectedMemory.self, from: Data(json))
        let manifest = try #require(expected.toc?.replay_manifest)
        let bytes = try Fixture.bytes("mv2/\(memory).mv2")
        return (Array(bytes[manifest.segment_offset..<manifest.segment_offset + manifest.segment_size]), expected)
    }

    @Test(arguments: memories)
    func `the real program's segment is clean and encodes to the same bytes`(_ memory: String) throws {
        let (bytes, _) = try segment(of: memory)
        let segment = try ReplaySegment.read(FileBytes(bytes))
        #expect(segment.findings.all == [])
        #expect(ReplaySegment.encode(segment.sessions.compactMap { try? $0.decoded() }) == bytes)
    }

    @Test(arguments: memories)
    func `the fields of a segment are all of its bytes, one behind the other`(_ memory: String) throws {
        let bytes = FileBytes(try segment(of: memory).bytes)
        let spans = try ReplaySegment.read(bytes).fieldSpans(of: bytes)
        var end = 0
        for span in spans {
            #expect(span.range.lowerBound == end, "\(span.path)")
            end = span.range.upperBound
        }
        #expect(end == bytes.count)
    }

    @Test func `reference mode refuses a whole segment for one byte that is no UTF-8, and says where`() throws {
        var (bytes, _) = try segment(of: "unicode-sessions")
        let name = try #require(
            try ReplaySegment.read(FileBytes(bytes)).fieldSpans(of: FileBytes(bytes)).first {
                $0.path.hasSuffix("name") && $0.range.count > 9
            })
        bytes[name.range.upperBound - 1] = 0xFF
        let error = #expect(throws: ReplayFormatError.self) {
            try ReplaySegment.read(FileBytes(bytes), mode: .reference)
        }
        #expect(error?.kind == "Undecodable" && error.map { name.range.contains($0.offset ?? 0) } == true)
    }

    @Test(arguments: memories)
    func `every field is what the independent decoder reads`(_ memory: String) throws {
        let (bytes, expected) = try segment(of: memory)
        let sessions = try ReplaySegment.read(FileBytes(bytes), mode: .reference).sessions
        let truth = try #require(expected.replay).sessions
        try #require(sessions.count == truth.count)
        for (session, truth) in zip(sessions, truth) {
            #expect(session.id.description == truth.session_id)
            #expect(session.name == truth.name)
            #expect(session.createdSeconds == truth.created_secs)
            #expect(session.endedSeconds == truth.ended_secs)
            try #require(session.actionCount == truth.actions.count)
            for (index, truth) in truth.actions.enumerated() {
                let action = try session.action(at: index)
                #expect(action.sequence == truth.sequence)
                #expect(action.timestampSeconds == truth.timestamp_secs)
                #expect(action.inputHash.description == truth.input_hash)
                #expect(action.outputHash.description == truth.output_hash)
                #expect(action.inputPreview == truth.input_preview)
                #expect(action.outputPreview == truth.output_preview)
                #expect(action.affectedFrames == truth.affected_frames)
                #expect(action.durationMilliseconds == truth.duration_ms)
            }
        }
    }

    @Test func `state hashes of the real program are those of their snapshots`() throws {
        let session = try #require(try ReplaySegment.read(FileBytes(segment(of: "checkpoints").bytes)).sessions.first)
        #expect(try session.checkpoints().count > 2)
        for checkpoint in try session.checkpoints() { #expect(checkpoint.stateHash == checkpoint.snapshot.stateHash) }
    }

    @Test func `hashes and previews of finds are those of their queries`() throws {
        var seen = 0
        for memory in Self.memories {
            for session in try ReplaySegment.read(FileBytes(segment(of: memory).bytes)).sessions {
                for action in try session.decoded().actions {
                    guard case .find(let query, _, _) = action.type else { continue }
                    var rebuilt = action
                    rebuilt.setInput(query.utf8)
                    #expect(rebuilt == action, "\(memory): \(query)")
                    seen += 1
                }
            }
        }
        #expect(seen > 20)
    }

    @Test func `metadata keeps its order, and of repeated keys the last counts`() throws {
        var session = ReplaySession(id: .zero, name: nil, createdSeconds: 0)
        session.metadata = [("z", "1"), ("a", "2"), ("z", "3")].map { MetadataEntry(key: $0.0, value: $0.1) }
        let read = try #require(try ReplaySegment.read(FileBytes(ReplaySegment.encode([session]))).sessions.first)
        #expect(try read.metadata().map(\.key) == ["z", "a", "z"])
        #expect(try read.decoded().metadataValue(for: "z") == "3")
    }

    @Test func `spans of fields cover a session without gaps`() throws {
        let session = try #require(try ReplaySegment.read(FileBytes(segment(of: "checkpoints").bytes)).sessions.first)
        var at = session.byteRange.lowerBound
        for span in session.fieldSpans() {
            #expect(span.range.lowerBound == at, "\(span.path)")
            at = span.range.upperBound
        }
        #expect(at == session.byteRange.upperBound)
    }

    // MARK: Broken segments

    private func sample() -> [UInt8] {
        var first = ReplaySession(id: SessionID(high: 1, low: 2), name: "first", createdSeconds: 10)
        first.actions = [ReplayAction(sequence: 0, timestampSeconds: 11, type: .put(frameID: 7))]
        let second = ReplaySession(id: SessionID(high: 3, low: 4), name: nil, createdSeconds: 20)
        return ReplaySegment.encode([first, second])
    }

    private func error(_ bytes: [UInt8], mode: ReadingMode = .reference) -> ReplayFormatError? {
        do throws(ReplayFormatError) {
            _ = try ReplaySegment.read(FileBytes(bytes), mode: mode)
            return nil
        } catch { return error }
    }

    private func findings(_ bytes: [UInt8]) throws -> [FindingCode] {
        try ReplaySegment.read(FileBytes(bytes)).findings.all.map(\.code)
    }

    @Test func `every proper prefix is an error in reference mode and reported in recover mode`() throws {
        let bytes = sample()
        for length in 0..<bytes.count {
            let prefix = Array(bytes[..<length])
            let reference = try #require(error(prefix), "\(length) bytes")
            #expect(try #require(reference.offset) <= length)
            if let segment = try? ReplaySegment.read(FileBytes(prefix)) {
                #expect(segment.findings.worst == .error, "\(length) bytes")
            } else {
                #expect(length < ReplaySegment.headerSize)
            }
        }
    }

    @Test func `an empty file and one byte are too short, with the size that is needed`() {
        #expect(error([]) == .tooShort(length: 0, needed: 24))
        #expect(error([0x4D], mode: .recover) == .tooShort(length: 1, needed: 24))
    }

    @Test func `another magic is named`() {
        var bytes = sample()
        bytes[0] = 0x6D
        #expect(error(bytes)?.kind == "WrongMagic")
        #expect(error(bytes)?.description.contains("MV2RPLY!") == true)
    }

    @Test func `what the header contradicts is reported, and read all the same`() throws {
        func changed(_ offset: Int, _ byte: UInt8) -> [UInt8] {
            var bytes = sample()
            bytes[offset] = byte
            return bytes
        }
        #expect(try findings(sample()) == [])
        #expect(try findings(changed(8, 2)) == [.unknownVersion])
        #expect(try findings(changed(16, 0)) == [.totalSizeMismatch])
        #expect(try findings(changed(12, 1)) == [.sessionCountMismatch])
        #expect(try ReplaySegment.read(FileBytes(changed(12, 1))).sessions.count == 2)
        #expect(try ReplaySegment.read(FileBytes(changed(12, 1)), mode: .reference).sessions.count == 1)
        #expect(try findings(changed(12, 3)) == [.undecodable])
        #expect(try findings(sample() + [1, 2, 3]) == [.totalSizeMismatch, .trailingBytes])
    }

    @Test func `bytes left over inside a session are reported`() throws {
        let session = ReplaySession(id: .zero, name: nil, createdSeconds: 0).encoded() + [9, 9]
        var encoder = BincodeEncoder()
        encoder.append(raw: "MV2RPLY!".utf8)
        encoder.append(UInt32(1))
        encoder.append(UInt32(1))
        encoder.append(UInt64(24 + 8 + session.count))
        encoder.append(UInt64(session.count))
        encoder.append(raw: session)
        let segment = try ReplaySegment.read(FileBytes(encoder.bytes))
        #expect(segment.findings.all.map(\.code) == [.trailingSessionBytes])
        #expect(segment.findings.all.first?.offset == encoder.bytes.count - 2)
    }

    @Test func `a broken session costs only itself in recover mode`() throws {
        var bytes = sample()
        bytes[24 + 8] = 17  // the UUID's length
        let segment = try ReplaySegment.read(FileBytes(bytes))
        #expect(segment.sessions.map(\.id) == [SessionID(high: 3, low: 4)])
        #expect(segment.findings.all.map(\.code) == [.undecodable])
        #expect(error(bytes) == .undecodable(BincodeError(offset: 32, .invalidUUIDLength(17))))
    }

    @Test func `invalid UTF-8 is found at its byte`() {
        var bytes = sample()
        let name = 24 + 8 + 24 + 1 + 8
        bytes[name + 2] = 0xFF
        #expect(error(bytes) == .undecodable(BincodeError(offset: name + 2, .invalidUTF8)))
    }

    @Test func `any length or count may be huge without a trap or an allocation`() {
        let bytes = sample()
        for offset in 12..<bytes.count - 8 {
            for value in [UInt64.max, 1 << 63, 1 << 62, 1 << 40, 0xFFFF_FFFF] {
                var damaged = bytes
                for index in 0..<8 { damaged[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
                _ = try? ReplaySegment.read(FileBytes(damaged))
                _ = try? ReplaySegment.read(FileBytes(damaged), mode: .reference)
            }
        }
    }

    @Test func `40 bytes that claim 2^63 sessions' worth are refused`() {
        var encoder = BincodeEncoder()
        encoder.append(raw: "MV2RPLY!".utf8)
        encoder.append(UInt32(1))
        encoder.append(UInt32.max)
        encoder.append(UInt64(1) << 63)
        encoder.append(UInt64(1) << 63)
        encoder.append(UInt64(1) << 63)
        #expect(encoder.bytes.count == 40)
        #expect(error(encoder.bytes) == .truncated(offset: 24, needed: 1 << 63, available: 8))
    }
}
