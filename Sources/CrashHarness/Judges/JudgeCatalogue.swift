// All judges, in the order in which a campaign asks them.

/// The judges there are.
public enum JudgeCatalogue {
    /// Those that a campaign asks unless told otherwise.
    public static let all: [any Judge] = [
        LogRoundTrip(), LogTruncation(), LogLineDamage(), LogWeld(), LogBadBytes(), LogNoise(),
        RecoverKeepsReference(), ReadingIsDeterministic(), WriterAfterCut(),
        ReplayRoundTrip(.segment), ReplayTruncation(.segment), ReplayFlips(.segment),
        ReplayRoundTrip(.sidecar), ReplayTruncation(.sidecar), ReplayFlips(.sidecar),
    ]

    /// The judge of a name, the canary included; nil when there is none.
    public static func judge(named name: String) -> (any Judge)? {
        (all + [LogTruncation.canary]).first { $0.name == name }
    }
}
