// Tables of contents at any offset of a file, from its end on: the last resort of every reader.
//
// It is a value that remembers how far it came, so that who wants another table of the same file goes on from there.

/// The tables of a file that have their own checksum, as far as it was gone through.
struct MV2TableScan: Sendable {
    /// From the last to the first.
    private var found: [MV2FoundTable] = []
    /// The offset that is looked at next.
    private var at: Int
    /// As many zeroes begin no table: it has its issuer, its capacity or something before them. Files are full of places that
    /// do.
    private static let mostZeroes = 128

    init(_ bytes: FileBytes) { at = bytes.count - 16 }

    /// The last table that is accepted; nil when there is none, or the budget ended before. What decodes but is no table costs
    /// of the budget.
    mutating func last(
        in bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ budget: SearchBudget,
        where accept: (MV2FoundTable) -> Bool
    ) -> MV2FoundTable? {
        if let known = found.first(where: accept) { return known }
        var scratch = MV2TableOfContents()
        while !budget.hasEnded, let offset = nextPlace(in: buffer) {
            // An attempt that finds a table looks at it three times more.
            var looked = 0
            let extent = try? MV2TableOfContents.extent(
                buffer, in: offset..<buffer.count, &scratch, lookedAt: &looked)
            if let extent { looked += 3 * (extent.end - offset) }
            guard budget.spend(looked, at: offset), let extent else { continue }
            guard let table = MV2FoundTable(sealed: extent, at: offset, in: bytes, buffer) else { continue }
            found.append(table)
            if accept(table) { return table }
        }
        return nil
    }

    /// The next offset at which a version up to 32 stands, and before a list that the bytes left can hold.
    private mutating func nextPlace(in buffer: UnsafeRawBufferPointer) -> Int? {
        let longest = UInt64(buffer.count / 76)
        // Behind the first byte of such a version are zeroes.
        while at >= MV2Header.size, let zeroes = BytePattern.lastZeroes(in: buffer, before: at + 2) {
            at = zeroes - 1
            guard at >= MV2Header.size else { return nil }
            let place = at
            if buffer[place] == 0, Self.isZero(buffer, place, count: Self.mostZeroes) {
                skipZeroes(buffer)
                continue
            }
            at -= 1
            if buffer[place] <= 32, Self.number(buffer, at: place + 8) <= longest { return place }
        }
        return nil
    }

    private mutating func skipZeroes(_ buffer: UnsafeRawBufferPointer) {
        while at >= MV2Header.size + 8, Self.number(buffer, at: at - 8) == 0 { at -= 8 }
        at -= 1
    }

    private static func isZero(_ buffer: UnsafeRawBufferPointer, _ place: Int, count: Int) -> Bool {
        place <= buffer.count - count
            && stride(from: place, to: place + count, by: 8).allSatisfy { number(buffer, at: $0) == 0 }
    }

    @inline(__always)
    private static func number(_ buffer: UnsafeRawBufferPointer, at place: Int) -> UInt64 {
        UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
}
