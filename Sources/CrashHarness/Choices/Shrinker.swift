// Makes a failing case smaller, knowing nothing of what the choices mean.
//
// A list of choices is smaller when it is shorter, or as long and smaller at the first difference. The passes cut out
// spans, zero spans, and lower single values, again and again until nothing helps or the budget is spent. A candidate
// counts when the case still fails; what it then really chose, not what was proposed, is the next list.

/// Makes failing cases smaller.
public struct Shrinker {
    /// How many candidates are tried at most.
    public var budget: Int

    /// Makes a shrinker.
    public init(budget: Int = 2_000) { self.budget = budget }

    /// Shrinks.
    ///
    /// - Parameters:
    ///   - failing: The choices of a case that fails.
    ///   - fails: Tells whether a case fails.
    /// - Returns: The smallest list found, and how many candidates were tried.
    public func shrink(
        _ failing: [UInt64], fails: (inout Choices) -> Bool
    ) -> (choices: [UInt64], tried: Int) {
        shrink(
            failing,
            attempt: { (candidate: [UInt64]) -> [UInt64]? in
                var choices = Choices.shrinking(candidate)
                return fails(&choices) ? choices.values : nil
            })
    }

    /// Shrinks by whatever can judge a list of choices.
    ///
    /// - Parameter attempt: Tells what a case chose that fails, nil of one that does not.
    func shrink(_ failing: [UInt64], attempt fails: ([UInt64]) -> [UInt64]?) -> (choices: [UInt64], tried: Int) {
        var search = Search(best: failing, left: budget)
        while search.left > 0 {
            let before = search.best
            search.deleteSpans(fails)
            search.zeroSpans(fails)
            search.lowerValues(fails)
            if search.best == before { break }
        }
        return (search.best, budget - search.left)
    }

    private struct Search {
        var best: [UInt64]
        var left: Int

        mutating func accept(_ candidate: [UInt64], _ fails: ([UInt64]) -> [UInt64]?) -> Bool {
            guard left > 0, candidate != best else { return false }
            left -= 1
            guard let values = fails(candidate) else { return false }
            let made = Self.withoutTrailingZeros(values)
            guard Self.isSmaller(made, best) else { return false }
            best = made
            return true
        }

        /// Zeros at the end are what a list that ends early stands for.
        static func withoutTrailingZeros(_ values: [UInt64]) -> [UInt64] {
            Array(values[..<((values.lastIndex { $0 != 0 } ?? -1) + 1)])
        }

        static func isSmaller(_ a: [UInt64], _ b: [UInt64]) -> Bool {
            a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
        }

        mutating func deleteSpans(_ fails: ([UInt64]) -> [UInt64]?) {
            var length = max(1, best.count / 2)
            while length >= 1 {
                var start = best.count - length
                while start >= 0, left > 0 {
                    var candidate = best
                    candidate.removeSubrange(start..<min(start + length, candidate.count))
                    if accept(candidate, fails) {
                        start = min(start, best.count - length)
                    } else {
                        start -= length > Self.shortSpan || best.count > Self.shortList ? max(1, length / 2) : 1
                    }
                }
                // A decision takes a few choices, of any number, so that short spans of a short list are all tried.
                length = length > Self.shortSpan || best.count > Self.shortList ? length / 2 : length - 1
            }
        }

        private static let (shortSpan, shortList) = (8, 64)

        mutating func zeroSpans(_ fails: ([UInt64]) -> [UInt64]?) {
            var length = max(1, best.count / 2)
            while length >= 1 {
                var start = 0
                while start < best.count, left > 0 {
                    var candidate = best
                    for index in start..<min(start + length, candidate.count) { candidate[index] = 0 }
                    _ = accept(candidate, fails)
                    start += length
                }
                length /= 2
            }
        }

        mutating func lowerValues(_ fails: ([UInt64]) -> [UInt64]?) {
            var index = 0
            while index < best.count, left > 0 {
                lowerValue(at: index, fails)
                index += 1
            }
        }

        /// Binary search for the smallest value at one place, as far as failing is monotonous.
        private mutating func lowerValue(at index: Int, _ fails: ([UInt64]) -> [UInt64]?) {
            var floor: UInt64 = 0
            while index < best.count, floor < best[index], left > 0 {
                var candidate = best
                let middle = floor + (best[index] - floor) / 2
                candidate[index] = middle
                if !accept(candidate, fails) { floor = middle + 1 }
            }
        }
    }
}
