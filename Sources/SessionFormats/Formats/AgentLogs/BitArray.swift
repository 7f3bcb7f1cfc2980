// Truths by number, a bit each.

struct BitArray {
    private var words: [UInt64]

    /// All false.
    init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

    @inline(__always)
    subscript(index: Int) -> Bool {
        get { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }
        set {
            let bit: UInt64 = 1 << UInt64(index & 63)
            if newValue { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
        }
    }

    @inline(__always)
    subscript(index: UInt32) -> Bool {
        get { self[Int(index)] }
        set { self[Int(index)] = newValue }
    }
}
