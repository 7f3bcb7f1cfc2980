// Sessions of Gemini CLI: metadata, messages that are written again when their tools have run, updates, rewinds.

struct GeminiScribe: AgentScribe {
    private var counter = AgentCounter()
    private var ids: [String] = []
    private var open: (id: String, calls: [(id: String, argument: String)]) = ("", [])

    private mutating func message(_ type: String, _ content: JSONTree, _ fields: [(key: String, value: JSONTree)] = [])
        -> JSONTree
    {
        let number = counter.next()
        ids.append(AgentCounter.uuid(number))
        return Self.message(ids[ids.count - 1], number, type, content, fields)
    }

    private static func message(
        _ id: String, _ number: Int, _ type: String, _ content: JSONTree, _ fields: [(key: String, value: JSONTree)]
    ) -> JSONTree {
        .object(
            [
                ("id", .string(id)), ("timestamp", .string(AgentCounter.time(number))), ("type", .string(type)),
                ("content", content),
            ] + fields)
    }

    mutating func begin(_ choices: inout Choices) -> [JSONTree] {
        [
            .object([
                ("sessionId", .string(AgentScribes.session)), ("projectHash", .string("c0ffee")),
                ("startTime", .string(AgentCounter.time(0))), ("lastUpdated", .string(AgentCounter.time(0))),
                ("kind", .string("main")),
            ])
        ]
    }

    mutating func note(_ text: String, _ choices: inout Choices) -> [JSONTree] {
        func set(_ key: String, _ value: JSONTree) -> JSONTree { .object([("$set", .object([(key, value)]))]) }
        switch choices.choose("kind of note", below: 5) {
        case 0: return [set("lastUpdated", .string(AgentCounter.time(counter.number)))]
        case 1: return [set("summary", .string(text))]
        case 2:
            return [set("memoryScratchpad", .object([("version", .integer(1)), ("workflowSummary", .string(text))]))]
        case 3: return [set("sessionId", .string(AgentScribes.session))]
        default: return [message("info", .string(text))]
        }
    }

    mutating func prompt(_ text: String) -> [JSONTree] {
        [message("user", counter.number % 2 == 0 ? .string(text) : .array([.object([("text", .string(text))])]))]
    }

    mutating func answer(_ text: String) -> [JSONTree] {
        [message("gemini", .string(text), [("model", .string("model-1"))])]
    }

    mutating func calls(_ arguments: [String], thinking: String?) -> [JSONTree] {
        let calls = arguments.enumerated().map { (id: "call_\(counter.number)_\($0.offset)", argument: $0.element) }
        let thoughts: [(key: String, value: JSONTree)] =
            thinking.map {
                [("thoughts", .array([.object([("subject", .string("s")), ("description", .string($0))])]))]
            } ?? []
        let record = message(
            "gemini", .string(""), thoughts + [("toolCalls", .array(calls.map { Self.call($0, nil) }))])
        open = (ids[ids.count - 1], calls)
        return [record]
    }

    private static func call(_ call: (id: String, argument: String), _ result: String?) -> JSONTree {
        let response = result.map { text in
            [
                (
                    key: "result",
                    value: JSONTree.array([
                        .object([
                            (
                                "functionResponse",
                                .object([("id", .string(call.id)), ("response", .object([("output", .string(text))]))])
                            )
                        ])
                    ])
                )
            ]
        }
        return .object(
            [
                ("id", .string(call.id)), ("name", .string("shell")),
                ("args", .object([("command", .string(call.argument))])),
                ("status", .string(result == nil ? "executing" : "success")),
            ] + (response ?? []))
    }

    /// The same record again, with the results in it.
    mutating func results(_ texts: [String]) -> [JSONTree] {
        let calls = zip(open.calls, texts).map { Self.call($0, $1) }
        return [Self.message(open.id, counter.next(), "gemini", .string(""), [("toolCalls", .array(calls))])]
    }

    /// A checkpoint takes the place of all messages.
    mutating func compaction(_ summary: String) -> [JSONTree] {
        ids = []
        let kept = [message("user", .string(summary)), message("gemini", .string("Understood."))]
        return [.object([("$set", .object([("messages", .array(kept))]))])]
    }

    mutating func goBack(_ choices: inout Choices) -> [JSONTree] {
        guard ids.count > 2 else { return [] }
        let place = 1 + choices.choose("message to go back to", below: ids.count - 1)
        defer { ids.removeSubrange(place...) }
        return [.object([("$rewindTo", .string(ids[place]))])]
    }

    // MARK: Older releases

    private static func fields(_ record: JSONTree) -> [(key: String, value: JSONTree)] {
        if case .object(let fields) = record { fields } else { [] }
    }

    /// The messages as they are in the end, each once.
    static func messages(_ records: [JSONTree]) -> [JSONTree] {
        var (messages, places): ([JSONTree], [String: Int]) = ([], [:])
        for record in records {
            guard case .string(let id)? = fields(record).first(where: { $0.key == "id" })?.value else { continue }
            if let place = places[id] {
                messages[place] = record
            } else {
                places[id] = messages.count
                messages.append(record)
            }
        }
        return messages
    }

    /// The messages of a session in one object.
    ///
    /// - Parameter isNamed: Whether the project's name stands in it.
    static func object(_ records: [JSONTree], isNamed: Bool) -> JSONTree {
        let metadata = records.first.map(fields) ?? []
        return .object(
            metadata.filter { isNamed || $0.key != "projectHash" } + [("messages", .array(messages(records)))])
    }

    /// A JSON text with each value on its own line, as it stands so deep inside another.
    static func overLines(_ text: [UInt8], depth: Int) -> [UInt8] {
        var (lines, depth, isString, isEscaped): ([UInt8], Int, Bool, Bool) = ([], depth, false, false)
        func newline() -> [UInt8] { [0x0A] + [UInt8](repeating: 0x20, count: 2 * depth) }
        for byte in text {
            let isPlain = !isString
            if byte == 0x22, !isEscaped { isString.toggle() }
            isEscaped = isString && byte == 0x5C && !isEscaped
            guard isPlain else {
                lines.append(byte)
                continue
            }
            if byte == 0x7D || byte == 0x5D {
                depth -= 1
                lines += newline()
            }
            lines.append(byte)
            if byte == 0x7B || byte == 0x5B { depth += 1 }
            if byte == 0x7B || byte == 0x5B || byte == 0x2C { lines += newline() }
        }
        return lines
    }
}
