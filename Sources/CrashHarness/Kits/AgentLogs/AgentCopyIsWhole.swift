// Whether a recovered copy is whole for the agent, and nothing in it is invented.

import SessionFormats

/// Damages an agent's log, recovers it, and has a model of the agent's reader look at both.
struct AgentCopyIsWhole: Judge {
    let kit: AgentLogFormat

    var name: String { "\(kit.id)-copies" }

    var promise: String {
        """
        A recovered copy has no line that \(kit.agent)'s reader passes over or refuses, every record that the reader parsed \
        before, and no byte that was neither there nor is told as mended; recovered again it stays as it is.
        """
    }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let (whole, messages) = AgentScenario.ofAnyRelease(kit.id, &choices)
        let other = AgentScenario.ofAnyRelease(kit.id, &choices).bytes
        var file = whole
        for _ in 0...choices.choose("further damages", below: 2) {
            file = Damage.choose(for: file, other: other, &choices).apply(to: file)
        }
        evidence.cases += 1
        evidence.bytesRead += 2 * file.count
        // In what the file begins with; what a line begins is a log.
        let beginning = file[..<(file[...].firstPlace(of: Array("\n{".utf8)[...]) ?? file.count)]
        let untouched = messages.filter { beginning.firstPlace(of: $0[...]) != nil }
        let recovered: Recovered
        do throws(RecoveryError) { recovered = try kit.recover(FileBytes(file)) } catch {
            let parsed = AgentModel(kit.id, file).parsed.count + 2 * untouched.count
            if parsed > 1 { throw violation("a copy of \(parsed) records", "\(error)", file) }
            return evidence.count(name, "nothing to be had", "said")
        }
        try check(recovered, file)
        let copy = Self.withoutSpace(recovered.bytes)
        if let lost = untouched.first(where: { copy[...].firstPlace(of: Self.withoutSpace($0)[...]) == nil }) {
            throw violation("the message \(String(decoding: lost.prefix(80), as: UTF8.self)) in the copy", "none", file)
        }
        evidence.count(name, recovered.isWhole ? "whole before" : "mended", "whole for the reader")
    }

    private static func withoutSpace(_ text: [UInt8]) -> [UInt8] { text.filter { $0 != 0x20 && $0 != 0x0A } }

    private func check(_ recovered: Recovered, _ file: [UInt8]) throws(Violation) {
        let (before, after) = (AgentModel(kit.id, file), AgentModel(kit.id, recovered.bytes))
        if after.badLines > 0 || Self.unreadable.contains(after.error ?? "") {
            throw violation(
                "a copy that is read whole", "\(after.badLines) bad lines, \(after.error ?? "no error")", file)
        }
        var rest: [String: Int] = [:]
        for id in after.parsed { rest[id, default: 0] += 1 }
        if before.error == nil {
            // What has no identifier is accounted for by its bytes.
            for id in before.parsed where !id.isEmpty {
                if rest[id, default: 0] == 0 {
                    throw violation("the record \"\(id)\" in the copy", "it is not there", file)
                }
                rest[id, default: 0] -= 1
            }
        }
        try checkAccount(recovered, file)
        let again: [UInt8]
        do throws(RecoveryError) { again = try kit.recover(FileBytes(recovered.bytes)).bytes } catch {
            throw violation("a copy that can be recovered", "\(error)", file)
        }
        if again != recovered.bytes { throw violation("the same copy again", "another one", file) }
    }

    /// Errors that a copy must not have. What never ends is structure, which is not touched unasked.
    private static let unreadable: Set<String> = [
        "UnicodeDecodeError", "RecursionError", "TypeError", "NotASession", "InvalidUTF8", "MissingHeader",
        "CorruptedLine",
    ]

    /// Every byte of the input is accounted for once, and what was kept stands in the copy in its order.
    private func checkAccount(_ recovered: Recovered, _ file: [UInt8]) throws(Violation) {
        var end = 0
        var at = 0
        for repair in recovered.repairs {
            guard repair.offset == end, repair.length >= 0 else {
                throw violation("an account of byte \(end)", "one of \(repair.text)", file)
            }
            end += repair.length
            guard repair.action == .kept else { continue }
            let part = file[repair.range]
            guard let found = recovered.bytes[at...].firstPlace(of: part) else {
                throw violation("kept bytes in the copy", repair.text, file)
            }
            at = found + part.count
        }
        if end != file.count { throw violation("an account of all \(file.count) bytes", "one of \(end)", file) }
    }

    private func violation(_ expected: String, _ got: String, _ file: [UInt8]) -> Violation {
        Violation(expected: expected, got: got, file: file, fileName: "\(kit.id).jsonl")
    }
}

extension ArraySlice<UInt8> {
    fileprivate func firstPlace(of part: ArraySlice<UInt8>) -> Int? {
        guard let first = part.first, count >= part.count else { return part.isEmpty ? startIndex : nil }
        var at = startIndex
        while let found = self[at...].firstIndex(of: first), found + part.count <= endIndex {
            if self[found..<found + part.count].elementsEqual(part) { return found }
            at = found + 1
        }
        return nil
    }
}
