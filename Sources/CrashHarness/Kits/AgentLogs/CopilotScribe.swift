// Events of Copilot CLI: a row in which each names the one before.

struct CopilotScribe: AgentScribe {
    private var counter = AgentCounter()
    private var last: String?
    private var open: [String] = []

    private mutating func event(_ type: String, _ data: [(key: String, value: JSONTree)]) -> JSONTree {
        let number = counter.next()
        let id = AgentCounter.uuid(number)
        defer { last = id }
        return .object([
            ("type", .string(type)), ("data", .object(data)), ("id", .string(id)),
            ("timestamp", .string(AgentCounter.time(number))), ("parentId", .text(last)),
        ])
    }

    mutating func begin(_ choices: inout Choices) -> [JSONTree] {
        [
            event(
                "session.start",
                [
                    ("sessionId", .string(AgentScribes.session)), ("version", .integer(1)),
                    ("producer", .string("copilot-agent")), ("copilotVersion", .string("1.0.0")),
                    ("startTime", .string(AgentCounter.time(0))), ("context", .object([("cwd", .string("/work"))])),
                ])
        ]
    }

    mutating func note(_ text: String, _ choices: inout Choices) -> [JSONTree] {
        switch choices.choose("kind of note", below: 5) {
        case 0:
            [
                event("session.shutdown", [("reason", .string("exit"))]),
                event("session.resume", [("resumeTime", .string("t"))]),
            ]
        case 1: [event("session.info", [("message", .string(text))])]
        case 2: [event("session.model_change", [("newModel", .string("model-1"))])]
        case 3: [event("hook.start", [("input", .string(text))]), event("hook.end", [("success", .bool(true))])]
        default:
            [
                event("subagent.started", [("agentName", .string("a"))]),
                event("subagent.completed", [("agentName", .string("a"))]),
            ]
        }
    }

    mutating func prompt(_ text: String) -> [JSONTree] { [event("user.message", [("content", .string(text))])] }

    private mutating func message(_ text: String, _ requests: [JSONTree]) -> JSONTree {
        event(
            "assistant.message",
            [
                ("messageId", .string("m\(counter.number)")), ("content", .string(text)),
                ("toolRequests", .array(requests)),
            ])
    }

    mutating func answer(_ text: String) -> [JSONTree] {
        [
            event("assistant.turn_start", [("turnId", .string("0"))]), message(text, []),
            event("assistant.turn_end", [("turnId", .string("0"))]),
        ]
    }

    mutating func calls(_ arguments: [String], thinking: String?) -> [JSONTree] {
        open = arguments.indices.map { "call_\(counter.number)_\($0)" }
        let requests = zip(open, arguments).map { call, argument in
            JSONTree.object([
                ("toolCallId", .string(call)), ("name", .string("bash")),
                ("arguments", .object([("command", .string(argument))])),
            ])
        }
        return [message(thinking ?? "", requests)]
            + open.map { event("tool.execution_start", [("toolCallId", .string($0)), ("toolName", .string("bash"))]) }
    }

    mutating func results(_ texts: [String]) -> [JSONTree] {
        zip(open, texts).map { call, text in
            event(
                "tool.execution_complete",
                [
                    ("toolCallId", .string(call)), ("success", .bool(true)),
                    ("result", .object([("content", .string(text))])),
                ])
        }
    }

    mutating func compaction(_ summary: String) -> [JSONTree] {
        [
            event("session.compaction_start", []),
            event("session.compaction_complete", [("summaryContent", .string(summary))]),
        ]
    }

    mutating func goBack(_ choices: inout Choices) -> [JSONTree] {
        [event("session.snapshot_rewind", [("eventsRemoved", .integer(1))])]
    }
}
