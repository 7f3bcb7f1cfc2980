// Which cases a campaign takes up.

import Testing

@testable import CrashHarness

@Suite("The supply of cases")
struct CaseSupplyTests {
    private func all(_ supply: CaseSupply, atMost count: UInt64) -> [UInt64] {
        var supply = supply
        var cases: [UInt64] = []
        while let next = supply.next(atMost: count) {
            #expect(next.count <= Int(count))
            cases += next
        }
        return cases
    }

    @Test(arguments: [1, 7, 10_000] as [UInt64])
    func `every case is handed out once, in order, whatever the size of the ranges`(_ count: UInt64) {
        #expect(all(CaseSupply(limit: 1_000, judges: 3), atMost: count) == Array(0..<1_000))
    }

    @Test func `shards have every case between them and none twice, and each has all judges`() {
        let shards = (0..<3).map {
            all(CaseSupply(limit: 2_000, judges: 3, shard: .init(number: $0, count: 3)), atMost: 50)
        }
        #expect(shards.flatMap { $0 }.sorted() == Array(0..<2_000))
        for shard in shards { #expect(Set(shard.map { $0 % 3 }).count == 3) }
    }

    @Test func `a supply near the end of the numbers ends`() {
        var supply = CaseSupply(limit: .max, judges: 1, shard: .init(number: .max / 64 - 1, count: .max))
        #expect(supply.next(atMost: 64) != nil)
        #expect(supply.next(atMost: 64) == nil || supply.next(atMost: .max) != nil)
    }
}
