// Text as sessions hold it, with a liking for what breaks readers.

enum TextScenario {
    /// Pieces, the simplest first: plain words, then characters that need escapes, then those of several bytes.
    private static let pieces: [String] = [
        "a", "the ", "error: ", "fn main() ", "path/to/file ", "42", "\"", "\\", "/", "\n", "\t", "\r", "\u{8}\u{C}",
        "\u{0}", "\u{1}\u{1F}", "\u{7F}", "{\"type\":\"leaf\"}", "}", "{", "[", "],", "\\u00e9", "é", "ß", "ñ", "Ω",
        "ж",
        "שלום", "مرحبا", "会議", "メモ", "한글", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{200B}", "\u{85}", "\u{A0}",
        "\u{FFFD}", "\u{FFFF}", "😀", "👩‍👩‍👧", "🦊", "\u{10FFFF}", "e\u{301}", "\u{1D11E}",
    ]

    /// A short text, mostly a few pieces, now and then a long one.
    static func short(_ label: StaticString, _ choices: inout Choices) -> String {
        text(label, upTo: 6, &choices)
    }

    /// A text of up to `most` pieces; now and then one of a few thousand bytes.
    static func text(_ label: StaticString, upTo most: Int, _ choices: inout Choices) -> String {
        var count = choices.choose(label, below: most + 1)
        var text = ""
        while count > 0 {
            text += choices.pick("piece of text", pieces)
            count -= 1
        }
        if choices.happens("long text", oneIn: 64) {
            let unit = text.isEmpty ? "x" : text
            text = String(repeating: unit, count: 1 + choices.choose("repetitions", below: 4_000 / unit.utf8.count + 1))
        }
        return text
    }

    /// A text of Unicode scalars anywhere in the range.
    static func scalars(_ label: StaticString, upTo most: Int, _ choices: inout Choices) -> String {
        var text = ""
        for _ in 0..<choices.choose(label, below: most + 1) {
            let number = choices.choose("scalar", below: 0x11_0000)
            text.unicodeScalars.append(Unicode.Scalar(UInt32(number)) ?? "\u{FFFD}")
        }
        return text
    }
}
