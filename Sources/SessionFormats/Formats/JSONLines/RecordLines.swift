// From bytes to the records that one reader sees: where its lines end, what it trims, what it takes for JSON.
//
// Nearly every line is one JSON value and nothing else, so that is tried first; only when it is not are the reader's habits
// looked at one by one. Bytes that are no UTF-8 are looked at as U+FFFD, which is what most readers do with them; what a reader
// does that refuses them is for its caller to say.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a reader gets from bytes to values.
struct LineRules: Sendable {
    /// Whether a CR that no LF follows ends a line.
    var endsAtReturn = false
    /// Whether U+2028 and U+2029 end a line.
    var endsAtSeparators = false
    /// What is trimmed of a line before it is parsed; nil for nothing.
    var trims: WhiteSpace?
    /// What is trimmed of the whole text before it is split into lines; nil for nothing.
    var trimsText: WhiteSpace?
    /// What a line consists of that is passed over.
    var blank = WhiteSpace.ecmaScript
    /// What the parser takes for JSON.
    var dialect = JSONDialect.ecmaScript
}

/// A line that is not blank, as one reader takes it.
struct RecordLine {
    /// What the reader parses, in the file's bytes.
    var text: TextLine
    /// The line's number as an editor counts, from 1.
    var number: Int
    /// The value; nil when the line is none.
    var value: JSONView?
    /// Why the line is no value; meaningful without one.
    var fault: JSONFault
    /// Whether bytes that are no UTF-8 were taken for U+FFFD.
    var isRepaired = false
    /// Whether a string escapes half of a surrogate pair.
    var hasLoneSurrogate = false
    /// Whether U+2028 or U+2029 may stand in a string.
    var mayHoldSeparators = false
    /// Whether no white space stands between tokens and no string has escapes that it does not need.
    var isPlain = false

    /// Its place in the file.
    var place: Range<Int> { text.place }
}

struct RecordLines: ~Copyable {
    let rules: LineRules
    /// The part of the file that is left when the whole text is trimmed.
    private let textRange: Range<Int>
    private var outline = JSONOutline()
    private(set) var number = 0
    /// Where the first byte stands that is no UTF-8.
    private(set) var firstInvalid: Int?

    /// - Parameter textRange: See `textRange(of:_:)`.
    init(_ rules: LineRules, textRange: Range<Int>) {
        self.rules = rules
        self.textRange = textRange
    }

    /// What is left of a whole text that a reader trims.
    static func textRange(of buffer: UnsafeRawBufferPointer, _ rules: LineRules) -> Range<Int> {
        guard let space = rules.trimsText, let base = buffer.bindMemory(to: UInt8.self).baseAddress else {
            return 0..<buffer.count
        }
        return space.trimmed(base, 0..<buffer.count)
    }

    /// Calls `body` with each line of a file that is not blank.
    static func forEach(
        in bytes: FileBytes, _ rules: LineRules, atMost most: Int = .max, _ body: (RecordLine) -> Void
    ) {
        bytes.withBytes { buffer in
            var lines = RecordLines(rules, textRange: textRange(of: buffer, rules))
            lines.takeAll(of: buffer, atMost: most, body)
        }
    }

    /// Takes the lines of a buffer, the last of which may lack its newline.
    @inline(__always)
    mutating func takeAll(
        of buffer: UnsafeRawBufferPointer, fileOffset: Int = 0, atMost most: Int = .max, _ body: (RecordLine) -> Void
    ) {
        guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return }
        var line = TextLine(
            base: base, start: 0, end: 0, loadable: buffer.count, hasNewline: true, fileOffset: fileOffset)
        var count = 0
        while line.start < buffer.count, count < most {
            count += 1
            // Where a record ends its line does, which is found without a look of its own.
            let isRecord = base[line.start] == 0x7B
            let read =
                isRecord
                ? outline.readLine(base + line.start, loadable: buffer.count - line.start, rules.dialect) : nil
            line.end = read.map { line.start + $0 } ?? line.endOfLine
            line.hasNewline = line.end < buffer.count
            take(line, isRead: read != nil, body)
            line.start = line.end + 1
        }
    }

    /// Takes the next line of the file, as LF ends it.
    ///
    /// - Parameter isRead: Whether the outline has its value.
    @inline(__always)
    private mutating func take(_ whole: TextLine, isRead: Bool, _ body: (RecordLine) -> Void) {
        number += 1
        let place = whole.place
        if place.lowerBound >= textRange.lowerBound, place.upperBound <= textRange.upperBound {
            if let line = readPlain(whole, isRead) { return body(line) }
            takeUnusual(whole, body)
        } else {
            let clipped = place.clamped(to: textRange)
            let offset = whole.fileOffset
            takeUnusual(whole.part(clipped.lowerBound - offset..<clipped.upperBound - offset), body)
        }
    }

    /// A line that is a value and holds no white space that could be its reader's business.
    @inline(__always)
    private mutating func readPlain(_ whole: TextLine, _ isRead: Bool) -> RecordLine? {
        guard whole.end > whole.start else { return nil }
        let first = whole.base[whole.start]
        guard first == 0x7B, whole.base[whole.end - 1] == 0x7D else { return nil }
        do throws(JSONFault) {
            if !isRead {
                try outline.read(
                    whole.base + whole.start, count: whole.end - whole.start, loadable: whole.loadable - whole.start,
                    rules.dialect)
            }
        } catch { return nil }
        if outline.hasSpace, whole.holds(0x0D) { return nil }
        if rules.endsAtSeparators, outline.mayHoldSeparators, LineSeparators.first(in: whole) != nil { return nil }
        return RecordLine(
            text: whole, number: number, value: outline.root, fault: JSONFault(offset: 0, reason: .unexpectedByte),
            hasLoneSurrogate: outline.hasLoneSurrogate, mayHoldSeparators: outline.mayHoldSeparators,
            isPlain: !outline.hasSpace)
    }

    private mutating func takeUnusual(_ whole: TextLine, _ body: (RecordLine) -> Void) {
        var line = whole
        // At the end of the file it may be half of what ends a line; to readers that end lines at it, it is all.
        let mayBeHalf = line.hasNewline || !rules.endsAtReturn
        if mayBeHalf, line.end > line.start, line.base[line.end - 1] == 0x0D { line.end -= 1 }
        if let bad = UTF8Validation.firstInvalid(line.base, from: line.start, to: line.end) {
            firstInvalid = firstInvalid ?? line.fileOffset + bad
        }
        var start = line.start
        while start < line.end || start == line.start {
            let end = endOfLine(line, from: start)
            takePart(line.part(start..<end.lowerBound), body)
            if end.isEmpty { return }
            start = end.upperBound
        }
    }

    /// The first of the ends that only some readers know; empty at the line's own end.
    private func endOfLine(_ line: TextLine, from start: Int) -> Range<Int> {
        var at = start
        while at < line.end {
            if rules.endsAtReturn, line.base[at] == 0x0D { return at..<at + 1 }
            if rules.endsAtSeparators, LineSeparators.isSeparator(line.base, at: at, end: line.end) {
                return at..<at + 3
            }
            at += 1
        }
        return line.end..<line.end
    }

    private mutating func takePart(_ part: TextLine, _ body: (RecordLine) -> Void) {
        guard !rules.blank.trimmed(part.base, part.start..<part.end).isEmpty else { return }
        let range = rules.trims?.trimmed(part.base, part.start..<part.end) ?? part.start..<part.end
        guard !range.isEmpty else { return }
        var line = RecordLine(
            text: part.part(range), number: number, value: nil, fault: JSONFault(offset: 0, reason: .unexpectedByte))
        line.text.hasNewline = part.hasNewline
        do throws(JSONFault) {
            try outline.read(
                part.base + range.lowerBound, count: range.count, loadable: part.loadable - range.lowerBound,
                rules.dialect)
            line.value = outline.root
        } catch {
            if error.reason == .invalidUTF8 { return takeRepaired(line, body) }
            line.fault = error
        }
        line.hasLoneSurrogate = outline.hasLoneSurrogate
        line.mayHoldSeparators = true
        body(line)
    }

    /// The same with U+FFFD for what is no UTF-8; the value then stands in a copy.
    private mutating func takeRepaired(_ broken: RecordLine, _ body: (RecordLine) -> Void) {
        let text = broken.text
        let copy = Self.repaired(UnsafeBufferPointer(start: text.base + text.start, count: text.end - text.start))
        copy.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var line = broken
            line.isRepaired = true
            line.mayHoldSeparators = true
            do throws(JSONFault) {
                try outline.read(base, count: buffer.count, loadable: buffer.count, rules.dialect)
                line.value = outline.root
                line.hasLoneSurrogate = outline.hasLoneSurrogate
            } catch { line.fault = error }
            body(line)
        }
    }

    /// A text in which each part that is no UTF-8 is U+FFFD.
    static func repaired(_ text: some Collection<UInt8>) -> [UInt8] {
        Array(String(decoding: text, as: UTF8.self).utf8)
    }
}

/// U+2028 and U+2029, which JSON allows in strings and some readers take for the end of a line.
enum LineSeparators {
    static func isSeparator(_ base: UnsafePointer<UInt8>, at: Int, end: Int) -> Bool {
        base[at] == 0xE2 && at + 2 < end && base[at + 1] == 0x80 && (base[at + 2] == 0xA8 || base[at + 2] == 0xA9)
    }

    /// The first one in a line, from the start of its buffer.
    static func first(in line: TextLine) -> Int? {
        var at = line.start
        while at < line.end, let found = memchr(line.base + at, 0xE2, line.end - at) {
            at = UnsafeRawPointer(line.base).distance(to: UnsafeRawPointer(found))
            if isSeparator(line.base, at: at, end: line.end) { return at }
            at += 1
        }
        return nil
    }

    /// All of them, from the start of its buffer.
    static func all(in line: TextLine) -> [Int] {
        var (rest, places) = (line, [Int]())
        while let at = first(in: rest) {
            places.append(at)
            rest.start = at + 3
        }
        return places
    }
}
