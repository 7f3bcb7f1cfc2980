// The recorded answers of agents' own readers. See Fixtures/agents/README.md for where they come from.

import Foundation
import TestSupport

/// One file and what the agent's reader made of it.
struct AgentRow {
    var name: String
    var input: [UInt8]
    var verdict: [String: Any]
    /// What the same reader made of it on Node 24, where that differs.
    var verdictOnNode24: [String: Any]?

    static func all(_ file: String) throws -> [AgentRow] {
        let bytes = try Fixture.bytes("agents/\(file).jsonl")
        return try bytes.split(separator: 0x0A).map { line in
            let object = try JSONSerialization.jsonObject(with: Data(withoutHalves(line)))
            guard let row = object as? [String: Any], let name = row["name"] as? String else { throw Malformed() }
            var input = (row["input"] as? String).map { Array($0.utf8) } ?? []
            if let coded = row["input_b64"] as? String { input = Array(Data(base64Encoded: coded) ?? Data()) }
            return AgentRow(
                name: name, input: input, verdict: row["verdict"] as? [String: Any] ?? [:],
                verdictOnNode24: row["verdict_node24"] as? [String: Any])
        }
    }

    private struct Malformed: Error {}

    /// Foundation takes no escape of half a surrogate pair; here it is U+FFFD, as in every Swift string.
    private static func withoutHalves(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var line = Array(line)
        var at = 0
        func unit(_ at: Int) -> UInt32? {
            guard at + 6 <= line.count, line[at] == 0x5C, line[at + 1] == 0x75 else { return nil }
            return UInt32(String(decoding: line[at + 2..<at + 6], as: UTF8.self), radix: 16)
        }
        while at < line.count {
            guard line[at] == 0x5C else {
                at += 1
                continue
            }
            guard let value = unit(at) else {
                at += 2
                continue
            }
            if value & 0xFC00 == 0xD800, let low = unit(at + 6), low & 0xFC00 == 0xDC00 {
                at += 12
                continue
            }
            if value & 0xF800 == 0xD800 { line.replaceSubrange(at..<at + 6, with: Array("\\ufffd".utf8)) }
            at += 6
        }
        return line
    }
}

extension [String: Any] {
    func strings(_ key: String) -> [String]? { self[key] as? [String] }
    func text(_ key: String) -> String? { self[key] as? String }
    func number(_ key: String) -> Int? { self[key] as? Int }
    func object(_ key: String) -> [String: Any]? { self[key] as? [String: Any] }
}
