// The agents' readers once more, written from their rules alone and sharing no code with the library.
//
// They are slow and plain: a list of values, dictionaries, loops. What they answer is compared with reference mode, and tells
// whether a recovered copy is whole for the agent.

import SessionFormats

/// What an agent's reader makes of a file.
struct AgentModel {
    /// The error's name; nil when the reader gives something.
    var error: String?
    /// What it shows, by identifier; a record without one is "".
    var shown: [String] = []
    /// The identifiers of all records that it parses, shown or not.
    var parsed: [String] = []
    /// How many lines it passes over.
    var badLines = 0

    init(_ agent: FormatID, _ bytes: [UInt8]) {
        switch agent {
        case .claudeCode: readAsClaude(bytes)
        case .pi: readAsPi(bytes)
        case .gemini: readAsGemini(bytes)
        case .qwen: readAsQwen(bytes)
        case .codex: readAsCodex(bytes)
        default: readAsCopilot(bytes)
        }
    }

    private static func name(_ value: PlainJSON?) -> String { value?.text.map(PlainJSON.string) ?? "" }

    // MARK: Lines

    private static let pythonSpace: Set<UInt16> = Set([
        0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x20,
    ])
    .union(0x09...0x0D).union(0x1C...0x1F).union(0x2000...0x200A)
    private static let scriptSpace: Set<UInt16> = pythonSpace.subtracting([0x85]).subtracting(0x1C...0x1F).union([
        0xFEFF
    ])

    private static func trimmed(_ text: ArraySlice<UInt16>, _ space: Set<UInt16>) -> [UInt16] {
        let rest = text.drop { space.contains($0) }
        return Array(rest.prefix(rest.count - rest.reversed().prefix { space.contains($0) }.count))
    }

    private static func units(_ bytes: [UInt8]) -> [UInt16] { Array(String(decoding: bytes, as: UTF8.self).utf16) }

    /// Lines that end at LF, CR LF, or a lone CR.
    private static func lines(_ text: [UInt16], atReturns: Bool) -> [[UInt16]] {
        var lines: [[UInt16]] = [[]]
        var index = 0
        while index < text.count {
            if text[index] == 0x0A || atReturns && text[index] == 0x0D {
                if text[index] == 0x0D, index + 1 < text.count, text[index + 1] == 0x0A { index += 1 }
                lines.append([])
            } else {
                lines[lines.count - 1].append(text[index])
            }
            index += 1
        }
        return lines
    }

    private mutating func objects(
        _ lines: [[UInt16]], takesHalfPairs: Bool = true, depthLimit: Int? = 3_000
    ) -> [PlainJSON] {
        lines.compactMap { line in
            if Self.trimmed(line[...], Self.scriptSpace).isEmpty { return nil }
            let value = try? PlainJSONReader.read(line, takesHalfPairs: takesHalfPairs, depthLimit: depthLimit)
            guard let value, value.isObject else {
                badLines += 1
                return nil
            }
            return value
        }
    }

    // MARK: Claude Code

    private mutating func readAsClaude(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            error = "UnicodeDecodeError"
            return
        }
        var kept: [PlainJSON] = []
        for line in Self.lines(Self.units(bytes), atReturns: true) {
            let line = Self.trimmed(line[...], Self.pythonSpace)
            if line.isEmpty { continue }
            do throws(PlainJSONReader.Refused) {
                let value = try PlainJSONReader.read(line, isPython: true, depthLimit: 988)
                guard value.isObject else {
                    badLines += 1
                    continue
                }
                if let type = value["type"], type.isArray || type.isObject {
                    error = "TypeError"
                    return
                }
                let isKept = ["user", "assistant", "progress", "system", "attachment"].contains {
                    value["type"]?.isText($0) == true
                }
                if isKept, value["uuid"]?.text != nil { kept.append(value) }
                parsed.append(Self.name(value["uuid"]))
            } catch {
                if error.isTooDeep {
                    self.error = "RecursionError"
                    return
                }
                badLines += 1
            }
        }
        for entry in kept {
            if let parent = entry["parentUuid"], parent.isArray || parent.isObject, parent.isTrue(emptyIsTrue: false) {
                error = "TypeError"
                return
            }
        }
        var graph = ClaudeModelGraph(kept)
        shown = graph.shown().map { Self.name($0["uuid"]) }
    }

    // MARK: pi

    private mutating func readAsPi(_ bytes: [UInt8]) {
        let text = Self.trimmed(Self.units(bytes)[...], Self.scriptSpace)
        var values: [PlainJSON] = []
        for line in Self.lines(text, atReturns: false) where !Self.trimmed(line[...], Self.scriptSpace).isEmpty {
            if let value = try? PlainJSONReader.read(line) { values.append(value) } else { badLines += 1 }
        }
        guard let header = values.first else { return }
        if header == .null {
            error = "TypeError"
            return
        }
        guard header["type"]?.isText("session") == true, header["id"]?.text != nil else { return }
        parsed = values.map { Self.name($0["id"]) }
        let entries = values.filter { $0["type"]?.isText("session") != true }
        // Only the version that is current is modelled; older ones are brought up first.
        guard case .number(let version)? = header["version"], version >= 3 else {
            error = "NotModelled"
            return
        }
        if entries.contains(.null) {
            error = "TypeError"
            return
        }
        guard let last = entries.last else { return }
        func key(_ value: PlainJSON?) -> String? {
            switch value {
            case .text(let text): "t" + PlainJSON.string(text)
            case .number(let number): "n\(number + 0)"
            case .bool(let bool): "b\(bool)"
            case .null: "null"
            case nil: "absent"
            default: nil
            }
        }
        var index: [String: Int] = [:]
        for (place, entry) in entries.enumerated() { if let key = key(entry["id"]) { index[key] = place } }
        if last["id"] == .null { return }
        let isIDTrue = last["id"]?.isTrue(emptyIsTrue: true) == true
        var path: [Int] = []
        var next: Int? = isIDTrue ? key(last["id"]).flatMap { index[$0] } ?? entries.count - 1 : entries.count - 1
        while let place = next {
            if path.count > entries.count {
                error = "Hang"
                return
            }
            path.append(place)
            let parent = entries[place]["parentId"]
            next = parent?.isTrue(emptyIsTrue: true) == true ? key(parent).flatMap { index[$0] } : nil
        }
        let isHollow = path.contains { place in
            let message = entries[place]["message"]
            return entries[place]["type"]?.isText("message") == true && (message == nil || message == .null)
        }
        if isHollow {
            error = "TypeError"
            return
        }
        if isIDTrue { shown = path.reversed().map { Self.name(entries[$0]["id"]) } }
    }

    // MARK: Gemini CLI

    private mutating func readAsGemini(_ bytes: [UInt8]) {
        var model = GeminiModelSession()
        for record in objects(Self.lines(Self.units(bytes), atReturns: true)) {
            parsed.append(Self.name(record["id"]))
            model.take(record)
        }
        let messages = model.isSession ? model.messages : Self.messagesOfObject(bytes)
        guard let messages else {
            error = "NotASession"
            return
        }
        shown = messages.map { Self.name($0["id"]) }
        // The lines of an object are no records.
        if !model.isSession { (parsed, badLines) = (shown, 0) }
    }

    /// What older releases left: the whole file is one object, whose messages are taken as they are.
    private static func messagesOfObject(_ bytes: [UInt8]) -> [PlainJSON]? {
        guard let whole = try? PlainJSONReader.read(units(bytes)), whole.isObject, whole["sessionId"] != nil else {
            return nil
        }
        guard let messages = whole["messages"], messages != .null else { return [] }
        return messages.isArray && !messages.items.contains(.null) ? messages.items : nil
    }

    // MARK: Qwen Code

    private mutating func readAsQwen(_ bytes: [UInt8]) {
        let records = objects(Self.lines(Self.units(bytes), atReturns: true))
        parsed = records.map { Self.name($0["uuid"]) }
        let nodes = records.filter { record in
            ["user", "assistant", "tool_result", "system"].contains { record["type"]?.isText($0) == true }
                && record["uuid"]?.text != nil
        }
        var index: [String: PlainJSON] = [:]
        for node in nodes { index[Self.name(node["uuid"])] = node }
        var seen: Set<String> = []
        var next = nodes.last.map { Self.name($0["uuid"]) }
        var chain: [String] = []
        while let id = next, let node = index[id], seen.insert(id).inserted {
            chain.append(id)
            next = node["parentUuid"]?.text.flatMap { $0.isEmpty ? nil : PlainJSON.string($0) }
        }
        shown = chain.reversed()
    }

    // MARK: Codex and Copilot

    private mutating func readAsCodex(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            error = "InvalidUTF8"
            return
        }
        let records = objects(
            Self.lines(Self.units(bytes), atReturns: false), takesHalfPairs: false, depthLimit: 127)
        parsed = records.map { _ in "" }
        guard records.contains(where: { $0["type"]?.isText("session_meta") == true }) else {
            error = "MissingHeader"
            return
        }
        shown = records.filter { record in
            ["response_item", "compacted"].contains { record["type"]?.isText($0) == true }
        }.map { _ in "" }
    }

    private static let copilotEvents = [
        "user.message", "assistant.message", "session.resume", "session.shutdown", "session.error", "session.info",
        "session.model_change", "session.truncation", "session.compaction_start", "session.compaction_complete",
        "session.snapshot_rewind", "session.handoff", "assistant.turn_start", "assistant.turn_end",
        "tool.execution_start", "tool.execution_complete", "hook.start", "hook.end", "abort", "system.message",
        "subagent.started", "subagent.completed", "subagent.failed",
    ]

    private mutating func readAsCopilot(_ bytes: [UInt8]) {
        let records = objects(Self.lines(Self.units(bytes), atReturns: true))
        parsed = records.map { Self.name($0["id"]) }
        if badLines > 0 {
            error = "CorruptedLine"
        } else if !records.contains(where: { $0["type"]?.isText("session.start") == true }) {
            error = "MissingHeader"
        }
        guard error == nil else { return }
        shown = records.filter { record in
            Self.copilotEvents.contains { record["type"]?.isText($0) == true } && record["id"]?.text != nil
        }.map { Self.name($0["id"]) }
    }
}

/// Gemini CLI's map of messages.
private struct GeminiModelSession {
    private(set) var messages: [PlainJSON] = []
    private var metadata: [String: PlainJSON] = [:]

    var isSession: Bool {
        ["sessionId", "projectHash"].allSatisfy { metadata[$0]?.isTrue(emptyIsTrue: true) == true }
    }

    mutating func take(_ record: PlainJSON) {
        if let target = record["$rewindTo"]?.text {
            messages.removeSubrange((messages.firstIndex { $0["id"]?.text == target } ?? 0)...)
        } else if record["id"]?.text != nil {
            if Self.canBeJudged(record) { put(record) }
        } else if let set = record["$set"], set.isObject || set.isArray {
            if let items = set["messages"], items.isArray {
                messages = []
                if !putAll(items) { return }
            }
            merge(set)
        } else if record["sessionId"]?.text != nil, record["projectHash"]?.text != nil {
            merge(record)
            if let items = record["messages"], items.isArray { _ = putAll(items) }
        }
    }

    private mutating func merge(_ record: PlainJSON) {
        guard case .object(let members) = record else { return }
        for member in members { metadata[PlainJSON.string(member.key)] = member.value }
    }

    private mutating func put(_ message: PlainJSON) {
        if let place = messages.firstIndex(where: { $0["id"]?.text == message["id"]?.text }) {
            messages[place] = message
        } else {
            messages.append(message)
        }
    }

    private mutating func putAll(_ items: PlainJSON) -> Bool {
        for item in items.items where item["id"]?.text != nil {
            guard Self.canBeJudged(item) else { return false }
            put(item)
        }
        return true
    }

    /// Whether the content's text can be made: some parts cannot be looked at, and a text of a message has to be one.
    private static func canBeJudged(_ message: PlainJSON) -> Bool {
        let isJudged = message["type"]?.isText("user") == true || message["type"]?.isText("gemini") == true
        guard let content = message["content"] else { return true }
        guard partsCanBeRead(content) else { return false }
        guard isJudged, content.isObject, !hasBracket(content) else { return true }
        switch content["text"] {
        case nil, .null?, .text?: return true
        default: return false
        }
    }

    private static let plainBrackets = [
        "videoMetadata", "thought", "codeExecutionResult", "executableCode", "fileData",
    ]

    private static func hasBracket(_ part: PlainJSON) -> Bool {
        (plainBrackets + ["functionCall", "functionResponse", "inlineData"]).contains { part[$0] != nil }
    }

    private static func partsCanBeRead(_ content: PlainJSON) -> Bool {
        if content.isArray { return content.items.allSatisfy(partsCanBeRead) }
        guard content.isObject, !plainBrackets.contains(where: { content[$0] != nil }) else { return true }
        for name in ["functionCall", "functionResponse", "inlineData"] {
            guard let value = content[name] else { continue }
            if value == .null { return false }
            return name != "inlineData" || value["mimeType"]?.text != nil
        }
        return true
    }
}
