// The one stream from which every decision of the harness comes.
//
// A case is its choices: how many entries, which text, where the file is cut. Each choice is a number below a bound.
// Where the numbers come from makes the use: a seeded generator gives random cases, an odometer gives all cases, bytes
// from a fuzzer give a guided search, a recorded list gives a case again, and the same list made shorter and smaller
// gives a smaller case. Zero is always the simplest choice, so that a list that ends early stands for a small case.

/// One decision.
public struct Choice: Sendable {
    /// What was chosen, below `bound`.
    public var value: UInt64
    /// How many possibilities there were.
    public var bound: UInt64
    /// What the choice was about, for people.
    public var label: StaticString

    /// The bound as people write it.
    var boundText: String { bound == 0 ? "2^64" : "\(bound)" }
}

/// A stream of decisions, and the record of those that were made.
public struct Choices {
    private enum Source {
        case seeded(SplitMix64)
        case recorded([UInt64])
        case bytes([UInt8], at: Int)
        case odometer([UInt64], SeenStates?)
    }

    private var source: Source
    /// The decisions so far.
    public private(set) var made: [Choice] = []
    /// Told of each decision, its place and its value, as soon as it is made: for cases that do not come back.
    var journal: ((Int, UInt64) -> Void)?
    /// Whether a sweep goes through all values even when one was recorded, as shrinking wants it.
    private var resumesSweeps = false

    private init(_ source: Source) { self.source = source }

    /// Random decisions that follow from a seed.
    public static func seeded(_ seed: UInt64) -> Choices { Choices(.seeded(SplitMix64(state: seed))) }

    /// The decisions of case `index` of a campaign: the same on any number of cores.
    public static func seeded(_ seed: UInt64, case index: UInt64) -> Choices {
        var mixer = SplitMix64(state: seed ^ index &* 0xD134_2543_DE82_EF95)
        return seeded(mixer.next())
    }

    /// Decisions made before. Each is clamped to the bound that is asked for; behind the last one all are 0.
    public static func recorded(_ values: [UInt64]) -> Choices { Choices(.recorded(values)) }

    /// Decisions taken from bytes, as a fuzzer hands them over. Behind the last byte all are 0.
    public static func bytes(_ bytes: [UInt8]) -> Choices { Choices(.bytes(bytes, at: 0)) }

    /// Recorded decisions whose sweeps look at all values, the recorded one first.
    static func shrinking(_ values: [UInt64]) -> Choices {
        var choices = recorded(values)
        choices.resumesSweeps = true
        return choices
    }

    static func odometer(_ digits: [UInt64], _ states: SeenStates?) -> Choices { Choices(.odometer(digits, states)) }

    /// Whether a case goes on from a state: not when all cases are looked at and another way led there before.
    ///
    /// - Parameter state: Whatever everything that follows depends on, and nothing else.
    func goOn(from state: @autoclosure () -> [UInt32]) -> Bool {
        guard case .odometer(_, let states?) = source else { return true }
        return states.isNew(state(), by: values)
    }

    /// Chooses a number from 0 up to, but not including, `bound`.
    ///
    /// - Parameter bound: At least 1; anything less counts as 1.
    public mutating func choose(_ label: StaticString, below bound: Int) -> Int {
        Int(choose(label, below: UInt64(max(bound, 1))))
    }

    /// Chooses a number from 0 up to, but not including, `bound`, where 0 means 2^64.
    public mutating func choose(_ label: StaticString, below bound: UInt64) -> UInt64 {
        let value = next(below: bound)
        journal?(made.count, value)
        made.append(Choice(value: value, bound: bound, label: label))
        return value
    }

    private mutating func next(below bound: UInt64) -> UInt64 {
        switch source {
        case .seeded(var generator):
            let number = generator.next()
            source = .seeded(generator)
            return bound == 0 ? number : number.multipliedFullWidth(by: bound).high
        case .recorded(let values), .odometer(let values, _):
            let place = made.count
            return place < values.count ? clamp(values[place], bound) : 0
        case .bytes(let bytes, let at):
            let (value, next) = Self.take(from: bytes, at: at, below: bound)
            source = .bytes(bytes, at: next)
            return value
        }
    }

    private func clamp(_ value: UInt64, _ bound: UInt64) -> UInt64 {
        bound == 0 || value < bound ? value : bound - 1
    }

    /// As many bytes as the bound needs, little-endian, modulo the bound.
    private static func take(from bytes: [UInt8], at start: Int, below bound: UInt64) -> (UInt64, next: Int) {
        guard bound != 1 else { return (0, start) }
        let size = (64 - (bound &- 1).leadingZeroBitCount + 7) / 8
        var value: UInt64 = 0
        for index in 0..<size where start + index < bytes.count {
            value |= UInt64(bytes[start + index]) << UInt64(8 * index)
        }
        return (bound == 0 ? value : value % bound, min(start + size, bytes.count))
    }

    /// Looks at every number below `bound` as cases of their own, up to the first that throws.
    ///
    /// The number that threw is left as the recorded choice, so replaying the record looks at that one alone. `body`
    /// must make no choices of its own.
    public mutating func sweep<Failure: Error>(
        _ label: StaticString, below bound: Int, _ body: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        guard bound > 0 else { return }
        let place = made.count
        made.append(Choice(value: 0, bound: UInt64(bound), label: label))
        if case .recorded(let values) = source, place < values.count || !resumesSweeps {
            let value = place < values.count ? clamp(values[place], UInt64(bound)) : 0
            made[place].value = value
            journal?(place, value)
            try body(Int(value))
            guard resumesSweeps else { return }
        }
        for value in 0..<bound {
            made[place].value = UInt64(value)
            journal?(place, UInt64(value))
            try body(value)
        }
    }
}

extension Choices {
    /// Chooses from a range, its lower bound being the simplest.
    public mutating func choose(_ label: StaticString, in range: ClosedRange<Int>) -> Int {
        range.lowerBound + choose(label, below: range.count)
    }

    /// True once in `count` times; false is the simplest.
    public mutating func happens(_ label: StaticString, oneIn count: Int) -> Bool {
        choose(label, below: count) == count - 1 && count > 1
    }

    /// Chooses an element, the first being the simplest.
    public mutating func pick<Element>(_ label: StaticString, _ elements: [Element]) -> Element {
        elements[choose(label, below: elements.count)]
    }

    /// Chooses any 64-bit number, with a liking for those at which arithmetic breaks.
    public mutating func number(_ label: StaticString) -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 2, 250, 251, 255, 256, 65_535, 65_536, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 32, 1 << 53, 1 << 63 - 1,
            1 << 63,
            .max - 1, .max,
        ]
        let kind = choose(label, below: edges.count + 8)
        if kind < edges.count { return edges[kind] }
        return kind.isMultiple(of: 2) ? choose(label, below: 100_000) : choose(label, below: UInt64(0))
    }

    /// The values of the decisions so far.
    public var values: [UInt64] { made.map(\.value) }
}
