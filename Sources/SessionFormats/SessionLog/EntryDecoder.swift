// Turns a parsed entry's tape into values. Only called when someone asks for an entry's content.
//
// Fields are asked for by name; which names exist is the schema's affair, and the tests decode every field of every
// variant, so a name that the schema lacks cannot stay unnoticed.

struct EntryDecoder {
    let parser: EntryParser

    func entry() -> SessionEntry {
        let (name, record) = variant(of: 0, at: 0)
        switch name {
        case EntryKind.message.rawValue:
            return .message(
                MessageEntry(
                    id: record.string("id"), parentID: record.optionalString("parent_id"),
                    timestamp: record.string("timestamp"), message: message(record)))
        case EntryKind.compaction.rawValue:
            return .compaction(
                CompactionEntry(
                    id: record.string("id"), parentID: record.optionalString("parent_id"),
                    timestamp: record.string("timestamp"), summary: record.string("summary"),
                    firstKeptEntryID: record.string("first_kept_entry_id"),
                    tokensBefore: record.integer("tokens_before") ?? 0,
                    tokensAfter: record.integer("tokens_after") ?? 0))
        default:
            return .leaf(
                LeafEntry(
                    id: record.string("id"), parentID: record.optionalString("parent_id"),
                    timestamp: record.string("timestamp"), entryID: record.string("entry_id")))
        }
    }

    private func message(_ entry: Record) -> Message {
        let (union, slot) = entry.target("message")
        let (role, record) = variant(of: union, at: Int(slot.first))
        let time: Int64 = record.integer("timestamp_ms") ?? 0
        switch role {
        case "user":
            return .user(UserMessage(content: content(record), timestampMilliseconds: time))
        case "assistant":
            return .assistant(
                AssistantMessage(
                    content: content(record), api: APIKind(rawValue: record.name("api")) ?? .anthropic,
                    provider: record.string("provider"), model: record.string("model"),
                    responseModel: record.optionalString("response_model"),
                    responseID: record.optionalString("response_id"), usage: usage(record),
                    stopReason: StopReason(rawValue: record.name("stop_reason")) ?? .stop,
                    errorMessage: record.optionalString("error_message"), timestampMilliseconds: time))
        default:
            return .toolResult(
                ToolResultMessage(
                    toolCallID: record.string("tool_call_id"), toolName: record.string("tool_name"),
                    content: content(record), details: record.json("details"), isError: record.bool("is_error"),
                    timestampMilliseconds: time))
        }
    }

    private func content(_ message: Record) -> [ContentItem] {
        let (union, slot) = message.target("content")
        var items: [ContentItem] = []
        var index = Int(slot.first)
        for _ in 0..<slot.second {
            items.append(item(of: union, at: index))
            index = Int(parser.tape[index].first)
        }
        return items
    }

    private func item(of union: Int, at index: Int) -> ContentItem {
        if parser.tape[index].second == EntryTape.unknownVariant {
            return .unknown(json(parser.tape[index + 1].range))
        }
        let (kind, record) = variant(of: union, at: index)
        switch kind {
        case "text": return .text(record.string("text"))
        case "thinking": return .thinking(record.string("thinking"))
        default:
            let (row, slot) = record.target("tool_call")
            let call = Record(parser: parser, row: parser.rows.records[row], slots: Int(slot.first))
            return .toolCall(
                ToolCall(id: call.string("id"), name: call.string("name"), arguments: call.string("arguments")))
        }
    }

    private func usage(_ message: Record) -> Usage {
        let (row, slot) = message.target("usage")
        let usage = Record(parser: parser, row: parser.rows.records[row], slots: Int(slot.first))
        return Usage(
            inputTokens: usage.integer("input_tokens") ?? 0, outputTokens: usage.integer("output_tokens") ?? 0,
            cacheReadTokens: usage.integer("cache_read_tokens") ?? 0,
            cacheWriteTokens: usage.integer("cache_write_tokens") ?? 0,
            cacheWriteOneHourTokens: usage.integer("cache_write_1h_tokens"),
            reasoningTokens: usage.integer("reasoning_tokens"), reported: usage.bool("reported"))
    }

    private func variant(of union: Int, at index: Int) -> (name: String, record: Record) {
        let row = parser.rows.unions[union]
        let variant = parser.rows.variants[Int(row.firstVariant) + Int(parser.tape[index].second)]
        let record = parser.rows.records[Int(variant.record)]
        return (parser.rows.string(variant.name), Record(parser: parser, row: record, slots: index + 1))
    }

    private func json(_ range: Range<Int>) -> CanonicalJSON {
        var printer = CanonicalPrinter()
        printer.printJSON(range, parser.scanner)
        return CanonicalJSON(canonical: printer.output)
    }

    /// One record on the tape, its fields by name.
    private struct Record {
        let parser: EntryParser
        let row: RecordRow
        let slots: Int

        private func find(_ key: StaticString) -> (field: FieldRow, slot: EntryTape.Slot)? {
            let wanted = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
            for index in 0..<Int(row.fieldCount) {
                let field = parser.rows.fields[Int(row.firstField) + index]
                guard parser.rows.bytes(field.key).elementsEqual(wanted) else { continue }
                return (field, parser.tape[slots + index])
            }
            assertionFailure("the schema has no field \(key)")
            return nil
        }

        func optionalString(_ key: StaticString) -> String? {
            guard let slot = find(key)?.slot, !slot.isNone else { return nil }
            var bytes: [UInt8] = []
            parser.scanner.unescape(slot.string, into: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        }

        func string(_ key: StaticString) -> String { optionalString(key) ?? "" }

        func integer<Value: FixedWidthInteger>(_ key: StaticString) -> Value? {
            guard let slot = find(key)?.slot, !slot.isNone else { return nil }
            let text = UnsafeBufferPointer(
                start: parser.scanner.base + slot.range.lowerBound, count: slot.range.count)
            return Value(String(decoding: text, as: UTF8.self))
        }

        func bool(_ key: StaticString) -> Bool { find(key)?.slot.first == 1 }

        func name(_ key: StaticString) -> String {
            guard let (field, slot) = find(key), !slot.isNone else { return "" }
            let names = parser.rows.unions[Int(field.target)]
            return parser.rows.string(parser.rows.variants[Int(names.firstVariant) + Int(slot.first)].name)
        }

        func json(_ key: StaticString) -> CanonicalJSON? {
            guard let slot = find(key)?.slot, !slot.isNone else { return nil }
            return EntryDecoder(parser: parser).json(slot.range)
        }

        /// The row of a nested record or union, and the slot that leads to it.
        func target(_ key: StaticString) -> (row: Int, slot: EntryTape.Slot) {
            guard let (field, slot) = find(key), !slot.isNone else { return (0, EntryTape.Slot(first: 0, second: 0)) }
            return (Int(field.target), slot)
        }
    }
}

extension SchemaRows {
    func bytes(_ row: TextRow) -> Slice<UnsafeBufferPointer<UInt8>> {
        text[Int(row.start)..<Int(row.start + row.length)]
    }

    func string(_ row: TextRow) -> String { String(decoding: bytes(row), as: UTF8.self) }
}
