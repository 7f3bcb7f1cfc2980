// A cursor over one line of JSON that decides exactly what serde_json decides.
//
// The scanner owns nothing: it walks a buffer that its caller keeps alive for the length of one closure. It copies no
// bytes; strings and numbers come out as spans. Strings are searched 16 bytes at a time. The bytes are assumed to be
// UTF-8, which the log reader checks line by line before it gets here; a scanner that meets other bytes still stays
// inside its buffer.
//
// The rules are those of RFC 8259 as the reference applies them (spec: "JSON rules"): white space is space, tab, LF
// and CR; 127 nested containers are accepted; strings and numbers in an entry are all looked at, even in fields that
// nobody knows, while fields that a header does not know are only skipped.

import WideText

/// Why a line is not what was expected, and where.
struct JSONFault: Error, Equatable {
    enum Reason: UInt8 {
        case unexpectedEnd, unexpectedByte, controlCharacter, invalidEscape, loneSurrogate, invalidNumber
        case numberOutOfRange, tooDeep, trailingBytes, invalidUTF8
        case wrongType, duplicateField, missingField, unknownVariant, unknownEntryType, wrongLength
    }

    /// From the start of the scanned buffer.
    var offset: Int
    var reason: Reason
}

extension JSONFault.Reason {
    /// The reason as the middle of a sentence.
    var explanation: String {
        switch self {
        case .unexpectedEnd: "the line ends in the middle of a value"
        case .unexpectedByte: "a byte stands where JSON allows none like it"
        case .controlCharacter: "a raw control character stands inside a string"
        case .invalidEscape: "a string has an invalid escape"
        case .loneSurrogate: "a string escapes half of a surrogate pair"
        case .invalidNumber: "a number is malformed"
        case .numberOutOfRange: "a number is out of range"
        case .tooDeep: "more than 127 arrays and objects are nested"
        case .trailingBytes: "more bytes follow the value"
        case .invalidUTF8: "a string is not UTF-8"
        case .wrongType: "a field has the wrong type"
        case .duplicateField: "a field occurs twice"
        case .missingField: "a required field is missing"
        case .unknownVariant: "a type, role or other name is unknown"
        case .unknownEntryType: "the entry's type is unknown"
        case .wrongLength: "an array has the wrong number of elements"
        }
    }
}

/// The inside of a string: where it begins, how long it is, and whether it needs unescaping.
struct StringSpan {
    var start: Int
    var length: Int
    var hasEscapes: Bool
}

/// A number's text and, when it is an integer, what it says.
struct NumberSpan {
    var start: Int
    var length: Int
    /// Nil for a floating-point number, which `-0` and integers beyond 64 bits are too.
    var integer: JSONInteger?
}

/// An integer as serde keeps it: unsigned when not negative.
enum JSONInteger: Equatable {
    case unsigned(UInt64)
    case negative(Int64)
}

struct JSONScanner {
    private typealias Chunk = SIMD16<UInt8>
    private typealias Mask = SIMDMask<SIMD16<Int8>>

    /// The most arrays and objects that may be open at once.
    static let depthLimit = 127

    /// How much of a value that nobody asked for is looked at.
    enum Scrutiny {
        /// As in an entry: strings must unescape, numbers must convert, depth is limited.
        case full
        /// As in a header's unknown field: only the grammar counts.
        case grammarOnly
    }

    let base: UnsafePointer<UInt8>
    /// The end of the line.
    let end: Int
    /// The end of the bytes that may be loaded, at least `end`.
    let loadable: Int
    var at: Int
    /// Whether everything so far is spelled as the reference's writer spells it, but for what has to be looked at apart:
    /// numbers that are not integers, and the order of keys in free JSON.
    private(set) var isPlain = true
    /// Whether a string that was only held to the grammar escapes half of a surrogate pair.
    private(set) var hasLoneSurrogate = false
    /// Whether a string may hold anything but ASCII.
    private(set) var mayHoldMoreThanASCII = false
    /// Behind the last container with something in it that `skipValue` saw to its end: those that began later and are not
    /// empty are still open where it fails.
    private(set) var lastClose = 0

    /// Whether strings are gone over with 256-bit vectors.
    private let isWide: Bool
    private static let isWideAvailable = wide_text_is_available() != 0

    /// - Parameter isWide: Whether to use 256-bit vectors where the processor has them.
    init(base: UnsafePointer<UInt8>, from start: Int, to end: Int, loadable: Int, isWide: Bool = true) {
        self.isWide = isWide && Self.isWideAvailable
        self.base = base
        self.end = end
        self.loadable = loadable
        at = start
    }

    @inline(__always)
    func fault(_ reason: JSONFault.Reason) -> JSONFault { JSONFault(offset: at, reason: reason) }

    @inline(__always)
    mutating func skipSpace() {
        while at < end, base[at] <= 0x20, isSpace(base[at]) {
            isPlain = false
            at += 1
        }
    }

    /// Says that something is spelled as the reference's writer would not spell it.
    @inline(__always)
    mutating func noteUnusualSpelling() { isPlain = false }

    /// White space inside a line, so that a value can be parsed without knowing where its line ends. `CanonicalJSON`, which
    /// takes text of several lines, turns their ends into CR first.
    @inline(__always)
    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0D || byte == 0x09 }

    /// The next byte after white space, which is not consumed.
    @inline(__always)
    mutating func peek() throws(JSONFault) -> UInt8 {
        skipSpace()
        guard at < end else { throw fault(.unexpectedEnd) }
        return base[at]
    }

    @inline(__always)
    mutating func expect(_ byte: UInt8) throws(JSONFault) {
        guard try peek() == byte else { throw fault(.unexpectedByte) }
        at += 1
    }

    /// After the outermost value: nothing but white space may follow.
    mutating func expectEnd() throws(JSONFault) {
        skipSpace()
        guard at == end else { throw fault(.trailingBytes) }
    }

    /// Whether the bytes at `offset` are these; false when they do not fit before the end.
    @inline(__always)
    func matches(_ literal: UnsafePointer<UInt8>, _ length: Int, at offset: Int) -> Bool {
        guard offset + length <= end else { return false }
        let here = UnsafeRawPointer(base + offset)
        let there = UnsafeRawPointer(literal)
        var index = 0
        while index + 8 <= length {
            if here.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                != there.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            {
                return false
            }
            index += 8
        }
        if index + 4 <= length {
            if here.loadUnaligned(fromByteOffset: index, as: UInt32.self)
                != there.loadUnaligned(fromByteOffset: index, as: UInt32.self)
            {
                return false
            }
            index += 4
        }
        while index < length {
            if base[offset + index] != literal[index] { return false }
            index += 1
        }
        return true
    }

    // MARK: Strings

    /// Reads a string whose opening quote is next after white space.
    ///
    /// Strings are the only place where JSON may hold anything but ASCII, and finding their ends looks at every byte of
    /// them anyway, so a line that parses is UTF-8 without a pass of its own.
    @inline(__always)
    mutating func string(_ scrutiny: Scrutiny = .full) throws(JSONFault) -> StringSpan {
        guard try peek() == 0x22 else { throw fault(.wrongType) }
        at += 1
        let start = at
        var bits: UInt64 = 0
        var hasEscapes = false
        if !isQuoteNear(&bits) { hasEscapes = try finishString(scrutiny, &bits) }
        if bits & 0x8080_8080_8080_8080 != 0 {
            mayHoldMoreThanASCII = true
            try checkUTF8(from: start)
        }
        let span = StringSpan(start: start, length: at - start, hasEscapes: hasEscapes)
        at += 1
        return span
    }

    private mutating func checkUTF8(from start: Int) throws(JSONFault) {
        if isWide, wide_text_is_utf8(base, start, at) != 0 { return }
        if let bad = UTF8Validation.firstInvalid(base, from: start, to: at) {
            at = bad
            throw fault(.invalidUTF8)
        }
    }

    /// Whether the closing quote is among the next bytes, as in keys, names and identifiers; moves to it, or by bytes that need
    /// no closer look.
    @inline(__always)
    private mutating func isQuoteNear(_ bits: inout UInt64) -> Bool {
        for _ in 0..<3 where at + 16 <= loadable {
            let (words, bytes) = Self.special(UnsafeRawPointer(base + at).loadUnaligned(as: Chunk.self))
            // The bits may be those of bytes behind the string, which costs a needless look and nothing else.
            bits |= bytes[0] | bytes[1]
            if words[0] | words[1] != 0 {
                at += words[0] != 0 ? words[0].trailingZeroBitCount >> 3 : 8 + words[1].trailingZeroBitCount >> 3
                return at < end && base[at] == 0x22
            }
            at += 16
        }
        return false
    }

    /// Goes on to the closing quote, and tells whether there are escapes before it.
    private mutating func finishString(_ scrutiny: Scrutiny, _ bits: inout UInt64) throws(JSONFault) -> Bool {
        guard isWide else {
            if try findSpecial(&bits) == 0x22 { return false }
            try finishEscapedString(scrutiny, &bits)
            return true
        }
        var hasEscapes = false
        while at + 64 <= loadable {
            let passed = wide_text_string(base, at, loadable)
            at = passed.at
            if passed.has_more_than_ascii != 0 { bits |= 0x80 }
            if passed.has_escapes != 0 { hasEscapes = true }
            // Fewer bytes are left than are gone over at once.
            guard at + 64 <= loadable else { break }
            if try special() == 0x22 { return hasEscapes }
            hasEscapes = true
            try skipEscapes(scrutiny)
        }
        while try findSpecial(&bits) != 0x22 {
            hasEscapes = true
            try skipEscape(scrutiny)
        }
        return hasEscapes
    }

    /// Texts that escape all but ASCII have one escape behind the other.
    private mutating func skipEscapes(_ scrutiny: Scrutiny) throws(JSONFault) {
        repeat { try skipEscape(scrutiny) } while at < end && base[at] == 0x5C
    }

    /// All ones in each byte that is a quote, a backslash or a control character; and the bytes themselves.
    @inline(__always)
    private static func special(_ chunk: Chunk) -> (words: SIMD2<UInt64>, bytes: SIMD2<UInt64>) {
        let found: Mask =
            (chunk .== Chunk(repeating: 0x22)) .| (chunk .== Chunk(repeating: 0x5C))
            .| (chunk .< Chunk(repeating: 0x20))
        return (unsafeBitCast(found, to: SIMD2<UInt64>.self), unsafeBitCast(chunk, to: SIMD2<UInt64>.self))
    }

    /// Moves to the next quote or backslash and returns it. `bits` collects the bits of all bytes that are passed.
    private mutating func findSpecial(_ bits: inout UInt64) throws(JSONFault) -> UInt8 {
        while at + 16 <= loadable {
            let (words, bytes) = Self.special(UnsafeRawPointer(base + at).loadUnaligned(as: Chunk.self))
            bits |= bytes[0] | bytes[1]
            if words[0] != 0 {
                at += words[0].trailingZeroBitCount >> 3
                return try special()
            }
            if words[1] != 0 {
                at += 8 + words[1].trailingZeroBitCount >> 3
                return try special()
            }
            at += 16
        }
        while at < end {
            let byte = base[at]
            bits |= UInt64(byte)
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { return try special() }
            at += 1
        }
        at = end
        throw fault(.unexpectedEnd)
    }

    @inline(__always)
    private func special() throws(JSONFault) -> UInt8 {
        guard at < end else { throw JSONFault(offset: end, reason: .unexpectedEnd) }
        let byte = base[at]
        guard byte >= 0x20 else { throw fault(.controlCharacter) }
        return byte
    }

    /// At the first backslash: goes on to the closing quote. Source code and tool output have an escape every few bytes,
    /// and where they stand cannot be predicted, so the escapes of 16 bytes are judged together.
    private mutating func finishEscapedString(_ scrutiny: Scrutiny, _ bits: inout UInt64) throws(JSONFault) {
        let (base, loadable) = (self.base, self.loadable)
        var (place, seen) = (at, bits)
        while place + 16 <= loadable {
            let chunk: Chunk = UnsafeRawPointer(base + place).loadUnaligned(as: Chunk.self)
            let bytes: SIMD2<UInt64> = unsafeBitCast(chunk, to: SIMD2<UInt64>.self)
            seen |= bytes[0] | bytes[1]
            let escapes = Escapes(chunk)
            guard let event = escapes.event else {
                // A chunk that ends in a backslash leaves it to the next one, together with what it escapes.
                place += escapes.endInBackslash ? 15 : 16
                continue
            }
            (at, bits) = (place + event, seen)
            if escapes.escape(event) {
                at -= 1
                try skipEscape(scrutiny)
            } else if try special() == 0x22 {
                return
            }
            place = at
        }
        (at, bits) = (place, seen)
        while try findSpecial(&bits) != 0x22 { try skipEscape(scrutiny) }
    }

    /// The escapes among 16 bytes of a string, the first of which is not escaped: all ones in each byte that is meant.
    private struct Escapes {
        /// Bytes behind a backslash that is not escaped itself.
        private var escaped: SIMD2<UInt64>
        /// Quotes and control characters that are not escaped, and escaped bytes other than the usual ones.
        private let events: SIMD2<UInt64>
        /// Whether the last byte is a backslash that is not escaped.
        private(set) var endInBackslash: Bool

        @inline(__always)
        init(_ chunk: Chunk) {
            let isQuote: Mask = chunk .== Chunk(repeating: 0x22)
            let isBackslash: Mask = chunk .== Chunk(repeating: 0x5C)
            let isWhite: Mask =
                (chunk .== Chunk(repeating: 0x6E)) .| (chunk .== Chunk(repeating: 0x72))
                .| (chunk .== Chunk(repeating: 0x74))
            let backslashes: SIMD2<UInt64> = unsafeBitCast(isBackslash, to: SIMD2<UInt64>.self)
            let ends: SIMD2<UInt64> = unsafeBitCast(
                isQuote .| (chunk .< Chunk(repeating: 0x20)), to: SIMD2<UInt64>.self)
            let usual: SIMD2<UInt64> = unsafeBitCast(isQuote .| isBackslash .| isWhite, to: SIMD2<UInt64>.self)
            let low = backslashes[0] << 8
            let high = backslashes[1] << 8 | backslashes[0] >> 56
            escaped = SIMD2(low, high)
            endInBackslash = backslashes[1] >> 56 != 0
            if backslashes[0] & low | backslashes[1] & high != 0 {
                (escaped, endInBackslash) = Escapes.inTurn(backslashes)
            }
            events = SIMD2(
                ends[0] & ~escaped[0] | escaped[0] & ~usual[0], ends[1] & ~escaped[1] | escaped[1] & ~usual[1])
        }

        /// Where backslashes stand side by side, every other one is escaped itself.
        private static func inTurn(_ backslashes: SIMD2<UInt64>) -> (SIMD2<UInt64>, endInBackslash: Bool) {
            var escaped: SIMD2<UInt64> = SIMD2(0, 0)
            var isEscaped = false
            for index in 0..<16 {
                let byte: UInt64 = 0xFF << UInt64(8 * (index & 7))
                if isEscaped {
                    escaped[index >> 3] |= byte
                    isEscaped = false
                } else {
                    isEscaped = backslashes[index >> 3] & byte != 0
                }
            }
            return (escaped, isEscaped)
        }

        /// The first byte that needs a closer look.
        @inline(__always)
        var event: Int? {
            if events[0] | events[1] == 0 { return nil }
            return events[0] != 0 ? events[0].trailingZeroBitCount >> 3 : 8 + events[1].trailingZeroBitCount >> 3
        }

        /// Whether a byte is escaped.
        @inline(__always)
        func escape(_ index: Int) -> Bool { escaped[index >> 3] >> UInt64(8 * (index & 7)) & 1 == 1 }
    }

    private mutating func skipEscape(_ scrutiny: Scrutiny) throws(JSONFault) {
        guard at + 1 < end else {
            at = end
            throw fault(.unexpectedEnd)
        }
        switch base[at + 1] {
        case 0x22, 0x5C, 0x62, 0x66, 0x6E, 0x72, 0x74: at += 2
        case 0x2F:
            isPlain = false
            at += 2
        case 0x75: try skipUnit(scrutiny)
        default: throw fault(.invalidEscape)
        }
    }

    /// Four hex digits, or twice four where a pair of surrogates is asked for.
    private mutating func skipUnit(_ scrutiny: Scrutiny) throws(JSONFault) {
        let unit = try hexUnit(at: at + 2)
        if !isWriterEscape(unit) { isPlain = false }
        if scrutiny == .full {
            guard unit & 0xFC00 != 0xDC00 else { throw fault(.loneSurrogate) }
            if unit & 0xFC00 == 0xD800 {
                guard at + 7 < end, base[at + 6] == 0x5C, base[at + 7] == 0x75 else { throw fault(.loneSurrogate) }
                guard try hexUnit(at: at + 8) & 0xFC00 == 0xDC00 else { throw fault(.loneSurrogate) }
                at += 6
            }
        } else if unit & 0xF800 == 0xD800 {
            if unit & 0xFC00 == 0xD800, isLowSurrogate(at: at + 6) { at += 6 } else { hasLoneSurrogate = true }
        }
        at += 6
    }

    private func isLowSurrogate(at offset: Int) -> Bool {
        guard offset + 1 < end, base[offset] == 0x5C, base[offset + 1] == 0x75 else { return false }
        return (try? hexUnit(at: offset + 2)).map { $0 & 0xFC00 == 0xDC00 } ?? false
    }

    /// Whether the reference's writer would escape this character by its number, and in these digits.
    private func isWriterEscape(_ unit: UInt32) -> Bool {
        switch unit {
        case 0x08, 0x09, 0x0A, 0x0C, 0x0D: false
        case 0..<0x20: !(0x41...0x46).contains(base[at + 5])
        default: false
        }
    }

    private func hexUnit(at offset: Int) throws(JSONFault) -> UInt32 {
        guard offset + 4 <= end else { throw JSONFault(offset: end, reason: .unexpectedEnd) }
        var unit: UInt32 = 0
        for index in 0..<4 {
            guard let digit = hexDigit(base[offset + index]) else {
                throw JSONFault(offset: offset, reason: .invalidEscape)
            }
            unit = unit << 4 | digit
        }
        return unit
    }

    private func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x37)
        case 0x61...0x66: UInt32(byte - 0x57)
        default: nil
        }
    }

    /// The bytes of a string as they stand, valid as long as the buffer.
    func raw(_ span: StringSpan) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + span.start, count: span.length)
    }

    /// The text that a string stands for. The span must come from `string(.full)` of this buffer, which has seen that
    /// its bytes are UTF-8 and its escapes whole.
    func text(_ span: StringSpan) -> String {
        guard span.hasEscapes else { return String(validated: raw(span)) }
        return withUnescaped(span) { String(validated: $0) }
    }

    /// The same for a span that was found some time ago, in bytes that may have changed since then.
    func checkedText(_ span: StringSpan) -> String {
        guard span.start + span.length <= end else { return "" }
        guard span.hasEscapes else { return String(decoding: raw(span), as: UTF8.self) }
        return withUnescaped(span) { String(decoding: $0, as: UTF8.self) }
    }

    /// Appends the characters that a string stands for; see `text`.
    func unescape(_ span: StringSpan, into output: inout [UInt8]) {
        guard span.hasEscapes else {
            output.append(contentsOf: raw(span))
            return
        }
        withUnescaped(span) { output.append(contentsOf: $0) }
    }

    /// Calls `body` with the characters that a string with escapes stands for; they take no more bytes than the string.
    private func withUnescaped<Result>(
        _ span: StringSpan, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: span.length + MemoryLayout<Chunk>.size) { room in
            // There is room, since the capacity is not 0.
            let output = room.baseAddress.unsafelyUnwrapped
            return body(UnsafeBufferPointer(start: output, count: unescape(span, to: output)))
        }
    }

    /// Writes the characters that a string stands for, 16 bytes at a time up to the next backslash.
    private func unescape(_ span: StringSpan, to output: UnsafeMutablePointer<UInt8>) -> Int {
        let backslash = Chunk(repeating: 0x5C)
        let stop = span.start + span.length
        var from = span.start
        var count = 0
        while from < stop {
            if from + 16 <= loadable {
                let chunk: Chunk = UnsafeRawPointer(base + from).loadUnaligned(as: Chunk.self)
                UnsafeMutableRawPointer(output + count).storeBytes(of: chunk, as: Chunk.self)
                let found: Mask = chunk .== backslash
                let words: SIMD2<UInt64> = unsafeBitCast(found, to: SIMD2<UInt64>.self)
                let plain =
                    words[0] != 0
                    ? words[0].trailingZeroBitCount >> 3
                    : words[1] != 0 ? 8 + words[1].trailingZeroBitCount >> 3 : 16
                if from + plain >= stop { return count + stop - from }
                from += plain
                count += plain
                if plain == 16 { continue }
            } else if base[from] != 0x5C {
                output[count] = base[from]
                from += 1
                count += 1
                continue
            }
            // A backslash, which an accepted string has only before what it escapes.
            from = unescapeOne(at: from, to: output, &count)
        }
        return count
    }

    @inline(__always)
    private func unescapeOne(at offset: Int, to output: UnsafeMutablePointer<UInt8>, _ count: inout Int) -> Int {
        guard offset + 1 < end else { return end }
        let letter = base[offset + 1]
        switch letter {
        case 0x62: output[count] = 0x08
        case 0x66: output[count] = 0x0C
        case 0x6E: output[count] = 0x0A
        case 0x72: output[count] = 0x0D
        case 0x74: output[count] = 0x09
        case 0x75: return unescapeUnit(at: offset, to: output, &count)
        default: output[count] = letter
        }
        count += 1
        return offset + 2
    }

    private func unescapeUnit(at offset: Int, to output: UnsafeMutablePointer<UInt8>, _ count: inout Int) -> Int {
        guard let unit = try? hexUnit(at: offset + 2) else { return end }
        var value = unit
        var next = offset + 6
        if unit & 0xFC00 == 0xD800, let low = try? hexUnit(at: offset + 8) {
            value = 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
            next = offset + 12
        }
        for byte in Unicode.Scalar(value).flatMap(UTF8.encode) ?? UTF8.encodedReplacementCharacter {
            output[count] = byte
            count += 1
        }
        return next
    }

    // MARK: Numbers

    /// Reads a number; `at` must be at its first byte.
    @inline(__always)
    mutating func number(_ scrutiny: Scrutiny = .full) throws(JSONFault) -> NumberSpan {
        let start = at
        let negative = base[at] == 0x2D
        if negative { at += 1 }
        let digitsStart = at
        var value: UInt64 = 0
        while at < end {
            let digit = base[at] &- 0x30
            guard digit < 10 else { break }
            value = value &* 10 &+ UInt64(digit)
            at += 1
        }
        let digits = at - digitsStart
        guard digits > 0 else { throw fault(at < end ? .invalidNumber : .unexpectedEnd) }
        if digits > 1, base[digitsStart] == 0x30 {
            throw JSONFault(offset: digitsStart, reason: .invalidNumber)
        }
        let isPlain = at == end || (base[at] != 0x2E && base[at] | 0x20 != 0x65)
        if isPlain, digits <= 18 {
            if negative, value == 0 { return NumberSpan(start: start, length: at - start, integer: nil) }
            let integer: JSONInteger = negative ? .negative(-Int64(value)) : .unsigned(value)
            return NumberSpan(start: start, length: at - start, integer: integer)
        }
        return try longNumber(from: start, scrutiny)
    }

    /// Numbers with a fraction, an exponent or more than 18 digits.
    private mutating func longNumber(from start: Int, _ scrutiny: Scrutiny) throws(JSONFault) -> NumberSpan {
        let stop = try numberGrammar(from: start)
        at = stop
        guard scrutiny == .full else { return NumberSpan(start: start, length: stop - start, integer: nil) }
        let text = UnsafeBufferPointer(start: base + start, count: stop - start)
        switch try JSONNumber.convert(text, offset: start) {
        case .integer(let integer): return NumberSpan(start: start, length: stop - start, integer: integer)
        case .double: return NumberSpan(start: start, length: stop - start, integer: nil)
        }
    }

    /// Where a number ends.
    private func numberGrammar(from start: Int) throws(JSONFault) -> Int {
        var cursor = start
        func digits() throws(JSONFault) {
            let first = cursor
            while cursor < end, base[cursor] &- 0x30 < 10 { cursor += 1 }
            if cursor == first {
                throw JSONFault(offset: cursor, reason: cursor < end ? .invalidNumber : .unexpectedEnd)
            }
        }
        if base[cursor] == 0x2D { cursor += 1 }
        try digits()
        if cursor < end, base[cursor] == 0x2E {
            cursor += 1
            try digits()
        }
        if cursor < end, base[cursor] | 0x20 == 0x65 {
            cursor += 1
            if cursor < end, base[cursor] == 0x2B || base[cursor] == 0x2D { cursor += 1 }
            try digits()
        }
        return cursor
    }

    // MARK: Literals and whole values

    /// Consumes `true`, `false` or `null`, whichever begins with the byte at `at`.
    @inline(__always)
    mutating func literal(_ text: StaticString) throws(JSONFault) {
        let length = text.utf8CodeUnitCount
        guard matches(text.utf8Start, length, at: at) else {
            throw fault(at + length > end ? .unexpectedEnd : .unexpectedByte)
        }
        at += length
    }

    mutating func bool() throws(JSONFault) -> Bool {
        switch try peek() {
        case 0x74:
            try literal("true")
            return true
        case 0x66:
            try literal("false")
            return false
        default: throw fault(.wrongType)
        }
    }

    /// Consumes `null` when it is next.
    @inline(__always)
    mutating func null() throws(JSONFault) -> Bool {
        guard try peek() == 0x6E else { return false }
        try literal("null")
        return true
    }

    /// Skips any value. `depth` is the number of containers open around it.
    mutating func skipValue(_ scrutiny: Scrutiny, depth: Int) throws(JSONFault) {
        var open = ContainerStack()
        while true {
            switch try peek() {
            case 0x22: _ = try string(scrutiny)
            case 0x2D, 0x30...0x39: _ = try number(scrutiny)
            case 0x74: try literal("true")
            case 0x66: try literal("false")
            case 0x6E: try literal("null")
            case 0x7B:
                if scrutiny == .full, depth + open.count >= Self.depthLimit { throw fault(.tooDeep) }
                at += 1
                if try peek() != 0x7D {
                    open.push(isObject: true)
                    try key(scrutiny)
                    continue
                }
                at += 1
            case 0x5B:
                if scrutiny == .full, depth + open.count >= Self.depthLimit { throw fault(.tooDeep) }
                at += 1
                if try peek() != 0x5D {
                    open.push(isObject: false)
                    continue
                }
                at += 1
            default: throw fault(.unexpectedByte)
            }
            guard try closeContainers(&open, scrutiny) else { return }
        }
    }

    /// After a value inside containers: closes what ends here; false when the outermost has ended.
    mutating func closeContainers(
        _ open: inout ContainerStack, _ scrutiny: Scrutiny
    ) throws(JSONFault) -> Bool {
        while let isObject = open.innermostIsObject {
            let byte = try peek()
            at += 1
            if byte == 0x2C {
                if isObject { try key(scrutiny) }
                return true
            }
            guard byte == (isObject ? 0x7D : 0x5D) else {
                at -= 1
                throw fault(.unexpectedByte)
            }
            lastClose = at
            open.pop()
        }
        return false
    }

    /// A key and its colon.
    mutating func key(_ scrutiny: Scrutiny) throws(JSONFault) {
        _ = try string(scrutiny)
        try expect(0x3A)
    }
}

/// Which of the open containers are objects: one bit each, so that a hostile depth costs an eighth of a byte a level.
struct ContainerStack {
    private(set) var count = 0
    private var current: UInt64 = 0
    private var outer: [UInt64] = []

    var innermostIsObject: Bool? { count == 0 ? nil : current & 1 == 1 }

    mutating func push(isObject: Bool) {
        if count & 63 == 0, count > 0 { outer.append(current) }
        current = current << 1 | (isObject ? 1 : 0)
        count += 1
    }

    mutating func pop() {
        current >>= 1
        count -= 1
        if count & 63 == 0, let full = outer.popLast() { current = full }
    }
}

extension String {
    /// A string of bytes that are known to be UTF-8, which is not checked again.
    init(validated bytes: UnsafeBufferPointer<UInt8>) {
        self = String(copying: UTF8Span(unchecked: Span(_unsafeElements: bytes)))
    }
}
