// Texts of letters, digits and underscores, as services make identifiers, in six bits a character.

struct SixBits {
    private(set) var words = InlineArray<4, UInt64>(repeating: 0)
    /// In bytes.
    let count: Int

    /// The longest text that there is room for, in 31 bytes.
    private static let longest = 41

    /// Nil for a text that is too long, or has other characters.
    @inline(__always)
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count <= Self.longest else { return nil }
        let bytes = UnsafeRawBufferPointer(text)
        var start = 0
        while start < text.count {
            // Behind the end there are zeroes, which stay what they are.
            let lacking = UInt64(max(0, start + 8 - text.count))
            let isLacking = ~(UInt64.max >> (8 * lacking)) & Self.high
            guard let packed = Self.packed(IdentifierTable.word(bytes, from: start), isLacking) else { return nil }
            let at = 6 * start
            words[at >> 6] |= packed << UInt64(at & 63)
            let above = packed >> UInt64(64 - at & 63)
            if above > 0 { words[at >> 6 + 1] |= above }
            start += 8
        }
        count = (6 * text.count + 7) / 8
    }

    static func text(_ bytes: [UInt8]) -> String {
        let characters = (0..<8 * bytes.count / 6).map { character in
            let (byte, bit) = (6 * character / 8, 6 * character % 8)
            let next = byte + 1 < bytes.count ? UInt16(bytes[byte + 1]) : 0
            return Int((UInt16(bytes[byte]) | next << 8) >> UInt16(bit) & 63)
        }
        return String(decoding: characters.filter { $0 > 0 }.map { Self.characters[$0 - 1] }, as: UTF8.self)
    }

    /// By six bits, from 1; 0 is none.
    private static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_".utf8)

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let high: UInt64 = 0x8080_8080_8080_8080

    /// Six bits each of eight characters, all at once; nil when one is none that has them.
    @inline(__always)
    private static func packed(_ characters: UInt64, _ isLacking: UInt64) -> UInt64? {
        guard characters & high == 0 else { return nil }
        /// The highest bit of each byte that is in a range.
        func isIn(_ range: ClosedRange<UInt64>, _ bytes: UInt64) -> UInt64 {
            (bytes &+ ones &* (0x80 &- range.lowerBound)) & ~(bytes &+ ones &* (0x7F &- range.upperBound)) & high
        }
        let letter = isIn(0x61...0x7A, characters | ones &* 0x20)
        let (digit, underscore) = (isIn(0x30...0x39, characters), isIn(0x5F...0x5F, characters))
        guard letter | digit | underscore | isLacking == high else { return nil }
        // A letter's last five bits are 1 to 26, a digit's 16 to 25, those of an underscore 31. No sum is above 63.
        var bits = characters & (ones &* 0x1F) &+ ((letter >> 2 & characters) >> 5) &* 26
        bits = bits &+ (digit >> 7) &* 37 &+ underscore >> 2
        bits = bits & 0x003F_003F_003F_003F | (bits & 0x3F00_3F00_3F00_3F00) >> 2
        bits = bits & 0x0000_0FFF_0000_0FFF | (bits & 0x0FFF_0000_0FFF_0000) >> 4
        return bits & 0x00FF_FFFF | (bits & 0x00FF_FFFF_0000_0000) >> 8
    }
}
