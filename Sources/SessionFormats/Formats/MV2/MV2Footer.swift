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
    /// Hashing is bounded: a file full of false footers that claim long tables stops the search once four times the file's
    /// size was hashed.
    static func backwards(_ buffer: UnsafeRawBufferPointer) -> some Sequence<MV2Footer> {
        var end = buffer.count
        var budget = buffer.count * 4
        return AnyIterator {
            while budget >= 0, let offset = BytePattern.last(magic, in: buffer, before: end) {
                end = offset
                guard let claim = Claim(buffer, at: offset) else { continue }
                budget -= claim.table.count
                if let footer = MV2Footer(buffer, claim, at: offset) { return footer }
            }
            return nil
        }
    }

    /// The last footer that begins at or behind an offset and has a whole table that does too.
    static func last(in buffer: UnsafeRawBufferPointer, from start: Int) -> MV2Footer? {
        let part = UnsafeRawBufferPointer(rebasing: buffer[min(max(start, 0), buffer.count)...])
        guard var footer = backwards(part).first(where: { _ in true }) else { return nil }
        let skipped = buffer.count - part.count
        footer.offset += skipped
        footer.table = footer.table.lowerBound + skipped..<footer.table.upperBound + skipped
        return footer
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
