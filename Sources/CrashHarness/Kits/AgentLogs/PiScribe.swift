// Sessions of pi: a header, then a tree in which everything hangs on what was before it.

struct PiScribe: AgentScribe {
    private var counter = AgentCounter()
    private var path: [String] = []
    /// How long the path was before each prompt on it.
    private var prompts: [Int] = []
    private var open: [String] = []

    private mutating func record(_ type: String, _ fields: [(key: String, value: JSONTree)]) -> JSONTree {
        let number = counter.next()
        let id = AgentCounter.short(number)
        defer { path.append(id) }
        return .object(
            [
                ("type", .string(type)), ("id", .string(id)), ("parentId", .text(path.last)),
                ("timestamp", .string(AgentCounter.time(number))),
            ] + fields)
    }

    private mutating func message(_ fields: [(key: String, value: JSONTree)]) -> JSONTree {
        record(
            "message", [("message", .object(fields + [("timestamp", .integer(1_767_323_045_000 + counter.number))]))])
    }

    private static func text(_ text: String) -> JSONTree {
        .object([("type", .string("text")), ("text", .string(text))])
    }

    mutating func begin(_ choices: inout Choices) -> [JSONTree] {
        let header = JSONTree.object([
            ("type", .string("session")), ("version", .integer(3)), ("id", .string(AgentScribes.session)),
            ("timestamp", .string(AgentCounter.time(0))), ("cwd", .string("/work")),
        ])
        return [header, record("thinking_level_change", [("thinkingLevel", .string("high"))])]
    }

    mutating func note(_ text: String, _ choices: inout Choices) -> [JSONTree] {
        let last = JSONTree.text(path.last)
        switch choices.choose("kind of note", below: 6) {
        case 0: return [record("label", [("targetId", last), ("label", .string(text))])]
        case 1: return [record("session_info", [("name", .string(text))])]
        case 2: return [record("custom", [("customType", .string("state")), ("data", .string(text))])]
        case 3:
            return [
                record(
                    "custom_message",
                    [("customType", .string("state")), ("content", .string(text)), ("display", .bool(true))])
            ]
        case 4: return [record("branch_summary", [("fromId", last), ("summary", .string(text))])]
        default: return [record("model_change", [("provider", .string("openai")), ("modelId", .string("model-1"))])]
        }
    }

    mutating func prompt(_ text: String) -> [JSONTree] {
        prompts.append(path.count)
        return [
            message([
                ("role", .string("user")),
                ("content", counter.number % 2 == 0 ? .string(text) : .array([Self.text(text)])),
            ])
        ]
    }

    private mutating func assistant(_ blocks: [JSONTree]) -> JSONTree {
        message([
            ("role", .string("assistant")), ("content", .array(blocks)), ("api", .string("x")),
            ("provider", .string("openai")), ("model", .string("model-1")), ("stopReason", .string("stop")),
        ])
    }

    mutating func answer(_ text: String) -> [JSONTree] { [assistant([Self.text(text)])] }

    mutating func calls(_ arguments: [String], thinking: String?) -> [JSONTree] {
        var blocks: [JSONTree] =
            thinking.map { [.object([("type", .string("thinking")), ("thinking", .string($0))])] } ?? []
        for argument in arguments {
            open.append("call_\(counter.number)_\(open.count)")
            blocks.append(
                .object([
                    ("type", .string("toolCall")), ("id", .string(open[open.count - 1])), ("name", .string("bash")),
                    ("arguments", .object([("command", .string(argument))])),
                ]))
        }
        return [assistant(blocks)]
    }

    mutating func results(_ texts: [String]) -> [JSONTree] {
        defer { open = [] }
        return zip(open, texts).map { call, text in
            message([
                ("role", .string("toolResult")), ("toolCallId", .string(call)), ("toolName", .string("bash")),
                ("content", .array([Self.text(text)])), ("isError", .bool(false)),
            ])
        }
    }

    mutating func compaction(_ summary: String) -> [JSONTree] {
        // What is kept begins with a record that is no result.
        [
            record(
                "compaction",
                [
                    ("summary", .string(summary)), ("firstKeptEntryId", .text(path.last)),
                    ("tokensBefore", .integer(100)),
                ])
        ]
    }

    mutating func goBack(_ choices: inout Choices) -> [JSONTree] {
        guard prompts.count > 1 else { return [] }
        let prompt = 1 + choices.choose("prompt to go back to", below: prompts.count - 1)
        path.removeSubrange(prompts[prompt]...)
        prompts.removeSubrange(prompt...)
        return []
    }
}
