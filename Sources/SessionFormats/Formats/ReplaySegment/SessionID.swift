// The identifier of a replay session, a UUID.

/// 16 bytes, written as 8-4-4-4-12 hex digits.
public struct SessionID: Sendable, Hashable {
    private var high: UInt64
    private var low: UInt64

    /// The identifier of nothing: 16 zero bytes.
    public static let zero = SessionID(high: 0, low: 0)

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A random identifier (version 4) from a generator.
    public static func random(using generator: inout some RandomNumberGenerator) -> SessionID {
        SessionID(
            high: generator.next() & ~0xF000 | 0x4000,
            low: generator.next() & ~(0xC0 << 56) | 0x80 << 56)
    }

    /// Reads 32 hex digits with hyphens anywhere; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8.filter { $0 != 0x2D })
        guard digits.count == 32, digits.allSatisfy(\.isHexDigit),
            let high = UInt64(String(decoding: digits[..<16], as: UTF8.self), radix: 16),
            let low = UInt64(String(decoding: digits[16...], as: UTF8.self), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// The bytes in the order in which they are written.
    public var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    }
}

extension SessionID: CustomStringConvertible {
    /// Lower-case hex digits in the usual groups.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (place, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(place) { text.append(0x2D) }
            Hex.append(byte, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}

extension SessionID: Codable {
    /// As text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = SessionID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "A UUID has 32 hex digits.")
        }
        self = id
    }
}
