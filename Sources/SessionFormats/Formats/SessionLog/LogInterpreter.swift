// What the lines of a session log amount to, taken one at a time.
//
// Both ways of reading, as a whole and as a stream, feed their lines to this one state machine, so they cannot
// disagree. Reference mode does what the reference does and stops at the first bad byte; recover mode hands every line
// that is not a plain entry to `LineSalvage`.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

struct LogInterpreter {
    let mode: ReadingMode
    /// What the entries may hold.
    let schema: EntrySchema
    private(set) var header: SessionHeader?
    /// Where the header stands in the file.
    private(set) var headerRange: Range<Int>?
    private(set) var corruptCount = 0
    private(set) var isTorn = false
    private(set) var findings = Findings()
    private(set) var entryCount = 0
    /// Where the entries stand, unless their values are kept.
    var records = EntryRecords()
    /// The entries as values, when they are wanted.
    private(set) var values: [SessionEntry] = []
    /// The digest of the entries, when it is wanted.
    var digest: CanonicalDigest?
    let keepsValues: Bool
    /// The latest release of which a field was met and noted.
    private var notedRank: UInt8
    /// Whether an entry stood in an envelope, as in format version 2.
    private var hasSeenEnvelope = false
    private var line = 0
    private var hasPassedHeader = false
    private var hasSeenCRLF = false
    /// Why the header is missing, kept until it is clear whether there are entries all the same.
    private var headerError: SessionLogError?

    init(mode: ReadingMode, version: SessionLogVersion, keepsValues: Bool = false, digests: Bool = false) {
        self.mode = mode
        self.keepsValues = keepsValues
        schema = EntrySchema.of(version)
        notedRank = schema.version.rank
        digest = digests ? CanonicalDigest() : nil
    }

    var recovery: CrashRecovery { CrashRecovery(corruptCount: corruptCount, isTorn: isTorn) }

    typealias Line = TextLine

    /// Takes a line that is one entry, as nearly all are.
    ///
    /// - Returns: Where the next line begins; nil when this one is anything else, which `take` then looks into.
    @inline(__always)
    mutating func takePlainLine(
        _ base: UnsafePointer<UInt8>, _ start: Int, of count: Int, fileOffset: Int, _ parser: inout EntryParser
    ) -> Int? {
        guard hasPassedHeader, !isEnveloped, let length = parser.parsePlainLine(base, start, of: count) else {
            return nil
        }
        line += 1
        let hasReturn = base[start + length - 1] == 0x0D
        let end = start + length - (hasReturn ? 1 : 0)
        if hasReturn { noteCRLF(at: fileOffset + end) }
        record(parser, base, start: start, end: end, fileOffset: fileOffset)
        return start + length + 1
    }

    /// Takes lines that were parsed ahead.
    ///
    /// - Returns: Where the next line begins; nil when nothing was done ahead of this one.
    mutating func takeLinesAhead(_ ahead: inout LinesAhead, at start: Int) -> Int? {
        guard hasPassedHeader, !isEnveloped, let piece = ahead.take(at: start) else { return nil }
        for record in piece.records { records.append(record.movedDown(by: line + 1)) }
        line += piece.records.count
        entryCount += piece.records.count
        return piece.stop
    }

    /// Takes the next line of the file, whatever it is.
    mutating func take(_ whole: Line, _ parser: inout EntryParser) throws(SessionLogError) {
        line += 1
        var text = whole
        if text.hasNewline, text.end > text.start, text.base[text.end - 1] == 0x0D {
            text.end -= 1
            noteCRLF(at: text.fileOffset + text.end)
        }
        let bad = UTF8Validation.firstInvalid(text.base, from: text.start, to: text.end)
        try takeUnusual(text, firstInvalid: bad, &parser)
    }

    /// Takes an entry that fills its line; tells what is wrong when it does not.
    @inline(__always)
    private mutating func takeEntry(_ text: Line, _ parser: inout EntryParser) -> JSONFault? {
        guard text.end > text.start else { return JSONFault(offset: 0, reason: .unexpectedEnd) }
        guard text.end - text.start <= EntryTape.longestLine else { return JSONFault(offset: 0, reason: .wrongLength) }
        do throws(JSONFault) {
            try parser.parseLine(text.scanner(from: text.start, to: text.end))
        } catch { return error }
        record(parser, text.base, start: text.start, end: text.end, fileOffset: text.fileOffset)
        return nil
    }

    /// Keeps the entry that `parser` parsed last.
    @inline(__always)
    private mutating func record(
        _ parser: borrowing EntryParser, _ base: UnsafePointer<UInt8>, start: Int, end: Int, fileOffset: Int,
        isNewer: Bool = false
    ) {
        entryCount += 1
        if parser.latestRank > notedRank, !isNewer, !isEnveloped {
            noteLaterField(parser.latestRank, at: fileOffset + start, length: end - start)
        }
        if digest != nil { digest?.add(parser, base, start..<end) }
        if keepsValues {
            values.append(EntryDecoder(parser).entry())
            return
        }
        records.append(
            EntryRecord(start: start, length: end - start, summary: parser.summary, line: line, isNewer: isNewer))
    }

    private mutating func noteLaterField(_ rank: UInt8, at offset: Int, length: Int) {
        notedRank = rank
        guard mode == .recover else { return }
        findings.add(
            .newerEntry, .note, offset: offset, length: length, line: line,
            """
            From here on entries have fields that release \(SessionLogVersion(rank: rank).name) brought; readers of \
            release \(schema.version.name) ignore them.
            """)
    }

    private mutating func takeUnusual(
        _ text: Line, firstInvalid: Int?, _ parser: inout EntryParser
    ) throws(SessionLogError) {
        switch mode {
        case .reference: try takeAsReference(text, firstInvalid: firstInvalid, &parser)
        case .recover: takeRecovering(text, firstInvalid: firstInvalid, &parser)
        }
    }

    /// After the last line: the error that leaves nothing to return.
    func finish() throws(SessionLogError) {
        if line == 0 { throw .empty }
        if let headerError, mode == .reference { throw headerError }
        if header == nil, entryCount == 0 {
            throw headerError ?? .invalidHeader(offset: 0, reason: "the file holds only blank lines")
        }
    }

    // MARK: Reference mode

    private mutating func takeAsReference(
        _ text: Line, firstInvalid: Int?, _ parser: inout EntryParser
    ) throws(SessionLogError) {
        // A bad byte anywhere outweighs a bad header, so the header's error waits for the end of the file.
        if let firstInvalid { throw .notUTF8(offset: text.fileOffset + firstInvalid) }
        let endsInReturn = text.end > text.start && text.base[text.end - 1] == 0x0D
        if !text.hasNewline, !endsInReturn { isTorn = true }
        if !hasPassedHeader {
            hasPassedHeader = true
            header = readHeader(text)
            headerRange = header.map { _ in text.fileOffset + text.start..<text.fileOffset + text.end }
            return
        }
        if isTorn || BlankLine.isBlank(text.base, from: text.start, to: text.end) { return }
        // A last line that ends in CR without LF may be an entry; all others were tried before.
        if !text.hasNewline, takeEntry(text, &parser) == nil { return }
        corruptCount += 1
    }

    private mutating func readHeader(_ text: Line) -> SessionHeader? {
        let parsed: SessionHeader
        do throws(JSONFault) {
            parsed = try HeaderParser.parse(text.scanner(from: text.start, to: text.end))
        } catch {
            headerError = .invalidHeader(
                offset: text.fileOffset + text.start + error.offset, reason: error.reason.explanation)
            return nil
        }
        headerError = nil
        if parsed.type != "session" {
            headerError = .unexpectedHeaderType(parsed.type)
        } else if parsed.version != SessionHeader.currentVersion {
            headerError = .unsupportedVersion(parsed.version)
        }
        return parsed
    }

    // MARK: Recover mode

    private mutating func takeRecovering(_ whole: Line, firstInvalid: Int?, _ parser: inout EntryParser) {
        var text = whole
        if line == 1 { skipByteOrderMark(&text) }
        if BlankLine.isBlank(text.base, from: text.start, to: text.end) {
            if !text.hasNewline, text.end > text.start { isTorn = true }
            return
        }
        if !hasPassedHeader, takeHeader(text, firstInvalid: firstInvalid) { return }
        guard let fault = takeEntry(text, &parser) else {
            passHeaderByEntry(text)
            if isEnveloped { noteMissingEnvelope(text) }
            if !text.hasNewline { noteMissingNewline(text) }
            return
        }
        if fault.reason == .unexpectedEnd, hasPassedHeader, isPlainTear(text) {
            loseLine(
                text, firstInvalid: firstInvalid, fault,
                isCutShort: JSONFragment.isCutShort(text.base, from: text.start, to: text.end))
        } else {
            salvage(text, firstInvalid: firstInvalid, fault, &parser)
        }
    }

    /// Whether a last line that ended too soon is one fragment: what stands whole inside it is its own.
    private func isPlainTear(_ text: Line) -> Bool {
        !text.hasNewline && memchr(text.base + text.start, 0, text.end - text.start) == nil
    }

    private mutating func skipByteOrderMark(_ text: inout Line) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard text.end - text.start >= 3, (0..<3).allSatisfy({ text.base[text.start + $0] == mark[$0] }) else {
            return
        }
        findings.add(
            .byteOrderMark, .warning, offset: text.fileOffset, length: 3, line: line,
            "The file begins with a byte-order mark, which was skipped.")
        text.start += 3
    }

    /// Reads the line as the header; false when it is none.
    private mutating func takeHeader(_ text: Line, firstInvalid: Int?) -> Bool {
        guard firstInvalid == nil, let parsed = readHeader(text) else {
            if headerError == nil {
                headerError = .invalidHeader(
                    offset: text.fileOffset + (firstInvalid ?? text.start), reason: "the line is not UTF-8")
            }
            return false
        }
        // An entry lacks the header's fields, so a line cannot be both.
        header = parsed
        headerRange = text.fileOffset + text.start..<text.fileOffset + text.end
        hasPassedHeader = true
        if parsed.type == "session", parsed.version == 2 {
            noteVersionTwo(text)
        } else if let headerError {
            findings.add(
                .unexpectedHeader, .error, offset: text.fileOffset + text.start, length: text.end - text.start,
                line: line,
                "The header does not describe a version 1 session (\(headerError)); what follows may be misread.")
        }
        if !text.hasNewline { noteMissingNewline(text) }
        return true
    }

    /// Whether each entry stands in an envelope, as in format version 2.
    private var isEnveloped: Bool {
        @inline(__always) get { hasSeenEnvelope }
    }

    private mutating func noteVersionTwo(_ text: Line) {
        hasSeenEnvelope = true
        findings.add(
            .newerVersion, .note, offset: text.fileOffset + text.start, length: text.end - text.start, line: line,
            """
            The log is of format version 2, which the reference refuses; its entries are listed as far as they are \
            understood.
            """)
    }

    private mutating func noteMissingEnvelope(_ text: Line) {
        findings.add(
            .missingEnvelope, .error, offset: text.fileOffset + text.start, length: text.end - text.start, line: line,
            "The entry stands without the envelope of format version 2, whose reader refuses the log for it; it is kept."
        )
    }

    /// The first line that gives something is not the header.
    private mutating func passHeaderByEntry(_ text: Line) {
        guard !hasPassedHeader else { return }
        hasPassedHeader = true
        findings.add(
            .missingHeader, .error, offset: 0, length: 0, line: 1,
            "The header is missing: the first readable line is an entry. The entries are kept.")
    }

    private mutating func salvage(
        _ text: Line, firstInvalid: Int?, _ fault: JSONFault, _ parser: inout EntryParser
    ) {
        guard text.end - text.start <= EntryTape.longestLine else {
            lose(text, .lineTooLong, "The line is longer than 2 GiB and was left out.")
            return
        }
        let version = schema.version
        EntrySchema.newest.withParser { newest in
            let salvage = LineSalvage(
                text, firstInvalid: firstInvalid, wantsHeader: header == nil,
                takesEnvelopes: isEnveloped || header == nil, version: version, &newest)
            if salvage.hasEnvelope, !hasSeenEnvelope { noteVersionTwo(text) }
            noteNULs(salvage, in: text)
            var isKnown = true
            for piece in salvage.pieces where !keep(piece, in: text, &newest) { isKnown = false }
            conclude(salvage, text, firstInvalid: firstInvalid, salvage.faultInEnvelope ?? fault, isKnown: isKnown)
        }
    }

    /// Keeps a piece of a line; false for one that is not understood.
    private mutating func keep(_ piece: LineSalvage.Piece, in text: Line, _ newest: inout EntryParser) -> Bool {
        switch piece {
        case .entry(let range):
            passHeaderByEntry(text)
            // It has been parsed before, but others were since then.
            guard (try? newest.parseLine(text.scanner(from: range.lowerBound, to: range.upperBound))) != nil else {
                return false
            }
            let isNewer = newest.latestRank > schema.version.rank
            record(
                newest, text.base, start: range.lowerBound, end: range.upperBound, fileOffset: text.fileOffset,
                isNewer: isNewer)
            // Format version 2 is of later releases as a whole.
            if isNewer, !isEnveloped { noteNewer(SessionLogVersion(rank: newest.latestRank), range, text) }
        case .unknownEntry(let range, let isRequired):
            passHeaderByEntry(text)
            findings.add(
                .newerEntry, isRequired ? .error : .warning, offset: text.fileOffset + range.lowerBound,
                length: range.count, line: line,
                """
                The entry is of a type that no release known here has and is not listed; \
                \(isRequired ? "readers that do not know it must refuse the log" : "readers may ignore it").
                """)
            return false
        case .header(let found, let range):
            header = found
            headerRange = text.fileOffset + range.lowerBound..<text.fileOffset + range.upperBound
            hasPassedHeader = true
            hasSeenEnvelope = found.version == 2
        }
        return true
    }

    private mutating func conclude(
        _ salvage: LineSalvage, _ text: Line, firstInvalid: Int?, _ fault: JSONFault, isKnown: Bool
    ) {
        let offset = text.fileOffset + text.start
        let length = text.end - text.start
        switch salvage.condition {
        case .newerEntry:
            if !text.hasNewline { noteMissingNewline(text) }
        case .repeatedHeader:
            findings.add(
                .repeatedHeader, .warning, offset: offset, length: length, line: line,
                "A second header stands among the entries, as when two logs were joined; it was passed over.")
        case .onlyNULs:
            // A header that was not passed yet may still follow.
            if !text.hasNewline { isTorn = true }
        case .wholeBetweenNULs:
            if !text.hasNewline { noteMissingNewline(text) }
        case .welded(let fragmentBytes):
            if fragmentBytes == 0, salvage.pieces.count == 1 {
                // Nothing but an entry in its envelope, or one that is not understood, which was said.
                if !text.hasNewline, isKnown { noteMissingNewline(text) }
                return
            }
            noteWeld(salvage, text, fragmentBytes: fragmentBytes)
            if !text.hasNewline { isTorn = true }
        case .lost:
            loseLine(text, firstInvalid: firstInvalid, fault, isCutShort: salvage.damagedBytes == 0)
        }
    }

    private mutating func noteNewer(_ version: SessionLogVersion, _ range: Range<Int>, _ text: Line) {
        findings.add(
            .newerEntry, .warning, offset: text.fileOffset + range.lowerBound, length: range.count, line: line,
            """
            The entry needs release \(version.name); readers of release \(schema.version.name) count it as corrupt. It is \
            kept as it stands.
            """)
    }

    /// A fragment that begins like an entry is an append that was cut short; any other is what is left of something whole.
    private mutating func noteWeld(_ salvage: LineSalvage, _ text: Line, fragmentBytes: Int) {
        let count = salvage.pieces.count
        var doubt = ""
        if salvage.damagedBytes > 0 {
            // A last line without its newline is torn already.
            if text.hasNewline { corruptCount += 1 }
            doubt = ", which no write that was cut short leaves: something that was whole is damaged"
        } else if salvage.doubtfulPieces > 0 {
            doubt = ", and what was found may be a part of what they are the beginning of"
        }
        findings.add(
            .weldedLine, doubt.isEmpty ? .warning : .error, offset: text.fileOffset + text.start,
            length: text.end - text.start, line: line,
            """
            \(count) whole \(count == 1 ? "entry was" : "entries were") found on a line that also holds \
            \(fragmentBytes) bytes of fragments\(doubt).
            """)
    }

    private mutating func noteNULs(_ salvage: LineSalvage, in text: Line) {
        // A newline behind nothing but NUL bytes was written with what they stand for: before the header, with nothing.
        let isLine = if case .onlyNULs = salvage.condition { text.hasNewline && hasPassedHeader } else { false }
        for run in salvage.nulRuns {
            findings.add(
                .nulRun, isLine ? .error : .warning, offset: text.fileOffset + run.lowerBound, length: run.count,
                line: line,
                "\(run.count) NUL bytes stand here, as a power loss leaves where data had not been written.")
        }
        if salvage.furtherNULRuns > 0 {
            findings.add(
                .nulRun, .warning, offset: text.fileOffset + text.start, length: text.end - text.start, line: line,
                "\(salvage.furtherNULRuns) more runs of NUL bytes stand on this line.")
        }
    }

    /// - Parameters:
    ///   - fault: Why the line is no entry.
    ///   - isCutShort: Whether all of it is the beginning of an entry.
    private mutating func loseLine(_ text: Line, firstInvalid: Int?, _ fault: JSONFault, isCutShort: Bool) {
        if !hasPassedHeader {
            hasPassedHeader = true
            let reason = headerError.map { " (\($0))" } ?? ""
            lose(text, .invalidHeader, "The header cannot be read\(reason).", counts: false)
        } else if !text.hasNewline {
            isTorn = true
            let inside = firstInvalid == nil ? "" : ", inside a character"
            findings.add(
                .tornEntry, isCutShort ? .warning : .error, offset: text.fileOffset + text.start,
                length: text.end - text.start, line: line,
                isCutShort
                    ? """
                    The last entry was cut short\(inside) while it was being written; a writer that acknowledges whole lines \
                    had not acknowledged it.
                    """
                    : """
                    The last line has no newline and is not the beginning of an entry either: it was damaged, not only cut \
                    short (\(fault.reason.explanation), byte \(text.fileOffset + text.start + fault.offset)).
                    """)
        } else if let firstInvalid {
            lose(
                text, .invalidUTF8,
                "The line is not UTF-8 (byte \(text.fileOffset + firstInvalid)) and no entry in it could be saved.")
        } else {
            lose(
                text, .corruptEntry,
                """
                The line is not an entry (\(fault.reason.explanation), byte \(text.fileOffset + text.start + fault.offset)), \
                and no entry in it could be saved.
                """)
        }
    }

    private mutating func lose(
        _ text: Line, _ code: FindingCode, _ message: @autoclosure () -> String, counts: Bool = true
    ) {
        if counts { corruptCount += 1 }
        findings.add(
            code, .error, offset: text.fileOffset + text.start, length: text.end - text.start, line: line, message())
    }

    private mutating func noteMissingNewline(_ text: Line) {
        findings.add(
            .missingFinalNewline, .warning, offset: text.fileOffset + text.end, length: 0, line: line,
            "The last line is whole but its newline is missing; it is kept.")
    }

    @inline(__always)
    private mutating func noteCRLF(at offset: Int) {
        if !hasSeenCRLF { noteFirstCRLF(at: offset) }
    }

    private mutating func noteFirstCRLF(at offset: Int) {
        hasSeenCRLF = true
        guard mode == .recover else { return }
        findings.add(
            .crlfLineEndings, .note, offset: offset, length: 2, line: line,
            "Lines end in CR LF; both are taken as the line's end.")
    }
}

extension EntrySchema {
    /// Runs `body` with a parser for this schema.
    func withParser<Result>(_ body: (inout EntryParser) -> Result) -> Result {
        tables.withRows { rows in
            EntryTape.withTape { tape in
                var parser = EntryParser(rows: rows, acceptsUnknownContent: acceptsUnknownContent, tape: tape)
                // The tape may have grown.
                defer { tape = parser.tape }
                return body(&parser)
            }
        }
    }
}
