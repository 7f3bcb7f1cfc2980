// What has to be known of an agent to read its log: data, about a page for each agent.
//
// All these logs are lines of JSON objects. They differ in what a line is called, what identifies it, what it hangs on, where
// tool calls and their results stand, and in what the agent's own reader does: what it skips, what it refuses, where it begins
// to walk. `AgentLogScan` reads any of them by such a description; how the agent's reader gets from records to a
// conversation is one of a few ways, named by `view`.

/// The description of one agent's log.
struct AgentLog: Sendable {
    /// The format's name, as `--as` takes it.
    var id: FormatID
    /// The agent, as people call it.
    var agent: String
    /// Whose view of the file is shown, as the subject of a sentence.
    var reader: String
    /// Where the agent keeps its sessions, below the home folder.
    var folders: [String]
    /// How the names of its files begin and end that older releases wrote as one object; nil when none did.
    var objectNames: (beginning: String, end: String)?
    /// How its reader gets from bytes to values.
    var lines = LineRules()
    /// Whether its reader refuses a whole file for one byte that is no UTF-8.
    var refusesInvalidUTF8 = false
    /// What becomes of a line that is no record.
    var badLines = BadLines.skipped
    /// The names of the fields that are looked at in every record.
    var keys: [Role: StaticString]
    /// How a record's kind is told.
    var kindRule = KindRule.byName
    /// The kinds of records, those that carry the conversation first.
    var kinds: [Kind]
    /// The record that a file begins with; nil when there is none.
    var header: Header?
    /// Where tool calls, their results and other values of interest stand.
    var blocks: [Block] = []
    /// What records name beside their parents.
    var references: [Reference] = []
    /// How a tool call is closed that has no result; nil where that is not known.
    var closing: Closing?
    /// How the agent's reader gets from records to a conversation.
    var view: View
    /// Whether an identifier that comes again is an update of the record.
    var repeatsAreUpdates = false
    /// Whether a second root needs a compaction before it.
    var hasOneRoot = false
    /// Whether U+2028 inside a record ends the line for the agent's reader, in some release of what it runs on.
    var breaksAtSeparators = false
    /// Whether the service wants a tool's result next after its call.
    var resultsFollowCalls = false
    /// Whether the service refuses half of a surrogate pair.
    var serviceRefusesSurrogates = false

    /// A field that is looked at in every record.
    enum Role: UInt8, CaseIterable, Sendable {
        case kind, id, parent, session, time, body, sequence, sidechain, team, meta, writer, source, copied
    }

    enum BadLines: Sendable {
        /// Its reader goes on behind the line.
        case skipped
        /// Its reader refuses the file and names the line.
        case refused
        /// Its reader takes whole objects that stand side by side on the line and passes over the rest.
        case splitWelds
    }

    /// Whether its reader takes apart objects that stand side by side on a line.
    var splitsWelds: Bool { badLines == .splitWelds }

    enum KindRule: Sendable {
        /// By the text of the field of role `kind`.
        case byName
        /// By which keys there are, in an order of its own.
        case byKeys
    }

    /// What a kind of record is to the conversation.
    enum Part: UInt8, Sendable {
        case user, assistant, toolResult
        /// Hangs in the chain and is not shown.
        case link
        /// A compaction: what is before it may be out of the reader's sight.
        case compaction
        /// Something beside the conversation.
        case aside
        case header
    }

    struct Kind: Sendable {
        var name: StaticString
        var part: Part
        /// Fields without which the reader cannot use the record.
        var needs: [StaticString] = []

        init(_ name: StaticString, _ part: Part, needs: [StaticString] = []) {
            (self.name, self.part, self.needs) = (name, part, needs)
        }

        /// Whether the record is identified, and hangs on others.
        var isNode: Bool { part != .aside && part != .header }
    }

    struct Header: Sendable {
        /// The kind of record that is one.
        var kind: StaticString
        /// Where the session's identifier stands.
        var id: [StaticString]
        /// Where the format's version stands, and the newest that is known.
        var version: (path: [StaticString], newest: Double)?
        /// Whether later ones are the agent's own doing.
        var mayRepeat = false
        /// Whether one that names no session is none.
        var needsID = false
        /// Whether it must come first.
        var mustBeFirst = true
        /// A header for a file that lost its own, so that the agent's reader takes the file.
        var made: @Sendable (_ session: String, _ time: String) -> String

        /// The same as a line, from what the file still tells.
        func made(for session: [UInt8]?, at time: String) -> [UInt8] {
            let session = session.map(JSONText.string) ?? "00000000-0000-4000-8000-000000000000"
            let time = time.isEmpty ? Self.noTime : time
            let isPlain = (session + time).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 < 0x7F }
            return Array((isPlain ? made(session, time) : made("recovered", Self.noTime)).utf8) + [0x0A]
        }

        private static let noTime = "1970-01-01T00:00:00.000Z"
    }

    /// What a value inside a record means: the values to which `path` leads (`*` is each item of an array) whose `key` is one of
    /// `values`.
    struct Block: Sendable {
        enum Meaning: Sendable {
            /// A tool call, where its identifier stands in the value, and where a text of arguments does that must be JSON.
            case call(id: [StaticString], arguments: StaticString? = nil)
            /// The result of the tool call whose identifier stands there.
            case result(id: [StaticString])
            /// The service refuses it when this field is empty and the other one, if any, is not.
            case refusedWhenEmpty(StaticString, with: StaticString? = nil)
        }

        var path: [StaticString]
        var key: StaticString?
        var values: [StaticString] = []
        var meaning: Meaning

        init(
            _ path: [StaticString], where key: StaticString? = nil, is values: [StaticString] = [], _ meaning: Meaning
        ) {
            (self.path, self.key, self.values, self.meaning) = (path, key, values, meaning)
        }
    }

    /// Another record that a record names.
    struct Reference: Sendable {
        var kind: StaticString
        var path: [StaticString]
        /// Whether it is the record before a compaction, which some readers follow as a parent.
        var isLogicalParent = false
    }

    /// How a result is written that says that a tool call has none.
    struct Closing: Sendable {
        /// Whether what followed the call must hang on the result.
        var takesChildren: Bool
        var record: @Sendable (_ id: String, _ parent: String, _ call: String, _ session: String) -> String
    }

    enum View: Sendable {
        /// A walk from the last record up its parents.
        case chain
        /// The order of the file.
        case sequence
        case claude, pi, gemini
    }
}

extension JSONView {
    /// The value to which a path of names leads.
    func value(at path: [StaticString]) -> JSONView? {
        var value = self
        var index = 0
        while index < path.count {
            guard let next = value.member(path[index]) else { return nil }
            value = next
            index += 1
        }
        return value
    }

    /// Calls `body` with every value to which a path leads, in which `*` is each item of an array.
    func forEach(at path: ArraySlice<StaticString>, _ body: (JSONView) -> Void) {
        guard let name = path.first else { return body(self) }
        if name.utf8CodeUnitCount == 1, name.utf8Start.pointee == 0x2A {
            for item in items { item.forEach(at: path.dropFirst(), body) }
        } else if let next = member(name) {
            next.forEach(at: path.dropFirst(), body)
        }
    }
}
