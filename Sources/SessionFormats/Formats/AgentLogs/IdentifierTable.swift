// The identifiers of a log, each kept once.
//
// A graph of a million entries names each of them two or three times. Here an identifier is a number. Sixteen bytes hold a UUID
// or a short text as it is, and the place of a longer one; a table of slots finds them again. Nothing is allocated for one.

struct IdentifierTable {
    /// Stands for no identifier.
    static let none = UInt32.max

    /// How a value that is no string is told from strings.
    enum Tag: UInt8 {
        case uuid = 1
        case text, number, other
    }

    private var keys: [Key] = []
    private var shapes: [Shape] = []
    /// Texts that are too long for a key, one behind the other.
    private var longTexts: [UInt8] = []
    private var slots: [UInt32] = []
    private let mix = Mix.ofProcess

    /// How many there are; they are numbered from 0.
    var count: Int { keys.count }

    /// Makes room for identifiers.
    mutating func reserveCapacity(_ count: Int) {
        keys.reserveCapacity(count)
        shapes.reserveCapacity(count)
    }

    /// Makes slots for that many identifiers.
    mutating func reserveSlots(_ count: Int) {
        var wanted = max(64, slots.count)
        while 3 * wanted < 4 * count { wanted *= 2 }
        if wanted > slots.count { makeSlots(wanted) }
    }

    /// The number of an identifier, which is new when it was never seen; `none` when there is no room left.
    mutating func number(of text: UnsafeBufferPointer<UInt8>, _ tag: Tag = .text) -> UInt32 {
        if slots.isEmpty { reserveSlots(keys.count + 1) }
        var (key, shape) = self.key(text, tag)
        let slot = slot(of: key, shape, text)
        if slots[slot] != Self.none { return slots[slot] }
        guard keys.count < Int(Int32.max), longTexts.count + text.count < Int(UInt32.max) else { return Self.none }
        if shape.isLong {
            key.low = UInt64(longTexts.count) << 32 | key.low
            longTexts.append(contentsOf: text)
        }
        let number = UInt32(keys.count)
        keys.append(key)
        shapes.append(shape)
        slots[slot] = number
        if 4 * keys.count > 3 * slots.count { makeSlots(2 * slots.count) }
        return number
    }

    /// The number of a text, by what it says.
    mutating func number(of text: JSONView) -> UInt32 {
        if !text.hasEscapes { return number(of: text.raw) }
        return (text.text ?? []).withUnsafeBufferPointer { number(of: $0) }
    }

    /// Gives up the room in which identifiers are found again, until one is asked for.
    mutating func conclude() { slots = [] }

    /// The identifier as a string; of a value that is none as it is spelled.
    func text(_ number: UInt32) -> String {
        let (key, shape) = (keys[Int(number)], shapes[Int(number)])
        if shape.isLong { return JSONText.string(Array(longTexts[key.longText])) }
        let bytes = key.bytes
        guard shape.tag == .uuid else { return JSONText.string(Array(bytes.prefix(shape.length))) }
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }
        return text
    }

    // MARK: Keys

    /// What is compared of an identifier: its bytes as they are when there are no more than sixteen, of a longer one the place
    /// (left out while it has none), the length and a hash.
    private struct Key: Equatable {
        var low: UInt64 = 0
        var high: UInt64 = 0

        /// Where a longer text stands.
        var longText: Range<Int> {
            let start = Int(low >> 32)
            return start..<start + Int(low & 0xFFFF_FFFF)
        }

        var bytes: [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: low >> (8 * $0)) }
                + (0..<8).map { UInt8(truncatingIfNeeded: high >> (8 * $0)) }
        }
    }

    /// The tag, and the length of what is held in a key.
    private struct Shape: Equatable {
        var rawValue: UInt8

        init(_ tag: Tag, length: Int) { rawValue = tag.rawValue << 5 | UInt8(min(length, 17)) }

        var tag: Tag? { Tag(rawValue: rawValue >> 5) }
        var length: Int { Int(rawValue & 31) }
        var isLong: Bool { length > 16 }
    }

    private func key(_ text: UnsafeBufferPointer<UInt8>, _ tag: Tag) -> (Key, Shape) {
        if tag == .text, text.count == 36, let key = Self.uuid(text) { return (key, Shape(.uuid, length: 16)) }
        let shape = Shape(tag, length: text.count)
        if shape.isLong { return (Key(low: UInt64(text.count), high: hash(text)), shape) }
        let bytes = UnsafeRawBufferPointer(text)
        return (Key(low: Self.word(bytes, from: 0), high: Self.word(bytes, from: 8)), shape)
    }

    /// Up to eight bytes, the first the lowest; zeroes behind the end.
    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
        func part<Word: FixedWidthInteger>(_ at: Int, _: Word.Type) -> UInt64 {
            UInt64(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: at, as: Word.self).littleEndian)
        }
        let count = bytes.count - start
        if count >= 8 { return part(start, UInt64.self) }
        if count >= 4 {
            return part(start, UInt32.self) | part(start + count - 4, UInt32.self) << UInt64(8 * count - 32)
        }
        if count <= 0 { return 0 }
        return part(start, UInt8.self) | part(start + count / 2, UInt8.self) << UInt64(8 * (count / 2))
            | part(start + count - 1, UInt8.self) << UInt64(8 * count - 8)
    }

    /// Lower-case digits with hyphens where they belong; nil for anything else.
    private static func uuid(_ text: UnsafeBufferPointer<UInt8>) -> Key? {
        guard text[8] == 0x2D, text[13] == 0x2D, text[18] == 0x2D, text[23] == 0x2D else { return nil }
        let bytes = UnsafeRawBufferPointer(text)
        func half(_ start: Int) -> UInt64 {
            UInt64(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian)
        }
        guard let a = packed(word(bytes, from: 0)), let b = packed(half(9) | half(14) << 32),
            let c = packed(half(19) | half(24) << 32), let d = packed(word(bytes, from: 28))
        else { return nil }
        return Key(low: a | b << 32, high: c | d << 32)
    }

    /// Four bytes from eight hexadecimal digits, all at once.
    @inline(__always)
    private static func packed(_ digits: UInt64) -> UInt64? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isLetter = digits >> 6 & ones
        let values = (digits & ones &* 0x0F) &+ isLetter &* 9
        // What is no digit does not come out as it was when it is spelled again.
        guard values & ones &* 0xF0 == 0 else { return nil }
        let isTenOrMore = (values &+ ones &* 0x76) >> 7 & ones
        guard values &+ ones &* 0x30 &+ isTenOrMore &* 0x27 == digits else { return nil }
        var bytes = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
        bytes = (bytes | bytes >> 8) & 0x0000_FFFF_0000_FFFF
        return (bytes | bytes >> 16) & 0xFFFF_FFFF
    }

    // MARK: Slots

    private func slot(of key: Key, _ shape: Shape, _ text: UnsafeBufferPointer<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = hash(key, shape) & mask
        while slots[slot] != Self.none, !isSame(slots[slot], key, shape, text) { slot = (slot + 1) & mask }
        return slot
    }

    @inline(__always)
    private func isSame(_ number: UInt32, _ key: Key, _ shape: Shape, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let (other, index) = (keys[Int(number)], Int(number))
        guard shapes[index] == shape, other.high == key.high else { return false }
        guard shape.isLong else { return other.low == key.low }
        return longTexts.withUnsafeBufferPointer { texts in
            UnsafeBufferPointer(rebasing: texts[other.longText]).isSame(as: text)
        }
    }

    /// - Parameter count: A power of two.
    private mutating func makeSlots(_ count: Int) {
        slots = []
        slots = [UInt32](repeating: Self.none, count: count)
        let mask = count - 1
        for number in keys.indices {
            var slot = hash(keys[number], shapes[number]) & mask
            while slots[slot] != Self.none { slot = (slot + 1) & mask }
            slots[slot] = UInt32(number)
        }
    }

    @inline(__always)
    private func hash(_ key: Key, _ shape: Shape) -> Int {
        let hash = shape.isLong ? key.high : mix(key.low ^ UInt64(shape.rawValue), key.high)
        return Int(truncatingIfNeeded: hash & UInt64(Int.max))
    }

    private func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let bytes = UnsafeRawBufferPointer(text)
        var hash = UInt64(text.count)
        var at = 0
        while at < bytes.count {
            hash = mix(hash ^ Self.word(bytes, from: at), Self.word(bytes, from: at + 8))
            at += 16
        }
        return hash
    }

    /// Makes one number of two.
    private struct Mix {
        private let seeds: (UInt64, UInt64)

        /// Drawn anew in each process, so that no file can be made whose identifiers meet. Their numbers do not depend on it.
        static let ofProcess = Mix(seeds: (seed(1), seed(2)))

        private static func seed(_ number: Int) -> UInt64 {
            var hasher = Hasher()
            hasher.combine(number)
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }

        @inline(__always)
        func callAsFunction(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = (a ^ seeds.0).multipliedFullWidth(by: b ^ seeds.1)
            return product.high ^ product.low
        }
    }
}

extension IdentifierTable {
    /// Whether an identifier is of a value that is neither a text nor a number.
    func isOther(_ number: UInt32) -> Bool { shapes[Int(number)].tag == .other }

    /// Whether an identifier is a text.
    func isText(_ number: UInt32) -> Bool {
        let tag = shapes[Int(number)].tag
        return tag == .text || tag == .uuid
    }
}
