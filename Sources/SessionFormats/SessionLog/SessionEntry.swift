// The entries of a session log as values: what a writer is given and what a reader decodes when asked.

/// One line of a session log after its header.
public enum SessionEntry: Sendable, Equatable {
    /// Something that was said.
    case message(MessageEntry)
    /// Earlier entries were summarised.
    case compaction(CompactionEntry)
    /// The conversation's current end moved to another entry.
    case leaf(LeafEntry)

    /// The entry's identifier.
    public var id: String {
        switch self {
        case .message(let entry): entry.id
        case .compaction(let entry): entry.id
        case .leaf(let entry): entry.id
        }
    }

    /// The entry's line, without the newline, as the reference's writer prints it.
    public func encoded() -> [UInt8] {
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
        }
        return json.finish()
    }

    /// Which of the three it is.
    public var kind: EntryKind {
        switch self {
        case .message: .message
        case .compaction: .compaction
        case .leaf: .leaf
        }
    }
}

/// The kinds of entries, named as in the file, in the order of the schema.
public enum EntryKind: String, Sendable, CaseIterable {
    /// A message.
    case message
    /// A compaction.
    case compaction
    /// A leaf.
    case leaf
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
