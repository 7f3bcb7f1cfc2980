// A session as older releases of Gemini CLI keep it: one JSON object over many lines, written as a whole.
//
// A program that ends in the middle leaves the beginning of one. A newer release that goes on with such a session appends records
// behind it, and then the file is neither one object nor a log: the agent has no session any more. On one line, with the keys that
// a log's metadata has, the object is metadata that gives its messages, and what stands behind it counts.

/// The object that a file begins with, when the agent does not read it as a record.
struct GeminiObject {
    /// Where it stands in the file, cut short or not.
    let range: Range<Int>
    private let walk: Walk
    /// Behind its opening brace.
    private let inside: Int

    /// nil when the file begins with no such object, or with one that is a record as it stands.
    init?(_ buffer: UnsafeRawBufferPointer) {
        let found = Self.walk(buffer)
        if let (start, walk) = found, walk.isWhole ? Self.isValue(buffer, to: walk.at) : walk.isOverLines {
            (range, inside) = (0..<walk.at, start + 1)
            self.walk = walk.isWhole ? walk : walk.broken(byMessagesIn: buffer)
        } else if let end = Self.endOfRemains(buffer) {
            (range, walk, inside) = (0..<end, Walk(isBroken: true), 0)
        } else {
            return nil
        }
    }

    /// Whether a value ends at a place, and with it a line, unless a record is welded to it. What belongs to it no more is not
    /// indented.
    private static func isValue(_ buffer: UnsafeRawBufferPointer, to end: Int) -> Bool {
        let next = buffer[end...].first { $0 != 0x0A && $0 != 0x0D }
        guard next == nil || next == 0x7B || buffer[end] < 0x20 && !Walk.goOn.contains(next ?? 0) else { return false }
        var outline = JSONOutline()
        return joined(buffer[..<end]).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return (try? outline.read(base, count: buffer.count, loadable: buffer.count, .ecmaScript)) != nil
        }
    }

    /// Where an object ends that is damaged; nil when no message over several lines stands before the first line that
    /// may be a record.
    private static func endOfRemains(_ buffer: UnsafeRawBufferPointer) -> Int? {
        var (end, lines) = (0, 0)
        while let newline = buffer[end...].firstIndex(of: 0x0A) {
            lines += 1
            end = newline + 1
            if end < buffer.count, buffer[end] == 0x7B { break }
        }
        if end == 0 || end == buffer.count || buffer[end] != 0x7B { end = buffer.count }
        guard lines > 1, buffer[..<end].contains(0x7B) else { return nil }
        let text = Array(buffer[..<end])
        let isOverLines = messages(in: joined(text)).contains { text[$0].contains(0x0A) }
        return isOverLines ? end : nil
    }

    init?(_ bytes: FileBytes) {
        guard let object = bytes.withBytes({ GeminiObject($0) }) else { return nil }
        self = object
    }

    /// Whether a file begins with a session in this form, as far as its beginning tells.
    static func begins(_ buffer: UnsafeRawBufferPointer) -> Bool { walk(buffer) != nil }

    private static func walk(_ buffer: UnsafeRawBufferPointer) -> (start: Int, Walk)? {
        guard let start = buffer.prefix(64).firstIndex(where: { !isSpace($0) }), buffer[start] == 0x7B else {
            return nil
        }
        var walk = Walk()
        walk.take(buffer, from: start)
        let (hasMessages, isNamed) = (walk.keys["messages"] != nil, walk.keys["projectHash"] != nil)
        // With a project's name an object on one line is a record.
        let isSession = walk.isOverLines ? hasMessages || isNamed : hasMessages && !isNamed
        return walk.keys["sessionId"] != nil && isSession ? (start, walk) : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// What was cut short; nil when nothing was, or nothing before it is whole.
    var torn: Range<Int>? {
        walk.isWhole || walk.isBroken ? nil : walk.lastItem.map { $0.end..<range.upperBound }
    }

    /// The file with the object on one line, closed where it was cut short, in which everything stands where it stood.
    func onOneLine(_ bytes: FileBytes) -> FileBytes {
        var joined = Self.joined(bytes.copy(range)) + bytes.copy(range.upperBound..<bytes.count)
        if let torn, let closing = walk.lastItem?.closing, torn.count > closing.count {
            for at in torn { joined[at] = 0x20 }
            joined.replaceSubrange(torn.lowerBound..<torn.lowerBound + closing.count, with: closing)
            if torn.upperBound == joined.count { joined[joined.count - 1] = 0x0A }
        }
        return FileBytes(joined)
    }

    // MARK: As a record

    /// A record from which the agent takes the messages that are whole, and what became of the object's bytes; nil when nothing in
    /// it is whole.
    func asRecord(_ bytes: FileBytes) -> (record: [UInt8], account: [Repair])? {
        let text = Self.joined(bytes.copy(range))
        let end = walk.isWhole ? (range.upperBound, []) : walk.isBroken ? nil : walk.lastItem
        if let end {
            let record = named(text[..<end.0] + end.1)
            if GeminiReading(FileBytes(record)).loads {
                return (record, [Repair(.mended, offset: 0, length: range.count, reason)])
            }
        }
        let items = Self.messages(in: text)
        guard !items.isEmpty else { return nil }
        let record = metadata(text) + items.map { text[$0] }.joined(separator: [0x2C]) + Array("]}".utf8)
        return GeminiReading(FileBytes(record)).loads ? (record, account(of: items, text)) : nil
    }

    private static func joined(_ text: some Sequence<UInt8>) -> [UInt8] {
        text.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }

    private func named(_ object: [UInt8]) -> [UInt8] {
        if walk.keys["projectHash"] != nil { return object }
        return object[..<inside] + Array(#""projectHash":"recovered","#.utf8) + object[inside...]
    }

    private var reason: String {
        let closed = walk.isWhole ? "" : ", closed behind the last message that is whole"
        let named = walk.keys["projectHash"] == nil ? ", with a name for the project" : ""
        return
            "A session that is one object, as older releases write it, was made a record on one line\(named)\(closed)."
    }

    /// The record up to its messages: as the object has it when that can be read, else with what names the session.
    private func metadata(_ text: [UInt8]) -> [UInt8] {
        if let end = walk.keys["messages"] {
            let beginning = named(Array(text[..<end])) + [0x5B]
            if GeminiReading(FileBytes(beginning + Array("]}".utf8))).loads { return beginning }
        }
        return Array(#"{"sessionId":"recovered","projectHash":"recovered","messages":["#.utf8)
    }

    /// Where messages stand that are whole, in a text that may be damaged anywhere.
    private static func messages(in text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        let budget = SearchBudget(text.count * 16)
        var outline = JSONOutline()
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var at = 0
            while !budget.hasEnded, let start = buffer[at...].firstIndex(of: 0x7B) {
                at = start + 1
                let count = buffer.count - start
                do throws(JSONFault) {
                    try outline.read(base + start, count: count, loadable: count, .ecmaScript, isPrefix: true)
                } catch {
                    _ = budget.spend(error.offset, at: start)
                    continue
                }
                _ = budget.spend(outline.end, at: start)
                let item = outline.root
                guard item.kind == .object, item.member("id")?.isString == true, item.member("type")?.isString == true,
                    item.member("content") != nil
                else { continue }
                at = start + outline.end
                found.append(start..<at)
            }
        }
        return found
    }

    private func account(of items: [Range<Int>], _ text: [UInt8]) -> [Repair] {
        var (account, end): ([Repair], Int) = ([], 0)
        func passOver(to next: Int) {
            let isBetween = text[end..<next].allSatisfy { Self.isSpace($0) || $0 == 0x2C }
            account.append(
                isBetween
                    ? Repair(.mended, offset: end, length: next - end, "What stands between messages was made anew.")
                    : Repair(.leftOut, offset: end, length: next - end, "It belongs to no message that is whole."))
        }
        for item in items {
            if item.lowerBound > end { passOver(to: item.lowerBound) }
            account.append(
                Repair(
                    .mended, offset: item.lowerBound, length: item.count,
                    "A whole message of a damaged object was put into a record on one line."))
            end = item.upperBound
        }
        if end < text.count { passOver(to: text.count) }
        return account
    }

    /// Goes over brackets and strings up to the end of a value, or to a line that begins another.
    private struct Walk {
        /// Where it ended.
        private(set) var at = 0
        /// Whether the value ended there.
        private(set) var isWhole = false
        /// Whether it stands on more than one line.
        private(set) var isOverLines = false
        /// Whether a bracket closes that is not open, or messages stand behind where it seems to be cut short.
        private(set) var isBroken: Bool
        /// The keys of the value itself, and what stands behind their colons.
        private(set) var keys: [String: Int] = [:]
        /// Behind the last whole item of a list in the value, and what closes all that is open there.
        private(set) var lastItem: (end: Int, closing: [UInt8])?
        private var closing: [UInt8] = []
        private var string = 0..<0
        private static let longestKey = 32
        static let goOn = Array(" \t\r\n\"}]".utf8)

        init(isBroken: Bool = false) { self.isBroken = isBroken }

        /// What seems to be cut short is damaged when messages stand behind that.
        func broken(byMessagesIn buffer: UnsafeRawBufferPointer) -> Walk {
            guard let end = lastItem?.end, !messages(in: joined(buffer[end..<at])).isEmpty else { return self }
            var walk = self
            walk.isBroken = true
            return walk
        }

        mutating func take(_ buffer: UnsafeRawBufferPointer, from start: Int) {
            at = start
            while at < buffer.count {
                let byte = buffer[at]
                if byte == 0x0A, at + 1 < buffer.count {
                    if buffer[at + 1] == 0x7B { return }
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
                    if closing.count == 2, closing[1] == 0x5D { lastItem = (at, closing.reversed()) }
                case 0x3A where closing.count == 1: noteKey(buffer)
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
            keys[String(decoding: buffer[string], as: UTF8.self)] = at
        }
    }
}
