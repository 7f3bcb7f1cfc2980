// What is whole in a session of Gemini CLI in one object that may be damaged anywhere.
//
// It is read from member to member and from message to message as long as the grammar holds. Where it breaks, everything up to
// there belongs to what was being read; behind it a message is what looks like one or is indented like one, and a member what
// is indented less. So no byte is read more than a few times.

/// The members and messages of such an object that are whole.
struct GeminiObjectParts {
    struct Message {
        let place: Range<Int>
        let hasID: Bool
    }

    private(set) var messages: [Message] = []
    /// What is said of the session, each with its key.
    private(set) var members: [Range<Int>] = []
    /// From the brace to the last member that follows on it; nil when there is none.
    private(set) var beginning: Range<Int>?
    /// Whether there is a list of messages, even without any.
    private(set) var hasList = false
    private(set) var namesSession = false
    private(set) var namesProject = false

    /// Where the reader is.
    private enum Place { case members, messages, lost }

    private var place = Place.lost
    private var at = 0
    private var outline = JSONOutlineBox()
    /// Whether every member so far follows on the one before.
    private var isUnbroken = true
    /// As the agent writes it, until all lines show another, or the first member or the list, which damage may have moved.
    private var messageIndent = 4
    private var isIndentSure = false
    /// Where the next line begins an object and is indented no more than messages are, or a key and is indented less, as far
    /// as was looked.
    private var nextPart = 0
    /// Whether a list of messages is called by its name anywhere.
    private var namesList = false
    private let offset: Int
    private let isWhole: Bool

    private final class JSONOutlineBox {
        var outline = JSONOutline()
    }

    /// - Parameters:
    ///   - text: The object, in which CR ends lines.
    ///   - offset: Where it stands in the file.
    ///   - isWhole: Whether it is known to be whole.
    init(_ text: [UInt8], at offset: Int, isWhole: Bool) {
        (self.offset, self.isWhole) = (offset, isWhole)
        text.withUnsafeBufferPointer { read($0) }
    }

    private mutating func read(_ text: UnsafeBufferPointer<UInt8>) {
        if let usual = usualIndent(text) { (messageIndent, isIndentSure) = (usual, true) }
        let quoted = "\"messages\"".utf8
        namesList = text.indices.contains { place in
            text[place] == 0x22 && text[place...].starts(with: quoted)
                && valueOfKey(text, place + quoted.count).map { text[$0] == 0x5B } ?? false
        }
        // The first brace begins the session, when nothing stands before it but noise.
        if let brace = text.firstIndex(where: { $0 == 0x7B || $0 == 0x22 }), text[brace] == 0x7B,
            isWhole || !begins(text, brace, with: "id")
        {
            enter(brace)
        }
        while at < text.count {
            switch (place, text[at]) {
            case (_, 0x20), (_, 0x09), (_, 0x0D), (.messages, 0x2C), (.members, 0x2C): at += 1
            case (.messages, 0x5D): (place, at) = (.members, at + 1)
            // What is escaped stands inside a string.
            case (.lost, 0x22) where at > 0 && text[at - 1] == 0x5C: at += 1
            case (_, 0x22): takeString(text)
            case (.members, 0x7B), (.lost, 0x7B):
                if begins(text, at, with: "sessionId") { enter(at) } else { takeObject(text) }
            case (.messages, _): takeObject(text)
            default: (place, at) = (.lost, at + 1)
            }
        }
    }

    private mutating func enter(_ brace: Int) {
        (place, at) = (.members, brace + 1)
        if beginning == nil { beginning = offset + brace..<offset + brace + 1 }
    }

    // MARK: Members

    private mutating func takeString(_ text: UnsafeBufferPointer<UInt8>) {
        let start = at
        guard let end = endOfValue(text, from: start), let value = valueOfKey(text, end) else {
            // In a list it is no message, and elsewhere it may be the end of a string, or of a key.
            if place == .messages, let end = endOfValue(text, from: start) { return at = end }
            (place, at) = (.lost, start + 1)
            guard let value = valueOfKey(text, at), text[value] == 0x5B || text[value] == 0x7B else { return }
            if text[..<start].suffix(8).elementsEqual(Self.listName), messages.isEmpty { return takeList(text, value) }
            if !mayBeList(text, value), let end = endOfValue(text, from: value, isInMessage: true) { at = end }
            return
        }
        let name = text[start + 1..<end - 1]
        let indent = indent(text, start)
        if !hasList, members.isEmpty, place == .members, let indent { learnIndent(2 * indent) }
        let isIndentedLess = messageIndent > 0 ? indent.map { $0 < messageIndent } : nil
        let isMember = isIndentedLess ?? (place == .members)
        if text[value] == 0x5B, name.elementsEqual(Self.listName), isMember || messages.isEmpty {
            return takeList(text, value)
        }
        if mayBeList(text, value) { return (place, at) = (.lost, value + 1) }
        guard let valueEnd = endOfValue(text, from: value, isInMessage: !isMember) else { return }
        at = valueEnd
        // No value holds lines of members; one that seems to lost its end, and members behind it look like its own.
        if !isWhole, isIndentSure, indent != nil, isMember, let member = memberLine(text, in: value..<valueEnd) {
            return (place, at) = (.lost, member)
        }
        let isEnded = next(text, valueEnd).map { text[$0] == 0x2C || text[$0] == 0x7D } ?? true
        guard isMember, isEnded else {
            // A string that something else follows may be the next key.
            return (place, at) = (.lost, isEnded || text[value] != 0x22 ? valueEnd : value)
        }
        place = .members
        isUnbroken = isUnbroken && beginning.map { follows(text, from: $0.upperBound - offset, to: start) } ?? false
        if isUnbroken, let first = beginning?.lowerBound { beginning = first..<offset + valueEnd }
        members.append(offset + start..<offset + valueEnd)
        namesSession = namesSession || name.elementsEqual("sessionId".utf8)
        namesProject = namesProject || name.elementsEqual("projectHash".utf8)
    }

    private static let listName = "messages".utf8

    /// Whether a value may be the list of messages, whose name was lost.
    private func mayBeList(_ text: UnsafeBufferPointer<UInt8>, _ value: Int) -> Bool {
        guard !namesList, text[value] == 0x5B, let first = next(text, value + 1) else { return false }
        return text[first] == 0x7B
    }

    /// Where the value begins when a key ended there.
    private func valueOfKey(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Int? {
        next(text, end).flatMap { text[$0] == 0x3A ? next(text, $0 + 1) : nil }
    }

    private mutating func takeList(_ text: UnsafeBufferPointer<UInt8>, _ bracket: Int) {
        if !hasList, let first = next(text, bracket + 1), text[first] == 0x7B, let indent = indent(text, first) {
            learnIndent(indent)
        }
        (place, at, hasList) = (.messages, bracket + 1, true)
    }

    /// Whether nothing but a comma stands between two members, or nothing between the brace and the first.
    private func follows(_ text: UnsafeBufferPointer<UInt8>, from end: Int, to start: Int) -> Bool {
        let between = text[end..<start].filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
        return members.isEmpty ? between.isEmpty : between == [0x2C]
    }

    // MARK: Messages

    private mutating func takeObject(_ text: UnsafeBufferPointer<UInt8>) {
        let (start, indent) = (at, indent(text, at))
        if !hasList, let indent, indent < messageIndent, begins(text, start, with: "id") { learnIndent(indent) }
        let isKnown = place == .messages || indent == messageIndent
        guard let end = endOfValue(text, from: start, isInMessage: true) else { return }
        at = end
        let root = outline.outline.root
        guard root.kind == .object, isKnown || Self.isMessage(root) && mayBeMessage(text, start..<end, indent) else {
            return
        }
        messages.append(
            Message(place: offset + start..<offset + end, hasID: root.member("id")?.isString == true))
        (place, hasList) = (.messages, true)
    }

    /// What stands deeper belongs to a message, but for a record of a log that came between: it is all of its line.
    private func mayBeMessage(_ text: UnsafeBufferPointer<UInt8>, _ place: Range<Int>, _ indent: Int?) -> Bool {
        guard let indent, indent > messageIndent else { return true }
        let isOnOneLine = !text[place].contains(0x0D)
        return isOnOneLine && (next(text, place.upperBound, butEndsOfLines: true).map { text[$0] == 0x0D } ?? true)
    }

    private static let types: [StaticString] = ["user", "gemini", "info", "error", "warning"]

    private static func isMessage(_ value: JSONView) -> Bool {
        value.member("id")?.isString == true && value.member("content") != nil
            && types.contains { value.member("type")?.isText($0) == true }
    }

    // MARK: Values

    /// Where a value ends; nil when it is not whole, and then the reader stands where that shows.
    ///
    /// - Parameter isInMessage: Whether it is a message or in one, and ends before the next message or member at the latest.
    private mutating func endOfValue(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, isInMessage: Bool = false
    ) -> Int? {
        guard let base = text.baseAddress else { return nil }
        let limit = isInMessage ? limit(text, from: start) : text.count
        var end = limit
        do throws(JSONFault) {
            try outline.outline.read(
                base + start, count: limit - start, loadable: text.count - start, .ecmaScript, isPrefix: true)
            end = start + outline.outline.end
            // A number or a word that goes on is cut short or another one.
            let isScalar = ![0x22, 0x7B, 0x5B].contains(text[start])
            let isEnded = end < text.count && [0x20, 0x09, 0x0D, 0x2C, 0x5D, 0x7D].contains(text[end])
            if isEnded || !isScalar { return end }
        } catch {
            end = start + error.offset
        }
        (place, at) = (.lost, max(end, start + 1))
        if let other = otherBeginning(text, in: start..<end) { at = other }
        return nil
    }

    /// Where another value may begin that an attempt went over before it failed: what seemed to be a value may be the next
    /// key, and the quote that seemed to end a string that of a record which is welded to a fragment of it.
    private func otherBeginning(_ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
        let (start, end) = (range.lowerBound, range.upperBound)
        if end - start <= Self.lookBack, let member = memberLine(text, in: range) { return member }
        guard end - 1 > start, text[end - 1] == 0x22 else { return nil }
        let inside = text[start + 1..<end - 1]
        if end < text.count, text[end] == 0x3A { return inside.lastIndex(of: 0x22) }
        let last = inside.lastIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
        return last.flatMap { text[$0] == 0x7B ? $0 : nil }
    }

    /// How far it is gone back for a member, in bytes: no further, so that what fails at every line is not read again at each.
    private static let lookBack = 256

    /// Where in a range the first line begins a string that is indented as members are.
    private func memberLine(_ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Int? {
        var line = range.lowerBound
        while let newline = text[line..<range.upperBound].firstIndex(of: 0x0D) {
            line = newline + 1
            let first = text[line..<range.upperBound].firstIndex { $0 != 0x20 && $0 != 0x09 }
            if let first, text[first] == 0x22, first > line, first - line < messageIndent { return first }
        }
        return nil
    }

    private mutating func limit(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard messageIndent > 0 else { return text.count }
        if start < nextPart { return nextPart }
        nextPart = start
        while let newline = text[nextPart...].firstIndex(of: 0x0D) {
            nextPart = newline + 1
            let first = text[nextPart...].prefix(messageIndent + 1).firstIndex { $0 != 0x20 && $0 != 0x09 }
            guard let first, text[first] == 0x7B || text[first] == 0x22 && first < nextPart + messageIndent else {
                continue
            }
            nextPart = first
            return first
        }
        nextPart = text.count
        return text.count
    }

    private mutating func learnIndent(_ indent: Int) {
        if !isIndentSure { (messageIndent, nextPart) = (indent, 0) }
    }

    /// How far messages are indented: twice what the lines behind opening brackets usually are more than those before them. Nil
    /// when no two agree.
    private func usualIndent(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var counts = [Int](repeating: 0, count: 64)
        var (line, before) = (0, nil as Int?)
        while line < text.count {
            let end = text[line...].firstIndex(of: 0x0D) ?? text.count
            let indent = text[line..<end].prefix { $0 == 0x20 || $0 == 0x09 }.count
            if let before, indent > before, indent - before < counts.count { counts[indent - before] += 1 }
            let last = text[line..<end].last
            before = last == 0x7B || last == 0x5B ? indent : nil
            line = end + 1
        }
        let most = counts.max() ?? 0
        return most > 1 ? counts.firstIndex(of: most).map { 2 * $0 } : nil
    }

    /// Whether a brace is followed by this key.
    private func begins(_ text: UnsafeBufferPointer<UInt8>, _ brace: Int, with key: String) -> Bool {
        next(text, brace + 1).map { text[$0...].starts(with: "\"\(key)\"".utf8) } ?? false
    }

    /// The next byte that is no white space; ends of lines may count.
    private func next(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, butEndsOfLines: Bool = false) -> Int? {
        text[start...].firstIndex { $0 != 0x20 && $0 != 0x09 && ($0 != 0x0D || butEndsOfLines) }
    }

    /// How far a line is indented on which nothing stands before a place, in bytes; nil when something does.
    private func indent(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int? {
        let before = text[..<place].lastIndex { $0 != 0x20 && $0 != 0x09 }
        guard let before else { return place }
        return text[before] == 0x0D ? place - before - 1 : nil
    }
}
