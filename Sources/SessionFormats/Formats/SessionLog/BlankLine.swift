// Lines that hold only white space, which readers pass over without counting them.

enum BlankLine {
    /// Whether every character is Unicode White_Space. NUL, the byte-order mark and U+200B are not.
    static func isBlank(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
        var at = start
        while at < end {
            switch base[at] {
            case 0x09...0x0D, 0x20: at += 1
            case 0xC2 where at + 1 < end && (base[at + 1] == 0x85 || base[at + 1] == 0xA0): at += 2
            case 0xE1...0xE3 where at + 2 < end && isWide(base[at], base[at + 1], base[at + 2]): at += 3
            default: return false
            }
        }
        return true
    }

    private static func isWide(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Bool {
        switch (first, second) {
        case (0xE1, 0x9A): third == 0x80  // U+1680
        case (0xE2, 0x80): (0x80...0x8A).contains(third) || third == 0xA8 || third == 0xA9 || third == 0xAF
        case (0xE2, 0x81): third == 0x9F  // U+205F
        case (0xE3, 0x80): third == 0x80  // U+3000
        default: false
        }
    }
}
