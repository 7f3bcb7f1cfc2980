// The commit footers of a file, from its end on.
//
// It is a value that remembers how far it came, so that who wants another footer of the same file goes on from there.

/// The footers whose tables have their hash, as far as it was gone through.
struct MV2FooterScan: Sendable {
    /// From the last to the first.
    private var found: [MV2Footer] = []
    /// Where footers and their tables may be.
    private let part: Range<Int>
    /// Where the next footer has to begin before.
    private var end: Int

    /// - Parameter part: Where footers and their tables are looked for; in the whole file when nil.
    init(_ bytes: FileBytes, in part: Range<Int>? = nil) {
        self.part = (part ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
        end = self.part.upperBound
    }

    /// The last footer that is accepted; nil when there is none, or the budget ended before: a file full of false footers that
    /// claim long tables ends it.
    ///
    /// - Parameter budget: Pays for the tables that are hashed.
    mutating func last(
        in bytes: FileBytes, _ budget: SearchBudget, where accept: (MV2Footer) -> Bool = { _ in true }
    ) -> MV2Footer? {
        if let known = found.first(where: accept) { return known }
        while !budget.hasEnded,
            let offset = BytePattern.last(MV2Footer.magic, in: bytes, part.lowerBound..<end)
        {
            end = offset
            guard let footer = footer(at: offset, in: bytes, budget) else { continue }
            found.append(footer)
            if accept(footer) { return footer }
        }
        return nil
    }

    private func footer(at offset: Int, in bytes: FileBytes, _ budget: SearchBudget) -> MV2Footer? {
        bytes.withBytes(of: offset..<min(offset + MV2Footer.size, bytes.count)) { buffer in
            guard offset + MV2Footer.size <= part.upperBound, let claim = MV2Footer.Claim(buffer, at: offset),
                claim.table.lowerBound >= part.lowerBound, budget.spend(claim.table.count, at: offset)
            else { return nil }
            return MV2Footer(bytes, buffer, claim, at: offset)
        }
    }
}
