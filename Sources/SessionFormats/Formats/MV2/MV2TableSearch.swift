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
    let bytes: FileBytes
    /// Of the same bytes; what is looked at in it is loaded before.
    let buffer: UnsafeRawBufferPointer
    let header: MV2Header?
    /// Pays for what is hashed and decoded in vain.
    let budget: SearchBudget
    /// How far footers were looked for.
    private(set) var footers: MV2FooterScan
    /// How far tables were looked for at every offset.
    private(set) var tables: MV2TableScan
    /// One of which everything is known.
    private let known: MV2FoundTable?

    /// - Parameter recovered: The same memory as it was recovered; what is known of it is not worked out again.
    init(
        _ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ header: MV2Header?, knowing recovered: MV2File? = nil
    ) {
        (self.bytes, self.buffer, self.header) = (bytes, buffer, header)
        budget = SearchBudget(buffer.count * 16)
        footers = recovered?.scans?.footers ?? MV2FooterScan(bytes)
        tables = recovered?.scans?.tables ?? MV2TableScan(bytes)
        known = recovered?.foundTable
    }

    // MARK: As the reference

    /// - Throws: `MV2Error` where the reference finds none.
    mutating func asReference() throws(MV2Error) -> MV2FoundTable {
        if let direct = direct() { return direct }
        if let footer = footers.last(in: bytes, budget), let found = decode(footer) {
            return found
        }
        // What stands there was looked at before.
        if let range = headersRange, let table = try? MV2TableOfContents.decode(buffer, in: range) {
            return MV2FoundTable(table: table, range: range, footer: nil)
        }
        if let found = scannedFor({ [buffer] in $0.range.upperBound == buffer.count }) { return found }
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
        guard let range = headersRange else { return nil }
        if let known, known.range == range { return known }
        bytes.load(range.lowerBound..<buffer.count)
        guard isPlausible(range),
            let table = try? MV2TableOfContents.decode(buffer, in: range)
        else { return nil }
        let footer = MV2Footer(bytes, buffer, at: range.upperBound).flatMap { $0.table == range ? $0 : nil }
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
    mutating func recovering() -> MV2FoundTable? {
        let last = lastSealed()
        if let last, last.range.upperBound + MV2Footer.size == buffer.count { return last }
        if var damaged = direct() {
            damaged.isSealed = isSealed(damaged.range)
            return damaged
        }
        if let last { return last }
        if let offset = header?.footerOffset, offset < UInt64(buffer.count), let found = sealed(at: Int(offset)) {
            return found
        }
        return scannedFor { _ in true }
    }

    /// The last table before a footer that has its own checksum besides the footer's hash.
    private mutating func lastSealed() -> MV2FoundTable? {
        var found: MV2FoundTable?
        var footers = footers
        defer { self.footers = footers }
        _ = footers.last(in: bytes, budget) { footer in
            found = decode(footer).flatMap { isSealed($0.range) ? $0 : nil }
            return found != nil
        }
        return found
    }

    /// Whether a table has its own checksum.
    func isSealed(_ range: Range<Int>) -> Bool {
        if let known, known.range == range { return known.isSealed }
        return MV2TableOfContents.isSealed(bytes, buffer, range)
    }

    /// A table that begins at an offset, ends anywhere, and has its own checksum.
    func sealed(at offset: Int) -> MV2FoundTable? {
        bytes.load(offset..<buffer.count)
        guard let extent = try? MV2TableOfContents.extent(buffer, in: offset..<buffer.count) else { return nil }
        return MV2FoundTable(sealed: extent, at: offset, in: bytes, buffer)
    }

    /// The last table at any offset that is accepted.
    private mutating func scannedFor(_ accept: (MV2FoundTable) -> Bool) -> MV2FoundTable? {
        bytes.load(0..<buffer.count)
        return tables.last(in: bytes, buffer, budget, where: accept)
    }
}

extension MV2FoundTable {
    /// A table that was found to end somewhere; nil when it does not have its own checksum.
    init?(
        sealed extent: (shape: MV2TableOfContents.Shape, end: Int), at offset: Int, in bytes: FileBytes,
        _ buffer: UnsafeRawBufferPointer
    ) {
        let range = offset..<extent.end
        guard MV2TableOfContents.isSealed(bytes, buffer, range),
            let table = try? MV2TableOfContents.decode(extent.shape, buffer, in: range)
        else { return nil }
        self.init(table: table, range: range, footer: nil)
    }
}
