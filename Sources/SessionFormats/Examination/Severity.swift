// How bad a finding is, which decides the verdict.

/// How bad a finding is.
public enum Severity: String, Sendable, Comparable, Codable {
    /// Worth knowing; nothing was lost or repaired.
    case note
    /// Something was repaired; all acknowledged data is there.
    case warning
    /// Something is lost or wrong.
    case error

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }

    /// Orders by how bad it is: note, warning, error.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}
