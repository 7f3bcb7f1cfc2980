// Entries by a number that they have in common, in one array instead of one for each number.

struct Grouping {
    /// A key and an entry each, by their keys.
    private var pairs: [UInt64] = []

    /// Entries of one key stay in their order.
    ///
    /// - Parameter forEach: Calls with each key and entry.
    init(_ forEach: ((_ key: UInt32, _ entry: UInt32) -> Void) -> Void) {
        forEach { pairs.append(UInt64($0) << 32 | UInt64($1)) }
        // Sorting is stable.
        pairs.sort { $0 >> 32 < $1 >> 32 }
    }

    /// Calls `body` with each key, once for each of its entries.
    func forEachKey(_ body: (UInt32) -> Void) { for pair in pairs { body(UInt32(pair >> 32)) } }

    /// The entries of a key.
    subscript(_ key: UInt32) -> [UInt32] {
        var (low, high) = (0, pairs.count)
        while low < high {
            let middle = (low + high) / 2
            if pairs[middle] >> 32 < UInt64(key) { low = middle + 1 } else { high = middle }
        }
        return pairs[low...].prefix { $0 >> 32 == UInt64(key) }.map { UInt32(truncatingIfNeeded: $0) }
    }
}
