// The identifiers of a log, each kept once.
//
// A graph of a million entries names each of them two or three times. Here an identifier is a number; its text is kept once, a
// UUID in seventeen bytes, and found again through a table of hashes, so that an entry and its identifier take less than 64 bytes.

struct IdentifierTable {
    /// Stands for no identifier.
    static let none = UInt32.max

    private var texts: [UInt8] = []
    private var ends: [UInt32] = []
    private var slots = [UInt32](repeating: none, count: 64)
    private var packed: [UInt8] = []

    /// How many there are; they are numbered from 0.
    var count: Int { ends.count }

    /// How a value that is no string is told from strings.
    enum Tag: UInt8 {
        case uuid = 1
        case text, number, other
    }

    /// The number of an identifier, which is new when it was never seen; `none` when there is no room left.
    mutating func number(of text: UnsafeBufferPointer<UInt8>, _ tag: Tag = .text) -> UInt32 {
        pack(text, tag)
        let slot = slot(of: packed)
        if slots[slot] != Self.none { return slots[slot] }
        guard texts.count + packed.count < Int(UInt32.max), ends.count < Int(Int32.max) else { return Self.none }
        let number = UInt32(ends.count)
        texts += packed
        ends.append(UInt32(texts.count))
        slots[slot] = number
        if 4 * ends.count > 3 * slots.count { growSlots() }
        return number
    }

    /// The number of an identifier; nil when it was never seen.
    mutating func find(_ text: UnsafeBufferPointer<UInt8>, _ tag: Tag = .text) -> UInt32? {
        pack(text, tag)
        let number = slots[slot(of: packed)]
        return number == Self.none ? nil : number
    }

    /// The identifier as a string; of a value that is none as it is spelled.
    func text(_ number: UInt32) -> String {
        let packed = texts[range(number)]
        guard packed.first == Tag.uuid.rawValue else { return JSONText.string(Array(packed.dropFirst())) }
        var text = ""
        for (index, byte) in packed.dropFirst().enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }
        return text
    }

    fileprivate func tag(_ number: UInt32) -> Tag? { Tag(rawValue: texts[range(number).lowerBound]) }

    private func range(_ number: UInt32) -> Range<Int> {
        let number = Int(number)
        return (number == 0 ? 0 : Int(ends[number - 1]))..<Int(ends[number])
    }

    private func slot(of packed: [UInt8]) -> Int {
        let mask = slots.count - 1
        var slot = Self.hash(packed[...]) & mask
        while slots[slot] != Self.none, !texts[range(slots[slot])].elementsEqual(packed) { slot = (slot + 1) & mask }
        return slot
    }

    /// Seeded anew in each process, so that no file can be made whose identifiers meet.
    private static func hash(_ packed: ArraySlice<UInt8>) -> Int {
        var hasher = Hasher()
        packed.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize() & Int.max
    }

    private mutating func growSlots() {
        slots = [UInt32](repeating: Self.none, count: 2 * slots.count)
        let mask = slots.count - 1
        for number in 0..<UInt32(ends.count) {
            var slot = Self.hash(texts[range(number)]) & mask
            while slots[slot] != Self.none { slot = (slot + 1) & mask }
            slots[slot] = number
        }
    }

    private mutating func pack(_ text: UnsafeBufferPointer<UInt8>, _ tag: Tag) {
        packed.removeAll(keepingCapacity: true)
        if tag == .text, text.count == 36, packUUID(text) { return }
        packed.removeAll(keepingCapacity: true)
        packed.append(tag.rawValue)
        packed.append(contentsOf: text)
    }

    /// Lower-case digits with hyphens where they belong; false for anything else.
    private mutating func packUUID(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        packed.append(Tag.uuid.rawValue)
        var at = 0
        while at < 36 {
            if at == 8 || at == 13 || at == 18 || at == 23 {
                guard text[at] == 0x2D else { return false }
                at += 1
            }
            guard let high = Self.digit(text[at]), let low = Self.digit(text[at + 1]) else { return false }
            packed.append(high << 4 | low)
            at += 2
        }
        return true
    }

    @inline(__always)
    private static func digit(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        return byte &- 0x61 < 6 ? byte &- 0x57 : nil
    }
}

extension IdentifierTable {
    /// Whether an identifier is of a value that is neither a text nor a number.
    func isOther(_ number: UInt32) -> Bool { tag(number) == .other }

    /// Whether an identifier is a text.
    func isText(_ number: UInt32) -> Bool { tag(number) == .text || tag(number) == .uuid }
}
