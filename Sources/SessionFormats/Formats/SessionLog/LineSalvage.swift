// What can be saved from a line that is not one entry.
//
// The damage seen most in public trackers is the weld: an append that was cut short, and the next entry written right
// behind the fragment on the same line. Runs of NUL bytes come next. In both, whole entries stand between bytes that
// belong to nobody. A whole entry is looked for wherever an object can begin, and believed only when it ends where an
// entry may end: at the line's end, before the beginning of another object, or before NUL bytes. An object inside an
// entry's own `details` is followed by a comma or a bracket and so is not mistaken for an entry.
//
// No byte is looked at more than a bounded number of times: what an attempt that failed has passed over as its own parts is
// not tried again (see `NestedObjects`).

struct LineSalvage {
    enum Piece {
        /// A whole entry and its place in the buffer; in format version 2 without the envelope.
        case entry(Range<Int>)
        /// The same, of a type that no known release has, in its envelope.
        case unknownEntry(Range<Int>, isRequired: Bool)
        case header(SessionHeader, Range<Int>)
    }

    enum Condition {
        /// The whole line is an entry of a later release.
        case newerEntry
        /// The whole line is a header where an entry is expected.
        case repeatedHeader
        case onlyNULs
        /// Whole pieces and NUL bytes, no fragments.
        case wholeBetweenNULs
        /// Whole pieces among this many bytes of fragments.
        case welded(fragmentBytes: Int)
        /// Nothing could be saved.
        case lost
    }

    /// More runs than this on one line are counted, not listed.
    private static let listedRuns = 64

    private(set) var pieces: [Piece] = []
    private(set) var nulRuns: [Range<Int>] = []
    private(set) var furtherNULRuns = 0
    private(set) var condition = Condition.lost
    /// How many bytes of fragments are not the beginning of anything: no write that was cut short leaves them, so they are what
    /// is left of something whole.
    private(set) var damagedBytes = 0
    /// How many pieces stand where a value of the fragment before them would, and may be a part of that.
    private(set) var doubtfulPieces = 0

    /// Whether an entry stood in an envelope.
    private(set) var hasEnvelope = false
    /// Why what stands in the last envelope is no entry.
    private(set) var faultInEnvelope: JSONFault?

    private var lastPieceEnd: Int?
    private let text: LogInterpreter.Line
    private let firstInvalid: Int?
    private let takesEnvelopes: Bool
    private var wantsHeader: Bool
    private var nested: NestedObjects

    /// - Parameters:
    ///   - parser: One for all releases.
    ///   - version: The release whose entries need no remark.
    ///   - takesEnvelopes: Whether entries may stand in envelopes, as in format version 2.
    init(
        _ text: LogInterpreter.Line, firstInvalid: Int?, wantsHeader: Bool, takesEnvelopes: Bool,
        version: SessionLogVersion, _ parser: inout EntryParser
    ) {
        self.text = text
        self.firstInvalid = firstInvalid
        self.takesEnvelopes = takesEnvelopes
        self.wantsHeader = wantsHeader
        nested = NestedObjects(text.base, in: text.start..<text.end)
        if firstInvalid == nil, takeWholeLine(version, &parser) { return }
        findNULRuns()
        var at = text.start
        var fragmentBytes = 0
        var gapStart = text.start
        while let candidate = nextObject(from: at) {
            if let end = takePiece(at: candidate, &parser) {
                let fragment = takeFragments(gapStart..<candidate)
                if fragment > 0, JSONFragment.holds(text.base, candidate..<end, behind: gapStart) {
                    doubtfulPieces += 1
                }
                fragmentBytes += fragment
                gapStart = end
                at = end
                lastPieceEnd = end
            } else {
                let ending = nested.pass(over: candidate)
                // A torn tail is one entry cut short; whole objects inside it are its own, not welded to it.
                if !text.hasNewline, ending == .cutShort { break }
                at = candidate + 1
            }
        }
        let rest = takeFragments(gapStart..<text.end)
        // A write that was cut short leaves no newline, so a fragment before one was more than that.
        if rest > 0, text.hasNewline, text.base[text.end - 1] != 0 { damagedBytes = max(damagedBytes, rest) }
        fragmentBytes += rest
        conclude(fragmentBytes: fragmentBytes)
    }

    private mutating func conclude(fragmentBytes: Int) {
        if pieces.isEmpty {
            condition = fragmentBytes == 0 ? .onlyNULs : .lost
        } else if fragmentBytes > 0 || nulRuns.isEmpty {
            condition = .welded(fragmentBytes: fragmentBytes)
        } else {
            condition = .wholeBetweenNULs
        }
    }

    private mutating func takeWholeLine(_ version: SessionLogVersion, _ parser: inout EntryParser) -> Bool {
        let scanner = text.scanner(from: text.start, to: text.end)
        if (try? parser.parseLine(scanner)) != nil, parser.latestRank > version.rank {
            pieces = [.entry(text.start..<text.end)]
            condition = .newerEntry
            return true
        }
        if !wantsHeader, (try? HeaderParser.parse(scanner)) != nil {
            condition = .repeatedHeader
            return true
        }
        return false
    }

    private mutating func findNULRuns() {
        WorkMeter.add(text.end - text.start)
        var at = text.start
        while at < text.end {
            guard text.base[at] == 0 else {
                at += 1
                continue
            }
            let start = at
            while at < text.end, text.base[at] == 0 { at += 1 }
            if nulRuns.count < Self.listedRuns { nulRuns.append(start..<at) } else { furtherNULRuns += 1 }
        }
    }

    /// The next place where an object with a key begins, or an array where an entry begins: the reference accepts entries
    /// as arrays, but inside other entries arrays are everywhere.
    private func nextObject(from start: Int) -> Int? {
        var at = start
        while at < text.end {
            if text.base[at] == 0x5B, at == text.start || text.base[at - 1] == 0, !nested.contains(at) { return at }
            if text.base[at] == 0x7B {
                var next = at + 1
                while next < text.end, text.base[next] == 0x20 || text.base[next] == 0x09 { next += 1 }
                if next < text.end, text.base[next] == 0x22, !nested.contains(at) { return at }
                at = next
            } else {
                at += 1
            }
        }
        return nil
    }

    /// Takes a whole entry, or the header while that is missing, at `start`; nil when there is none.
    private mutating func takePiece(at start: Int, _ parser: inout EntryParser) -> Int? {
        if takesEnvelopes, let end = takeEnvelope(at: start, &parser) { return end }
        let isEntry = (try? parser.parsePrefix(text.scanner(from: start, to: text.end))) != nil
        WorkMeter.add(parser.scanner.at)
        if isEntry {
            let end = start + parser.scanner.at
            guard isBelievable(start..<end) else { return nil }
            pieces.append(.entry(start..<end))
            return end
        }
        return wantsHeader ? takeHeader(at: start) : nil
    }

    private mutating func takeEnvelope(at start: Int, _ parser: inout EntryParser) -> Int? {
        let envelope: EntryEnvelope
        do throws(JSONFault) { envelope = try EntryEnvelope(text.scanner(from: start, to: text.end)) } catch {
            WorkMeter.add(error.offset)
            return nil
        }
        WorkMeter.add(envelope.end)
        let end = start + envelope.end
        guard isBelievable(start..<end) else { return nil }
        let entry = start + envelope.entry.lowerBound..<start + envelope.entry.upperBound
        do throws(JSONFault) {
            try parser.parseLine(text.scanner(from: entry.lowerBound, to: entry.upperBound))
            pieces.append(.entry(entry))
        } catch {
            guard error.reason == .unknownEntryType else {
                faultInEnvelope = JSONFault(offset: entry.lowerBound - text.start + error.offset, reason: error.reason)
                return nil
            }
            pieces.append(.unknownEntry(start..<end, isRequired: envelope.isRequired))
        }
        hasEnvelope = true
        return end
    }

    private mutating func takeHeader(at start: Int) -> Int? {
        var scanner = text.scanner(from: start, to: text.end)
        let isWhole = (try? scanner.skipValue(.full, depth: 0)) != nil
        WorkMeter.add(scanner.at)
        guard isWhole else { return nil }
        let end = start + scanner.at
        guard isBelievable(start..<end),
            let header = try? HeaderParser.parse(text.scanner(from: start, to: end)), header.type == "session"
        else { return nil }
        wantsHeader = false
        pieces.append(.header(header, start..<end))
        return end
    }

    private func isBelievable(_ range: Range<Int>) -> Bool {
        if let firstInvalid, firstInvalid < range.upperBound,
            UTF8Validation.firstInvalid(text.base, from: range.lowerBound, to: range.upperBound) != nil
        {
            return false
        }
        // What begins the line, or follows a whole piece or NUL bytes, is inside nothing.
        let before = range.lowerBound - 1
        if range.lowerBound == text.start || text.base[before] == 0 || range.lowerBound == lastPieceEnd { return true }
        var at = range.upperBound
        while at < text.end, text.base[at] == 0x20 || text.base[at] == 0x09 || text.base[at] == 0x0D { at += 1 }
        return at == text.end || text.base[at] == 0 || text.base[at] == 0x7B
    }

    /// Looks at the fragments between two pieces; NUL bytes part them.
    ///
    /// - Returns: How many bytes they have, blanks apart.
    private mutating func takeFragments(_ gap: Range<Int>) -> Int {
        var count = 0
        var at = gap.lowerBound
        while at < gap.upperBound {
            let start = at
            var end = start
            while at < gap.upperBound, text.base[at] != 0 {
                at += 1
                if !isBlank(text.base[at - 1]) {
                    count += 1
                    end = at
                }
            }
            if end > start, !JSONFragment.isCutShort(text.base, from: start, to: end) { damagedBytes += end - start }
            at += 1
        }
        return count
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}
