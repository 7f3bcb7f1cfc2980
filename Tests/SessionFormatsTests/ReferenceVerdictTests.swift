// The recorded verdicts of serde_json, row by row. See Fixtures/session-log/README.md for where they come from.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

private struct VerdictRow: Decodable {
    struct Verdict: Decodable {
        var ok: Bool
        var error_kind: String?
        var error: String?
        var header_id: String?
        var recovery: String?
        var count: Int?
        var entries: [String]?
        var canonical_blake3: String?
    }
    var name: String
    var input_b64: String
    var verdict: Verdict
}

@Suite("Reference mode agrees with every recorded verdict")
struct ReferenceVerdictTests {
    private let rows: [VerdictRow]

    init() throws {
        let text = try String(contentsOf: Fixture.url("session-log/reference-verdicts.jsonl"), encoding: .utf8)
        rows = try text.split(separator: "\n").map {
            try JSONDecoder().decode(VerdictRow.self, from: Data($0.utf8))
        }
    }

    private func input(_ row: VerdictRow) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: row.input_b64)))
    }

    @Test func `all 2331 rows are there`() {
        #expect(rows.count == 2331)
    }

    @Test func `error kind and message, or recovery, count, ids and canonical digest are the same`() throws {
        for row in rows {
            let input = try input(row)
            do {
                let log = try SessionLogReader(mode: .reference, digests: true).read(input)
                try #require(row.verdict.ok, "\(row.name): read, but the reference says \(row.verdict.error ?? "")")
                #expect(log.header?.id == row.verdict.header_id, "\(row.name)")
                #expect(log.recovery.name == row.verdict.recovery, "\(row.name)")
                #expect(log.recovery.corruptCount == row.verdict.count, "\(row.name)")
                #expect(log.entries.map(\.id) == row.verdict.entries, "\(row.name)")
                #expect(log.canonicalDigest == row.verdict.canonical_blake3, "\(row.name)")
            } catch let error as SessionLogError {
                try #require(!row.verdict.ok, "\(row.name): refused with \(error)")
                #expect(error.kind == row.verdict.error_kind, "\(row.name)")
                let prefix = "invalid session header: "
                if row.verdict.error?.hasPrefix(prefix) == true {
                    #expect(error.description.hasPrefix(prefix), "\(row.name)")
                } else {
                    #expect(error.description == row.verdict.error, "\(row.name)")
                }
            }
        }
    }

    @Test func `typed decoding, one by one or all at once, and encoding give the canonical line`() throws {
        var decoded = 0
        for row in rows {
            guard let log = try? SessionLogReader(mode: .reference).read(input(row)) else { continue }
            for entry in log.entries {
                #expect(try #require(entry.decoded()).encoded() == entry.canonical(), "\(row.name)")
                decoded += 1
            }
            let values = try SessionLogReader(mode: .reference).decode(FileBytes(input(row)))
            #expect(values.entries == log.entries.compactMap { $0.decoded() }, "\(row.name)")
            #expect(values.entries.map(\.parentID) == log.entries.map(\.parentID), "\(row.name)")
            #expect(values.recovery == log.recovery && values.header == log.header, "\(row.name)")
            #expect(values.entries.map(Self.role) == log.entries.map(\.role), "\(row.name)")
            #expect(values.entries.map(Self.text) == log.entries.map(\.text), "\(row.name)")
        }
        #expect(decoded > 1000)
    }

    /// What `SessionLogEntry.role` must say, from the whole value.
    private static func role(_ entry: SessionEntry) -> MessageRole? {
        guard case .message(let message) = entry else { return nil }
        switch message.message {
        case .user: return .user
        case .assistant: return .assistant
        case .toolResult: return .toolResult
        }
    }

    /// What `SessionLogEntry.text` must say, from the whole value.
    private static func text(_ entry: SessionEntry) -> String? {
        func joined(_ content: [ContentItem]) -> String {
            content.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined(separator: "\n")
        }
        switch entry {
        case .message(let entry):
            switch entry.message {
            case .user(let message): return joined(message.content)
            case .assistant(let message): return joined(message.content)
            case .toolResult(let message): return joined(message.content)
            }
        case .compaction(let entry): return entry.summary
        case .leaf, .newer: return nil
        }
    }

    @Test func `the digest made while reading is the one made afterwards, and the stream's`() throws {
        for row in rows {
            guard let log = try? SessionLogReader(mode: .reference).read(input(row)) else { continue }
            let digested = try SessionLogReader(mode: .reference, digests: true).read(input(row))
            #expect(digested.canonicalDigest == log.canonicalDigest, "\(row.name)")
        }
    }

    @Test func `recover mode keeps at least what reference mode keeps`() throws {
        for row in rows {
            guard let reference = try? SessionLogReader(mode: .reference).read(input(row)) else { continue }
            let recovered = try SessionLogReader().read(input(row))
            var rest = recovered.entries[...]
            for entry in reference.entries {
                let found = rest.firstIndex { $0.byteRange == entry.byteRange }
                rest = rest[((try #require(found, "\(row.name)")) + 1)...]
            }
            #expect(recovered.header == reference.header, "\(row.name)")
        }
    }
}
