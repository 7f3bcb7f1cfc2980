// Sessions of Qwen Code: a graph like Claude Code's, with messages in Google's parts.

struct QwenScribe: AgentScribe {
    private var counter = AgentCounter()
    private var path: [String] = []
    /// How long the path was before each prompt on it.
    private var prompts: [Int] = []
    private var open: [String] = []

    private mutating func record(_ type: String, _ fields: [(key: String, value: JSONTree)]) -> JSONTree {
        let number = counter.next()
        let id = AgentCounter.uuid(number)
        defer { path.append(id) }
        return .object(
            [
                ("uuid", .string(id)), ("parentUuid", .text(path.last)), ("sessionId", .string(AgentScribes.session)),
                ("timestamp", .string(AgentCounter.time(number))), ("type", .string(type)), ("cwd", .string("/work")),
                ("version", .string("0.9.0")),
            ] + fields)
    }

    private mutating func message(_ type: String, _ role: String, _ parts: [JSONTree]) -> JSONTree {
        record(type, [("message", .object([("role", .string(role)), ("parts", .array(parts))]))])
    }

    private static func text(_ text: String) -> JSONTree { .object([("text", .string(text))]) }

    mutating func begin(_ choices: inout Choices) -> [JSONTree] { [] }

    mutating func note(_ text: String, _ choices: inout Choices) -> [JSONTree] {
        let kind = choices.pick("kind of note", ["custom_title", "branch_checkpoint", "slash_command"])
        return [record("system", [("subtype", .string(kind)), ("systemPayload", .object([("text", .string(text))]))])]
    }

    mutating func prompt(_ text: String) -> [JSONTree] {
        prompts.append(path.count)
        return [message("user", "user", [Self.text(text)])]
    }

    mutating func answer(_ text: String) -> [JSONTree] { [message("assistant", "model", [Self.text(text)])] }

    mutating func calls(_ arguments: [String], thinking: String?) -> [JSONTree] {
        open = arguments.indices.map { "call_\(counter.number)_\($0)" }
        let calls = zip(open, arguments).map { call, argument in
            JSONTree.object([
                (
                    "functionCall",
                    .object([
                        ("id", .string(call)), ("name", .string("shell")),
                        ("args", .object([("command", .string(argument))])),
                    ])
                )
            ])
        }
        let thoughts = thinking.map { [JSONTree.object([("text", .string($0)), ("thought", .bool(true))])] } ?? []
        return [message("assistant", "model", thoughts + calls)]
    }

    mutating func results(_ texts: [String]) -> [JSONTree] {
        zip(open, texts).map { call, text in
            message(
                "tool_result", "user",
                [
                    .object([
                        (
                            "functionResponse",
                            .object([("id", .string(call)), ("response", .object([("output", .string(text))]))])
                        )
                    ])
                ])
        }
    }

    mutating func compaction(_ summary: String) -> [JSONTree] {
        [
            record(
                "system",
                [("subtype", .string("chat_compression")), ("systemPayload", .object([("text", .string(summary))]))])
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
