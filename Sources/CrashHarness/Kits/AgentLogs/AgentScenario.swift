// An agent's log as its program would have left it: what happens in a session, told as records of one agent.
//
// What happens is the same for all: prompts, answers with thinking and tool calls, results, compactions, going back to an
// earlier message, notes beside the conversation. How it is told is the agent's own, in `AgentScribe`.

import SessionFormats

/// A log and where its lines stand.
struct AgentScenario {
    private(set) var bytes: [UInt8] = []
    /// Without their newlines.
    private(set) var lines: [Range<Int>] = []

    /// Chooses a log of a few turns.
    ///
    /// - Parameters:
    ///   - size: At least so many bytes; nil for up to five turns.
    ///   - text: Makes a text; nil for texts with a liking for what breaks readers.
    init(
        _ agent: FormatID, size: Int? = nil, text: ((inout Choices) -> String)? = nil, _ choices: inout Choices
    ) {
        var story = AgentStory(AgentScribes.scribe(of: agent), text ?? Self.text)
        story.begin(&choices)
        if let size {
            while story.size < size { story.turn(&choices) }
        } else {
            for _ in 0..<1 + choices.choose("further turns", below: 5) { story.turn(&choices) }
        }
        for record in story.records {
            let line = record.compact
            lines.append(bytes.count..<bytes.count + line.count)
            bytes += line + [0x0A]
        }
    }

    /// A log, or with some agents what an older release left.
    ///
    /// - Returns: The file, and the messages in it that are no lines.
    static func ofAnyRelease(_ agent: FormatID, _ choices: inout Choices) -> (bytes: [UInt8], messages: [[UInt8]]) {
        guard agent == .gemini, choices.happens("older release", oneIn: 6) else {
            return (AgentScenario(agent, &choices).bytes, [])
        }
        var story = AgentStory(GeminiScribe(), text)
        story.begin(&choices)
        for _ in 0..<1 + choices.choose("further turns", below: 3) { story.turn(&choices) }
        let isNamed = choices.happens("project's name", oneIn: 2)
        let object = GeminiScribe.object(story.records, isNamed: isNamed).compact
        guard isNamed || choices.happens("many lines", oneIn: 2) else { return (object, []) }
        let messages = GeminiScribe.messages(story.records).map {
            Array("\n    ".utf8) + GeminiScribe.overLines($0.compact, depth: 2)
        }
        return (GeminiScribe.overLines(object, depth: 0), messages)
    }

    /// Whether a line tells of the file and not of the conversation.
    func isHeader(_ line: Range<Int>) -> Bool {
        let text = String(decoding: bytes[line], as: UTF8.self)
        return ["session", "session_meta", "session.start"].contains { text.contains("\"type\":\"\($0)\",") }
            || text.hasPrefix("{\"sessionId\":")
    }

    /// Never empty, which services refuse, and without raw line separators, of which checks tell.
    private static func text(_ choices: inout Choices) -> String {
        let text = TextScenario.text("text", upTo: 5, &choices)
        return "t"
            + String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\u{2028}" && $0 != "\u{2029}" }))
    }
}

/// What happens in a session, in order.
struct AgentStory {
    private var scribe: any AgentScribe
    private let makeText: (inout Choices) -> String
    private(set) var records: [JSONTree] = []
    private(set) var size = 0

    init(_ scribe: any AgentScribe, _ text: @escaping (inout Choices) -> String) {
        self.scribe = scribe
        makeText = text
    }

    private mutating func add(_ more: [JSONTree]) {
        records += more
        for record in more { size += record.compact.count + 1 }
    }

    mutating func begin(_ choices: inout Choices) {
        add(scribe.begin(&choices))
    }

    mutating func turn(_ choices: inout Choices) {
        if choices.happens("note", oneIn: 4) { add(scribe.note(makeText(&choices), &choices)) }
        if choices.happens("compaction", oneIn: 8) { add(scribe.compaction(makeText(&choices))) }
        if choices.happens("going back", oneIn: 6) { add(scribe.goBack(&choices)) }
        add(scribe.prompt(makeText(&choices)))
        for _ in 0..<choices.choose("rounds of tools", below: 3) {
            let calls = 1 + choices.choose("further calls", below: 2)
            let thinking = choices.happens("thinking", oneIn: 3) ? makeText(&choices) : nil
            add(scribe.calls((0..<calls).map { _ in makeText(&choices) }, thinking: thinking))
            add(scribe.results((0..<calls).map { _ in makeText(&choices) }))
        }
        add(scribe.answer(makeText(&choices)))
    }
}

/// Tells what happens as records of one agent.
protocol AgentScribe {
    mutating func begin(_ choices: inout Choices) -> [JSONTree]
    /// Something beside the conversation, of one of the agent's kinds.
    mutating func note(_ text: String, _ choices: inout Choices) -> [JSONTree]
    mutating func prompt(_ text: String) -> [JSONTree]
    mutating func answer(_ text: String) -> [JSONTree]
    /// Tool calls made at once; their results come next.
    mutating func calls(_ arguments: [String], thinking: String?) -> [JSONTree]
    mutating func results(_ texts: [String]) -> [JSONTree]
    mutating func compaction(_ summary: String) -> [JSONTree]
    /// The next prompt hangs on an earlier record.
    mutating func goBack(_ choices: inout Choices) -> [JSONTree]
}

/// Numbers, identifiers and times that scribes give out.
struct AgentCounter {
    private(set) var number = 0

    mutating func next() -> Int {
        number += 1
        return number
    }

    static func uuid(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "00c0ffee-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    static func short(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    static func time(_ number: Int) -> String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return
            "2026-01-\(two(2 + number / 86_400 % 26))T\(two(number / 3_600 % 24)):\(two(number / 60 % 60)):\(two(number % 60)).000Z"
    }
}

enum AgentScribes {
    static let session = "5e551000-0000-4000-8000-000000000001"

    static func scribe(of agent: FormatID) -> any AgentScribe {
        switch agent {
        case .claudeCode: ClaudeScribe()
        case .codex: CodexScribe()
        case .pi: PiScribe()
        case .gemini: GeminiScribe()
        case .copilot: CopilotScribe()
        default: QwenScribe()
        }
    }
}

extension JSONTree {
    /// A string, or null.
    static func text(_ text: String?) -> JSONTree { .optional(text) }
}
