// What a reader of a session log concludes about the crash that the log went through, if any.

/// The outcome of reading a session log whose header is whole.
public enum CrashRecovery: Sendable, Equatable {
    /// Every line is an entry.
    case clean
    /// The last line was cut short and dropped.
    case truncatedLine
    /// This many lines, at least 1, are not entries.
    case corruptEntries(count: Int)
    /// This many lines, at least 1, are not entries, and the last line was cut short.
    case corruptEntriesWithTruncation(count: Int)

    /// The outcome for a number of corrupt lines and a torn or whole last line.
    public init(corruptCount: Int, isTorn: Bool) {
        switch (corruptCount > 0, isTorn) {
        case (true, true): self = .corruptEntriesWithTruncation(count: corruptCount)
        case (true, false): self = .corruptEntries(count: corruptCount)
        case (false, true): self = .truncatedLine
        case (false, false): self = .clean
        }
    }

    /// The number of lines that are not entries; a torn last line is not counted.
    public var corruptCount: Int {
        switch self {
        case .clean, .truncatedLine: 0
        case .corruptEntries(let count), .corruptEntriesWithTruncation(let count): count
        }
    }

    /// Whether the last line was cut short.
    public var isTorn: Bool {
        switch self {
        case .clean, .corruptEntries: false
        case .truncatedLine, .corruptEntriesWithTruncation: true
        }
    }

    /// The name of the outcome as `crashlab check` prints it.
    public var name: String {
        switch self {
        case .clean: "Clean"
        case .truncatedLine: "TruncatedLine"
        case .corruptEntries: "CorruptEntries"
        case .corruptEntriesWithTruncation: "CorruptEntriesWithTruncation"
        }
    }
}
