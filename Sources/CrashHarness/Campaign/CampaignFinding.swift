// A broken promise that a campaign found, or a case that took its process with it, made small.

import Foundation
import SessionFormats

/// A finding.
public struct CampaignFinding: Sendable {
    /// The shrunk case.
    public var caseFile: CaseFile
    /// Its choices with their labels; empty when the case cannot be judged to its end.
    public var made: [Choice] = []
    /// What it shows.
    public var violation: Violation
    /// What had to hold.
    public var promise: String
    /// How many candidates shrinking tried.
    public var shrinkAttempts = 0
    /// What the process said when it died, its stack above all; empty when it did not die.
    public var stack = ""
    /// A name that is the same whenever the same cause is found: the judge, the kind, and a hash of what tells it from
    /// others of the kind. Also the name of its folder.
    public let identity: String

    /// Takes a failing case as it is.
    public init(_ judge: any Judge, _ made: [Choice], _ violation: Violation) {
        caseFile = CaseFile(judge: judge.name, values: made.map(\.value))
        self.made = made
        self.violation = violation
        promise = judge.promise
        identity = Self.identity(judge, "violation", violation.kind)
    }

    /// Shrinks a case that breaks a promise. One that keeps it when it is judged again is a finding too: its judge, or what it
    /// judges, does not do the same each time.
    init(_ judge: any Judge, seed: UInt64, _ failure: CaseBatch.Failure, by worker: any CampaignWorker) {
        let (shrunk, tried) = Shrinker().shrink(failure.values) { candidate in
            guard case .violated(let made) = worker.examine(judge.name, candidate, isShrinking: true) else {
                return nil
            }
            return made
        }
        // Judged here for its labels and its file, which it survives: a worker just did.
        let (found, made) = CaseFile(judge: judge.name, values: shrunk).replay(judge)
        let violation =
            found
            ?? Violation(
                expected: "the same each time",
                got: "a broken promise, and none when it was judged again: \(failure.kind)",
                file: [], fileName: "")
        self.init(judge, made, violation)
        caseFile = CaseFile(judge: judge.name, seed: seed, index: failure.index, values: made.map(\.value))
        shrinkAttempts = tried
    }

    /// Shrinks a case that ends its process, and has it end one more that tells where.
    ///
    /// - Parameter isOver: Whether enough time was spent; what hangs takes its whole deadline with each candidate.
    init(
        _ judge: any Judge, seed: UInt64, index: UInt64, values: [UInt64], _ death: Death,
        by worker: any CampaignWorker, isOver: () -> Bool
    ) {
        let (shrunk, tried) = Shrinker().shrink(values) { candidate in
            guard !isOver(), case .died(let next, let made) = worker.examine(judge.name, candidate, isShrinking: true),
                next.cause == death.cause, next.place == death.place
            else { return nil }
            return made
        }
        caseFile = CaseFile(judge: judge.name, seed: seed, index: index, values: shrunk)
        promise = judge.promise
        shrinkAttempts = tried
        if case .died(let traced, _) = worker.examineTracing(judge.name, shrunk) { stack = traced.stack }
        let place = StackText.place(in: stack)
        violation = Violation(
            expected: "an answer", got: "\(death.cause)\(place.map { " at \($0)" } ?? "")", file: [], fileName: "")
        // Where in its loop a case is when it is ended is not the cause.
        let difference = death.cause == .hang ? "" : place ?? String(death.place, radix: 16)
        identity = Self.identity(judge, death.cause.word, difference)
    }

    private static func identity(_ judge: any Judge, _ kind: String, _ difference: String) -> String {
        "\(judge.name)-\(kind)-\(StackText.hash(difference))"
    }

    /// What was expected, what came, and the command that shows it again.
    public func report(at path: String) -> String {
        let file =
            violation.fileName.isEmpty
            ? "" : "\nfile      \(path)/\(violation.fileName) (\(violation.file.count) bytes)"
        return """
            \(caseFile.judge): \(promise)

            expected  \(violation.expected)
            got       \(violation.got)\(file)
            choices   \(caseFile.values.count), after \(shrinkAttempts) attempts to make them fewer
            replay    crashlab replay \(path)

            """
    }
}
