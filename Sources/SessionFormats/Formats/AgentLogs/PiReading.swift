// A session as pi's session manager (badlogic/pi-mono at 83378aad) opens it, step by step as it was measured.
//
// Opening changes files: one that does not begin with a header is overwritten by a new session, one of an older version is
// written anew. Identifiers are compared as JavaScript's maps compare keys, so they need not be texts. The walk from the last
// entry to the root looks out for no cycle: one on the way never ends.

struct PiReading {
    /// What opening does to the file.
    enum Effect: String {
        case same, migrated, reset
    }

    /// A value of the file, in its order; the first is the header.
    struct Value {
        var place: Range<Int>
        var line: Int
        var kind: JSONOutline.Kind
        var isHeaderLike = false
        /// The number of its identifier, under which "absent" is one too.
        var id: UInt32
        /// What an identifier made by migration is called.
        var newID: Int?
        /// Whether it had another one before.
        var isNewIDForOld = false
        var hasID: Bool
        var isIDTrue: Bool
        /// nil when there is none that JavaScript takes for true.
        var parent: UInt32?
        var type = EntryType.other
        /// The entry that a compaction keeps first; nil when nothing can be it.
        var firstKept: UInt32?
        var firstKeptIndex: Double?
        /// Whether it is a message without anything in it.
        var isHollow = false
        /// The message's role as pi spells it; nil when it has none.
        var role: String?
        var isExcluded = false
        /// Whether a summary or a name says something.
        var says = false
        /// Whether the list of sessions fails over it.
        var breaksListing = false
    }

    enum EntryType {
        case message, compaction, branchSummary, customMessage, other
    }

    private(set) var values: [Value] = []
    private(set) var identifiers = IdentifierTable()
    private(set) var effect = Effect.same
    /// "TypeError" or "Hang"; nil when the session opens.
    private(set) var error: String?
    /// Whether the error comes with the walk, after the file was opened.
    private(set) var failsInContext = false
    private(set) var isListed = false
    /// Whether it is found as the most recent session.
    private(set) var isRecent = false
    /// Numbers of values: the walk from the root to the last entry, those that give messages, and the roles of these.
    private(set) var branch: [Int] = []
    private(set) var context: [Int] = []
    private(set) var roles: [String?] = []
    /// The roles under which the model sees them.
    private(set) var modelRoles: [String] = []
    /// Compactions of which nothing that they keep is before them on the path.
    private(set) var compactionsWithoutKept: [Int] = []
    private(set) var migratedFrom: Double?

    init(_ bytes: FileBytes) {
        RecordLines.forEach(in: bytes, AgentLog.pi.lines) { line in
            if let value = line.value { add(value, line) }
        }
        isRecent = Self.isRecent(bytes)
        isListed =
            values.first.map { $0.isHeaderLike } == true && !values.contains { $0.kind == .null || $0.breaksListing }
        if version.isNaN { isSpelledAsWritten = Self.isSpelledAsWritten(bytes) }
        open()
    }

    /// Whether writing every value anew would change nothing: a line each, without white space, spelled as JavaScript does.
    private static func isSpelledAsWritten(_ bytes: FileBytes) -> Bool {
        var isSame = bytes.withBytes { $0.last == 0x0A }
        var lines = 0
        RecordLines.forEach(in: bytes, AgentLog.pi.lines) { line in
            lines += 1
            guard let value = line.value, !line.isRepaired else { return isSame = false }
            if !line.isPlain || !value.hasNumbersAsInJavaScript { isSame = false }
        }
        return isSame && bytes.withBytes { buffer in buffer.count { $0 == 0x0A } } == lines
    }

    // MARK: Values

    private mutating func add(_ value: JSONView, _ line: RecordLine) {
        let type = value.member("type")
        var entry = Value(
            place: line.place, line: line.number, kind: value.kind,
            isHeaderLike: type?.isText("session") == true,
            id: key(value.member("id")), hasID: value.member("id") != nil,
            isIDTrue: value.member("id")?.isTrueInECMAScript == true)
        if let parent = value.member("parentId"), parent.isTrueInECMAScript { entry.parent = key(parent) }
        if values.isEmpty, entry.isHeaderLike { entry.hasID = value.member("id")?.isString == true }
        if let type { take(type, value, &entry) }
        if values.isEmpty { version = PiVersion.number(of: value.member("version")) }
        values.append(entry)
    }

    /// Whether every line is a value without white space, so that writing it anew changes nothing.
    private var isSpelledAsWritten = true

    /// The header's version as JavaScript compares it.
    private var version = 1.0

    private mutating func take(_ type: JSONView, _ value: JSONView, _ entry: inout Value) {
        if type.isText("message") {
            entry.type = .message
            let message = value.member("message")
            entry.isHollow = message == nil || message?.kind == .null
            entry.role = message?.member("role")?.string
            entry.isExcluded = message?.member("excludeFromContext")?.isTrueInECMAScript == true
            entry.breaksListing = entry.isHollow || Self.breaksListing(message)
        } else if type.isText("compaction") {
            entry.type = .compaction
            if let kept = value.member("firstKeptEntryId"), kept.kind != .null { entry.firstKept = key(kept) }
            entry.firstKeptIndex = value.member("firstKeptEntryIndex")?.number
        } else if type.isText("branch_summary") {
            entry.type = .branchSummary
            entry.says = value.member("summary")?.isTrueInECMAScript == true
        } else if type.isText("custom_message") {
            entry.type = .customMessage
        } else if type.isText("session_info"), let name = value.member("name") {
            entry.breaksListing = name.isTrueInECMAScript && !name.isString
        }
    }

    private static func breaksListing(_ message: JSONView?) -> Bool {
        guard let message, let role = message.member("role"), role.isText("user") || role.isText("assistant") else {
            return false
        }
        // Without content, or with one that is false, the message is passed over.
        guard let content = message.member("content") else { return false }
        if content.isString { return false }
        return content.kind != .array || content.items.contains { $0.kind == .null }
    }

    /// Two values have one number just when they are one key to a JavaScript map. Containers are only equal to themselves.
    private mutating func key(_ value: JSONView?) -> UInt32 {
        func number(_ text: String, _ tag: IdentifierTable.Tag) -> UInt32 {
            Array(text.utf8).withUnsafeBufferPointer { identifiers.number(of: $0, tag) }
        }
        guard let value else { return number("absent", .other) }
        switch value.kind {
        case .string: return (value.text ?? []).withUnsafeBufferPointer { identifiers.number(of: $0) }
        case .number: return number("\((value.number ?? 0) + 0)", .number)
        case .null: return number("null", .other)
        case .yes: return number("true", .other)
        case .no: return number("false", .other)
        case .array, .object: return number("container \(identifiers.count)", .other)
        }
    }

    private mutating func keyOfNew(_ number: Int) -> UInt32 {
        let text = String(number)
        let name = "g" + String(repeating: "0", count: max(0, 7 - text.count)) + text
        return Array(name.utf8).withUnsafeBufferPointer { identifiers.number(of: $0) }
    }

    /// An identifier as a text; nil for one that is none.
    func name(_ value: Int) -> String? {
        identifiers.isText(values[value].id) ? identifiers.text(values[value].id) : nil
    }

    // MARK: Opening

    private mutating func open() {
        guard let first = values.first else {
            effect = .reset
            return
        }
        if first.kind == .null { return fail("TypeError") }
        guard first.kind == .object, first.isHeaderLike, first.hasID else {
            effect = .reset
            return
        }
        guard migrate() else { return }
        if entryNumbers.contains(where: { values[$0].kind == .null }) { return fail("TypeError") }
        walk()
    }

    private mutating func fail(_ kind: String, inContext: Bool = false) {
        error = kind
        failsInContext = inContext
    }

    /// Entries: everything but what looks like a header.
    private var entryNumbers: [Int] { values.indices.filter { !values[$0].isHeaderLike } }

    /// Brings older versions up; false when that fails.
    private mutating func migrate() -> Bool {
        if version >= 3 { return true }
        let isNumber = !version.isNaN
        if isNumber, version < 2 {
            let isScalar: (JSONOutline.Kind) -> Bool = { $0 != .object && $0 != .array }
            if entryNumbers.contains(where: { isScalar(values[$0].kind) }) {
                fail("TypeError")
                return false
            }
            giveIdentifiers()
        }
        if isNumber {
            if entryNumbers.contains(where: { values[$0].kind == .null }) {
                fail("TypeError")
                return false
            }
            for index in values.indices where values[index].type == .message && values[index].role == "hookMessage" {
                values[index].role = "custom"
            }
        }
        migratedFrom = version
        // A version that is no number changes nothing but the spelling.
        effect = isNumber || !isSpelledAsWritten ? .migrated : .same
        return true
    }

    /// Every entry gets a new identifier and hangs on the one before.
    private mutating func giveIdentifiers() {
        var previous: UInt32?
        var number = 0
        for index in entryNumbers {
            number += 1
            values[index].id = keyOfNew(number)
            values[index].newID = number
            values[index].isNewIDForOld = values[index].hasID
            values[index].isIDTrue = true
            values[index].parent = previous
            previous = values[index].id
            guard values[index].type == .compaction, let kept = values[index].firstKeptIndex else { continue }
            guard kept >= 0, kept < Double(values.count), kept == kept.rounded() else { continue }
            let target = values[Int(kept)]
            if !target.isHeaderLike { values[index].firstKept = target.hasID || target.newID != nil ? target.id : nil }
        }
    }

    // MARK: Path and context

    private mutating func walk() {
        let entries = entryNumbers
        guard let last = entries.last else { return }
        var index = [Int](repeating: -1, count: identifiers.count)
        for entry in entries { index[Int(values[entry].id)] = entry }
        if values[last].hasID, values[last].newID == nil, isNull(values[last].id) { return }
        let start = values[last].isIDTrue ? index[Int(values[last].id)] : last
        var path: [Int] = []
        var isOnPath = [Bool](repeating: false, count: values.count)
        var next: Int? = start
        while let entry = next {
            if isOnPath[entry] { return fail("Hang", inContext: true) }
            isOnPath[entry] = true
            path.append(entry)
            next = values[entry].parent.flatMap { index[Int($0)] >= 0 ? index[Int($0)] : nil }
        }
        path.reverse()
        if path.contains(where: { values[$0].type == .message && values[$0].isHollow }) {
            return fail("TypeError", inContext: true)
        }
        if values[last].isIDTrue { branch = path }
        makeContext(path)
    }

    private func isNull(_ id: UInt32) -> Bool { identifiers.text(id) == "null" && identifiers.isOther(id) }

    private mutating func makeContext(_ path: [Int]) {
        guard let compaction = path.lastIndex(where: { values[$0].type == .compaction }) else {
            for entry in path { addMessage(entry) }
            return
        }
        add(path[compaction], "compactionSummary")
        let kept = values[path[compaction]].firstKept
        if kept.map({ kept in !path[..<compaction].contains { values[$0].id == kept } }) ?? true {
            compactionsWithoutKept.append(path[compaction])
        }
        if let kept,
            let from = path[..<compaction].firstIndex(where: { values[$0].id == kept })
        {
            for entry in path[from..<compaction] { addMessage(entry) }
        }
        for entry in path[(compaction + 1)...] { addMessage(entry) }
    }

    private mutating func addMessage(_ entry: Int) {
        switch values[entry].type {
        case .message: add(entry, values[entry].role)
        case .customMessage: add(entry, "custom")
        case .branchSummary: if values[entry].says { add(entry, "branchSummary") }
        case .compaction, .other: break
        }
    }

    private mutating func add(_ entry: Int, _ role: String?) {
        context.append(entry)
        roles.append(role)
        switch role {
        case "user", "assistant", "toolResult": modelRoles.append(role ?? "")
        case "custom", "branchSummary", "compactionSummary": modelRoles.append("user")
        case "bashExecution": if !values[entry].isExcluded { modelRoles.append("user") }
        default: break
        }
    }

    // MARK: The list of sessions

    /// How much of a file is looked at when the most recent session is wanted, in bytes.
    static let recentWindow = 512

    private static func isRecent(_ bytes: FileBytes) -> Bool {
        let line = Array(bytes.copy(0..<recentWindow).prefix { $0 != 0x0A })
        return RecordLines.repaired(line).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            var outline = JSONOutline()
            guard (try? outline.read(base, count: buffer.count, loadable: buffer.count, .ecmaScript)) != nil else {
                return false
            }
            return outline.root.member("type")?.isText("session") == true && outline.root.member("id")?.isString == true
        }
    }
}

/// A header's version as JavaScript's operators see it.
enum PiVersion {
    static func number(of value: JSONView?) -> Double {
        guard let value, value.kind != .null else { return 1 }
        return converted(value)
    }

    private static func converted(_ value: JSONView) -> Double {
        switch value.kind {
        case .number: value.number ?? .nan
        case .string: converted(value.text ?? [])
        case .yes: 1
        case .no, .null: 0
        case .array:
            switch Array(value.items.prefix(2)) {
            case let items where items.isEmpty: 0
            case let items where items.count == 1: converted(only: items[0])
            default: .nan
            }
        case .object: .nan
        }
    }

    /// The only item of an array, by way of its text: `[true]` is no number, `[null]` is 0.
    private static func converted(only item: JSONView) -> Double {
        switch item.kind {
        case .yes, .no, .object: .nan
        default: converted(item)
        }
    }

    private static func converted(_ text: [UInt8]) -> Double {
        let trimmed = String(decoding: WhiteSpace.ecmaScript.trimmed(text), as: UTF8.self)
        if trimmed.isEmpty { return 0 }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where trimmed.lowercased().hasPrefix(prefix) {
            let digits = trimmed.dropFirst(2)
            return digits.allSatisfy(\.isHexDigit) ? UInt64(digits, radix: radix).map(Double.init) ?? .nan : .nan
        }
        if ["Infinity", "+Infinity"].contains(trimmed) { return .infinity }
        if trimmed == "-Infinity" { return -.infinity }
        guard trimmed.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return .nan }
        return Double(trimmed) ?? Double(trimmed + "0") ?? .nan
    }
}
