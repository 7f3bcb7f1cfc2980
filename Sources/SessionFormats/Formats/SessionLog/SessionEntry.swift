// The entries of a session log as values: what a writer is given and what a reader decodes when asked.

/// One line of a session log after its header.
public enum SessionEntry: Sendable, Equatable {
    /// Something that was said.
    case message(MessageEntry)
    /// Earlier entries were summarised.
    case compaction(CompactionEntry)
    /// The conversation's current end moved to another entry.
    case leaf(LeafEntry)
    /// An entry of a type that a later release has.
    case newer(NewerEntry)

    /// The entry's identifier.
    public var id: String {
        switch self {
        case .message(let entry): entry.id
        case .compaction(let entry): entry.id
        case .leaf(let entry): entry.id
        case .newer(let entry): entry.id
        }
    }

    /// The entry before it, nil at a root.
    public var parentID: String? {
        switch self {
        case .message(let entry): entry.parentID
        case .compaction(let entry): entry.parentID
        case .leaf(let entry): entry.parentID
        case .newer(let entry): entry.parentID
        }
    }

    /// When it was written, as the writer spelled it; nil for entries of later releases.
    public var timestamp: String? {
        switch self {
        case .message(let entry): entry.timestamp
        case .compaction(let entry): entry.timestamp
        case .leaf(let entry): entry.timestamp
        case .newer: nil
        }
    }

    /// The entry's line, without the newline, as the reference's writer prints it; an entry of a later release with its
    /// keys in byte order.
    public func encoded() -> [UInt8] {
        if case .newer(let entry) = self { return entry.json.bytes }
        var json = JSONRecordPrinter()
        json.field("type", string: kind.rawValue)
        json.field("id", string: id)
        switch self {
        case .message(let entry):
            json.field("parent_id", optional: entry.parentID)
            json.field("timestamp", string: entry.timestamp)
            json.field("message", json: entry.message.encoded())
        case .compaction(let entry):
            json.field("parent_id", optional: entry.parentID)
            json.field("timestamp", string: entry.timestamp)
            json.field("summary", string: entry.summary)
            json.field("first_kept_entry_id", string: entry.firstKeptEntryID)
            json.field("tokens_before", integer: entry.tokensBefore)
            json.field("tokens_after", integer: entry.tokensAfter)
        case .leaf(let entry):
            json.field("parent_id", optional: entry.parentID)
            json.field("timestamp", string: entry.timestamp)
            json.field("entry_id", string: entry.entryID)
        case .newer: break
        }
        return json.finish()
    }

    /// Its type.
    public var kind: EntryKind {
        switch self {
        case .message: .message
        case .compaction: .compaction
        case .leaf: .leaf
        case .newer(let entry): entry.kind
        }
    }
}

/// The types of entries, named as in the file, in the order of the schema.
public enum EntryKind: String, Sendable, CaseIterable {
    /// A message.
    case message
    /// A compaction.
    case compaction
    /// A move of the conversation's end.
    case leaf
    /// The state of an extension; since 0.5.1.
    case extensionState = "extension_state"
    /// The session's name; since 0.6.5, like the ones below.
    case sessionInfo = "session_info"
    /// From here on another model answers.
    case modelChange = "model_change"
    /// From here on the model thinks more or less.
    case thinkingLevelChange = "thinking_level_change"
    /// A bookmark at an entry.
    case label
    /// What was said on a branch that was left.
    case branchSummary = "branch_summary"

    /// The release that brought it.
    public var since: SessionLogVersion {
        switch self {
        case .message, .compaction, .leaf: .v0_3_0
        case .extensionState: .v0_5_1
        case .sessionInfo, .modelChange, .thinkingLevelChange, .label, .branchSummary: .v0_6_5
        }
    }
}

/// An entry of a type that the reference does not have: what all entries have, and the whole as JSON.
public struct NewerEntry: Sendable, Equatable {
    /// The type.
    public var kind: EntryKind
    /// Identifies the entry in its log.
    public var id: String
    /// The entry before it, nil at a root.
    public var parentID: String?
    /// As the writer spelled it.
    public var timestamp: String
    /// The whole entry.
    public var json: CanonicalJSON
}

/// A message and its place in the conversation's tree.
public struct MessageEntry: Sendable, Equatable {
    /// Identifies the entry in its log.
    public var id: String
    /// The entry before it, nil at a root.
    public var parentID: String?
    /// As the writer spelled it.
    public var timestamp: String
    /// What was said.
    public var message: Message

    /// Makes an entry.
    public init(id: String, parentID: String?, timestamp: String, message: Message) {
        self.id = id
        self.parentID = parentID
        self.timestamp = timestamp
        self.message = message
    }
}

/// A summary that stands for everything before `firstKeptEntryID`.
public struct CompactionEntry: Sendable, Equatable {
    /// Identifies the entry in its log.
    public var id: String
    /// The entry before it, nil at a root.
    public var parentID: String?
    /// As the writer spelled it.
    public var timestamp: String
    /// The text that replaces what was compacted.
    public var summary: String
    /// The first entry that was kept.
    public var firstKeptEntryID: String
    /// Tokens in use before.
    public var tokensBefore: UInt64
    /// Tokens in use after.
    public var tokensAfter: UInt64

    /// Makes an entry.
    public init(
        id: String, parentID: String?, timestamp: String, summary: String, firstKeptEntryID: String,
        tokensBefore: UInt64, tokensAfter: UInt64
    ) {
        self.id = id
        self.parentID = parentID
        self.timestamp = timestamp
        self.summary = summary
        self.firstKeptEntryID = firstKeptEntryID
        self.tokensBefore = tokensBefore
        self.tokensAfter = tokensAfter
    }
}

/// A move of the conversation's end to another entry.
public struct LeafEntry: Sendable, Equatable {
    /// Identifies the entry in its log.
    public var id: String
    /// The entry before it, nil at a root.
    public var parentID: String?
    /// As the writer spelled it.
    public var timestamp: String
    /// The entry that is the end now.
    public var entryID: String

    /// Makes an entry.
    public init(id: String, parentID: String?, timestamp: String, entryID: String) {
        self.id = id
        self.parentID = parentID
        self.timestamp = timestamp
        self.entryID = entryID
    }
}
