// Damage anywhere in a memory, with a table of what becomes of it.

import SessionFormats

/// Recover mode finds at least what reference mode finds, and no damage to hashed parts goes unnoticed.
public struct MemoryDamage: Judge {
    /// The judge's name.
    public let name = "mv2-damage"
    /// What must hold.
    public let promise = """
        Whatever is damaged, recover mode finds at least the sessions that reference mode finds, and a change of the \
        table of contents, its footer or hashed content is never silent; what an examination remembers of the same file \
        and of others changes nothing; what becomes of each part is counted.
        """

    /// Makes the judge.
    public init() {}

    private static let damages = 12

    /// Looks at one memory with several damages, one at a time.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let history = try MemoryHistory(&choices)
        let digests = DigestMemory()
        for _ in 0..<Self.damages {
            let damage = Self.damage(history.last.bytes.count, &choices)
            evidence.cases += 1
            evidence.bytesRead += 2 * history.last.bytes.count
            try examine(history, damage.damage, at: damage.offset, digests, &evidence)
        }
    }

    private static func damage(_ size: Int, _ choices: inout Choices) -> (damage: Damage, offset: Int) {
        // Half of all damage hits the header or the last kilobytes, where what matters is.
        let offset: Int
        switch choices.choose("where", below: 4) {
        case 0: offset = choices.choose("offset in the header", below: 80)
        case 1: offset = size - 1 - choices.choose("offset from the end", below: min(size, 4_096))
        default: offset = choices.choose("offset", below: size)
        }
        switch choices.choose("damage", below: 4) {
        case 0: return (.zeroBlock(number: offset / 512, size: 512), offset / 512 * 512)
        case 1:
            let bytes = (0..<8).map { _ in UInt8(choices.choose("byte", below: 256)) }
            return (.overwrite(offset: offset, bytes: bytes), offset)
        case 2: return (.zeroBlock(number: offset / 4_096, size: 4_096), offset / 4_096 * 4_096)
        default: return (.flip(offset: offset, bit: choices.choose("bit", below: 8)), offset)
        }
    }

    private func examine(
        _ history: MemoryHistory, _ damage: Damage, at offset: Int, _ digests: DigestMemory,
        _ evidence: inout Evidence
    ) throws(Violation) {
        let bytes = damage.apply(to: history.last.bytes)
        let (reference, recovered) = (
            try? MV2File.read(FileBytes(bytes), mode: .reference), try? MV2File.read(FileBytes(bytes))
        )
        let found = Set(recovered?.sessions.map(\.id) ?? [])
        if let missing = reference?.sessions.first(where: { !found.contains($0.id) }) {
            throw history.violation("session \(missing.id), which reference mode gives", "not found", bytes)
        }
        let examination = MV2Format().examine(FileBytes(bytes, sharing: digests), ExaminationOptions())
        if examination.evidence.contains(MV2Format.isOpenedEvidence) != (reference != nil) {
            throw history.violation(
                "the reference's own opinion", "another, formed from what recovering found", bytes)
        }
        if let recovered, examination.findings != recovered.verified().report.map({ $0.clamped(to: bytes.count) }) {
            throw history.violation("what is found without other files", "something else beside them", bytes)
        }
        let part = Self.part(history, at: offset)
        let outcome = outcome(history, bytes, recovered)
        evidence.count(name, part, outcome)
        let isHashed = part == "table and footer" || part.hasPrefix("index") || part.hasPrefix("frame")
        if isHashed, outcome.hasPrefix("silently") {
            throw history.violation("something to say about damage to the \(part)", outcome, bytes)
        }
    }

    private func outcome(_ history: MemoryHistory, _ bytes: [UInt8], _ recovered: MV2File?) -> String {
        guard let recovered else { return "refused" }
        let isSilent = recovered.verified(deep: true).worst == nil
        let sessions = recovered.sessions.compactMap { try? $0.decoded() }
        if sessions == history.last.sessions {
            if bytes == history.last.bytes { return "nothing changed" }
            return isSilent ? "unnoticed, sessions whole" : "noticed, sessions whole"
        }
        let whole = sessions.filter { history.last.sessions.contains($0) }.count
        if isSilent { return "silently wrong" }
        return whole > 0 ? "noticed, some sessions" : "noticed, sessions lost"
    }

    private static func part(_ history: MemoryHistory, at offset: Int) -> String {
        if offset < 80 { return "header" }
        if offset < 4_096 { return "padding" }
        if let part = history.base.foreign.first(where: { $0.range.contains(offset) }) {
            return String(part.name.prefix { $0 != " " })
        }
        let bytes = history.last.bytes
        let table = bytes[8..<16].reversed().reduce(0) { $0 << 8 | Int($1) }
        if offset >= table { return "table and footer" }
        return history.moments.count > 1 || !history.last.sessions.isEmpty ? "tails" : "gap"
    }
}
