// Rollouts of Codex: a header, then records in the order of the file, numbered in newer files.

struct CodexScribe: AgentScribe {
    private var counter = AgentCounter()
    private var isNumbered = false
    private var ordinal = 0
    private var open: [String] = []

    private mutating func record(_ type: String, _ payload: [(key: String, value: JSONTree)]) -> JSONTree {
        let number = counter.next()
        defer { ordinal += 1 }
        return .object(
            [("timestamp", .string(AgentCounter.time(number)))] + (isNumbered ? [("ordinal", .integer(ordinal))] : [])
                + [
                    ("type", .string(type)), ("payload", .object(payload)),
                ])
    }

    private mutating func meta() -> JSONTree {
        record(
            "session_meta",
            [
                ("id", .string(AgentScribes.session)), ("timestamp", .string(AgentCounter.time(0))),
                ("cwd", .string("/work")),
                ("originator", .string("codex_cli_rs")), ("cli_version", .string("0.99.0")), ("source", .string("cli")),
                ("history_mode", .string(isNumbered ? "paginated" : "legacy")),
            ])
    }

    private mutating func message(_ role: String, _ text: String) -> JSONTree {
        let kind = role == "user" ? "input_text" : "output_text"
        return record(
            "response_item",
            [
                ("type", .string("message")), ("role", .string(role)),
                ("content", .array([.object([("type", .string(kind)), ("text", .string(text))])])),
            ])
    }

    mutating func begin(_ choices: inout Choices) -> [JSONTree] {
        isNumbered = choices.happens("numbered", oneIn: 2)
        return [meta()]
    }

    mutating func note(_ text: String, _ choices: inout Choices) -> [JSONTree] {
        switch choices.choose("kind of note", below: 4) {
        // Copied when a session is forked.
        case 0: [meta()]
        case 1: [record("turn_context", [("cwd", .string("/work")), ("model", .string("model-1"))])]
        case 2: [record("world_state", [("state", .string(text))])]
        default: [record("event_msg", [("type", .string("agent_message")), ("message", .string(text))])]
        }
    }

    mutating func prompt(_ text: String) -> [JSONTree] { [message("user", text)] }

    mutating func answer(_ text: String) -> [JSONTree] { [message("assistant", text)] }

    mutating func calls(_ arguments: [String], thinking: String?) -> [JSONTree] {
        var records: [JSONTree] = []
        if let thinking {
            records.append(
                record(
                    "response_item",
                    [
                        ("type", .string("reasoning")), ("summary", .array([])), ("encrypted_content", .string("c2ln")),
                        ("content", .string(thinking)),
                    ]))
        }
        for argument in arguments {
            open.append("call_\(counter.number)")
            let text = String(decoding: JSONTree.object([("command", .string(argument))]).compact, as: UTF8.self)
            records.append(
                record(
                    "response_item",
                    [
                        ("type", .string("function_call")), ("name", .string("shell")), ("arguments", .string(text)),
                        ("call_id", .string(open[open.count - 1])),
                    ]))
        }
        return records
    }

    mutating func results(_ texts: [String]) -> [JSONTree] {
        defer { open = [] }
        return zip(open, texts).map { call, text in
            record(
                "response_item",
                [("type", .string("function_call_output")), ("call_id", .string(call)), ("output", .string(text))])
        }
    }

    mutating func compaction(_ summary: String) -> [JSONTree] { [record("compacted", [("message", .string(summary))])] }

    mutating func goBack(_ choices: inout Choices) -> [JSONTree] {
        [record("event_msg", [("type", .string("thread_rolled_back")), ("num_turns", .integer(1))])]
    }
}
