// What is done with one input of a coverage-guided fuzzer.
//
// A reader must give an answer to any bytes: no trap, no hang, no memory beyond a small multiple of the input. Beyond that
// each target checks what two ways to the same answer owe each other. A broken promise traps, which is what a fuzzer sees.

/// A target.
public struct FuzzTarget: Sendable {
    /// A stable name: that of the program, of the corpus folder and of the dictionary.
    public let name: String
    /// Makes an input that was changed at random look whole again, so that readers look at what is behind checksums and
    /// lengths; nil when there is nothing of that kind.
    public let mend: (@Sendable ([UInt8]) -> [UInt8])?
    private let makeSeeds: @Sendable () -> [[UInt8]]
    private let examine: @Sendable ([UInt8]) throws -> Void

    /// A broken promise.
    public struct Broken: Error, CustomStringConvertible {
        /// What had to hold.
        public var description: String
    }

    /// Makes a target.
    ///
    /// - Parameters:
    ///   - mend: See the property.
    ///   - seeds: Whole inputs to start from.
    ///   - examine: Looks at an input; throws when a promise does not hold.
    public init(
        _ name: String, mend: (@Sendable ([UInt8]) -> [UInt8])? = nil, seeds: @escaping @Sendable () -> [[UInt8]],
        examine: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        (self.name, self.mend, makeSeeds, self.examine) = (name, mend, seeds, examine)
    }

    /// Small whole inputs to start from.
    public var seeds: [[UInt8]] { makeSeeds().filter { !$0.isEmpty && $0.count <= Self.largestSeed } }

    /// Larger ones would only be slow, in bytes.
    private static let largestSeed = 16_384

    /// How many seeds a target has at most.
    static let seedCount = 21

    /// Small realistic files, made by `make` from different seeds.
    static func realisticSeeds(
        _ make: @escaping @Sendable (inout RealisticFiles, _ seed: Int) -> [UInt8]
    ) -> @Sendable () -> [[UInt8]] {
        {
            (0..<seedCount).map { seed in
                var files = RealisticFiles(seed: UInt64(seed))
                return make(&files, seed)
            }
        }
    }

    /// Looks at an input.
    ///
    /// - Throws: `Broken` when a promise does not hold.
    public func examine(_ input: [UInt8]) throws { try examine(input) }

    static func expect(_ holds: Bool, _ promise: @autoclosure () -> String) throws {
        if !holds { throw Broken(description: promise()) }
    }

    /// A fuzzer's loop with nothing in it, to measure the others by.
    static let empty = FuzzTarget("empty", seeds: { [] }, examine: { _ in })

    /// The bytes are choices, the first of them the judge's number.
    static func judges(_ judges: [any Judge]) -> FuzzTarget {
        FuzzTarget(
            "judges",
            seeds: {
                (0..<seedCount).map { [UInt8($0 * judges.count / seedCount)] + Array(repeating: UInt8($0), count: 40) }
            },
            examine: { input in
                var choices = Choices.bytes(input)
                let judge = choices.pick("judge", judges)
                var evidence = Evidence()
                try judge.examine(&choices, &evidence)
            })
    }
}
