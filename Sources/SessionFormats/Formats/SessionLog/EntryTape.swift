// Where each field of one entry stands in its line.
//
// Parsing an entry writes eight bytes a field, in the schema's order, and copies no text. A record is a run of slots, a
// union is a slot for the variant followed by that variant's record, a list is a slot that names its first item; each
// item's slot names the next. Offsets count from the start of the scanned buffer and fit 31 bits, which bounds a line.

struct EntryTape {
    /// Two numbers whose meaning depends on the field's kind.
    struct Slot {
        var first: UInt32
        var second: UInt32

        /// A field that is missing or null.
        static let none = Slot(first: .max, second: .max)
        /// Marks, in `second`, a string that needs unescaping.
        static let escaped: UInt32 = 1 << 31

        var isNone: Bool { first == .max }

        init(first: UInt32, second: UInt32) {
            self.first = first
            self.second = second
        }

        init(_ span: StringSpan) {
            first = UInt32(truncatingIfNeeded: span.start)
            second = UInt32(truncatingIfNeeded: span.length) | (span.hasEscapes ? Self.escaped : 0)
        }

        init(start: Int, end: Int) {
            first = UInt32(truncatingIfNeeded: start)
            second = UInt32(truncatingIfNeeded: end - start)
        }

        /// The slot of a string.
        var string: StringSpan {
            StringSpan(
                start: Int(first), length: Int(second & ~Self.escaped), hasEscapes: second & Self.escaped != 0)
        }

        /// The slot of a number or of any JSON.
        var range: Range<Int> { Int(first)..<Int(first) + Int(second) }
    }

    /// The variant number of a content item of an undeclared kind; its next slot spans the item's JSON.
    static let unknownVariant: UInt32 = .max - 1

    /// The longest line whose offsets fit.
    static let longestLine = Int(Int32.max)

    /// Plain memory, since the parser's loop cannot afford a uniqueness check a field. Owned by `withTape`.
    private var slots: UnsafeMutablePointer<Slot>
    private var capacity = 64
    private var count = 0

    /// Runs `body` with an empty tape, which is gone afterwards.
    static func withTape<Result>(_ body: (inout EntryTape) -> Result) -> Result {
        var tape = EntryTape()
        defer { tape.slots.deallocate() }
        return body(&tape)
    }

    private init() {
        slots = .allocate(capacity: capacity)
    }

    @inline(__always)
    mutating func clear() { count = 0 }

    /// Appends `number` empty slots and returns the index of the first.
    @inline(__always)
    mutating func reserve(_ number: Int) -> Int {
        let first = count
        count += number
        if count > capacity { grow() }
        (slots + first).update(repeating: .none, count: number)
        return first
    }

    private mutating func grow() {
        let old = capacity
        while capacity < count { capacity *= 2 }
        let larger = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
        larger.update(from: slots, count: old)
        slots.deallocate()
        slots = larger
    }

    /// The slot at an index that `reserve` gave.
    @inline(__always)
    subscript(_ index: Int) -> Slot {
        get {
            assert(index < count)
            return slots[index]
        }
        nonmutating set {
            assert(index < count)
            slots[index] = newValue
        }
    }
}
