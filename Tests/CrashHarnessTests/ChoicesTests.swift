// The stream of decisions: the same from the same source, all of them when asked, smaller when they can be.

import Testing

@testable import CrashHarness

@Suite("Choices")
struct ChoicesTests {
    private func three(_ choices: inout Choices) -> [Int] {
        [choices.choose("a", below: 10), choices.choose("b", below: 2), choices.choose("c", below: 1_000)]
    }

    @Test func `the same seed and case give the same choices, another case others`() {
        var (first, second, other) = (
            Choices.seeded(5, case: 9), Choices.seeded(5, case: 9), Choices.seeded(5, case: 8)
        )
        #expect(three(&first) == three(&second))
        #expect(
            (0..<20).map { _ in first.choose("x", below: 1_000) }
                != (0..<20).map { _ in other.choose("x", below: 1_000) })
    }

    @Test func `a recorded list is clamped to the bounds, and zero behind its end`() {
        var choices = Choices.recorded([99, 1])
        #expect(three(&choices) == [9, 1, 0])
    }

    @Test func `bytes give as many choices as they last for, then zeros`() {
        var choices = Choices.bytes([7, 1, 0xE7, 0x03])
        #expect(three(&choices) == [7, 1, 999])
        #expect(choices.choose("d", below: 200) == 0)
    }

    @Test func `every combination is visited once, also when bounds depend on earlier choices`() {
        var seen: [[Int]] = []
        let coverage = ExhaustiveChoices.forEach { choices in
            let count = choices.choose("count", below: 4)
            seen.append((0..<count).map { _ in choices.choose("bit", below: 2) })
        }
        #expect(coverage == .init(cases: 1 + 2 + 4 + 8, isComplete: true))
        #expect(Set(seen).count == 15)
    }

    @Test func `behind a state that several ways lead to everything is visited once`() {
        var ends: [[Int]] = []
        let coverage = ExhaustiveChoices.forEach { choices in
            let steps = (0..<3).map { _ in choices.choose("step", below: 2) }
            // Only how many were taken matters to what follows.
            let taken = steps.reduce(0, +)
            if choices.goOn(from: [UInt32(taken)]) { ends.append([taken, choices.choose("end", below: 5)]) }
        }
        #expect(ends.count == 4 * 5 && Set(ends).count == 4 * 5)
        #expect(coverage == .init(cases: 4 * 5 + (8 - 4), isComplete: true))
    }

    @Test func `an enumeration that is cut short says so`() {
        let coverage = ExhaustiveChoices.forEach(limit: 10) { choices in _ = choices.choose("x", below: 100) }
        #expect(coverage == .init(cases: 10, isComplete: false))
    }

    @Test func `a sweep looks at everything, and at one value alone when it is replayed`() {
        var looked: [Int] = []
        struct Stop: Error {}
        var choices = Choices.seeded(1)
        #expect(throws: Stop.self) {
            try choices.sweep("place", below: 100) { (value: Int) throws(Stop) in
                looked.append(value)
                if value == 17 { throw Stop() }
            }
        }
        #expect(looked == Array(0...17))
        #expect(choices.values == [17])
        var again = Choices.recorded(choices.values)
        looked = []
        try? again.sweep("place", below: 100) { (value: Int) throws(Stop) in looked.append(value) }
        #expect(looked == [17])
    }

    @Test func `shrinking finds the smallest list that fails`() {
        // Fails when some item is at least 500: the smallest is one item of exactly 500.
        func fails(_ choices: inout Choices) -> Bool {
            let items = (0..<choices.choose("count", below: 50)).map { _ in choices.choose("item", below: 10_000) }
            return items.contains { $0 >= 500 }
        }
        var found: [UInt64]?
        for seed in 0..<100 as Range<UInt64> where found == nil {
            var choices = Choices.seeded(seed)
            if fails(&choices) { found = choices.values }
        }
        let (shrunk, tried) = Shrinker().shrink(found ?? [], fails: fails)
        #expect(shrunk == [1, 500])
        #expect(tried < 2_000)
    }

    @Test func `shrinking with a budget of none changes nothing`() {
        #expect(Shrinker(budget: 0).shrink([3, 2, 1]) { _ in true }.choices == [3, 2, 1])
    }
}
