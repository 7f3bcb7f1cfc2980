// A session log that has been read: its header, what recovery concluded, and where each entry stands.
//
// An entry costs 24 bytes whatever its content; text is decoded when asked for, by parsing the entry's own line again.

/// The outcome of reading a session log.
public struct SessionLog: Sendable {
    /// The header; nil when it was lost and recover mode found entries all the same.
    public let header: SessionHeader?
    /// What reading concluded. In recover mode, what could be brought back does not count as corrupt.
    public let recovery: CrashRecovery
    /// The surviving entries, in the order of the file.
    public let entries: SessionLogEntries
    /// What there is to say; empty in reference mode.
    public let findings: Findings
    /// The digest, when it was made while reading.
    let digest: Digest?
    /// Where the header stands in the file; nil when it is lost.
    let headerRange: Range<Int>?
}

/// A session log that has been read into values, in one pass.
public struct DecodedSessionLog: Sendable {
    /// The header; nil when it was lost and recover mode found entries all the same.
    public let header: SessionHeader?
    /// What reading concluded, as in `SessionLog`.
    public let recovery: CrashRecovery
    /// The surviving entries, in the order of the file.
    public let entries: [SessionEntry]
    /// What there is to say; empty in reference mode.
    public let findings: Findings
}

/// Where an entry stands. 24 bytes, because a log of short lines has one for every hundred of its own.
struct EntryRecord {
    /// The entry's first byte, and in the top byte its kind and flags.
    private var startAndFlags: UInt64
    private var lengthOfEntry: UInt32
    private var startOfID: UInt32
    private var lengthOfID: UInt32
    private var lineOfEntry: UInt32

    init(start: Int, length: Int, summary: EntryParser.Summary, line: Int, isNewer: Bool) {
        let flags = UInt64(summary.kind & 15) | (isNewer ? 16 : 0)
        startAndFlags = UInt64(truncatingIfNeeded: start) | flags << 56
        lengthOfEntry = UInt32(truncatingIfNeeded: length)
        startOfID = summary.id.first
        lengthOfID = summary.id.second
        lineOfEntry = UInt32(clamping: line)
    }

    /// The same entry, that many lines further down.
    func movedDown(by lines: Int) -> EntryRecord {
        var moved = self
        moved.lineOfEntry = UInt32(clamping: line + lines)
        return moved
    }

    var start: Int { Int(startAndFlags & 0x00FF_FFFF_FFFF_FFFF) }
    var length: Int { Int(lengthOfEntry) }
    var range: Range<Int> { start..<start + length }
    var id: EntryTape.Slot { EntryTape.Slot(first: startOfID, second: lengthOfID) }
    var line: Int { Int(lineOfEntry) }
    var kind: EntryKind { EntryKind.allCases[Int(startAndFlags >> 56 & 15)] }
    var isNewer: Bool { startAndFlags >> 56 & 16 != 0 }
}

/// The records of many entries in blocks, so that growing never copies or doubles them.
struct EntryRecords {
    private static let blockSize = 1 << 14
    private var blocks: [ContiguousArray<EntryRecord>] = []
    private var last: ContiguousArray<EntryRecord> = []

    var count: Int { blocks.count * Self.blockSize + last.count }

    @inline(__always)
    mutating func append(_ record: EntryRecord) {
        if last.count == Self.blockSize {
            blocks.append(last)
            last = []
            last.reserveCapacity(Self.blockSize)
        }
        last.append(record)
    }

    subscript(_ index: Int) -> EntryRecord {
        let block = index / Self.blockSize
        return block < blocks.count ? blocks[block][index % Self.blockSize] : last[index % Self.blockSize]
    }
}

/// The surviving entries of a log.
public struct SessionLogEntries: RandomAccessCollection, Sendable {
    let bytes: FileBytes
    let records: EntryRecords
    let schema: EntrySchema
    /// What to add to a place in `bytes` for its place in the file.
    let fileOffset: Int

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of entries.
    public var endIndex: Int { records.count }
    /// The entry at a position.
    public subscript(position: Int) -> SessionLogEntry {
        SessionLogEntry(bytes: bytes, record: records[position], schema: schema, fileOffset: fileOffset)
    }
}

/// One surviving entry: its place in the file, its content when asked for.
public struct SessionLogEntry: Sendable {
    let bytes: FileBytes
    let record: EntryRecord
    let schema: EntrySchema
    let fileOffset: Int

    /// Which kind of entry it is.
    public var kind: EntryKind { record.kind }
    /// Its 1-based line in the file.
    public var line: Int { record.line }
    /// Its bytes in the file, without the line's end; in a log of format version 2, without the envelope around it.
    public var byteRange: Range<Int> { fileOffset + record.start..<fileOffset + record.start + record.length }
    /// Whether it is of a type, or has content of a kind, that only later releases have.
    public var isNewer: Bool { record.isNewer }

    /// Its identifier.
    public var id: String {
        withScanner { $0.checkedText(record.id.string) }
    }

    /// Its bytes as they stand in the file.
    public var rawBytes: [UInt8] { bytes.copy(record.range) }

    /// Whether its bytes in the file are these.
    public func isEncoded(as other: some Collection<UInt8>) -> Bool {
        bytes.withBytes { $0[record.range].elementsEqual(other) }
    }

    /// Its content. Nil only when the file was changed by someone else since it was read.
    public func decoded() -> SessionEntry? {
        reparsed { EntryDecoder($0).entry() }
    }

    /// The identifier of the entry before it; nil at a root. Other values of the entry are not made.
    public var parentID: String? {
        reparsed { EntryDecoder($0).parentID() } ?? nil
    }

    /// Who speaks; nil for entries that are no messages. Other values of the entry are not made.
    public var role: MessageRole? {
        guard kind == .message else { return nil }
        return reparsed { EntryDecoder($0).role() } ?? nil
    }

    /// The texts of a message, joined by newlines, or the summary of a compaction; nil for other entries. Other values
    /// of the entry are not made.
    public var text: String? {
        reparsed { EntryDecoder($0).text() } ?? nil
    }

    /// Its line as the reference's writer would print it. Empty only when the file was changed since it was read.
    public func canonical() -> [UInt8] {
        reparsed { parser in
            var printer = CanonicalPrinter()
            printer.printEntry(parser)
            return printer.output
        } ?? []
    }

    private func withScanner<Result>(_ body: (JSONScanner) -> Result) -> Result {
        bytes.withBytes { buffer in
            let whole = buffer.bindMemory(to: UInt8.self)
            let line = UnsafeBufferPointer(rebasing: whole[record.range.clamped(to: 0..<whole.count)])
            // A line holds at least its braces, so it has an address.
            return body(
                JSONScanner(
                    base: line.baseAddress.unsafelyUnwrapped, from: 0, to: line.count,
                    loadable: whole.count - record.start))
        }
    }

    private func reparsed<Result>(_ body: (borrowing EntryParser) -> Result) -> Result? {
        let schema = record.isNewer ? EntrySchema.newest : schema
        return schema.withParser { parser in
            withScanner { scanner in
                guard (try? parser.parseLine(scanner)) != nil else { return nil }
                return body(parser)
            }
        }
    }

    fileprivate func add(to digest: inout CanonicalDigest, _ parser: inout EntryParser) {
        if record.isNewer {
            EntrySchema.newest.withParser { newest in
                withScanner { if (try? newest.parseLine($0)) != nil { digest.add(newest, $0.base, 0..<$0.end) } }
            }
        } else {
            withScanner { if (try? parser.parseLine($0)) != nil { digest.add(parser, $0.base, 0..<$0.end) } }
        }
    }
}

extension SessionLog {
    /// BLAKE3 of the surviving entries as the reference would print them, joined by newlines, in lower-case hex. Made
    /// here and now by parsing each entry again, unless the reader was asked for it.
    public var canonicalDigest: String {
        if let digest { return digest.description }
        var sum = CanonicalDigest()
        entries.schema.withParser { parser in
            for entry in entries {
                entry.add(to: &sum, &parser)
                sum.flush()
            }
        }
        return sum.finish().description
    }
}
