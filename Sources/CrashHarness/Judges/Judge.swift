// One property each: what must hold, whatever the scenario and whatever the damage.
//
// A judge makes a scenario from choices, damages it, has it read, and compares what comes back with what it knows must
// come back. It knows that from the scenario and the damage, from recorded outcomes, or from an implementation of its
// own; never from the reader.

/// A property and the way to look at one case of it.
public protocol Judge: Sendable {
    /// A stable kebab-case name, for reports and replay.
    var name: String { get }
    /// What must hold, in one sentence.
    var promise: String { get }
    /// Looks at one case, or at several when it sweeps.
    ///
    /// - Throws: `Violation` when the promise is broken.
    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation)
}

/// A broken promise.
public struct Violation: Error, Sendable {
    /// What had to hold.
    public var expected: String
    /// What came instead.
    public var got: String
    /// The bytes that show it.
    public var file: [UInt8]
    /// What a file of that kind is called, with its extension.
    public var fileName: String

    /// Makes a violation.
    public init(expected: String, got: String, file: [UInt8], fileName: String) {
        self.expected = expected
        self.got = got
        self.file = file
        self.fileName = fileName
    }

    /// What was expected and what came, without their numbers: the same for cases of one cause, as far as that can be told
    /// before they are made small.
    var kind: String { "\(Self.withoutNumbers(expected)) / \(Self.withoutNumbers(got))" }

    private static func withoutNumbers(_ text: String) -> String {
        text.split(whereSeparator: \.isNumber).joined(separator: "#")
    }
}

/// What was seen while judging, beyond the absence of violations.
public struct Evidence: Sendable, Codable {
    /// How many cases were looked at: one each, or one per value swept.
    public var cases = 0
    /// How many bytes readers were given.
    public var bytesRead = 0
    /// Counts of named observations, such as the flips that no reader can notice.
    public private(set) var tallies: [Observation: Int] = [:]

    /// Something countable, with what it is about.
    public struct Observation: Hashable, Sendable, Comparable, Codable {
        /// The judge that counts.
        public var judge: String
        /// What it is about: a field, a format.
        public var subject: String
        /// What was observed.
        public var outcome: String

        /// Orders by judge, subject, outcome.
        public static func < (a: Observation, b: Observation) -> Bool {
            (a.judge, a.subject, a.outcome) < (b.judge, b.subject, b.outcome)
        }
    }

    /// Nothing seen yet.
    public init() {}

    /// Counts an observation.
    public mutating func count(_ judge: String, _ subject: String, _ outcome: String, _ count: Int = 1) {
        tallies[Observation(judge: judge, subject: subject, outcome: outcome), default: 0] += count
    }

    /// Adds what someone else saw.
    public mutating func add(_ other: Evidence) {
        cases += other.cases
        bytesRead += other.bytesRead
        tallies.merge(other.tallies, uniquingKeysWith: +)
    }
}
