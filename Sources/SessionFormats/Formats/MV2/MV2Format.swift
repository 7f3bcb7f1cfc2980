// Memories as one of the formats of the catalogue.

extension FormatID {
    /// A memory, `.mv2`.
    public static let mv2 = FormatID("mv2")
}

/// The memory: recognised by its magic, or where the header is damaged by a table of contents that has its footer's hash,
/// or by whole sessions.
public struct MV2Format: SessionFormat {
    /// Makes the format.
    public init() {}

    /// "mv2".
    public var id: FormatID { .mv2 }

    /// As in "A memory".
    public var title: String { "A memory" }

    /// Only a footer whose hash matches, or a magic where it belongs, is proof.
    public func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        for magic in ["MV2\0", "MV2E"] {
            if let byMagic = Recognition(magic: magic, at: bytes) { return byMagic }
        }
        if Self.endsInFooter(bytes) { return Recognition(.proof, "the commit at its end, which has its hash") }
        if depth == .whole, let byRest = recogniseByRest(bytes) {
            // Text may hold a whole memory or segment, as an attachment or a weld does, and is text all the same.
            return Self.beginsAsText(bytes) ? Recognition(.hint, byRest.evidence) : byRest
        }
        return name?.hasSuffix(".mv2") == true ? Recognition(.name, "its name") : nil
    }

    private static func endsInFooter(_ bytes: FileBytes) -> Bool {
        let start = bytes.count - MV2Footer.size
        let isFooter =
            start >= MV2Header.size
            && bytes.withBytes(of: start..<start + 8) { $0[start..<start + 8].elementsEqual(MV2Footer.magic.utf8) }
        guard isFooter else { return false }
        var footers = MV2FooterScan(bytes)
        return footers.last(in: bytes, SearchBudget(bytes.count))?.offset == start && !beginsAsText(bytes)
    }

    /// Whether the place of the header holds text; a memory's header is zeroes for the most part, whatever became of its
    /// first bytes.
    private static func beginsAsText(_ bytes: FileBytes) -> Bool {
        let start = bytes.copy(0..<MV2Header.size)
        return start.count { $0 >= 0x20 || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D } * 10 > start.count * 9
    }

    /// A memory whose header is gone still has what stands behind it.
    private func recogniseByRest(_ bytes: FileBytes) -> Recognition? {
        var footers = MV2FooterScan(bytes)
        if footers.last(in: bytes, SearchBudget(bytes.count * 4)) != nil {
            return Recognition(.proof, "a table of contents that has its footer's hash")
        }
        return bytes.withBytes { buffer in
            if let segment = BytePattern.first(ReplaySegment.magic, in: buffer, from: 0) {
                let hasSession = !ReplaySegment.salvage(
                    bytes, in: segment..<bytes.count, SearchBudget(bytes.count * 16)
                ).isEmpty
                return hasSession
                    ? Recognition(.structure, "sessions behind the magic of a replay segment")
                    : Recognition(.hint, "the magic of a replay segment")
            }
            return BytePattern.last(MV2Footer.magic, in: bytes, 0..<bytes.count)
                .map { _ in Recognition(.hint, "the magic of a footer") }
        }
    }

    /// Opens and verifies the memory; see `MV2File`.
    public func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        do throws(MV2Error) {
            let memory = try MV2File.read(bytes, mode: options.mode)
            let findings = options.mode == .reference ? memory.findings : memory.verified(deep: options.isDeep)
            var examination = Examination(
                id, of: bytes, Verdict(worst: findings.worst), summary: summary(of: memory), facts: facts(of: memory),
                items: ExaminedItems(sessions: memory.sessions), findings: findings.report,
                evidence: { Self.evidence(memory, options.mode) },
                fields: { memory.fieldSpans() })
            if memory.table == nil && memory.sessions.isEmpty {
                examination.verdict = .unreadable
                examination.failure = .init(
                    kind: "InvalidToc", message: "Neither a table of contents nor a session is whole.")
            }
            return examination
        } catch {
            return Examination(refusing: id, of: bytes, error.kind, error.description, at: error.offset ?? 0)
        }
    }

    package static let isOpenedEvidence = "as a file that its own program opens"

    /// The program that wrote a memory finds less in a damaged one than we do, or cannot open it at all.
    private static func evidence(_ memory: MV2File, _ mode: ReadingMode) -> [String] {
        let opens = mode == .reference || memory.isOpenedByReference
        return (memory.table == nil ? [] : ["table of contents"])
            + (opens ? [isOpenedEvidence] : [])
    }

    private func summary(of memory: MV2File) -> [String] {
        let table = memory.tableRange.map { range in
            "table of contents at byte \(range.lowerBound)" + (memory.generation.map { ", commit \($0)" } ?? "")
        }
        return (table.map { [$0] } ?? []) + memory.sessions.map(\.summary.text)
    }

    private func facts(of memory: MV2File) -> [Fact] {
        var facts: [Fact] = []
        if let range = memory.tableRange { facts.append(Fact("footerOffset", range.lowerBound)) }
        if let generation = memory.generation { facts.append(Fact("generation", .unsigned(generation))) }
        return facts
    }
}
