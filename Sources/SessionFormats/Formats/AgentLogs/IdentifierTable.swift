// The identifiers of a log, each kept once.
//
// A graph of a million entries names each of them two or three times. Here an identifier is a number. What is kept of one is
// sixteen bytes for a UUID, a short text as it is, six bits a character of a longer one as services make them, and the place
// of any other; a byte tells which. Nothing is compared by its hash alone. Identifiers stand in groups, one behind the other,
// so that nothing is moved when there are more of them; a table of slots finds them again, with what bits a number leaves of a
// slot for the hash, so that few are looked at that are not the one.

struct IdentifierTable {
    /// Stands for no identifier.
    static let none = UInt32.max

    /// How a value that is no string is told from strings.
    enum Tag: UInt8 {
        case uuid = 1
        case text, number, other
        /// A text of characters of six bits each.
        case sixBits
    }

    /// Groups that are full, and the last one.
    private var groups: [[UInt8]] = []
    private var last: [UInt8] = []
    private(set) var count = 0
    /// Texts that are kept apart, in pieces.
    private var longTexts = LongTexts()
    private var slots: [UInt32] = []
    /// How many bits of a slot are the number, counted from 1; 0 is a free slot.
    private var numberBits: UInt32 = 0
    private let mix = Mix.ofProcess
    private var newest = Newest()

    /// How many bytes are held for identifiers, the slots left out, and for slots.
    var byteCount: (identifiers: Int, slots: Int) {
        let groups = groups.reduce(0) { $0 + $1.capacity + 32 } + self.groups.capacity * MemoryLayout<[UInt8]>.stride
        return (groups + last.capacity + longTexts.byteCount, 4 * slots.capacity)
    }

    /// Makes room for identifiers of a short log, and slots for as many as are given.
    mutating func reserveCapacity(_ count: Int) {
        last.reserveCapacity(Group.head + 16 * min(count, Group.size))
        if Self.slots(for: count) > slots.count { makeSlots(Self.slots(for: count)) }
    }

    /// The number of an identifier, which is new when it was never seen; `none` when there is no room left.
    mutating func number(of text: UnsafeBufferPointer<UInt8>, _ tag: Tag = .text) -> UInt32 {
        // Most records name the one before them.
        guard tag == .text, text.count == Newest.length else { return numberInSlots(of: text, tag) }
        let words = Newest.words(text)
        if newest.isSame(words) { return newest.number }
        let before = count
        let number = numberInSlots(of: text, tag)
        if count > before { newest = Newest(words: words, number: number) }
        return number
    }

    /// The identifier of a UUID's length that was new last.
    private struct Newest {
        static let length = 36
        typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt32)
        var words: Words = (0, 0, 0, 0, 0)
        var number = none

        @inline(__always)
        static func words(_ text: UnsafeBufferPointer<UInt8>) -> Words {
            let bytes = UnsafeRawBufferPointer(text)
            func word(_ at: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) }
            return (word(0), word(8), word(16), word(24), bytes.loadUnaligned(fromByteOffset: 32, as: UInt32.self))
        }

        @inline(__always)
        func isSame(_ other: Words) -> Bool { number != none && words == other }
    }

    private mutating func numberInSlots(of text: UnsafeBufferPointer<UInt8>, _ tag: Tag) -> UInt32 {
        if 32 * (count + 1) > 27 * slots.count { makeSlots(Self.slots(for: count + 1)) }
        var (words, shape) = key(text, tag)
        let hash = hash(words, shape)
        let mark = self.mark(hash)
        var slot = self.slot(hash)
        while slots[slot] != 0 {
            let number = self.number(in: slot)
            if slots[slot] & ~numberMask == mark, isSame(number, words, shape, text) { return number }
            slot += 1
            if slot == slots.count { slot = 0 }
        }
        guard count < Int(Int32.max) else { return Self.none }
        if shape.isLong {
            guard let place = longTexts.append(text) else { return Self.none }
            words.first = place
        }
        append(words, shape)
        slots[slot] = UInt32(count) | mark
        return UInt32(count - 1)
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
        let shape = shape(number)
        if shape.isLong { return JSONText.string(longTexts[words(number).first]) }
        let bytes = withGroup(of: number) { group, index in Array(group[Group.place(index, group)]) }
        switch shape.tag {
        case .uuid: return Self.uuidText(bytes)
        case .sixBits: return SixBits.text(bytes)
        default: return JSONText.string(bytes)
        }
    }

    private static func uuidText(_ bytes: [UInt8]) -> String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }
        return text
    }

    // MARK: Keys

    /// What is compared of an identifier: its bytes; of a text that is kept apart its place (left out while it has none), its
    /// length and its hash.
    private struct Words {
        var first: UInt64
        var second: UInt64
        var third: UInt64 = 0
        var fourth: UInt64 = 0

        init(_ first: UInt64, _ second: UInt64, _ third: UInt64 = 0, _ fourth: UInt64 = 0) {
            (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
        }

        init(_ group: UnsafeBufferPointer<UInt8>, _ place: Range<Int>) {
            self.init(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: group[place])))
        }

        init(_ bytes: UnsafeRawBufferPointer) {
            self.init(word(bytes, from: 0), word(bytes, from: 8))
            guard bytes.count > 16 else { return }
            (third, fourth) = (word(bytes, from: 16), word(bytes, from: 24))
        }
    }

    /// The tag, and how many bytes are kept: no more than 31.
    private struct Shape: Equatable {
        var rawValue: UInt8

        init(rawValue: UInt8) { self.rawValue = rawValue }
        init(_ tag: Tag, length: Int) { rawValue = tag.rawValue << 5 | UInt8(min(length, Self.ofLong)) }

        /// The longest of which the bytes are kept as they are has one less.
        static let ofLong = 24

        var tag: Tag? { Tag(rawValue: rawValue >> 5) }
        var length: Int { Int(rawValue & 31) }
        var isLong: Bool { length == Self.ofLong && rawValue >> 5 < Tag.sixBits.rawValue }
    }

    private func key(_ text: UnsafeBufferPointer<UInt8>, _ tag: Tag) -> (Words, Shape) {
        if tag == .text, text.count == 36, let words = Self.uuid(text) { return (words, Shape(.uuid, length: 16)) }
        if tag == .text, text.count > 16, let packed = SixBits(text) {
            return (
                Words(packed.words[0], packed.words[1], packed.words[2], packed.words[3]),
                Shape(rawValue: Tag.sixBits.rawValue << 5 | UInt8(packed.count))
            )
        }
        let shape = Shape(tag, length: text.count)
        if shape.isLong { return (Words(0, UInt64(text.count), hash(text)), shape) }
        return (Words(UnsafeRawBufferPointer(text)), shape)
    }

    /// Up to eight bytes, the first the lowest; zeroes behind the end.
    @inline(__always)
    static func word(_ bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
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
    @inline(__always)
    private static func uuid(_ text: UnsafeBufferPointer<UInt8>) -> Words? {
        guard text[8] == 0x2D, text[13] == 0x2D, text[18] == 0x2D, text[23] == 0x2D else { return nil }
        let bytes = UnsafeRawBufferPointer(text)
        func half(_ start: Int) -> UInt64 {
            UInt64(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian)
        }
        // Whether all are digits is asked once.
        var faults: UInt64 = 0
        let a = packed(word(bytes, from: 0), &faults)
        let b = packed(half(9) | half(14) << 32, &faults)
        let c = packed(half(19) | half(24) << 32, &faults)
        let d = packed(word(bytes, from: 28), &faults)
        return faults == 0 ? Words(a | b << 32, c | d << 32) : nil
    }

    /// Four bytes from eight hexadecimal digits, all at once.
    ///
    /// - Parameter faults: What does not come out as it was when it is spelled again, as what is no digit does not.
    @inline(__always)
    private static func packed(_ digits: UInt64, _ faults: inout UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let isLetter = digits >> 6 & ones
        let values = digits & (ones &* 0x0F) &+ isLetter &* 9
        let isTenOrMore = (values &+ ones &* 0x76) >> 7 & ones
        faults |= values & (ones &* 0xF0)
        faults |= (values &+ ones &* 0x30 &+ isTenOrMore &* 0x27) ^ digits
        var bytes = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
        bytes = (bytes | bytes >> 8) & 0x0000_FFFF_0000_FFFF
        return (bytes | bytes >> 16) & 0xFFFF_FFFF
    }

    // MARK: Groups

    /// How identifiers stand in a group: their shapes; of each sixteenth where what is kept of it begins, in two bytes; what is
    /// kept.
    private enum Group {
        static let size = 256
        static let head = size + size / 16 * 2

        @inline(__always)
        static func place(_ index: Int, _ group: UnsafeBufferPointer<UInt8>) -> Range<Int> {
            let bytes = UnsafeRawBufferPointer(group)
            let sixteenth = index >> 4
            let start = bytes.loadUnaligned(fromByteOffset: size + 2 * sixteenth, as: UInt16.self)
            let (low, high) = (
                bytes.loadUnaligned(fromByteOffset: 16 * sixteenth, as: UInt64.self).littleEndian,
                bytes.loadUnaligned(fromByteOffset: 16 * sixteenth + 8, as: UInt64.self).littleEndian
            )
            let before = index & 15
            // Eight lengths of five bits have a sum that fits into a byte. Shifting too far gives 0.
            func sum(_ shapes: UInt64, first count: Int) -> Int {
                let before: UInt64 = (1 << UInt64(8 * count)) &- 1
                let lengths = shapes & 0x1F1F_1F1F_1F1F_1F1F & before
                return Int((lengths &* 0x0101_0101_0101_0101) >> 56)
            }
            let from =
                Int(UInt16(littleEndian: start)) + sum(low, first: min(before, 8))
                + sum(high, first: max(before - 8, 0))
            return from..<from + Int(group[index] & 31)
        }
    }

    @inline(__always)
    private func withGroup<Result>(of number: UInt32, _ body: (UnsafeBufferPointer<UInt8>, Int) -> Result) -> Result {
        let (group, index) = (Int(number) / Group.size, Int(number) % Group.size)
        if group < groups.count { return groups[group].withUnsafeBufferPointer { body($0, index) } }
        return last.withUnsafeBufferPointer { body($0, index) }
    }

    private mutating func append(_ words: Words, _ shape: Shape) {
        let index = count % Group.size
        if index == 0 {
            if count > 0 { groups.append(last.withUnsafeBufferPointer { Array($0) }) }
            last.removeAll(keepingCapacity: true)
            last.append(contentsOf: repeatElement(0, count: Group.head))
        }
        if index % 16 == 0 {
            last[Group.size + index / 8] = UInt8(truncatingIfNeeded: last.count)
            last[Group.size + index / 8 + 1] = UInt8(truncatingIfNeeded: last.count >> 8)
        }
        last[index] = shape.rawValue
        withUnsafeBytes(
            of: (
                words.first.littleEndian, words.second.littleEndian, words.third.littleEndian, words.fourth.littleEndian
            )
        ) { last.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[..<shape.length])) }
        count += 1
    }

    @inline(__always)
    private func shape(_ number: UInt32) -> Shape {
        withGroup(of: number) { group, index in Shape(rawValue: group[index]) }
    }

    @inline(__always)
    private func words(_ number: UInt32) -> Words {
        withGroup(of: number) { group, index in
            Words(group, Group.place(index, group))
        }
    }

    // MARK: Slots

    @inline(__always)
    private var numberMask: UInt32 {
        let next: UInt32 = 1 << numberBits
        return next &- 1
    }

    @inline(__always)
    private func number(in slot: Int) -> UInt32 { slots[slot] & numberMask &- 1 }

    /// What of a hash stands in a slot.
    @inline(__always)
    private func mark(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) & ~numberMask }

    /// The slot in which an identifier is looked for first.
    @inline(__always)
    private func slot(_ hash: UInt64) -> Int { Int(((hash >> 32) * UInt64(slots.count)) >> 32) }

    @inline(__always)
    private func isSame(
        _ number: UInt32, _ words: Words, _ shape: Shape, _ text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let other = withGroup(of: number) { group, index in
            group[index] == shape.rawValue ? Words(group, Group.place(index, group)) : nil
        }
        guard let other else { return false }
        guard other.second == words.second, other.third == words.third else { return false }
        if shape.isLong { return longTexts.holds(text, at: other.first) }
        return other.first == words.first && other.fourth == words.fourth
    }

    /// How many slots there are to be for so many identifiers: no more than 27 of 32 are taken.
    private static func slots(for count: Int) -> Int {
        var slots = 64
        while 27 * slots < 32 * count { slots += slots < 1 << 12 ? slots : slots / 2 }
        return slots
    }

    private mutating func makeSlots(_ count: Int) {
        // The old ones first, so that there are never both.
        slots = []
        slots = [UInt32](repeating: 0, count: count)
        numberBits = UInt32(Int.bitWidth - count.leadingZeroBitCount)
        for number in 0..<UInt32(self.count) {
            let hash = hash(words(number), shape(number))
            var slot = self.slot(hash)
            while slots[slot] != 0 {
                slot += 1
                if slot == count { slot = 0 }
            }
            slots[slot] = (number + 1) | mark(hash)
        }
    }

    @inline(__always)
    private func hash(_ words: Words, _ shape: Shape) -> UInt64 {
        if shape.isLong { return words.third }
        let hash = mix(words.first ^ UInt64(shape.rawValue), words.second)
        return shape.length > 16 ? mix(hash ^ words.third, words.fourth) : hash
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
    func isOther(_ number: UInt32) -> Bool { shape(number).tag == .other }

    /// Whether an identifier is a text.
    func isText(_ number: UInt32) -> Bool {
        let tag = shape(number).tag
        return tag != .number && tag != .other
    }
}
