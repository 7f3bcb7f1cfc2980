// Memories that the real program wrote, against what independent decoders say is in them.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

/// What stands beside a fixture.
private struct Expected: Decodable {
    struct Header: Decodable {
        var footer_offset: UInt64
        var wal_offset: UInt64
        var wal_size: UInt64
        var wal_checkpoint_pos: UInt64
        var wal_sequence: UInt64
        var toc_checksum: String
    }
    struct Footer: Decodable {
        var offset: Int
        var toc_offset: Int
        var toc_len: Int
        var generation: UInt64
    }
    struct Record: Decodable {
        var offset: Int
        var sequence: UInt64
        var length: Int
    }
    struct Manifest: Decodable {
        var segment_offset: UInt64
        var segment_size: UInt64
        var session_count: UInt32
        var total_actions: UInt64
        var version: UInt32
    }
    struct Table: Decodable {
        struct Counts: Decodable {
            var lex, vec, time, temporal, tantivy, index: Int
        }
        struct Ticket: Decodable {
            var issuer: String
            var seq_no: Int64
            var capacity_bytes: UInt64
        }
        struct Place: Decodable {
            var offset: UInt64
            var length: UInt64
            var checksum: String
        }
        var toc_version: UInt64
        var replay_manifest: Manifest?
        var time_index: Place?
        var sketch_track: Place?
        var ticket_ref: Ticket
        var toc_checksum: String
        var frame_ids: [UInt64]
        var lex_segment_count: Int
        var segment_catalog_counts: Counts
    }
    struct Replay: Decodable {
        struct Session: Decodable {
            struct Checkpoint: Decodable {
                var id: UInt64
                var at_sequence: UInt64
                var state_hash: String
            }
            struct Action: Decodable {
                var sequence: UInt64
                var input_hash: String
                var input_preview: String
                var affected_frames: [UInt64]
            }
            var session_id: String
            var name: String?
            var created_secs: Int64
            var ended_secs: Int64?
            var checkpoints: [Checkpoint]
            var actions: [Action]
        }
        var sessions: [Session]
    }
    struct Scanned: Decodable {
        var offset: Int
        var session_names: [String?]
    }
    var size: Int
    var blake3: String
    var state: String
    var header: Header
    var footer: Footer?
    var wal: [Record]
    var toc: Table?
    var replay: Replay?
    var segments_by_scan: [Scanned]?
}

@Suite("Memories that the real program wrote")
struct MV2FixtureTests {
    static let names = [
        "checkpoints", "deleted-one", "empty", "many", "multi-save", "multi", "none", "one-session", "one",
        "pending-wal-with-sessions", "pending-wal", "previews", "put-many", "remove", "sentinel-lost-frames",
        "session-end-unsealed", "unicode-sessions",
    ]

    private func expected(_ name: String) throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(Fixture.bytes("mv2/\(name).expected.json")))
    }

    @Test func `all fixtures are there`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Fixture.url("mv2").path())
        #expect(files.filter { $0.hasSuffix(".mv2") }.sorted() == Self.names.map { $0 + ".mv2" }.sorted())
    }

    @Test(arguments: names)
    func `header, log, footer and table are read as an independent decoder reads them`(_ name: String) throws {
        let expected = try expected(name)
        let bytes = try Fixture.bytes("mv2/\(name).mv2")
        #expect(bytes.count == expected.size && BLAKE3.hash(bytes).description == expected.blake3)
        let file = try MV2File.read(FileBytes(bytes))

        let header = try #require(file.header)
        #expect(header.footerOffset == expected.header.footer_offset)
        #expect(header.logOffset == expected.header.wal_offset && header.logSize == expected.header.wal_size)
        #expect(header.logCheckpoint == expected.header.wal_checkpoint_pos)
        #expect(header.logSequence == expected.header.wal_sequence)
        #expect(header.tableChecksum.description == expected.header.toc_checksum)
        #expect(
            file.log?.records
                == expected.wal.map {
                    MV2LogRegion.Record(offset: $0.offset, sequence: $0.sequence, length: $0.length)
                })

        let table = expected.toc
        #expect(file.footer?.offset == expected.footer?.offset)
        #expect(file.generation == expected.footer?.generation)
        #expect(file.tableRange?.lowerBound == expected.footer?.toc_offset)
        #expect(file.tableRange?.count == expected.footer?.toc_len)
        #expect(file.table?.version == table?.toc_version)
        #expect(file.table?.frames.map(\.id) == table?.frame_ids)
        #expect(file.table?.checksum.description == table?.toc_checksum)
        #expect(file.table?.indexes.textSegments.count == table?.lex_segment_count)
        #expect(file.table?.ticket.issuer == table?.ticket_ref.issuer)
        #expect(file.table?.ticket.capacityBytes == table?.ticket_ref.capacity_bytes)
        #expect(file.table?.timeIndex?.region.offset == table?.time_index?.offset)
        #expect(file.table?.sketchTrack?.checksum.description == table?.sketch_track?.checksum)
        let counts = file.table.map { [$0.catalogue.text.count, $0.catalogue.tantivy.count, $0.catalogue.index.count] }
        #expect(
            counts
                == table.map {
                    [$0.segment_catalog_counts.lex, $0.segment_catalog_counts.tantivy, $0.segment_catalog_counts.index]
                })
        let manifest = table?.replay_manifest.map {
            MV2ReplayManifest(
                segment: MV2Region(offset: $0.segment_offset, length: $0.segment_size),
                sessionCount: $0.session_count, totalActions: $0.total_actions, version: $0.version)
        }
        #expect(file.table?.replayManifest == manifest)
    }

    @Test(arguments: names)
    func `sessions and actions are read as an independent decoder reads them`(_ name: String) throws {
        let expected = try expected(name)
        guard let replay = expected.replay else { return }
        let file = try MV2File.read(FileBytes(try Fixture.bytes("mv2/\(name).mv2")))
        #expect(file.sessions.count == replay.sessions.count)
        for (session, expected) in zip(file.sessions, replay.sessions) {
            #expect(session.id.description == expected.session_id && session.name == expected.name)
            #expect(session.createdSeconds == expected.created_secs && session.endedSeconds == expected.ended_secs)
            let actions = try session.decoded().actions
            let checkpoints = try session.checkpoints()
            #expect(actions.map(\.sequence) == expected.actions.map(\.sequence))
            #expect(actions.map(\.inputHash.description) == expected.actions.map(\.input_hash))
            #expect(actions.map(\.inputPreview) == expected.actions.map(\.input_preview))
            #expect(actions.map(\.affectedFrames) == expected.actions.map(\.affected_frames))
            #expect(checkpoints.map(\.stateHash.description) == expected.checkpoints.map(\.state_hash))
            #expect(checkpoints.allSatisfy { $0.snapshot.stateHash == $0.stateHash })
        }
    }

    @Test(arguments: names)
    func `a table that is encoded again has the same bytes`(_ name: String) throws {
        let file = try MV2File.read(FileBytes(try Fixture.bytes("mv2/\(name).mv2")))
        guard var table = file.table, let range = file.tableRange else { return }
        #expect(table.encoded() == file.bytes.copy(range))
        #expect(table.sealed() == file.bytes.copy(range))
    }

    @Test(arguments: names)
    func `every session that stands in the file is given back when no table leads to it`(_ name: String) throws {
        let expected = try expected(name)
        guard expected.toc == nil else { return }
        let file = try MV2File.read(FileBytes(try Fixture.bytes("mv2/\(name).mv2")))
        let scanned = try #require(expected.segments_by_scan)
        #expect(file.scannedSegments.map(\.lowerBound) == scanned.map(\.offset))
        #expect(Set(file.sessions.map(\.name)) == Set(scanned.flatMap(\.session_names)))
        #expect(!file.sessions.isEmpty)
    }
}
