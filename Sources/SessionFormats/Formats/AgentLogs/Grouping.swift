// Entries by a number that they have in common, in two arrays instead of one for each number.

struct Grouping {
    /// By key where its entries end, which is where those of the next one begin.
    private let ends: [UInt32]
    private let entries: [UInt32]

    /// Entries of one key stay in their order. Keys are below `keys`.
    ///
    /// - Parameter forEach: Calls with each key and entry, the same when it is asked again.
    init(keys: Int, _ forEach: ((_ key: UInt32, _ entry: UInt32) -> Void) -> Void) {
        var ends = [UInt32](repeating: 0, count: keys)
        forEach { key, _ in ends[Int(key)] += 1 }
        var count: UInt32 = 0
        for key in ends.indices {
            (ends[key], count) = (count, count + ends[key])
        }
        // A key's place goes on from where its entries begin to where they end.
        var entries = [UInt32](repeating: 0, count: Int(count))
        forEach { key, entry in
            entries[Int(ends[Int(key)])] = entry
            ends[Int(key)] += 1
        }
        self.ends = ends
        self.entries = entries
    }

    /// The entries of a key.
    subscript(_ key: UInt32) -> ArraySlice<UInt32> {
        let start = key == 0 ? 0 : Int(ends[Int(key) - 1])
        return entries[start..<Int(ends[Int(key)])]
    }
}
