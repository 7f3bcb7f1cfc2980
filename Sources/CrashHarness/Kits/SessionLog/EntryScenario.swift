// Headers and entries of session logs, of every type and with every field.

import SessionFormats

enum EntryScenario {
    static func header(_ choices: inout Choices) -> SessionHeader {
        SessionHeader(
            id: "s" + TextScenario.short("session id", &choices), timestamp: "2026-01-02T03:04:05Z",
            cwd: "/" + TextScenario.short("folder", &choices),
            parentSession: choices.happens("parent session", oneIn: 4) ? TextScenario.short("parent", &choices) : nil)
    }

    static func entry(_ number: Int, _ choices: inout Choices) -> SessionEntry {
        let id = "e\(number)" + (choices.happens("unusual id", oneIn: 8) ? TextScenario.short("id", &choices) : "")
        let parent: String? = choices.happens("root", oneIn: 4) ? nil : "e\(number - 1)"
        let timestamp = "2026-01-02T03:04:\(number % 60)Z"
        switch choices.choose("entry type", below: 6) {
        case 0:
            return .leaf(LeafEntry(id: id, parentID: parent, timestamp: timestamp, entryID: "e\(number)"))
        case 1:
            return .compaction(
                CompactionEntry(
                    id: id, parentID: parent, timestamp: timestamp,
                    summary: TextScenario.text("summary", upTo: 10, &choices), firstKeptEntryID: "e0",
                    tokensBefore: choices.number("tokens before"), tokensAfter: choices.number("tokens after")))
        default:
            return .message(
                MessageEntry(id: id, parentID: parent, timestamp: timestamp, message: message(&choices)))
        }
    }

    private static func message(_ choices: inout Choices) -> Message {
        let time = Int64(bitPattern: choices.number("time"))
        switch choices.choose("role", below: 3) {
        case 0: return .user(UserMessage(content: inputs(&choices), timestampMilliseconds: time))
        case 1: return .assistant(assistant(time, &choices))
        default:
            return .toolResult(
                ToolResultMessage(
                    toolCallID: TextScenario.short("call id", &choices), toolName: "bash",
                    content: inputs(&choices), details: details(&choices),
                    isError: choices.happens("tool failed", oneIn: 2), timestampMilliseconds: time))
        }
    }

    private static func assistant(_ time: Int64, _ choices: inout Choices) -> AssistantMessage {
        AssistantMessage(
            content: outputs(&choices), api: choices.pick("api", APIKind.allCases),
            provider: "p", model: TextScenario.short("model", &choices),
            responseModel: choices.happens("response model", oneIn: 2) ? "m" : nil,
            responseID: choices.happens("response id", oneIn: 2) ? TextScenario.short("response id", &choices) : nil,
            usage: usage(&choices), stopReason: choices.pick("stop reason", StopReason.allCases),
            errorMessage: choices.happens("error message", oneIn: 4) ? TextScenario.short("error", &choices) : nil,
            timestampMilliseconds: time)
    }

    private static func usage(_ choices: inout Choices) -> Usage {
        Usage(
            inputTokens: UInt32(truncatingIfNeeded: choices.number("input tokens")), outputTokens: 7,
            cacheReadTokens: UInt32(choices.choose("cache reads", below: 100)),
            cacheWriteTokens: choices.happens("cache writes", oneIn: 4) ? .max : 0)
    }

    /// What a user says and a tool returns.
    private static func inputs(_ choices: inout Choices) -> [ContentItem] {
        items(&choices) { choices in
            choices.happens("image", oneIn: 4)
                ? .image(image(&choices)) : .text(TextScenario.text("text", upTo: 10, &choices))
        }
    }

    private static func outputs(_ choices: inout Choices) -> [ContentItem] {
        items(&choices) { choices in
            let text = TextScenario.text("text", upTo: 10, &choices)
            switch choices.choose("kind of content", below: 3) {
            case 0: return .text(text)
            case 1: return .thinking(text)
            default:
                return .toolCall(ToolCall(id: "c", name: TextScenario.short("tool", &choices), arguments: text))
            }
        }
    }

    private static func items(_ choices: inout Choices, _ item: (inout Choices) -> ContentItem) -> [ContentItem] {
        var items: [ContentItem] = []
        for _ in 0..<choices.choose("content items", below: 4) { items.append(item(&choices)) }
        return items
    }

    private static func image(_ choices: inout Choices) -> Image {
        let source: ImageSource
        switch choices.choose("image source", below: 3) {
        case 0:
            let count = choices.choose("image bytes", below: 6)
            source = .bytes((0..<count).map { _ in UInt8(choices.choose("image byte", below: 256)) })
        case 1: source = .base64(choices.happens("odd base64", oneIn: 4) ? "=\n" : "iVBORw0KGgo=")
        default: source = .url("https://example.org/" + TextScenario.short("picture", &choices))
        }
        return Image(source: source, mediaType: choices.pick("media type", MediaType.allCases))
    }

    // MARK: Details

    private static let numbers = [
        "0", "1", "-1", "1.0", "0.5", "-0.0", "1e+16", "1e-7", "0.00001", "1.5e+300", "5e-324", "18446744073709551615",
        "-9223372036854775808", "1.7976931348623157e+308", "123456.789",
    ]

    private static func details(_ choices: inout Choices) -> CanonicalJSON? {
        guard choices.happens("details", oneIn: 2) else { return nil }
        var tree = value(depth: 0, &choices)
        // The deepest that the reference accepts under `details` is 125.
        if choices.happens("deep details", oneIn: 32) {
            for _ in 0..<choices.choose("depth", below: 126 - tree.depth) { tree = .array([tree]) }
        }
        if case .null = tree { return nil }
        return try? CanonicalJSON(tree.compact)
    }

    private static func value(depth: Int, _ choices: inout Choices) -> JSONTree {
        switch choices.choose("kind of value", below: depth < 4 ? 6 : 4) {
        case 0: return .null
        case 1: return .bool(choices.happens("true", oneIn: 2))
        case 2: return .number(choices.pick("number", numbers))
        case 3: return .string(TextScenario.short("string", &choices))
        case 4:
            var items: [JSONTree] = []
            for _ in 0..<choices.choose("items", below: 4) { items.append(value(depth: depth + 1, &choices)) }
            return .array(items)
        default:
            // Keys in byte order, as the reference's writer prints them.
            var fields: [(key: String, value: JSONTree)] = []
            for index in 0..<choices.choose("fields", below: 4) {
                let key = "\(index)" + TextScenario.short("key", &choices)
                fields.append((key, value(depth: depth + 1, &choices)))
            }
            return .object(fields)
        }
    }

    // MARK: As JSON

    static func tree(of header: SessionHeader) -> JSONTree {
        .record([
            ("type", .string("session")), ("version", .integer(1)), ("id", .string(header.id)),
            ("timestamp", .string(header.timestamp)), ("cwd", .string(header.cwd)),
            ("parent_session", .optional(header.parentSession)),
        ])
    }

    static func tree(of entry: SessionEntry) -> JSONTree {
        switch entry {
        case .message(let message):
            .record([
                ("type", .string("message")), ("id", .string(message.id)), ("parent_id", .optional(message.parentID)),
                ("timestamp", .string(message.timestamp)), ("message", tree(of: message.message)),
            ])
        case .compaction(let compaction):
            .record([
                ("type", .string("compaction")), ("id", .string(compaction.id)),
                ("parent_id", .optional(compaction.parentID)), ("timestamp", .string(compaction.timestamp)),
                ("summary", .string(compaction.summary)),
                ("first_kept_entry_id", .string(compaction.firstKeptEntryID)),
                ("tokens_before", .integer(compaction.tokensBefore)),
                ("tokens_after", .integer(compaction.tokensAfter)),
            ])
        case .leaf(let leaf):
            .record([
                ("type", .string("leaf")), ("id", .string(leaf.id)), ("parent_id", .optional(leaf.parentID)),
                ("timestamp", .string(leaf.timestamp)), ("entry_id", .string(leaf.entryID)),
            ])
        // Scenarios make no entries of later releases.
        case .newer(let entry): .number(entry.json.description)
        }
    }

    private static func tree(of message: Message) -> JSONTree {
        switch message {
        case .user(let user):
            .record([
                ("role", .tag("user", 0)), ("content", .array(user.content.map(tree(of:)))),
                ("timestamp_ms", .integer(user.timestampMilliseconds)),
            ])
        case .assistant(let assistant):
            .record([
                ("role", .tag("assistant", 1)), ("content", .array(assistant.content.map(tree(of:)))),
                ("api", .name(assistant.api.rawValue)), ("provider", .string(assistant.provider)),
                ("model", .string(assistant.model)), ("response_model", .optional(assistant.responseModel)),
                ("response_id", .optional(assistant.responseID)), ("usage", tree(of: assistant.usage)),
                ("stop_reason", .name(assistant.stopReason.rawValue)),
                ("error_message", .optional(assistant.errorMessage)),
                ("timestamp_ms", .integer(assistant.timestampMilliseconds)),
            ])
        case .toolResult(let result):
            .record([
                ("role", .tag("tool_result", 2)), ("tool_call_id", .string(result.toolCallID)),
                ("tool_name", .string(result.toolName)), ("content", .array(result.content.map(tree(of:)))),
                ("details", result.details.map { .number($0.description) } ?? .null),
                ("is_error", .bool(result.isError)), ("timestamp_ms", .integer(result.timestampMilliseconds)),
            ])
        }
    }

    private static func tree(of usage: Usage) -> JSONTree {
        .record([
            ("input_tokens", .integer(usage.inputTokens)), ("output_tokens", .integer(usage.outputTokens)),
            ("cache_read_tokens", .integer(usage.cacheReadTokens)),
            ("cache_write_tokens", .integer(usage.cacheWriteTokens)),
        ])
    }

    private static func tree(of image: Image) -> JSONTree {
        let source: JSONTree
        switch image.source {
        case .url(let url): source = .record([("type", .tag("url", 0)), ("url", .string(url))])
        case .base64(let data): source = .record([("type", .tag("base64", 1)), ("data", .string(data))])
        case .bytes(let data):
            source = .record([("type", .tag("bytes", 2)), ("data", .array(data.map { .integer($0) }))])
        }
        return .record([
            ("type", .tag("image", 1)), ("source", source), ("media_type", .name(image.mediaType.rawValue)),
        ])
    }

    private static func tree(of item: ContentItem) -> JSONTree {
        switch item {
        case .text(let text): .record([("type", .tag("text", 0)), ("text", .string(text))])
        case .image(let image): tree(of: image)
        case .thinking(let text): .record([("type", .tag("thinking", 1)), ("thinking", .string(text))])
        case .toolCall(let call):
            .record([
                ("type", .tag("tool_call", 2)),
                (
                    "tool_call",
                    .record([
                        ("id", .string(call.id)), ("name", .string(call.name)), ("arguments", .string(call.arguments)),
                    ])
                ),
            ])
        // Scenarios make no items that the schema does not declare.
        case .unknown(let json): .number(json.description)
        }
    }
}
