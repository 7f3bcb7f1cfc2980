// Entries by a number that they have in common, in one array instead of one for each number.

struct Grouping {
    /// A key and an entry each, by their keys.
    private let pairs: [UInt64]

    /// Entries of one key stay in their order.
    ///
    /// - Parameter forEach: Calls with each key and entry, the same when it is asked again.
    init(_ forEach: ((_ key: UInt32, _ entry: UInt32) -> Void) -> Void) {
        // Counted first, since an array that grows takes twice its room.
        var count = 0
        forEach { _, _ in count += 1 }
        var pairs: [UInt64] = []
        pairs.reserveCapacity(count)
        forEach { pairs.append(UInt64($0) << 32 | UInt64($1)) }
        // Sorting is stable.
        pairs.sort { $0 >> 32 < $1 >> 32 }
        self.pairs = pairs
    }

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
