// Files as agents leave them: for measuring, for demonstrations, and to have something to damage.
//
// Unlike the judges' scenarios these do not look for trouble; lengths, mixtures and escapes are those of real sessions.

import SessionFormats

/// Makes realistic files of any size, the same for the same seed.
public struct RealisticFiles: Sendable {
    private var generator: SplitMix64
    private var number = 0

    /// Starts from a seed.
    public init(seed: UInt64) { generator = SplitMix64(state: seed) }

    /// What a log consists of.
    public enum LogContent: String, Sendable, CaseIterable {
        /// Questions, answers, tool calls and their results, from a hundred bytes to a few thousand.
        case conversation
        /// Entries of a hundred bytes.
        case short
    }

    /// A trace of a live replay store of at least `size` bytes.
    public mutating func trace(size: Int) -> [UInt8] {
        var choices = Choices.seeded(generator.next())
        return LiveReplayScenario.trace(&choices, size: size)
    }

    // MARK: Session logs

    /// A log of at least `size` bytes.
    public mutating func log(_ content: LogContent = .conversation, size: Int) -> [UInt8] {
        let header = SessionHeader(id: "session-1", timestamp: "2026-01-02T03:04:05Z", cwd: "/home/user/project")
        var bytes = header.encoded() + [0x0A]
        bytes.reserveCapacity(size + 8_192)
        while bytes.count < size {
            bytes += entry(content).encoded()
            bytes.append(0x0A)
        }
        return bytes
    }

    private mutating func entry(_ content: LogContent) -> SessionEntry {
        number += 1
        let id = identifier(number)
        let parent = number > 1 ? identifier(number - 1) : nil
        let timestamp =
            "2026-01-02T\(twoDigits(number / 3600 % 24)):\(twoDigits(number / 60 % 60)):\(twoDigits(number % 60))Z"
        if content == .short || below(50) == 0 {
            return .leaf(LeafEntry(id: id, parentID: parent, timestamp: timestamp, entryID: id))
        }
        if below(200) == 0 {
            return .compaction(
                CompactionEntry(
                    id: id, parentID: parent, timestamp: timestamp, summary: prose(1_500), firstKeptEntryID: id,
                    tokensBefore: UInt64(below(200_000)), tokensAfter: UInt64(below(20_000))))
        }
        return .message(MessageEntry(id: id, parentID: parent, timestamp: timestamp, message: message()))
    }

    private mutating func message() -> Message {
        let time = 1_767_323_045_000 + Int64(number) * 1_000
        switch number % 3 {
        case 0:
            return .user(UserMessage(content: [.text(prose(300))], timestampMilliseconds: time))
        case 1:
            var content: [ContentItem] = [.text(prose(900))]
            if below(2) == 0 { content.insert(.thinking(prose(700)), at: 0) }
            content.append(.toolCall(ToolCall(id: "call_\(number)", name: "bash", arguments: arguments())))
            let usage = Usage(
                inputTokens: UInt32(below(100_000)), outputTokens: UInt32(below(4_000)),
                cacheReadTokens: UInt32(below(90_000)))
            return .assistant(
                AssistantMessage(
                    content: content, api: .anthropic, provider: "anthropic", model: "model-large",
                    responseModel: "model-large-2026", responseID: "msg_\(number)", usage: usage, stopReason: .toolUse,
                    timestampMilliseconds: time))
        default:
            let details = try? CanonicalJSON(Array("{\"exit_code\":\(below(3)),\"seconds\":\(below(9)).5}".utf8))
            return .toolResult(
                ToolResultMessage(
                    toolCallID: "call_\(number - 1)", toolName: "bash", content: [.text(toolOutput())],
                    details: details, isError: below(10) == 0, timestampMilliseconds: time))
        }
    }

    // MARK: Replay files

    /// A segment of at least `size` bytes, 1,000 actions a session.
    public mutating func segment(size: Int) -> [UInt8] {
        var sessions: [ReplaySession] = []
        var bytes = 0
        while bytes < size {
            let session = session(actions: min(1_000, max(1, (size - bytes) / 350)))
            bytes += session.encoded().count
            sessions.append(session)
        }
        return ReplaySegment.encode(sessions)
    }

    /// Adds sessions to a memory, one or two a save.
    public mutating func save(times: Int, into memory: MV2Writer) throws(MV2Error) {
        for _ in 0..<times {
            let new = (0...below(2)).map { _ in session(actions: 1 + below(20)) }
            try memory.save(memory.sessions + new)
        }
    }

    /// A sidecar of at least `size` bytes.
    public mutating func sidecar(size: Int) -> [UInt8] {
        var active = ActiveSession(
            session(actions: max(1, size / 350)), configuration: RecordingConfiguration(autoCheckpointInterval: 100))
        active.session.endedSeconds = nil
        return active.encoded()
    }

    mutating func session(actions: Int) -> ReplaySession {
        var session = ReplaySession(id: .random(using: &generator), name: prose(20), createdSeconds: 1_767_323_045)
        for sequence in 0..<actions {
            let type: ActionType
            switch below(4) {
            case 0: type = .put(frameID: UInt64(sequence))
            case 1: type = .ask(query: prose(40), provider: "anthropic", model: "model-large")
            default: type = .find(query: prose(30), mode: "lexical", resultCount: UInt64(below(20)))
            }
            var action = ReplayAction(
                sequence: UInt64(sequence), timestampSeconds: session.createdSeconds + Int64(sequence), type: type,
                affectedFrames: (0..<below(5)).map { UInt64($0) }, durationMilliseconds: UInt64(below(3_000)))
            action.setInput(prose(60).utf8)
            action.setOutput(prose(90).utf8)
            session.actions.append(action)
        }
        let snapshot = StateSnapshot(frameIDs: (0..<20).map { UInt64($0) }, logSequence: 20, generation: 3)
        session.checkpoints = [
            Checkpoint(id: 0, atSequence: 0, timestampSeconds: session.createdSeconds, snapshot: snapshot)
        ]
        session.endedSeconds = session.createdSeconds + Int64(actions)
        session.metadata = [MetadataEntry(key: "project", value: "crash-lab")]
        return session
    }

    // MARK: Text

    private static let words = [
        "the", "session", "file", "was", "read", "and", "then", "written", "again", "because", "a", "test", "failed",
        "when", "line", "two", "of", "function", "returns", "nil", "in", "`main`", "src/lib.rs:42",
    ]
    /// One text in eight is in another language.
    private static let foreignWords = ["der", "größte", "naïve", "Fehler", "über", "会議", "メモ", "été", "→", "straße"]

    private mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    private mutating func prose(_ length: Int) -> String {
        let target = length / 2 + below(length)
        let words = below(8) == 0 ? Self.foreignWords : Self.words
        var text = ""
        while text.utf8.count < target {
            text += words[below(words.count)]
            text += below(24) == 0 ? ".\n" : " "
        }
        return text
    }

    private mutating func arguments() -> String {
        "{\"command\":\"cat \(prose(60).replacing("\n", with: " "))\",\"timeout\":\(below(600))}"
    }

    private mutating func toolOutput() -> String {
        var text = ""
        for line in 0..<5 + below(40) {
            text += "\(line)\t    let value = map[\"\(Self.words[below(Self.words.count)])\"] ?? \(below(1_000))\n"
        }
        return text
    }

    private func identifier(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
