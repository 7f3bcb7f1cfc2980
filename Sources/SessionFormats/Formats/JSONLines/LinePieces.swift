// What whole objects stand on a line that is not one of them.
//
// The damage seen most in public trackers is the weld: an append that was cut short, and the next record written right behind
// the fragment on the same line. Runs of NUL bytes come next. In both, whole records stand between bytes that belong to
// nobody. A whole one is looked for wherever an object can begin, and believed only when it ends where a record may end: at
// the line's end, before the beginning of another object, or before NUL bytes. An object inside a record is followed by a
// comma or a bracket and so is not mistaken for one.
//
// No byte is looked at more than a bounded number of times: an attempt fails at the first byte that breaks the grammar, the
// objects in which one may begin nest at most 127 deep, and deeper ones end the attempt.

struct LinePieces {
    /// Whole records, in the buffer.
    private(set) var records: [Range<Int>] = []
    /// Runs of NUL bytes, in the buffer.
    private(set) var nulRuns: [Range<Int>] = []
    /// What else is not white space, in the buffer.
    private(set) var fragments: [Range<Int>] = []

    /// How many bytes of fragments are not the beginning of anything: no write that was cut short leaves them, so they are what
    /// is left of something whole.
    private(set) var damagedBytes = 0
    /// How many records stand where a value of the fragment before them would, and may be a part of that.
    private(set) var doubtfulRecords = 0

    private let text: TextLine
    /// The objects that are open where the line ends or breaks, as an attempt at one around them found.
    private var unended: UnendedObjects?

    /// - Parameter record: Where the record ends that begins at a place, if one does; it is then asked no further about what
    ///   is inside.
    init(_ text: TextLine, record: (_ start: Int) -> Int?) {
        self.text = text
        var at = text.start
        var gapStart = text.start
        while let candidate = nextObject(from: at) {
            if unended?.holds(candidate) == true {
                at = candidate + 1
                continue
            }
            if let end = record(candidate), isInsideNothing(candidate) || mayEnd(at: end) {
                let fragmentsBefore = fragments.count
                takeGap(gapStart..<candidate)
                if fragments.count > fragmentsBefore, JSONFragment.holds(text.base, candidate..<end, behind: gapStart) {
                    doubtfulRecords += 1
                }
                records.append(candidate..<end)
                gapStart = end
                at = end
            } else {
                // A torn tail is one record cut short; whole objects inside it are its own, not welded to it.
                if !text.hasNewline, isCutShort(at: candidate) { break }
                at = candidate + 1
                if candidate >= unended?.end ?? 0 { unended = UnendedObjects(text, from: candidate) }
            }
        }
        takeGap(gapStart..<text.end)
        // A write that was cut short leaves no newline, so a fragment before one was more than that.
        if let last = fragments.last, last.lowerBound >= gapStart, !records.isEmpty, text.hasNewline {
            damagedBytes = max(damagedBytes, last.count)
        }
    }

    /// How many runs between two records are told one by one. More than a crash leaves are noise, and what is behind these is
    /// one fragment: a place for each would take more room than the file.
    private static let mostRuns = 1_000

    private mutating func takeGap(_ gap: Range<Int>) {
        var at = gap.lowerBound
        for _ in 0..<Self.mostRuns where at < gap.upperBound {
            let start = at
            let isNUL = text.base[at] == 0
            while at < gap.upperBound, (text.base[at] == 0) == isNUL { at += 1 }
            if isNUL { nulRuns.append(start..<at) } else { takeFragment(start..<at) }
        }
        takeFragment(at..<gap.upperBound)
    }

    private mutating func takeFragment(_ range: Range<Int>) {
        let fragment = WhiteSpace.json.trimmed(text.base, range)
        if fragment.isEmpty { return }
        fragments.append(range)
        if !JSONFragment.isCutShort(text.base, from: fragment.lowerBound, to: fragment.upperBound) {
            damagedBytes += fragment.count
        }
    }

    /// The next place where an object with a key begins.
    private func nextObject(from start: Int) -> Int? {
        var at = start
        while at < text.end {
            guard text.base[at] == 0x7B else {
                at += 1
                continue
            }
            var next = at + 1
            while next < text.end, text.base[next] == 0x20 || text.base[next] == 0x09 { next += 1 }
            if next < text.end, text.base[next] == 0x22 { return at }
            at = next
        }
        return nil
    }

    /// Whether a record begins the line, or follows a whole one or NUL bytes.
    private func isInsideNothing(_ start: Int) -> Bool {
        start == text.start || text.base[start - 1] == 0 || start == records.last?.upperBound
    }

    private func mayEnd(at end: Int) -> Bool {
        var at = end
        while at < text.end, text.base[at] == 0x20 || text.base[at] == 0x09 || text.base[at] == 0x0D { at += 1 }
        return at == text.end || text.base[at] == 0 || text.base[at] == 0x7B
    }

    /// Whether the object that begins here ends too soon, whatever it is.
    private func isCutShort(at start: Int) -> Bool {
        var scanner = text.scanner(from: start, to: text.end)
        do throws(JSONFault) {
            try scanner.skipValue(.full, depth: 0)
            return false
        } catch {
            return error.reason == .unexpectedEnd
        }
    }
}

/// The objects that are still open where a value ends too soon or breaks the grammar: none of them is whole. Otherwise each of
/// a nest that is never closed would be found out for itself, 127 levels at a time. A part of a line is followed once.
private struct UnendedObjects {
    /// From here on objects are open to the end.
    private let start: Int
    /// Where the value ends or breaks.
    let end: Int
    /// Goes from token to token behind the objects that are asked for.
    private var walker: JSONScanner
    private let offset: Int

    init(_ text: TextLine, from candidate: Int) {
        var scanner = text.scanner(from: candidate, to: text.end)
        offset = candidate
        walker = scanner
        do throws(JSONFault) {
            try scanner.skipValue(.grammarOnly, depth: 0)
            (start, end) = (candidate + scanner.at, candidate + scanner.at)
        } catch {
            let fault = candidate + error.offset
            // Some parsers take NaN and Infinity and go on.
            let goesOn = fault < text.end && (text.base[fault] == 0x4E || text.base[fault] == 0x49)
            (start, end) = (goesOn ? fault : candidate + scanner.lastClose, fault)
        }
    }

    /// Whether a place is the beginning of one of them, and not inside a string. Places are asked for in order.
    mutating func holds(_ place: Int) -> Bool {
        guard place >= start, place < end else { return false }
        while offset + walker.at < place { passToken() }
        return offset + walker.at == place
    }

    private mutating func passToken() {
        guard walker.base[walker.at] == 0x22 else {
            walker.at += 1
            return
        }
        do throws(JSONFault) { _ = try walker.string(.grammarOnly) } catch { walker.at = walker.end }
    }
}
