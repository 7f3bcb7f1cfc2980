// Damage that leaves JSON nearly valid: a token replaced by another, where random bytes would only break the grammar.
//
// The decisions in which readers of JSON differ are between valid and almost valid, and that is where this goes.

enum TokenDamage {
    private static let tokens: [String] = [
        "null", "true", "false", "0", "-0", "1.0", "1e3", "1e400", "-1", "18446744073709551615", "18446744073709551616",
        "9223372036854775808", "-9223372036854775809", "4294967296", "18446744073709551616.0", "0.1", "1e-400", "01",
        "1.", ".5", "+1", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u0000\"", "\"\\x\"", "\"\\u12\"",
        "[]", "{}", "[0]",
        "{\"a\":1}", "{\"a\":1,\"a\":2}", ",", ":", "{", "}", "[", "]", "\"", "\"type\":\"leaf\",", "\"id\":\"z\",",
        "\"role\":0,", "\"role\":2,",
        "\"type\":0,", "\"type\":1,", "{\"Anthropic\":null}", "{\"stop\":{}}", "{\"stop\":1}", "\"version\":1,",
        "\u{A0}", "\u{FEFF}", "\r", "\t",
    ]

    /// Replaces, inserts or deletes a token at some place between tokens.
    static func apply(to bytes: [UInt8], _ choices: inout Choices) -> [UInt8] {
        let bounds = tokenBounds(of: bytes)
        guard bounds.count > 1 else { return bytes }
        let place = choices.choose("token", below: bounds.count - 1)
        let range = bounds[place]..<bounds[place + 1]
        let token = Array(choices.pick("new token", tokens).utf8)
        var damaged = bytes
        switch choices.choose("what becomes of the token", below: 4) {
        case 0: damaged.replaceSubrange(range, with: token)
        case 1: damaged.insert(contentsOf: token, at: range.lowerBound)
        case 2: damaged.removeSubrange(range)
        default: damaged.insert(contentsOf: bytes[range], at: range.upperBound)
        }
        return damaged
    }

    /// Where tokens begin and end; strings with their quotes are one token.
    private static func tokenBounds(of bytes: [UInt8]) -> [Int] {
        var bounds: [Int] = []
        var at = 0
        while at < bytes.count {
            bounds.append(at)
            switch bytes[at] {
            case 0x22:
                at += 1
                while at < bytes.count, bytes[at] != 0x22, bytes[at] != 0x0A { at += bytes[at] == 0x5C ? 2 : 1 }
                at += 1
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E:
                while at < bytes.count, isWord(bytes[at]) { at += 1 }
            default: at += 1
            }
        }
        bounds.append(bytes.count)
        return bounds.filter { $0 <= bytes.count }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }
}
