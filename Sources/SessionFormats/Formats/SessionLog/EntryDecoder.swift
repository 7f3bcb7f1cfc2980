// Turns a parsed entry's tape into values. Only called when someone asks for an entry's content.
//
// Fields are taken in the schema's order, which is also the tape's, so no name is looked up; the tests decode every
// field of every variant, so a field taken out of turn cannot stay unnoticed. Strings are made of bytes that were
// validated when the entry was parsed, and are not validated again.

struct EntryDecoder: ~Copyable {
    private let scanner: JSONScanner
    private let tape: EntryTape
    private let range: Range<Int>
    /// The next slot.
    private var at = 0

    init(_ parser: borrowing EntryParser) {
        scanner = parser.scanner
        tape = parser.tape
        range = parser.range
    }

    consuming func entry() -> SessionEntry {
        let kind = EntryKind.allCases[Int(variant())]
        let (id, parentID, timestamp) = (string(), optionalString(), string())
        switch kind {
        case .message:
            return .message(MessageEntry(id: id, parentID: parentID, timestamp: timestamp, message: message()))
        case .compaction:
            return .compaction(
                CompactionEntry(
                    id: id, parentID: parentID, timestamp: timestamp, summary: string(), firstKeptEntryID: string(),
                    tokensBefore: integer(), tokensAfter: integer()))
        case .leaf:
            return .leaf(LeafEntry(id: id, parentID: parentID, timestamp: timestamp, entryID: string()))
        default:
            return .newer(
                NewerEntry(kind: kind, id: id, parentID: parentID, timestamp: timestamp, json: json(range)))
        }
    }

    /// The parent's identifier alone.
    consuming func parentID() -> String? {
        at = 2
        return optionalString()
    }

    /// The role alone; nil for entries that are no messages.
    consuming func role() -> MessageRole? {
        guard variant() == 0 else { return nil }
        at += 3
        return MessageRole.allCases[Int(tape[Int(slot().first)].second)]
    }

    /// The texts of a message, joined by newlines, or a compaction's summary; nil for other entries.
    consuming func text() -> String? {
        switch variant() {
        case 0:
            at += 3
            at = Int(slot().first)
            // The list of content items is a message's first field, but for what a tool returns.
            at += tape[at].second == 2 ? 3 : 1
            return textsOfContent()
        case 1:
            at += 3
            return string()
        default: return nil
        }
    }

    // MARK: Records

    private mutating func message() -> Message {
        let end = enter()
        defer { at = end }
        switch variant() {
        case 0: return .user(UserMessage(content: inputs(), timestampMilliseconds: integer()))
        case 1: return .assistant(assistant())
        default: return .toolResult(toolResult())
        }
    }

    private mutating func assistant() -> AssistantMessage {
        AssistantMessage(
            content: outputs(), api: APIKind.allCases[name()], provider: string(), model: string(),
            responseModel: optionalString(), responseID: optionalString(), usage: usage(),
            stopReason: StopReason.allCases[name()], errorMessage: optionalString(), timestampMilliseconds: integer())
    }

    private mutating func toolResult() -> ToolResultMessage {
        ToolResultMessage(
            toolCallID: string(), toolName: string(), content: inputs(), details: optionalJSON(),
            isError: slot().first == 1, timestampMilliseconds: integer())
    }

    private mutating func usage() -> Usage {
        let end = enter()
        defer { at = end }
        return Usage(
            inputTokens: integer(), outputTokens: integer(), cacheReadTokens: integer(), cacheWriteTokens: integer())
    }

    private mutating func toolCall() -> ToolCall {
        let end = enter()
        defer { at = end }
        return ToolCall(id: string(), name: string(), arguments: string())
    }

    private mutating func image() -> Image {
        Image(source: imageSource(), mediaType: MediaType.allCases[name()])
    }

    private mutating func imageSource() -> ImageSource {
        let end = enter()
        defer { at = end }
        switch variant() {
        case 0: return .url(string())
        case 1: return .base64(string())
        default: return .bytes(bytes())
        }
    }

    // MARK: Content

    /// What users say and tools return.
    private mutating func inputs() -> [ContentItem] {
        items { decoder, kind in kind == 0 ? .text(decoder.string()) : .image(decoder.image()) }
    }

    private mutating func outputs() -> [ContentItem] {
        items { decoder, kind in
            switch kind {
            case 0: .text(decoder.string())
            case 1: .thinking(decoder.string())
            default: .toolCall(decoder.toolCall())
            }
        }
    }

    @inline(__always)
    private mutating func items(_ item: (inout EntryDecoder, UInt32) -> ContentItem) -> [ContentItem] {
        let list = slot()
        let end = at
        var items: [ContentItem] = []
        items.reserveCapacity(Int(list.second))
        at = Int(list.first)
        for _ in 0..<list.second {
            let next = Int(tape[at].first)
            let kind = variant()
            items.append(kind == EntryTape.unknownVariant ? .unknown(json(slot().range)) : item(&self, kind))
            at = next
        }
        at = end
        return items
    }

    /// Text is the first kind of every list of content, and its only field the text.
    private mutating func textsOfContent() -> String {
        let list = slot()
        var text = ""
        var isFirst = true
        at = Int(list.first)
        for _ in 0..<list.second {
            let next = Int(tape[at].first)
            if variant() == 0 {
                if !isFirst { text += "\n" }
                text += string()
                isFirst = false
            }
            at = next
        }
        return text
    }

    // MARK: Slots

    @inline(__always)
    private mutating func slot() -> EntryTape.Slot {
        defer { at += 1 }
        return tape[at]
    }

    @inline(__always)
    private mutating func variant() -> UInt32 { slot().second }

    /// Goes into a nested record or union; the result is where the outer one continues.
    @inline(__always)
    private mutating func enter() -> Int {
        let target = Int(slot().first)
        defer { at = target }
        return at
    }

    private mutating func name() -> Int { Int(slot().first) }

    @inline(__always)
    private mutating func string() -> String { scanner.text(slot().string) }

    @inline(__always)
    private mutating func optionalString() -> String? {
        let slot = slot()
        return slot.isNone ? nil : scanner.text(slot.string)
    }

    /// An integer whose range was checked; 0 where a default stands for it.
    @inline(__always)
    private mutating func integer<Value: FixedWidthInteger>() -> Value {
        let slot = slot()
        guard !slot.isNone else { return 0 }
        var value: Value = 0
        let isNegative = scanner.base[slot.range.lowerBound] == 0x2D
        for index in slot.range.dropFirst(isNegative ? 1 : 0) {
            let digit = Value(truncatingIfNeeded: scanner.base[index] &- 0x30)
            value = isNegative ? value &* 10 &- digit : value &* 10 &+ digit
        }
        return value
    }

    private mutating func bytes() -> [UInt8] {
        let range = slot().range
        var bytes: [UInt8] = []
        // Every byte takes a digit and a comma or bracket at least.
        bytes.reserveCapacity(range.count / 2)
        var value: UInt8?
        for index in range {
            let digit = scanner.base[index] &- 0x30
            if digit < 10 {
                value = (value ?? 0) &* 10 &+ digit
            } else if let whole = value {
                bytes.append(whole)
                value = nil
            }
        }
        return bytes
    }

    private mutating func optionalJSON() -> CanonicalJSON? {
        let slot = slot()
        return slot.isNone ? nil : json(slot.range)
    }

    private func json(_ range: Range<Int>) -> CanonicalJSON {
        var printer = CanonicalPrinter()
        printer.printJSON(range, scanner)
        return CanonicalJSON(canonical: printer.output)
    }
}

/// Who speaks in a message, named as in the file, in the order of the schema.
public enum MessageRole: String, Sendable, CaseIterable {
    /// The user.
    case user
    /// The model.
    case assistant
    /// A tool, with what it returned.
    case toolResult = "tool_result"
}
