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
    init?(_ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, at offset: Int) {
        guard let claim = Claim(buffer, at: offset) else { return nil }
        self.init(bytes, buffer, claim, at: offset)
    }

    init?(_ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ claim: Claim, at offset: Int) {
        bytes.load(claim.table)
        guard bytes.hash(claim.table, in: buffer) == claim.hash else { return nil }
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

    /// What a footer says before it is believed.
    struct Claim {
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
    }
}
