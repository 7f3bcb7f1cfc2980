// Sessions of Claude Code: one response over several lines, results of parallel calls beside each other, sidechains.

struct ClaudeScribe: AgentScribe {
    private typealias Fields = [(key: String, value: JSONTree)]

    private var counter = AgentCounter()
    private var leaf: String?
    /// The conversation from its root, for going back and for what refers to messages.
    private var path: [String] = []
    /// How long the path was before each prompt on it.
    private var prompts: [Int] = []
    private var open: [(call: String, record: String)] = []

    private mutating func record(
        _ type: String, _ fields: [(key: String, value: JSONTree)], parent: String??, isSidechain: Bool = false,
        joins: Bool = true
    ) -> JSONTree {
        let number = counter.next()
        let id = AgentCounter.uuid(number)
        let hung: String? = parent ?? leaf
        if joins {
            leaf = id
            path.append(id)
        }
        return .object(
            [
                ("parentUuid", .text(hung)), ("isSidechain", .bool(isSidechain)), ("userType", .string("external")),
                ("cwd", .string("/work")), ("sessionId", .string(AgentScribes.session)), ("version", .string("2.1.0")),
                ("type", .string(type)),
            ] + fields + [("uuid", .string(id)), ("timestamp", .string(AgentCounter.time(number)))])
    }

    private func user(_ content: JSONTree) -> (key: String, value: JSONTree) {
        ("message", .object([("role", .string("user")), ("content", content)]))
    }

    private mutating func assistant(_ response: String, _ block: JSONTree) -> JSONTree {
        record(
            "assistant",
            [
                ("requestId", .string("req_\(response)")),
                (
                    "message",
                    .object([
                        ("id", .string(response)), ("type", .string("message")), ("role", .string("assistant")),
                        ("model", .string("model-1")), ("content", .array([block])), ("stop_reason", .null),
                        ("usage", .object([("input_tokens", .integer(7)), ("output_tokens", .integer(9))])),
                    ])
                ),
            ], parent: nil)
    }

    mutating func begin(_ choices: inout Choices) -> [JSONTree] {
        guard choices.happens("greeting", oneIn: 3) else { return [] }
        return [record("user", [("isMeta", .bool(true)), user(.string("Caveat: not for you."))], parent: nil)]
    }

    mutating func note(_ text: String, _ choices: inout Choices) -> [JSONTree] {
        let session: (String, JSONTree) = ("sessionId", .string(AgentScribes.session))
        switch choices.choose("kind of note", below: 9) {
        case 0 where leaf != nil:
            return [.object([("type", .string("summary")), ("summary", .string(text)), ("leafUuid", .text(leaf))])]
        case 1 where leaf != nil:
            let snapshot = JSONTree.object([("messageId", .text(leaf)), ("trackedFileBackups", .object([]))])
            return [
                .object([
                    ("type", .string("file-history-snapshot")), ("messageId", .text(leaf)), ("snapshot", snapshot),
                    ("isSnapshotUpdate", .bool(false)),
                ])
            ]
        case 2: return [.object([("type", .string("custom-title")), ("customTitle", .string(text)), session])]
        case 3: return [.object([("type", .string("tag")), ("tag", .string("work")), session])]
        case 4:
            return [
                .object([
                    ("type", .string("queue-operation")), ("operation", .string("enqueue")), ("content", .string(text)),
                    session,
                ])
            ]
        case 5 where leaf != nil:
            return [
                record(
                    "progress", [("data", .object([("type", .string("hook")), ("text", .string(text))]))], parent: nil)
            ]
        case 6 where leaf != nil:
            return [record("system", [("subtype", .string("informational")), ("content", .string(text))], parent: nil)]
        case 7 where leaf != nil:
            return [record("attachment", [("attachment", .object([("type", .string("file"))]))], parent: nil)]
        default:
            // A subagent's row, as older releases wrote it into the same file.
            let first = record("user", [user(.string(text))], parent: .some(nil), isSidechain: true, joins: false)
            let second = record(
                "assistant",
                [
                    (
                        "message",
                        .object([("id", .string("msg_side_\(counter.number)")), ("content", .array([Self.text(text)]))])
                    )
                ],
                parent: .some(AgentCounter.uuid(counter.number)), isSidechain: true, joins: false)
            return [first, second]
        }
    }

    private static func text(_ text: String) -> JSONTree {
        .object([("type", .string("text")), ("text", .string(text))])
    }

    mutating func prompt(_ text: String) -> [JSONTree] {
        prompts.append(path.count)
        let content: JSONTree = counter.number % 2 == 0 ? .string(text) : .array([Self.text(text)])
        return [record("user", [user(content)], parent: nil)]
    }

    mutating func answer(_ text: String) -> [JSONTree] { [assistant("msg_\(counter.number)", Self.text(text))] }

    mutating func calls(_ arguments: [String], thinking: String?) -> [JSONTree] {
        let response = "msg_\(counter.number)"
        var records: [JSONTree] = []
        if let thinking {
            records.append(
                assistant(
                    response,
                    .object([
                        ("type", .string("thinking")), ("thinking", .string(thinking)), ("signature", .string("c2ln")),
                    ])))
        }
        for argument in arguments {
            let call = "toolu_\(counter.number)"
            records.append(
                assistant(
                    response,
                    .object([
                        ("type", .string("tool_use")), ("id", .string(call)), ("name", .string("Bash")),
                        ("input", .object([("command", .string(argument))])),
                    ])))
            open.append((call, leaf ?? ""))
        }
        return records
    }

    mutating func results(_ texts: [String]) -> [JSONTree] {
        defer { open = [] }
        return zip(open, texts).map { call, text in
            let block = JSONTree.object([
                ("type", .string("tool_result")), ("tool_use_id", .string(call.call)), ("content", .string(text)),
            ])
            return record(
                "user",
                [
                    user(.array([block])), ("toolUseResult", .string(text)),
                    ("sourceToolAssistantUUID", .string(call.record)),
                ],
                parent: .some(call.record))
        }
    }

    mutating func compaction(_ summary: String) -> [JSONTree] {
        guard let last = leaf else { return [] }
        (path, prompts) = ([], [])
        let boundary = record(
            "system",
            [
                ("subtype", .string("compact_boundary")), ("content", .string("Conversation compacted")),
                ("logicalParentUuid", .string(last)),
                ("compactMetadata", .object([("trigger", .string("auto")), ("preTokens", .integer(100))])),
            ], parent: .some(nil))
        return [boundary, record("user", [("isCompactSummary", .bool(true)), user(.string(summary))], parent: nil)]
    }

    mutating func goBack(_ choices: inout Choices) -> [JSONTree] {
        guard prompts.count > 1 else { return [] }
        let prompt = 1 + choices.choose("prompt to go back to", below: prompts.count - 1)
        path.removeSubrange(prompts[prompt]...)
        prompts.removeSubrange(prompt...)
        leaf = path.last
        return []
    }
}
