// A case as a text file that people can read, change and run again.
//
//     judge: log-truncation
//     seed: 7
//     case: 1234
//     choices:
//     3 of 13  number of entries
//     …
//
// Only the judge and the first number of each line behind "choices:" matter for replay.

/// A case: a judge, and the choices that lead to what it should look at.
public struct CaseFile: Sendable, Equatable {
    /// The judge's name.
    public var judge: String
    /// The campaign's seed, for people.
    public var seed: UInt64?
    /// The case's number in the campaign, for people.
    public var index: UInt64?
    /// The choices.
    public var values: [UInt64]

    /// Makes a case.
    public init(judge: String, seed: UInt64? = nil, index: UInt64? = nil, values: [UInt64]) {
        self.judge = judge
        self.seed = seed
        self.index = index
        self.values = values
    }

    /// A text that is no case.
    public struct Malformed: Error, Equatable, CustomStringConvertible {
        /// The 1-based line; 0 for the text as a whole.
        public var line: Int
        /// What was expected there.
        public var expected: String
        /// One sentence.
        public var description: String {
            line == 0 ? "This is no case file: it lacks \(expected)." : "Line \(line): \(expected) was expected."
        }
    }

    /// Reads a case.
    ///
    /// - Throws: `Malformed` with the line.
    public init(text: String) throws(Malformed) {
        var judge: String?
        var isInChoices = false
        (seed, index, values) = (nil, nil, [])
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if isInChoices {
                guard let first = line.split(separator: " ").first else { continue }
                guard let value = UInt64(first) else { throw Malformed(line: number + 1, expected: "a number") }
                values.append(value)
                continue
            }
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
            switch parts.first {
            case "judge": judge = String(value)
            case "seed": seed = UInt64(value)
            case "case": index = UInt64(value)
            case "choices": isInChoices = true
            default: continue
            }
        }
        guard let judge else { throw Malformed(line: 0, expected: "a line \"judge: NAME\"") }
        guard isInChoices else { throw Malformed(line: 0, expected: "a line \"choices:\"") }
        self.judge = judge
    }

    /// The text, each choice with its label as far as that is known.
    public func text(promise: String, labels made: [Choice]) -> String {
        var lines = ["judge: \(judge)"]
        if let seed { lines.append("seed: \(seed)") }
        if let index { lines.append("case: \(index)") }
        lines += ["promise: \(promise)", "choices:"]
        for (place, value) in values.enumerated() {
            // A case that does not come back tells its choices, but not what they were about.
            let label = made.indices.contains(place) ? " of \(made[place].boundText)  \(made[place].label)" : ""
            lines.append("\(value)\(label)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Runs the case again.
    ///
    /// - Returns: The violation, the choices that were made, or nil for the violation when the promise holds now.
    public func replay(_ judge: any Judge) -> (violation: Violation?, made: [Choice]) {
        var choices = Choices.recorded(values)
        var evidence = Evidence()
        do throws(Violation) {
            try judge.examine(&choices, &evidence)
            return (nil, choices.made)
        } catch { return (error, choices.made) }
    }
}
