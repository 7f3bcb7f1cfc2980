// What languages take for white space when they trim a text.

/// A language's white space.
enum WhiteSpace: Sendable {
    /// Python's `str.strip`.
    case python
    /// ECMAScript's `String.trim`.
    case ecmaScript
    /// JSON's own: space, tab, LF and CR.
    case json

    /// The length of the white space character at `at`, in bytes; 0 when there is none.
    func length(_ base: UnsafePointer<UInt8>, at: Int, end: Int) -> Int {
        let first = base[at]
        switch first {
        case 0x09, 0x0A, 0x0D, 0x20: return 1
        case 0x0B, 0x0C: return self == .json ? 0 : 1
        case 0x1C...0x1F: return self == .python ? 1 : 0
        case 0xC2 where at + 1 < end:
            return base[at + 1] == 0xA0 && self != .json || base[at + 1] == 0x85 && self == .python ? 2 : 0
        case 0xE1...0xE3 where at + 2 < end && self != .json:
            return BlankLine.isBlank(base, from: at, to: at + 3) ? 3 : 0
        case 0xEF where at + 2 < end && self == .ecmaScript:
            return base[at + 1] == 0xBB && base[at + 2] == 0xBF ? 3 : 0
        default: return 0
        }
    }

    /// What is left of a range without white space at its ends.
    func trimmed(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, case let length = length(base, at: start, end: end), length > 0 { start += length }
        while start < end, let length = lengthOfLast(base, from: start, end: end) { end -= length }
        return start..<end
    }

    private func lengthOfLast(_ base: UnsafePointer<UInt8>, from start: Int, end: Int) -> Int? {
        (1...3).first { end - $0 >= start && length(base, at: end - $0, end: end) == $0 }
    }

    /// The same for a text in memory.
    func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return text[...] }
            return text[trimmed(base, 0..<buffer.count)]
        }
    }
}
