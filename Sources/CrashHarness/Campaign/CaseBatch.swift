// What judging some cases came to, as a worker reports it.

/// The result of judging cases one after another.
struct CaseBatch: Sendable, Codable {
    /// A case that broke a promise.
    struct Failure: Sendable, Codable {
        var index: UInt64
        /// What it chose.
        var values: [UInt64]
        /// What it broke: `Violation.kind`.
        var kind: String
    }

    /// What was seen, by the judge's name.
    var evidence: [String: Evidence] = [:]
    /// In the order of the cases.
    var failures: [Failure] = []

    /// Everything that was seen.
    var cases: Int { evidence.values.reduce(0) { $0 + $1.cases } }
}

/// What became of one case.
enum CaseFate: Sendable {
    case held
    /// A promise was broken; these are the choices that were made.
    case violated(made: [UInt64])
    /// It took its process with it, having made these choices.
    case died(Death, made: [UInt64])
}

/// How a case ended the process that judged it.
struct Death: Error, Sendable, Equatable {
    /// Why.
    enum Cause: Sendable, Equatable {
        case trap(signal: Int32)
        case outOfMemory
        case hang

        /// A word for names of folders.
        var word: String {
            switch self {
            case .trap: "trap"
            case .outOfMemory: "out-of-memory"
            case .hang: "hang"
            }
        }
    }

    var cause: Cause
    /// Where the code trapped, as an offset in the program; 0 when that is not known.
    var place: UInt64
    /// What the process said last: a stack, when it was asked for one.
    var stack: String
}

extension Death.Cause: CustomStringConvertible {
    var description: String {
        switch self {
        case .trap(let signal): "a trap (signal \(signal))"
        case .outOfMemory: "more memory than allowed"
        case .hang: "no end"
        }
    }
}
