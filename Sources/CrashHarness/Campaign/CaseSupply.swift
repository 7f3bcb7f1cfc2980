// Which cases a campaign takes up, handed out in small ranges.
//
// Case number i belongs to judge i modulo the number of judges, and its choices follow from the seed and i alone. Several
// machines that share a campaign take turns in blocks, each of which has as many cases of every judge.

/// The numbers of a campaign's cases.
struct CaseSupply: Sendable {
    /// One of several machines that share the cases.
    struct Shard: Sendable {
        /// From 0.
        var number: UInt64
        /// At least 1.
        var count: UInt64
    }

    private let limit: UInt64
    private let block: UInt64
    private let shard: Shard
    private var blockNumber: UInt64
    private var offset: UInt64 = 0

    /// - Parameter limit: How many cases there are for all shards together.
    init(limit: UInt64, judges: Int, shard: Shard = Shard(number: 0, count: 1)) {
        self.limit = limit
        self.shard = shard
        block = UInt64(max(1, judges)) * 64
        blockNumber = shard.number
    }

    /// The next cases, at least one and at most so many; nil when there are no more.
    mutating func next(atMost count: UInt64) -> Range<UInt64>? {
        if offset == block { (blockNumber, offset) = (blockNumber &+ shard.count, 0) }
        let (start, overflow) = blockNumber.multipliedReportingOverflow(by: block)
        guard !overflow, start < limit, limit - start > offset else { return nil }
        let size = min(max(1, count), block - offset, limit - start - offset)
        defer { offset += size }
        return start + offset..<start + offset + size
    }
}
