// Text from a file, on its way to people.
//
// What a file or a file's name says is shown and never obeyed: characters that would move a terminal's cursor, set its title,
// begin a line of a log, or turn the order of what follows are written as escapes, such as \u{1B}.

extension Unicode.Scalar {
    /// Whether it steers what shows it: controls, line and paragraph separators, marks of direction, a byte-order mark.
    private var steers: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    fileprivate var escape: String? {
        steers ? "\\u{\(String(value, radix: 16, uppercase: true))}" : nil
    }
}

extension StringProtocol {
    /// The text with escapes for what would steer a terminal, a page or a log.
    package var printable: String { printable(keeping: []) }

    /// The same for a text of several lines that were put together from printable ones.
    package var printableLines: String { printable(keeping: ["\n"]) }

    private func printable(keeping kept: Set<Unicode.Scalar>) -> String {
        // Nearly all text is plain, and needs no second look.
        let isPlain = utf8.withContiguousStorageIfAvailable(Self.isPlain) ?? Self.isPlain(utf8)
        if isPlain { return String(self) }
        var text = ""
        for scalar in unicodeScalars {
            if let escape = scalar.escape, !kept.contains(scalar) {
                text += escape
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    @inline(__always)
    private static func isPlain(_ text: some Sequence<UInt8>) -> Bool {
        // To the end, which is done many bytes at once.
        text.reduce(into: 0 as UInt8) { odd, byte in odd |= byte &- 0x20 < 0x5F ? 0 : 1 } == 0
    }
}

extension [UInt8] {
    /// JSON that says the same with escapes in its strings for what would steer a terminal; whoever reads the JSON gets the
    /// text as it was.
    package var printableJSON: [UInt8] {
        guard contains(where: { $0 >= 0x7F }) else { return self }
        var json: [UInt8] = []
        json.reserveCapacity(count)
        for scalar in String(decoding: self, as: UTF8.self).unicodeScalars {
            if scalar.value >= 0x7F, scalar.escape != nil {
                let digits = String(scalar.value, radix: 16)
                json += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            } else {
                json += UTF8.encode(scalar).map { Array($0) } ?? []
            }
        }
        return json
    }
}
