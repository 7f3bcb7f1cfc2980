// A session as older releases of Gemini CLI keep it: one JSON object over many lines, written as a whole.
//
// A program that ends in the middle leaves the beginning of one. A newer release that goes on with such a session appends records
// behind it, and then the file is neither one object nor a log: the agent has no session any more. What it would read of the same
// is metadata and a line for each message.

/// The object that a file begins with, whole or damaged.
struct GeminiObject {
    /// Where it stands in the file.
    let range: Range<Int>
    /// Where messages stand in it that are whole.
    let messages: [Range<Int>]
    /// Whether all of it is one JSON value.
    let isWhole: Bool
    /// Up to where what is before the list of messages can be read, without the comma; nil when it cannot.
    private let metadata: Range<Int>?
    /// The members behind the list of messages, without the comma before them: a summary, what kind of session it is; nil
    /// when there are none, or they cannot be told from what is damaged.
    private let ending: Range<Int>?
    /// Whether it names the project.
    private let isNamed: Bool

    /// nil when the file begins with no such object, or with one that is a record as it stands.
    init?(_ bytes: FileBytes) {
        guard let object = bytes.withBytes({ GeminiObject($0) }) else { return nil }
        self = object
    }

    private init?(_ buffer: UnsafeRawBufferPointer) {
        let found = Self.walk(buffer)
        guard found != nil || Self.mayBeRemains(buffer) else { return nil }
        let wholeEnd = found.flatMap {
            $0.walk.isWhole && Self.isValue(buffer, $0.start..<$0.walk.at) ? $0.walk.at : nil
        }
        let end = wholeEnd ?? Self.endOfRemains(buffer)
        let text = Self.joined(buffer[..<end])
        let messages = Self.messages(in: text, of: buffer)
        let isOverLines = messages.contains { buffer[$0].contains(0x0A) }
        guard found.map({ $0.walk.isOverLines || wholeEnd != nil }) ?? false || isOverLines else { return nil }
        (range, self.messages, isWhole) = (0..<end, messages, wholeEnd != nil)
        isNamed = found?.walk.keys["projectHash"] != nil
        metadata = found.flatMap { Self.metadata($0.walk, from: $0.start, text) }
        ending = found.flatMap { Self.ending($0.walk, behind: messages.last, text) }
    }

    /// Whether a file begins with a session in this form, as far as its beginning tells.
    static func begins(_ buffer: UnsafeRawBufferPointer) -> Bool { walk(buffer) != nil }

    private static func walk(_ buffer: UnsafeRawBufferPointer) -> (start: Int, walk: Walk)? {
        let mark = buffer.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let start = buffer[mark...].prefix(4_096).firstIndex { !isSpace($0) }
        guard let start, buffer[start] == 0x7B else { return nil }
        var walk = Walk()
        walk.take(buffer, from: start)
        let (hasMessages, isNamed) = (walk.hasList("messages", buffer), walk.keys["projectHash"] != nil)
        // With a project's name an object on one line is a record.
        let isSession =
            walk.isOverLines ? hasMessages || isNamed && walk.keys["messages"] == nil : hasMessages && !isNamed
        return walk.keys["sessionId"] != nil && isSession ? (start, walk) : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func joined(_ text: some Sequence<UInt8>) -> [UInt8] {
        text.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }

    // MARK: Where it ends

    /// Whether a value stands there, and behind it a line ends or a record is welded to it. What belongs to it no more is not
    /// indented, and begins no other object over lines.
    private static func isValue(_ buffer: UnsafeRawBufferPointer, _ place: Range<Int>) -> Bool {
        let rest = buffer[place.upperBound...]
        let endsLine = rest.first == 0x0A || rest.first == 0x0D
        if let next = rest.firstIndex(where: { $0 != 0x0A && $0 != 0x0D }), !rest.allSatisfy(isSpace) {
            let isOther = endsLine && !Array(" \t\"}]{\0".utf8).contains(buffer[next])
            guard isOther || isRecord(buffer, next) else { return false }
        }
        return isValue(joined(buffer[place]))
    }

    private static func isValue(_ text: [UInt8]) -> Bool {
        var outline = JSONOutline()
        return text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return (try? outline.read(base, count: buffer.count, loadable: buffer.count, .ecmaScript)) != nil
        }
    }

    /// Whether a line is an object of its own.
    private static func isRecord(_ buffer: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        guard start < buffer.count, buffer[start] == 0x7B else { return false }
        return isValue(Array(buffer[start...].prefix { $0 != 0x0A }))
    }

    private static func mayBeRemains(_ buffer: UnsafeRawBufferPointer) -> Bool {
        guard let newline = buffer.firstIndex(of: 0x0A), newline + 1 < buffer.count else { return false }
        return buffer[newline + 1] != 0x7B && !isRecord(buffer, 0)
    }

    /// Where the first line begins that is a record; the file's end when none is.
    private static func endOfRemains(_ buffer: UnsafeRawBufferPointer) -> Int {
        var end = 0
        while let newline = buffer[end...].firstIndex(of: 0x0A) {
            end = newline + 1
            if isRecord(buffer, end) { return end }
        }
        return buffer.count
    }

    // MARK: What is whole

    /// What is before the messages, as an object of its own when a brace is put behind it.
    private static func metadata(_ walk: Walk, from start: Int, _ text: [UInt8]) -> Range<Int>? {
        guard let key = walk.keys["messages"]?.start, key < text.count else { return nil }
        guard let last = text[start..<key].lastIndex(where: { !isSpace($0) }), text[last] == 0x2C else { return nil }
        return isValue(text[start..<last] + [0x7D]) ? start..<last : nil
    }

    /// What is behind the messages, when the brackets of the whole object are in order and the last message is whole.
    private static func ending(_ walk: Walk, behind last: Range<Int>?, _ text: [UInt8]) -> Range<Int>? {
        guard walk.isWhole, let list = walk.keys["messages"]?.value, list < walk.at else { return nil }
        // What looks like a message before the list is a member's; in a damaged text one may stand behind the end.
        let inList = last.flatMap { $0.upperBound > list ? $0.upperBound : nil }
        guard case let start = inList ?? list, start < walk.at else { return nil }
        var rest = text[start..<walk.at - 1]
        for byte in (inList == nil ? [0x5B, 0x5D, 0x2C] : [0x5D, 0x2C]) as [UInt8] {
            guard let next = rest.firstIndex(where: { !isSpace($0) }), rest[next] == byte else { return nil }
            rest = rest[(next + 1)...]
        }
        guard let first = rest.firstIndex(where: { !isSpace($0) }), let last = rest.lastIndex(where: { !isSpace($0) })
        else { return nil }
        return isValue([0x7B] + rest[first...last] + [0x7D]) ? first..<last + 1 : nil
    }

    /// Where messages stand that are whole, in a text that may be damaged anywhere. A value of a key is none, and none is
    /// indented more than messages are.
    private static func messages(in text: [UInt8], of lines: UnsafeRawBufferPointer) -> [Range<Int>] {
        var found: [(place: Range<Int>, indent: Int?)] = []
        let budget = SearchBudget(text.count * 16)
        var outline = JSONOutline()
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            // How far the line is indented, as long as nothing else stands on it.
            var (at, before, indent): (Int, UInt8, Int?) = (0, 0, 0)
            while at < buffer.count, !budget.hasEnded {
                let (start, byte) = (at, buffer[at])
                at += 1
                if isSpace(byte) {
                    indent = lines[start] == 0x0A ? 0 : indent.map { $0 + 1 }
                    continue
                }
                defer { (before, indent) = (byte, nil) }
                // A key's value stands on the line of its key.
                guard byte == 0x7B, before != 0x3A || indent != nil else { continue }
                let count = buffer.count - start
                do throws(JSONFault) {
                    try outline.read(base + start, count: count, loadable: count, .ecmaScript, isPrefix: true)
                } catch {
                    _ = budget.spend(error.offset + 16, at: start)
                    continue
                }
                guard budget.spend(outline.end, at: start), isMessage(outline.root) else { continue }
                at = start + outline.end
                found.append((start..<at, indent))
            }
        }
        let indents = found.compactMap(\.indent)
        let usual = indents.contains(writtenIndent) ? writtenIndent : indents.min() ?? 0
        return found.filter { $0.indent ?? usual <= usual }.map(\.place)
    }

    /// How far the agent indents messages, in bytes.
    private static let writtenIndent = 4

    private static func isMessage(_ value: JSONView) -> Bool {
        value.kind == .object && value.member("id")?.isString == true && value.member("type")?.isString == true
            && value.member("content") != nil
    }

    // MARK: As the agent reads it now

    /// The file with metadata and messages on lines of their own, in which everything stands where it stood.
    func asLines(_ bytes: FileBytes) -> FileBytes {
        let text = Self.joined(bytes.copy(range))
        var lines = [UInt8](repeating: 0x20, count: text.count)
        // Without the project's name it is nothing to the agent.
        if let metadata, isNamed, metadata.upperBound + 1 < lines.count {
            lines.replaceSubrange(metadata, with: text[metadata])
            lines[metadata.upperBound] = 0x7D
            lines[metadata.upperBound + 1] = 0x0A
        }
        for place in messages {
            if place.lowerBound > 0, lines[place.lowerBound - 1] == 0x20 { lines[place.lowerBound - 1] = 0x0A }
            lines.replaceSubrange(place, with: text[place])
            if place.upperBound < lines.count { lines[place.upperBound] = 0x0A }
        }
        if let last = lines.indices.last, lines[last] == 0x20 { lines[last] = 0x0A }
        return FileBytes(lines + bytes.copy(range.upperBound..<bytes.count))
    }

    /// What of the object counts with records behind it or without, and what became of its bytes; nil when nothing in it is
    /// whole.
    ///
    /// - Parameter isFollowed: Whether records stand behind it, so that it cannot stay an object.
    func mended(_ bytes: FileBytes, isFollowed: Bool) -> (text: [UInt8], account: [Repair])? {
        guard metadata != nil || ending != nil || !messages.isEmpty else { return nil }
        let text = bytes.copy(range)
        if !isFollowed {
            let parts = messages.map { Array(text[$0]) }
            let beginning = metadata.map { text[$0] + Array(#","messages":["#.utf8) } ?? Self.madeBeginning
            let object =
                beginning + parts.joined(separator: [0x2C]) + [0x5D] + (ending.map { [0x2C] + text[$0] } ?? []) + [0x7D]
            if GeminiReading(FileBytes(object)).loads {
                return (object, account(text, of: [metadata] + messages + [ending], areKept: true))
            }
        }
        let lines = messages.map { Self.joined(text[$0]) + [0x0A] }
        // What stands behind the messages may spoil what stands before them.
        for ending in [ending, nil] {
            if let line = metadataLine(text, with: ending) {
                return (line + lines.joined(), account(text, of: [metadata] + messages + [ending], areKept: false))
            }
        }
        return (Array(lines.joined()), account(text, of: messages, areKept: false))
    }

    private static let madeBeginning = Array(#"{"sessionId":"recovered","projectHash":"recovered","messages":["#.utf8)

    /// A line of metadata that counts for the agent; nil when it has to be made anew.
    private func metadataLine(_ text: [UInt8], with ending: Range<Int>?) -> [UInt8]? {
        guard metadata != nil || ending != nil else { return nil }
        let members = metadata.map { Self.joined(text[$0]).dropFirst() } ?? []
        let others = ending.map { Self.joined(text[$0]) } ?? []
        for made in ["", #""projectHash":"recovered""#] {
            let parts = [members, others[...], Array(made.utf8)[...]].filter { !$0.isEmpty }
            let line = [0x7B] + Array(parts.joined(separator: [0x2C])) + [0x7D]
            let reading = GeminiReading(FileBytes(line + [0x0A] + Array("{}\n".utf8)))
            if reading.loads, !reading.isLegacy { return line + [0x0A] }
        }
        return nil
    }

    private func account(_ text: [UInt8], of parts: [Range<Int>?], areKept: Bool) -> [Repair] {
        var (account, end): ([Repair], Int) = ([], 0)
        func passOver(to next: Int) {
            guard next > end else { return }
            let said = text[end..<next].filter { !Self.isSpace($0) && !Array(",:[]{}".utf8).contains($0) }
            let isBetween = said.isEmpty || said.elementsEqual(#""messages""#.utf8)
            account.append(
                isBetween
                    ? Repair(.mended, offset: end, length: next - end, "What stands between messages was made anew.")
                    : Repair(.leftOut, offset: end, length: next - end, "It belongs to no message that is whole."))
            end = next
        }
        // What stands inside another part is told with it.
        for case let place? in parts where place.lowerBound >= end {
            passOver(to: place.lowerBound)
            account.append(
                areKept
                    ? Repair(.kept, offset: place.lowerBound, length: place.count, "As it stands.")
                    : Repair(
                        .mended, offset: place.lowerBound, length: place.count,
                        "What a session in one object holds, as older releases write it, was put on a line of its own.")
            )
            end = place.upperBound
        }
        passOver(to: text.count)
        return account
    }

    /// Goes over brackets and strings up to the end of a value, or to a line that is a record.
    private struct Walk {
        /// Where it ended.
        private(set) var at = 0
        /// Whether the value ended there.
        private(set) var isWhole = false
        /// Whether it stands on more than one line.
        private(set) var isOverLines = false
        /// The keys of the value itself: where they begin, and what stands behind their colons.
        private(set) var keys: [String: (start: Int, value: Int)] = [:]
        private var closing: [UInt8] = []
        private var string = 0..<0
        /// Whether a bracket closed that was not open, or something stands that belongs to no such object.
        private var isBroken = false
        private static let longestKey = 32
        private static let goOn = Array(" \t\r\n\"}]".utf8)

        mutating func take(_ buffer: UnsafeRawBufferPointer, from start: Int) {
            at = start
            while at < buffer.count {
                let byte = buffer[at]
                if byte == 0x0A, at + 1 < buffer.count {
                    if GeminiObject.isRecord(buffer, at + 1) { return }
                    // Lines of an object are indented, but for the last.
                    if Self.goOn.contains(buffer[at + 1]) { isOverLines = true } else { isBroken = true }
                }
                at += 1
                switch byte {
                case 0x22: passString(buffer)
                case 0x7B, 0x5B:
                    isBroken = isBroken || closing.count == JSONScanner.depthLimit
                    if !isBroken { closing.append(byte + 2) }
                case 0x7D, 0x5D:
                    isBroken = isBroken || closing.last != byte
                    if isBroken { continue }
                    closing.removeLast()
                    isWhole = closing.isEmpty
                    if isWhole { return }
                case 0x3A where closing.count == 1 && !isBroken: noteKey(buffer)
                default: break
                }
            }
        }

        private mutating func passString(_ buffer: UnsafeRawBufferPointer) {
            let start = at
            // No string goes over the end of a line.
            while at < buffer.count, buffer[at] != 0x0A {
                let byte = buffer[at]
                at += 1
                if byte == 0x5C, at < buffer.count, buffer[at] != 0x0A { at += 1 }
                guard byte == 0x22 else { continue }
                string = start..<at - 1
                return
            }
        }

        private mutating func noteKey(_ buffer: UnsafeRawBufferPointer) {
            guard !string.isEmpty, string.count <= Self.longestKey else { return }
            keys[String(decoding: buffer[string], as: UTF8.self)] = (string.lowerBound - 1, at)
        }

        /// Whether a list stands behind the key of this name; behind the last one where there are several.
        func hasList(_ name: String, _ buffer: UnsafeRawBufferPointer) -> Bool {
            guard let value = keys[name]?.value else { return false }
            return buffer[value...].first { !GeminiObject.isSpace($0) } == 0x5B
        }
    }
}
