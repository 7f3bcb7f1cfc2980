// All judges, in the order in which a campaign asks them.

/// The judges there are.
public enum JudgeCatalogue {
    /// Those that a campaign asks unless told otherwise.
    public static let all: [any Judge] = [
        LogRoundTrip(), LogTruncation(), LogLineDamage(), LogWeld(), LogBadBytes(), LogNoise(),
        RecoverKeepsReference(), ReadingIsDeterministic(), WriterAfterCut(),
        ReplayRoundTrip(.segment), ReplayTruncation(.segment), ReplayFlips(.segment),
        ReplayRoundTrip(.sidecar), ReplayTruncation(.sidecar), ReplayFlips(.sidecar),
        MemorySaves(), MemoryTruncation(), MemoryDamage(),
        LiveReplayMatchesModel(), LiveReplayMatchesModel(.inFile), LiveReplayFileAfterCrash(),
    ]

    /// Those that are asked only by name: one that must fail, and those whose cases are few enough to look at them all.
    public static let special: [any Judge] = [
        LogTruncation.canary, PlantedFault(kind: .trap), PlantedFault(kind: .hang), PlantedFault(kind: .memory),
        LiveReplayMatchesModel(.all(length: 4)), LiveReplayMatchesModel(.all(length: 6)),
    ]

    /// The judge of a name; nil when there is none.
    public static func judge(named name: String) -> (any Judge)? { (all + special).first { $0.name == name } }
}
