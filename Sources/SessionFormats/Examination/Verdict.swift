// How a file is, in one word.

/// How a file is, in one word. The evidence in the file decides, and doubt counts as damage.
public enum Verdict: String, Sendable, Comparable, CaseIterable, Codable {
    /// There is nothing to say.
    case clean
    /// Everything that a writer can have acknowledged is there, after repair.
    case recovered
    /// Something that was acknowledged may be lost, or is wrong.
    case damaged
    /// No data could be had.
    case unreadable

    /// The verdict that follows from the worst finding.
    public init(worst: Severity?) {
        switch worst {
        case .error: self = .damaged
        case .warning: self = .recovered
        case .note, nil: self = .clean
        }
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Orders by how bad it is.
    public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
}
