// Finds a short text among known ones: keys of interest, names of kinds.

struct TextTable: Sendable {
    /// A text with its first and its last bytes, of which most have no more.
    private struct Entry {
        let text: StaticString
        let number: UInt8
        let first: UInt64
        let last: UInt64

        init(_ text: StaticString, _ number: UInt8) {
            (self.text, self.number) = (text, number)
            let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            (first, last) = TextTable.words(bytes)
        }
    }

    /// The shorter ones first.
    private let entries: [Entry]
    /// Where those of a length begin, up to the longest.
    private let starts: [Int]

    /// The longest that two words tell from all others of its length.
    private static let longestInWords = 16

    /// - Parameter texts: Each with its number; of a text that is there twice the first counts.
    init(_ texts: [(text: StaticString, number: UInt8)]) {
        let entries = texts.map { Entry($0.text, $0.number) }.enumerated().sorted {
            ($0.element.text.utf8CodeUnitCount, $0.offset) < ($1.element.text.utf8CodeUnitCount, $1.offset)
        }.map(\.element)
        let longest = entries.last?.text.utf8CodeUnitCount ?? 0
        starts = (0...longest + 1).map { length in entries.count { $0.text.utf8CodeUnitCount < length } }
        self.entries = entries
    }

    /// The number of what a string says; nil when it is none of them.
    @inline(__always)
    func number(of string: JSONView) -> UInt8? {
        if string.hasEscapes { return entries.first { string.isText($0.text) }?.number }
        let text = UnsafeRawBufferPointer(string.raw)
        guard text.count < starts.count - 1 else { return nil }
        var index = starts[text.count]
        let end = starts[text.count + 1]
        guard index < end else { return nil }
        let (first, last) = Self.words(text)
        while index < end {
            let known = entries[index]
            if known.first == first, known.last == last,
                text.count <= Self.longestInWords || string.isText(known.text)
            {
                return known.number
            }
            index += 1
        }
        return nil
    }

    @inline(__always)
    private static func words(_ text: UnsafeRawBufferPointer) -> (first: UInt64, last: UInt64) {
        (IdentifierTable.word(text, from: 0), IdentifierTable.word(text, from: max(0, text.count - 8)))
    }
}
