// Entries by a number that they have in common, in two arrays instead of one for each number.

struct Grouping {
    /// By key where its entries begin; one more for the end.
    private var starts: [UInt32]
    private var entries: [UInt32]

    /// Entries of one key stay in their order. Keys are below `keys`.
    init(_ pairs: [(key: UInt32, entry: UInt32)], keys: Int) {
        starts = Array(repeating: 0, count: keys + 1)
        entries = Array(repeating: 0, count: pairs.count)
        for pair in pairs { starts[Int(pair.key) + 1] += 1 }
        for key in 0..<keys { starts[key + 1] += starts[key] }
        var next = starts
        for pair in pairs {
            entries[Int(next[Int(pair.key)])] = pair.entry
            next[Int(pair.key)] += 1
        }
    }

    /// The entries of a key.
    subscript(_ key: UInt32) -> ArraySlice<UInt32> { entries[Int(starts[Int(key)])..<Int(starts[Int(key) + 1])] }
}
