// Where the table of contents is: as the header says, before a commit footer, or anywhere.
//
// The reference looks in that order and trusts what decodes. Recovering looks at commit footers first, from the last to the
// first, and trusts only a table that has its own checksum. Either way the search takes time proportional to the file; the
// reference's own last resort is quadratic.

/// A table of contents and how it was found.
struct MV2FoundTable {
    var table: MV2TableOfContents
    var range: Range<Int>
    /// The commit footer behind it; nil when there is none.
    var footer: MV2Footer?
    /// Whether it has its own checksum; recovering looks.
    var isSealed = true
}

/// Looks for a table in a file's bytes.
struct MV2TableSearch {
    let buffer: UnsafeRawBufferPointer
    let header: MV2Header?

    // MARK: As the reference

    func asReference() throws(MV2Error) -> MV2FoundTable {
        if let direct = direct() { return direct }
        if let footer = MV2Footer.backwards(buffer).first(where: { _ in true }), let found = decode(footer) {
            return found
        }
        if let range = headersRange, let table = try? MV2TableOfContents.decode(buffer, in: range) {
            return MV2FoundTable(table: table, range: range, footer: nil)
        }
        if let found = atEndWithoutFooter() { return found }
        throw .noTable(offset: header?.footerOffset ?? 0)
    }

    /// From where the header points to the last 56 bytes.
    private var headersRange: Range<Int>? {
        guard let header, buffer.count > MV2Footer.size,
            header.footerOffset < UInt64(buffer.count - MV2Footer.size)
        else { return nil }
        return Int(header.footerOffset)..<buffer.count - MV2Footer.size
    }

    /// The table between the header's offset and where a footer would begin. The footer itself does not matter.
    private func direct() -> MV2FoundTable? {
        guard let range = headersRange, isPlausible(range),
            let table = try? MV2TableOfContents.decode(buffer, in: range)
        else { return nil }
        let footer = MV2Footer(buffer, at: range.upperBound).flatMap { $0.table == range ? $0 : nil }
        return MV2FoundTable(table: table, range: range, footer: footer)
    }

    /// What the reference wants of the first numbers before it decodes.
    private func isPlausible(_ range: Range<Int>) -> Bool {
        guard range.count >= 24 else { return false }
        let number = { (index: Int) in
            UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: range.lowerBound + index * 8, as: UInt64.self))
        }
        return number(0) <= 32 && number(1) <= UInt64(MV2TableOfContents.segmentLimit)
    }

    private func decode(_ footer: MV2Footer) -> MV2FoundTable? {
        (try? MV2TableOfContents.decode(buffer, in: footer.table)).map {
            MV2FoundTable(table: $0, range: footer.table, footer: footer)
        }
    }

    // MARK: Recovering

    /// The newest table that is whole, wherever it is; a damaged one only when the header names it and it is the last.
    func recovering() -> MV2FoundTable? {
        let footers = MV2Footer.backwards(buffer).lazy.compactMap { footer in
            decode(footer).flatMap { isSealed($0.range) ? $0 : nil }
        }
        let last = footers.first { _ in true }
        if let last, last.range.upperBound + MV2Footer.size == buffer.count { return last }
        if var damaged = direct() {
            damaged.isSealed = isSealed(damaged.range)
            return damaged
        }
        if let last { return last }
        if let offset = header?.footerOffset, offset < UInt64(buffer.count), let found = sealed(at: Int(offset)) {
            return found
        }
        return anywhere()
    }

    private func isSealed(_ range: Range<Int>) -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[range])
        return range.count >= 32
            && MV2TableOfContents.checksum(of: bytes).bytes.elementsEqual(bytes.suffix(32))
    }

    /// A table that begins at an offset, ends anywhere, and has its own checksum.
    func sealed(at offset: Int) -> MV2FoundTable? {
        guard let extent = try? MV2TableOfContents.extent(buffer, in: offset..<buffer.count) else { return nil }
        let range = offset..<extent.end
        guard isSealed(range), let table = try? MV2TableOfContents.decode(buffer, in: range) else { return nil }
        return MV2FoundTable(table: table, range: range, footer: nil)
    }

    /// The last table that ends where the file ends.
    private func atEndWithoutFooter() -> MV2FoundTable? {
        candidates { found in found.range.upperBound == buffer.count }
    }

    private func anywhere() -> MV2FoundTable? { candidates { _ in true } }

    /// The last table at any offset that is accepted. What decodes but is no table costs time; a file made of nothing else
    /// ends the search once sixteen times its size was looked at.
    private func candidates(_ accept: (MV2FoundTable) -> Bool) -> MV2FoundTable? {
        guard let base = buffer.baseAddress else { return nil }
        var budget = buffer.count * 16
        var offset = buffer.count - 8
        var zeroes = 0
        while offset > MV2Header.size, budget > 0 {
            offset -= 1
            zeroes = buffer[offset] == 0 ? zeroes + 1 : 0
            // No table has its issuer, its capacity and all before them zero; files are full of places that do.
            if zeroes >= 128 || offset + 16 > buffer.count { continue }
            // A version up to 32, and lists that the bytes left can hold.
            guard base.loadUnaligned(fromByteOffset: offset, as: UInt64.self) <= 32,
                base.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self) <= UInt64(buffer.count / 76)
            else { continue }
            budget -= 512
            guard let extent = try? MV2TableOfContents.extent(buffer, in: offset..<buffer.count) else { continue }
            budget -= extent.end - offset
            if let found = sealed(at: offset), accept(found) { return found }
        }
        return nil
    }
}
