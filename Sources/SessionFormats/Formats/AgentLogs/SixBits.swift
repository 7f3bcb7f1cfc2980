// Texts of letters, digits, hyphens and underscores, as services make identifiers, in six bits a character.

struct SixBits {
    private(set) var words = InlineArray<4, UInt64>(repeating: 0)
    /// In bytes.
    let count: Int
    /// Whether the last six bits of the bytes are no character.
    let hasRoom: Bool

    /// The longest text that there is room for.
    private static let longest = 41

    /// Nil for a text that is too long, or has other characters.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count <= Self.longest else { return nil }
        var at = 0
        for character in text {
            guard character < 0x80 else { return nil }
            let bits = UInt64(Self.bits[Int(character)])
            guard bits < 64 else { return nil }
            words[at >> 6] |= bits << UInt64(at & 63)
            if at & 63 > 58 { words[at >> 6 + 1] |= bits >> UInt64(64 - at & 63) }
            at += 6
        }
        count = (at + 7) / 8
        hasRoom = 8 * count - at >= 6
    }

    static func text(_ bytes: [UInt8], hasRoom: Bool) -> String {
        let count = 8 * bytes.count / 6 - (hasRoom ? 1 : 0)
        return String(
            decoding: (0..<count).map { character in
                let (byte, bit) = ((6 * character) >> 3, (6 * character) & 7)
                let next = byte + 1 < bytes.count ? UInt16(bytes[byte + 1]) : 0
                return characters[Int((UInt16(bytes[byte]) | next << 8) >> UInt16(bit) & 63)]
            }, as: UTF8.self)
    }

    private static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// By character; 64 for one that is none of them.
    private static let bits: [UInt8] = (0..<0x80).map { character in
        UInt8(characters.firstIndex(of: character) ?? 64)
    }
}
