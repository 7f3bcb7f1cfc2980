// The real program's answers about damaged memories.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

/// One damaged copy of a fixture and what the real program made of it.
private struct Verdict: Decodable {
    struct Damage: Decodable {
        var op: String
        var offset: Int?
        var bit: UInt8?
        var length: Int?
        var hex: String?
    }
    struct Result: Decodable {
        var open: String
        var sessions: Sessions?
    }
    enum Sessions: Decodable {
        case listed([String])
        case failed

        init(from decoder: any Decoder) throws {
            let ids = try? decoder.singleValueContainer().decode([String].self)
            self = ids.map { .listed($0) } ?? .failed
        }
    }
    var file: String
    var what: String
    var damage: Damage
    var result: Result

    /// The sessions that the real program lists; nil when it fails or dies.
    var listed: [String]? {
        guard result.open == "ok", case .listed(let ids)? = result.sessions else { return nil }
        return ids
    }

    func damaged() throws -> [UInt8] {
        var bytes = try Fixture.bytes("mv2/\(file)")
        let offset = damage.offset ?? 0
        let hex = Array((damage.hex ?? "").utf8)
        let given = stride(from: 0, to: hex.count, by: 2).compactMap {
            UInt8(String(decoding: hex[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        switch damage.op {
        case "truncate": bytes.removeLast(bytes.count - offset)
        case "flip": bytes[offset] ^= 1 << (damage.bit ?? 0)
        case "zero": for at in offset..<min(bytes.count, offset + (damage.length ?? 0)) { bytes[at] = 0 }
        case "append": bytes += given.isEmpty ? [UInt8](repeating: 0, count: damage.length ?? 0) : given
        case "write": bytes.replaceSubrange(offset..<offset + given.count, with: given)
        default: Issue.record("unknown damage \(damage.op)")
        }
        return bytes
    }
}

@Suite("Damaged memories, as the real program reads them")
struct MV2VerdictTests {
    /// Rows in which the real program's answer comes from layers that this library does not have.
    private static let outOfScope = [
        126: "a flipped place of a search file: the real program builds its index and its table of contents anew"
    ]

    private func rows() throws -> [Verdict] {
        try Fixture.bytes("mv2/reference-verdicts.jsonl").split(separator: 0x0A)
            .map { try JSONDecoder().decode(Verdict.self, from: Data($0)) }
    }

    @Test func `reference mode lists the sessions that the real program lists`() throws {
        let rows = try rows()
        #expect(rows.count == 439)
        var different: [Int] = []
        for (number, row) in rows.enumerated() {
            let ours = try? MV2File.read(FileBytes(try row.damaged()), mode: .reference).sessions.map(\.id.description)
            if ours != row.listed { different.append(number + 1) }
        }
        #expect(different == Self.outOfScope.keys.sorted())
    }

    @Test func `recover mode finds whole sessions wherever the real program fails`() throws {
        for row in try rows() where row.listed == nil {
            let original = try MV2File.read(FileBytes(try Fixture.bytes("mv2/\(row.file)")))
            let damaged = try row.damaged()
            let whole = original.sessions.filter { session in
                let range = session.byteRange
                return range.upperBound <= damaged.count
                    && original.bytes.copy(range).elementsEqual(damaged[range])
            }
            let found = try? MV2File.read(FileBytes(damaged)).sessions.map(\.id)
            let missing = whole.filter { !(found ?? []).contains($0.id) }
            #expect(missing.isEmpty, "\(row.file), \(row.what), \(row.damage)")
        }
    }
}
