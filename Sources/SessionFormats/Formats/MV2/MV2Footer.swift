// The commit footer: 56 bytes behind a table of contents that say it is whole.

/// A commit footer whose table has its hash.
public struct MV2Footer: Sendable, Equatable {
    /// The first eight bytes.
    static let magic = "MV2FOOT!"
    /// How many bytes a footer takes.
    public static let size = 56

    /// Where it begins.
    public var offset: Int
    /// The table of contents before it.
    public var table: Range<Int>
    /// Which commit this is.
    public var generation: UInt64

    /// Reads the footer at an offset; nil when there is none or the table before it does not have its hash.
    init?(_ buffer: UnsafeRawBufferPointer, at offset: Int) {
        guard let claim = Claim(buffer, at: offset) else { return nil }
        self.init(buffer, claim, at: offset)
    }

    private init?(_ buffer: UnsafeRawBufferPointer, _ claim: Claim, at offset: Int) {
        guard claim.matches(buffer) else { return nil }
        (self.offset, table, generation) = (offset, claim.table, claim.generation)
    }

    /// The footer's bytes behind a table.
    static func encode(table: [UInt8], generation: UInt64) -> [UInt8] {
        var encoder = BincodeEncoder()
        encoder.append(raw: magic.utf8)
        encoder.append(UInt64(table.count))
        encoder.append(raw: BLAKE3.hash(table).bytes)
        encoder.append(generation)
        return encoder.bytes
    }

    /// The footers of a file from the last to the first, each with a whole table.
    ///
    /// A file full of false footers that claim long tables ends the search at its budget.
    ///
    /// - Parameters:
    ///   - part: Where footers and their tables are looked for; in the whole file when nil.
    ///   - budget: Pays for the tables that are hashed.
    static func backwards(
        _ bytes: FileBytes, in part: Range<Int>? = nil, _ budget: SearchBudget
    ) -> some Sequence<MV2Footer> {
        let part = (part ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
        var end = part.upperBound
        return AnyIterator {
            while let offset = BytePattern.last(magic, in: bytes, part.lowerBound..<end) {
                end = offset
                let footer = bytes.withBytes(of: offset..<min(offset + size, bytes.count)) { buffer -> MV2Footer? in
                    guard offset + size <= part.upperBound, let claim = Claim(buffer, at: offset),
                        claim.table.lowerBound >= part.lowerBound, budget.spend(claim.table.count, at: offset)
                    else { return nil }
                    bytes.load(claim.table)
                    return MV2Footer(buffer, claim, at: offset)
                }
                if let footer { return footer }
                if budget.hasEnded { return nil }
            }
            return nil
        }
    }

    /// What a footer says before it is believed.
    private struct Claim {
        var table: Range<Int>
        var hash: Digest
        var generation: UInt64

        init?(_ buffer: UnsafeRawBufferPointer, at offset: Int) {
            guard offset >= 0, offset <= buffer.count - MV2Footer.size else { return nil }
            var cursor = BincodeCursor(buffer, in: offset..<offset + MV2Footer.size)
            guard let start = try? cursor.take(8),
                UnsafeRawBufferPointer(start: start, count: 8).elementsEqual(MV2Footer.magic.utf8),
                let length = try? cursor.integer(UInt64.self), length > 0, length <= UInt64(offset),
                let hash = try? cursor.digest(), let generation = try? cursor.integer(UInt64.self)
            else { return nil }
            (table, self.hash, self.generation) = (offset - Int(length)..<offset, hash, generation)
        }

        func matches(_ buffer: UnsafeRawBufferPointer) -> Bool {
            BLAKE3.hash(UnsafeRawBufferPointer(rebasing: buffer[table])) == hash
        }
    }
}
