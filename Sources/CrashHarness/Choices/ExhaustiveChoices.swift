// Every case there is, for properties whose cases are few.
//
// An odometer: after a case, its last choice that has a larger value left is raised by one and those behind it start at
// zero again. Choices that depend on earlier ones need no special care.
//
// Many orders lead to one state. A case that says which state it has come to is told whether another way led there before;
// from such a state on everything has been looked at already, since the odometer goes through all that follows first.

/// Enumerates all combinations of choices.
public enum ExhaustiveChoices {
    /// What an enumeration covered.
    public struct Coverage: Sendable, Equatable {
        /// How many cases were looked at.
        public var cases: Int
        /// Whether those were all.
        public var isComplete: Bool
    }

    /// Runs `body` for every case, up to a limit.
    ///
    /// - Parameter goesOnOnce: Whether a case may end where another way led before (`Choices.goOn`).
    public static func forEach<Failure: Error>(
        limit: Int = .max, goesOnOnce: Bool = true, _ body: (inout Choices) throws(Failure) -> Void
    ) throws(Failure) -> Coverage {
        var digits: [UInt64] = []
        var cases = 0
        let states = goesOnOnce ? SeenStates() : nil
        while cases < limit {
            var choices = Choices.odometer(digits, states)
            try body(&choices)
            cases += 1
            guard let next = successor(of: choices.made) else { return Coverage(cases: cases, isComplete: true) }
            digits = next
        }
        return Coverage(cases: cases, isComplete: false)
    }

    private static func successor(of made: [Choice]) -> [UInt64]? {
        guard let last = made.lastIndex(where: { $0.value &+ 1 < $0.bound || ($0.bound == 0 && $0.value < .max) })
        else { return nil }
        return made[..<last].map(\.value) + [made[last].value + 1]
    }
}

/// The states that cases have come to, each with the choices that led there first.
final class SeenStates {
    private var paths: [[UInt32]: [UInt64]] = [:]

    /// Whether no other choices led to a state before.
    func isNew(_ state: [UInt32], by path: [UInt64]) -> Bool {
        if let first = paths[state] { return first == path }
        paths[state] = path
        return true
    }
}
