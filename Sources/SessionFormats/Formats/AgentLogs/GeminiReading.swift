// A session as Gemini CLI's recording service (google-gemini/gemini-cli at 5411f113) loads it, as it was measured.
//
// Records are updates of a map of messages: a message that comes again takes the place of the first, a rewind takes away
// everything from a message on, and one to a message that is not there takes away everything.

struct GeminiReading {
    struct Message {
        /// nil in legacy files, whose messages need none.
        var id: [UInt8]?
        var type: [UInt8]?
        var place: Range<Int>
        var line: Int
        /// Whether it stands inside another record.
        var isNested = false
        /// Tool calls without results.
        var pendingCalls = 0
        var isResumable = false
        var isUser = false
        /// Its string or the texts of its parts.
        var text: [UInt8] = []
        var hasListableContent = false
    }

    /// A rewind to a message that is not there.
    struct LostRewind {
        var place: Range<Int>
        var line: Int
        var messagesLost: Int
        /// Where the names stand that make the record something to the agent, without their quotes, and names that make it
        /// nothing.
        var names: [(place: Range<Int>, void: StaticString)]
    }

    /// A value that the session has to have.
    private struct NamedValue {
        /// Whether it is one that counts.
        var counts = false
        /// The last one that counted, as it is spelled.
        var last: [UInt8]?

        mutating func take(_ value: JSONView) {
            counts = value.isTrueInECMAScript
            if counts { last = value.isString ? [0x22] + value.raw + [0x22] : Array(value.raw) }
        }
    }

    /// Whether the file is a session for the agent.
    private(set) var loads = false
    /// Whether it is one only as a whole object of an older release.
    private(set) var isLegacy = false
    private var slots: [Message?] = []
    private var places: [[UInt8]: Int] = [:]
    private(set) var lostRewinds: [LostRewind] = []
    private var sessionID = NamedValue()
    private var projectHash = NamedValue()
    private(set) var isSubagent = false
    /// The first message of a user, rewound ones included.
    private var firstUserText: [UInt8] = []
    private var listed = Listed()
    private let source: FileBytes
    /// Whether rewinds to messages that are not there are passed over when they would take something away.
    private let passesOverLostRewinds: Bool

    /// The messages, in order.
    var messages: [Message] { slots.compactMap { $0 } }

    init(_ bytes: FileBytes, endsAtSeparators: Bool = false, passesOverLostRewinds: Bool = false) {
        source = bytes
        self.passesOverLostRewinds = passesOverLostRewinds
        var rules = AgentLog.gemini.lines
        rules.endsAtSeparators = endsAtSeparators
        RecordLines.forEach(in: bytes, rules) { line in
            if let value = line.value, value.kind == .object { take(value, line) }
        }
        loads = sessionID.counts && projectHash.counts
        if !loads { readLegacy() }
    }

    // MARK: Records

    private mutating func take(_ record: JSONView, _ line: RecordLine) {
        if let rewind = record.member("$rewindTo"), let target = rewind.text {
            self.rewind(to: target, record, line)
        } else if record.member("id")?.isString == true {
            guard let message = try? message(record, line) else { return }
            put(message)
            listed.add(message)
            noteFirst(message)
        } else if let set = record.member("$set"), set.kind == .object || set.kind == .array {
            update(set, line)
        } else if record.member("sessionId")?.isString == true, record.member("projectHash")?.isString == true {
            takeMetadata(record)
            if let items = record.member("messages"), items.kind == .array { try? putAll(items, line) }
        }
    }

    private mutating func put(_ message: Message) {
        let id = message.id ?? []
        if let place = places[id] {
            slots[place] = message
        } else {
            places[id] = slots.count
            slots.append(message)
        }
    }

    private mutating func rewind(to target: [UInt8], _ record: JSONView, _ line: RecordLine) {
        listed.rewind(to: target)
        guard let place = places[target] else {
            let lost = slots.count { $0 != nil }
            lostRewinds.append(
                LostRewind(
                    place: line.place, line: line.number, messagesLost: lost, names: Self.names(of: record, line)))
            if !passesOverLostRewinds { removeAll() }
            return
        }
        for slot in slots[place...] { if let id = slot?.id { places[id] = nil } }
        slots.removeSubrange(place...)
    }

    /// By these names the agent tells records apart, and by those it does not.
    private static let voidNames: [(name: StaticString, void: StaticString)] = [
        ("$rewindTo", "lostRewindTo"), ("id", "lostID"), ("$set", "lostSet"), ("projectHash", "lostProjectHash"),
    ]

    /// Where the names of a rewind stand, and of what the record would be without it, in order; nowhere in a line that was
    /// read in a copy.
    private static func names(of record: JSONView, _ line: RecordLine) -> [(place: Range<Int>, void: StaticString)] {
        guard !line.isRepaired else { return [] }
        var names: [(place: Range<Int>, void: StaticString)] = []
        record.forEachMember { key, _ in
            guard let void = voidNames.first(where: { key.isText($0.name) })?.void else { return }
            let start = line.place.lowerBound
            names.append((start + key.range.lowerBound..<start + key.range.upperBound, void))
        }
        return names
    }

    private mutating func removeAll() {
        slots = []
        places = [:]
    }

    private mutating func update(_ set: JSONView, _ line: RecordLine) {
        if let items = set.member("messages"), items.kind == .array {
            removeAll()
            listed = Listed()
            do { try putAll(items, line) } catch { return }
        }
        takeMetadata(set)
    }

    /// Puts in the items that are messages, up to the first that cannot be judged.
    private mutating func putAll(_ items: JSONView, _ line: RecordLine) throws {
        for item in items.items where item.member("id")?.isString == true {
            let message = try message(item, line)
            put(message)
            listed.add(message)
            noteFirst(message)
        }
    }

    private mutating func takeMetadata(_ record: JSONView) {
        if let value = record.member("sessionId") { sessionID.take(value) }
        if let value = record.member("projectHash") { projectHash.take(value) }
        if let value = record.member("kind") { isSubagent = value.isText("subagent") }
    }

    private mutating func noteFirst(_ message: Message) {
        if firstUserText.isEmpty, message.isUser, message.isResumable, message.hasListableContent {
            firstUserText = message.text
        }
    }

    // MARK: A message

    private func message(_ record: JSONView, _ line: RecordLine) throws -> Message {
        let type = record.member("type")
        var message = Message(
            id: record.member("id")?.text, type: type?.text, place: place(of: record, line), line: line.number)
        message.isNested = record.index > 0
        message.isUser = type?.isText("user") == true
        let isAgent = type?.isText("gemini") == true
        let content = record.member("content")
        let text = try GeminiText(content)
        if message.isUser || isAgent {
            guard let trimmed = text.trimmed else { throw GeminiText.Unreadable() }
            message.isResumable = message.isUser ? Self.isPrompt(trimmed) : !trimmed.isEmpty || Self.works(record)
        }
        message.pendingCalls = Self.pendingCalls(record)
        if let content { message.hasListableContent = content.isString || content.kind == .array }
        message.text = content.map(Self.listableText) ?? []
        return message
    }

    private func place(of record: JSONView, _ line: RecordLine) -> Range<Int> {
        guard record.index > 0, !line.isRepaired else { return line.place }
        return line.place.lowerBound + record.range.lowerBound..<line.place.lowerBound + record.range.upperBound
    }

    private static func isPrompt(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, first != 0x2F, first != 0x3F else { return false }
        return !text.starts(with: "<session_context>".utf8) && !text.starts(with: "<hook_context>".utf8)
    }

    private static func works(_ record: JSONView) -> Bool {
        [record.member("toolCalls"), record.member("thoughts")].contains { value in
            guard let value else { return false }
            if value.kind == .array { return !value.isEmptyContainer }
            return value.isString && !value.isEmptyText
        }
    }

    private static func pendingCalls(_ record: JSONView) -> Int {
        guard record.member("type")?.isText("gemini") == true, let calls = record.member("toolCalls") else { return 0 }
        return calls.items.count { $0.kind == .object && $0.member("result") == nil }
    }

    private static func listableText(_ content: JSONView) -> [UInt8] {
        content.text ?? content.items.flatMap { $0.member("text")?.text ?? [] }
    }

    // MARK: Files of older releases

    private mutating func readLegacy() {
        removeAll()
        // The scanner takes CR for white space, and LF for the end of its line.
        let text = source.copy(0..<source.count).map { $0 == 0x0A ? 0x0D : $0 }
        let whole = RecordLines.repaired(text)
        whole.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var outline = JSONOutline()
            guard (try? outline.read(base, count: buffer.count, loadable: buffer.count, .ecmaScript)) != nil else {
                return
            }
            readLegacy(outline.root)
        }
    }

    private mutating func readLegacy(_ root: JSONView) {
        guard root.kind == .object, root.member("sessionId") != nil else { return }
        let messages = root.member("messages")
        guard messages == nil || messages?.kind == .null || messages?.kind == .array else { return }
        for item in messages?.items ?? root.items {
            guard item.kind != .null else { return removeAll() }
            var message = Message(
                id: item.member("id")?.text, type: item.member("type")?.text, place: item.range, line: 1)
            message.isUser = item.member("type")?.isText("user") == true
            message.text = item.member("content").map(Self.listableText) ?? []
            message.isResumable = Self.isLegacyResumable(item)
            message.pendingCalls = Self.pendingCalls(item)
            slots.append(message)
        }
        if let kind = root.member("kind") { isSubagent = kind.isText("subagent") }
        isLegacy = true
        loads = true
    }

    private static func isLegacyResumable(_ item: JSONView) -> Bool {
        guard let text = try? GeminiText(item.member("content")), let trimmed = text.trimmed else { return false }
        if item.member("type")?.isText("user") == true { return isPrompt(trimmed) }
        return item.member("type")?.isText("gemini") == true && (!trimmed.isEmpty || works(item))
    }

    // MARK: The list of sessions

    /// How many messages the list says there are.
    var listedCount: Int { isLegacy ? messages.count : listed.lines.count }

    /// A record that gives back what a later record made void; nil when it was never given. It is one of metadata, which is
    /// no update of the conversation, unless a name is no string.
    var restoringRecord: [UInt8]? {
        guard let session = sessionID.last, let project = projectHash.last else { return nil }
        let names = Array(#"{"sessionId":"#.utf8) + session + Array(#","projectHash":"#.utf8) + project + [0x7D]
        let areStrings = session.first == 0x22 && project.first == 0x22
        return areStrings ? names : Array(#"{"$set":"#.utf8) + names + [0x7D]
    }

    /// Whether the session is in the list: it loads, it is no subagent's, and there is something to go on with.
    var isListed: Bool { loads && !isSubagent && hasResumableContent }

    /// Whether there is something to go on with, as the list sees it.
    var hasResumableContent: Bool {
        isLegacy ? messages.contains(where: \.isResumable) : !listed.resumable.isEmpty
    }

    /// What the list shows of the conversation.
    var firstUserMessage: [UInt8] {
        if !firstUserText.isEmpty { return firstUserText }
        return messages.first { $0.isUser && $0.isResumable }?.text ?? []
    }

    /// The list counts lines, and forgets an identifier with all lines from the first one that a rewind takes away.
    private struct Listed {
        var lines: [[UInt8]] = []
        var resumable: Set<[UInt8]> = []

        mutating func add(_ message: Message) {
            let id = message.id ?? []
            lines.append(id)
            if message.isResumable { resumable.insert(id) } else { resumable.remove(id) }
        }

        mutating func rewind(to target: [UInt8]) {
            guard let place = lines.firstIndex(of: target) else {
                self = Listed()
                return
            }
            for id in lines[place...] { resumable.remove(id) }
            lines.removeSubrange(place...)
        }
    }
}

/// What Gemini CLI makes of a message's content when it looks for text.
private struct GeminiText {
    struct Unreadable: Error {}

    /// Without white space at its ends; nil for content whose text is no text.
    private(set) var trimmed: ArraySlice<UInt8>?

    init(_ content: JSONView?) throws {
        guard let content else {
            trimmed = []
            return
        }
        trimmed = try Self.text(content, depth: 0).map { WhiteSpace.ecmaScript.trimmed($0) }
    }

    private static let brackets: [StaticString] = [
        "videoMetadata", "thought", "codeExecutionResult", "executableCode", "fileData",
    ]

    /// nil for a text that is no text.
    private static func text(_ content: JSONView, depth: Int) throws -> [UInt8]? {
        switch content.kind {
        case .string: return content.text
        case .null, .yes, .no, .number: return []
        case .array:
            guard depth < JSONScanner.depthLimit else { throw Unreadable() }
            return try content.items.flatMap { item in
                try text(item, depth: depth + 1) ?? joined(item.member("text"))
            }
        case .object:
            if brackets.contains(where: { content.member($0) != nil }) { return [0x5B] }
            for name in ["functionCall", "functionResponse", "inlineData"] as [StaticString] {
                guard let value = content.member(name) else { continue }
                guard value.kind != .null else { throw Unreadable() }
                if name.description == "inlineData", value.member("mimeType")?.isString != true { throw Unreadable() }
                return [0x5B]
            }
            guard let text = content.member("text"), text.kind != .null else { return [] }
            return text.text
        }
    }

    /// A value that is no text, as an array's join prints it: all that matters is whether that is empty, which only null and
    /// arrays of nothing else are.
    private static func joined(_ value: JSONView?) -> [UInt8] {
        guard let value else { return [] }
        if let text = value.text { return text }
        let hasMore = (value.index..<Int(value.nodes[value.index].next)).contains { index in
            let inner = value.at(index)
            return inner.kind != .array && inner.kind != .null && !inner.isEmptyText
        }
        return hasMore ? Array("x".utf8) : []
    }
}
