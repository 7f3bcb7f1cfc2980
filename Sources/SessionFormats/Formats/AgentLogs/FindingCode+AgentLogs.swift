// What can be found in the logs of agents, beyond what can be found in any log of lines.

extension FindingCode {
    // What a line holds.

    /// A string escapes half of a surrogate pair, which services refuse.
    public static let loneSurrogate = FindingCode("lone-surrogate-escape")
    /// A record holds U+2028 or U+2029 as they are, at which some readers of lines end a line.
    public static let lineSeparator = FindingCode("line-separator-in-record")
    /// A fragment is the beginning of the record behind it: the write was cut short and made again.
    public static let repeatedAfterTorn = FindingCode("repeated-after-torn")
    /// A newline stands as it is inside a string, so that one record takes several lines.
    public static let rawNewline = FindingCode("raw-control-in-string")
    /// More arrays and objects are nested than the agent's reader can read.
    public static let nestedTooDeep = FindingCode("nested-too-deep")
    /// A field has a value at which the agent's reader gives up on the whole file.
    public static let fatalValue = FindingCode("fatal-value")
    /// A record lacks a field without which the agent's reader cannot use it.
    public static let incompleteEntry = FindingCode("incomplete-entry")
    /// Records of a kind that is not known here.
    public static let unknownEntryType = FindingCode("unknown-entry-type")

    // How records hang together.

    /// Records name parents that are not in the file.
    public static let parentMissing = FindingCode("parent-missing")
    /// A record comes again with the same identifier and the same bytes.
    public static let duplicateID = FindingCode("duplicate-id")
    /// Two records with different bytes have the same identifier.
    public static let conflictingID = FindingCode("conflicting-id")
    /// Records are their own ancestors.
    public static let parentCycle = FindingCode("parent-cycle")
    /// Two branches of the conversation grew at the same time, as two programs on one session make them.
    public static let interleavedBranches = FindingCode("interleaved-branches")
    /// The conversation begins anew without a compaction.
    public static let severalRoots = FindingCode("several-roots")
    /// A tool call in the conversation has no result.
    public static let callWithoutResult = FindingCode("call-without-result")
    /// The last tool calls have no result yet.
    public static let openCall = FindingCode("open-call")
    /// A result stands in the conversation without its tool call.
    public static let resultWithoutCall = FindingCode("result-without-call")
    /// A result stands before its tool call.
    public static let resultBeforeCall = FindingCode("result-before-call")
    /// A tool call has several results.
    public static let resultRepeated = FindingCode("result-repeated")
    /// Something else stands between a tool call and its result.
    public static let callInterrupted = FindingCode("call-interrupted")
    /// A compaction keeps the result of a tool call and not the call.
    public static let pairSplit = FindingCode("pair-split-by-compaction")
    /// The agent's reader ends the conversation at a record that is not part of it.
    public static let foreignLeaf = FindingCode("foreign-leaf")
    /// A record names another one, beside its parent, that is not where it should be.
    public static let referenceMissing = FindingCode("reference-missing")
    /// The identifier of a snapshot is that of the record behind it.
    public static let snapshotCollision = FindingCode("snapshot-id-collision")

    // Order and sessions.

    /// A number is left out in the numbers of records.
    public static let sequenceGap = FindingCode("sequence-gap")
    /// A number comes again in the numbers of records.
    public static let sequenceRepeated = FindingCode("sequence-repeated")
    /// A record among numbered ones has no number, or one among others without.
    public static let sequenceMissing = FindingCode("sequence-missing")
    /// The header names another session than the file's name does.
    public static let sessionNameMismatch = FindingCode("header-id-mismatch")
    /// The header is not on the first line.
    public static let headerNotFirst = FindingCode("header-not-first")
    /// The header is longer than the agent's list of sessions looks.
    public static let headerTooLong = FindingCode("header-too-long")
    /// Records belong to another session than the file.
    public static let foreignSession = FindingCode("foreign-session-id")
    /// One session stands in two files.
    public static let sessionInTwoFiles = FindingCode("session-in-two-files")

    // What the service refuses.

    /// The arguments of a tool call are not JSON.
    public static let argumentsNotJSON = FindingCode("arguments-not-json")
    /// A tool call or a result has an empty identifier.
    public static let emptyCallID = FindingCode("empty-call-id")
    /// A block of text, or of signed thinking, says nothing.
    public static let emptyBlock = FindingCode("empty-block")

    // What the agent's own reader does.

    /// The agent's reader refuses the file or never ends.
    public static let readerRefuses = FindingCode("reader-refuses")
    /// The agent's reader passes over lines.
    public static let readerSkips = FindingCode("reader-skips")
    /// The agent's reader shows less of the conversation than is there.
    public static let readerShowsLess = FindingCode("reader-shows-less")
    /// Opening the file makes the agent overwrite it with an empty session.
    public static let readerOverwrites = FindingCode("reader-overwrites")
    /// Opening the file makes the agent rewrite it.
    public static let readerRewrites = FindingCode("reader-rewrites")
    /// The agent's list of sessions does not have the file.
    public static let notListed = FindingCode("not-listed")
}
