// The hash of a log's entries as the reference would print them, joined by newlines.
//
// Nearly all lines stand in that form already, since a writer wrote them, and the parser knows it of each line when it
// has parsed it. Such lines are hashed as they stand in the file, many at once; only the others are printed.

struct CanonicalDigest {
    /// Lines that are printed are hashed in pieces of about this size.
    private static let pieceSize = 1 << 16

    private var hasher = BLAKE3()
    private var printer = CanonicalPrinter()
    private var scratch = CanonicalPrinter()
    private var isEmpty = true
    /// Lines that follow one another in the buffer and were not hashed yet.
    private var pending: UnsafeBufferPointer<UInt8>?

    /// Adds the entry that `parser` parsed last. Until `flush` is called, its bytes have to stay.
    mutating func add(_ parser: borrowing EntryParser, _ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
        guard isCanonical(parser) else {
            flush(keepsPrinted: true)
            separate()
            printer.printEntry(parser)
            if printer.output.count > Self.pieceSize { flush() }
            return
        }
        let start = base + range.lowerBound
        // The newline between lines that follow one another stands in the file too.
        if let whole = pending, let before = whole.baseAddress, before + whole.count + 1 == start,
            before[whole.count] == 0x0A
        {
            pending = UnsafeBufferPointer(start: before, count: whole.count + 1 + range.count)
            return
        }
        flush(keepsPrinted: true)
        separate()
        flush()
        pending = UnsafeBufferPointer(start: start, count: range.count)
    }

    /// Hashes what was added.
    mutating func flush() { flush(keepsPrinted: false) }

    mutating func finish() -> Digest {
        flush()
        return hasher.finalize()
    }

    /// - Parameter keepsPrinted: What was printed may wait for more, unless lines that stand behind it are hashed.
    private mutating func flush(keepsPrinted: Bool) {
        if let pending {
            hasher.update(UnsafeRawBufferPointer(pending))
            self.pending = nil
        } else if !keepsPrinted, !printer.output.isEmpty {
            hasher.update(printer.output)
            printer.output.removeAll(keepingCapacity: true)
        }
    }

    private mutating func separate() {
        if !isEmpty { printer.output.append(0x0A) }
        isEmpty = false
    }

    private mutating func isCanonical(_ parser: borrowing EntryParser) -> Bool {
        guard parser.isPlain else { return false }
        guard let range = parser.freeJSON else { return true }
        scratch.output.removeAll(keepingCapacity: true)
        scratch.printJSON(range, parser.scanner)
        return scratch.output.elementsEqual(
            UnsafeBufferPointer(start: parser.scanner.base + range.lowerBound, count: range.count))
    }
}
