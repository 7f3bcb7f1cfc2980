// Session logs as agents leave them.

import SessionFormats

extension RealisticFiles {
    /// What a log consists of.
    public enum LogContent: String, Sendable, CaseIterable {
        /// Questions, answers, tool calls and their results, from a hundred bytes to a few thousand.
        case conversation
        /// Entries of a hundred bytes.
        case short
    }

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

    fileprivate mutating func entry(_ content: LogContent) -> SessionEntry {
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

    fileprivate mutating func message() -> Message {
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

    fileprivate mutating func arguments() -> String {
        "{\"command\":\"cat \(prose(60).replacing("\n", with: " "))\",\"timeout\":\(below(600))}"
    }

    fileprivate mutating func toolOutput() -> String {
        var text = ""
        for line in 0..<5 + below(40) {
            text += "\(line)\t    let value = map[\"\(Self.words[below(Self.words.count)])\"] ?? \(below(1_000))\n"
        }
        return text
    }

    fileprivate func identifier(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    fileprivate func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
