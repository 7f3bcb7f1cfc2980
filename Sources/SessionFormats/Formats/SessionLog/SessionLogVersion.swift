// Which release of the program that writes session logs knew what.
//
// A log names its format version, which has stayed 1 from release 0.3.0 on, and not the release that wrote it. So a
// reader of one release meets entries, fields and content of later ones. Here the releases that changed something have
// their names (spec: "Other versions"); `EntrySchema` says at each declaration since when it exists.

/// A release of the upstream program (opi-agent) that changed what a log may hold.
public struct SessionLogVersion: Sendable, Hashable, Comparable {
    /// The place among the releases that are known here, from 1; 255 for one that is not.
    let rank: UInt8
    /// The release as its makers number it.
    public let name: String

    private init(_ rank: UInt8, _ name: String) {
        self.rank = rank
        self.name = name
    }

    /// The oldest release whose logs are known: content is text, thinking and tool calls.
    public static let v0_3_0 = SessionLogVersion(1, "0.3.0")
    /// Adds images. 0.4.0 wrote the same.
    public static let v0_5_0 = SessionLogVersion(2, "0.5.0")
    /// Adds the state of extensions.
    public static let v0_5_1 = SessionLogVersion(3, "0.5.1")
    /// Adds `truncated` to tool results.
    public static let v0_6_3 = SessionLogVersion(4, "0.6.3")
    /// Adds `reported` to usage.
    public static let v0_6_4 = SessionLogVersion(5, "0.6.4")
    /// Adds names, labels, changes of model and thinking level, and summaries of branches.
    public static let v0_6_5 = SessionLogVersion(6, "0.6.5")
    /// Adds tokens of reasoning and of the one-hour cache to usage.
    public static let v0_7_1 = SessionLogVersion(7, "0.7.1")
    /// Stands for releases that are not known here.
    public static let later = SessionLogVersion(255, "later than 0.8.0")

    /// The release whose reader reference mode is: its verdicts are recorded in `Fixtures/session-log`.
    public static let reference = v0_5_0

    /// All releases that are known here, the oldest first.
    public static let all = [v0_3_0, v0_5_0, v0_5_1, v0_6_3, v0_6_4, v0_6_5, v0_7_1]

    init(rank: UInt8) { self = Self.all.first { $0.rank == rank } ?? .later }

    /// Orders by release.
    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
}
