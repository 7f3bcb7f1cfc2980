// The recorded verdicts of serde_json, row by row. See Fixtures/session-log/README.md for where they come from.

import Foundation
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

    @Test func `all 1601 rows are there`() {
        #expect(rows.count == 1601)
    }

    @Test func `error kind and message, or recovery, count, ids and canonical digest are the same`() throws {
        for row in rows {
            let input = try input(row)
            do {
                let log = try SessionLogReader(mode: .reference).read(input)
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

    @Test func `typed decoding and encoding give the canonical line`() throws {
        var decoded = 0
        for row in rows {
            guard let log = try? SessionLogReader(mode: .reference).read(input(row)) else { continue }
            for entry in log.entries {
                #expect(try #require(entry.decoded()).encoded() == entry.canonical(), "\(row.name)")
                decoded += 1
            }
        }
        #expect(decoded > 1000)
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
