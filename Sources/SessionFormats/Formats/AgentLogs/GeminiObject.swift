// A session as older releases of Gemini CLI keep it: one JSON object over many lines, written as a whole.
//
// A program that ends in the middle leaves the beginning of one. A newer release that goes on with such a session appends records
// behind it, and then the file is neither one object nor a log: the agent has no session any more. What it would read of the same
// is metadata and a line for each message.

/// Such an object, whole or damaged.
struct GeminiObject {
    /// Where it stands in the file.
    let range: Range<Int>
    /// Whether all of it is one JSON value.
    let isWhole: Bool
    /// What in it is whole, by its place in the file.
    private let parts: GeminiObjectParts
    /// The object with spaces for the ends of its lines.
    private let text: [UInt8]
    /// Where bytes stand that are no UTF-8, which the agent takes for U+FFFD.
    private let invalid: [Range<Int>]

    /// Where messages stand in it that are whole.
    var messages: [Range<Int>] { parts.messages.map(\.place) }

    /// nil when there is none, or one that is a record as it stands.
    init?(_ bytes: FileBytes) {
        guard let object = bytes.withBytes({ GeminiObject($0) }) else { return nil }
        self = object
    }

    /// Whether a file begins with a session in this form, as far as its beginning tells.
    static func begins(_ buffer: UnsafeRawBufferPointer) -> Bool {
        GeminiObject(buffer).map { $0.parts.namesSession && $0.range.lowerBound == 0 } ?? false
    }

    private init?(_ buffer: UnsafeRawBufferPointer) {
        guard let start = Self.start(in: buffer) else { return nil }
        let wholeEnd = Self.endOfWhole(buffer, from: start)
        range = start..<(wholeEnd ?? Self.endOfRemains(buffer, from: start))
        isWhole = wholeEnd != nil
        let masked: [UInt8]
        (masked, invalid) = Self.masked(buffer, range)
        parts = GeminiObjectParts(masked, at: start, isWhole: isWhole)
        text = buffer[range].map { Self.endsLine($0) ? 0x20 : $0 }
        let isOverLines = buffer[range].dropLast().indices.contains {
            Self.endsLine(buffer[$0]) && Array(" \t\r\n\"}]".utf8).contains(buffer[$0 + 1])
        }
        // Records before it are those of a log, in which a record may stand on several lines too.
        let isSeen = parts.messages.contains { buffer[$0.place].contains(where: Self.endsLine) }
        guard isSeen || start == 0 && (parts.hasList || isOverLines && parts.namesProject) else { return nil }
    }

    // MARK: Where it stands

    private static func endsLine(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// Where the first line begins that is no record; nil when all are, as far as that shows at a glance: only an object's
    /// lines are indented.
    private static func start(in buffer: UnsafeRawBufferPointer) -> Int? {
        let isMarked = buffer.starts(with: [0xEF, 0xBB, 0xBF])
        let first = buffer[(isMarked ? 3 : 0)...].firstIndex { $0 != 0x20 && $0 != 0x09 }
        guard let first, isRecord(buffer, first) else { return 0 }
        if isMarked { return nil }
        guard
            buffer.dropLast().indices.contains(where: {
                endsLine(buffer[$0]) && (buffer[$0 + 1] == 0x20 || buffer[$0 + 1] == 0x09)
            })
        else { return nil }
        return lines(buffer, from: 0).first { !isRecord(buffer, $0) && !endsLine(buffer[$0]) }
    }

    /// Where lines begin, from one on.
    private static func lines(_ buffer: UnsafeRawBufferPointer, from start: Int) -> some Sequence<Int> {
        sequence(first: start) { line in
            let next = buffer[line...].firstIndex(where: endsLine).map { $0 + 1 }
            return next.flatMap { $0 < buffer.count ? $0 : nil }
        }
    }

    /// Whether a line is an object of its own, but for a session on one line that the agent takes for no record.
    private static func isRecord(_ buffer: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        guard start < buffer.count, buffer[start] == 0x7B else { return false }
        let end = buffer[start...].firstIndex(where: endsLine) ?? buffer.count
        return read(masked(buffer, start..<end).text) { root, _ in
            root.member("messages")?.kind != .array || root.member("sessionId") == nil
                || root.member("projectHash")?.isString == true
        } ?? false
    }

    /// Where the whole object ends that begins there. Behind it a line ends or a record is welded to it. What belongs to it no
    /// more is not indented, and begins no other object over lines.
    private static func endOfWhole(_ buffer: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let mark = buffer[start...].starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard let brace = buffer[(start + mark)...].firstIndex(where: { $0 > 0x20 }), buffer[brace] == 0x7B else {
            return nil
        }
        let (text, _) = masked(buffer, brace..<buffer.count)
        let length = read(text, isPrefix: true) { root, end in
            let messages = root.member("messages")
            let isList = messages?.kind == .array && messages?.items.contains { $0.kind == .null } == false
            return root.member("sessionId") != nil && isList ? end : nil
        }
        guard let end = length.flatMap({ $0 }).map({ brace + $0 }) else { return nil }
        let rest = buffer[end...]
        guard let next = rest.firstIndex(where: { !endsLine($0) }), rest.contains(where: { $0 > 0x20 }) else {
            return end
        }
        let isOther = endsLine(buffer[end]) && !Array(" \t\"}]{\0".utf8).contains(buffer[next])
        return isOther || isRecord(buffer, next) ? end : nil
    }

    /// Where the first line begins that is a record; the file's end when none is.
    private static func endOfRemains(_ buffer: UnsafeRawBufferPointer, from start: Int) -> Int {
        lines(buffer, from: start).dropFirst().first { isRecord(buffer, $0) } ?? buffer.count
    }

    private static func read<Result>(
        _ text: [UInt8], isPrefix: Bool = false, _ body: (_ root: JSONView, _ end: Int) -> Result
    ) -> Result? {
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var outline = JSONOutline()
            let isRead: Void? = try? outline.read(
                base, count: buffer.count, loadable: buffer.count, .ecmaScript, isPrefix: isPrefix)
            return isRead.map { body(outline.root, outline.end) }
        }
    }

    /// A part of the file in which a scanner takes the ends of lines for white space, and what is no UTF-8 for text.
    private static func masked(
        _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>
    ) -> (text: [UInt8], invalid: [Range<Int>]) {
        var text = buffer[range].map { $0 == 0x0A ? 0x0D : $0 }
        var invalid: [Range<Int>] = []
        var places: [Int] = []
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            var at = 0
            while let bad = UTF8Validation.firstInvalid(base, from: at, to: buffer.count) {
                places.append(bad)
                at = bad + 1
            }
        }
        for at in places {
            text[at] = 0x3F
            let place = range.lowerBound + at
            if invalid.last?.upperBound == place {
                invalid[invalid.count - 1] = invalid[invalid.count - 1].lowerBound..<place + 1
            } else {
                invalid.append(place..<place + 1)
            }
        }
        return (text, invalid)
    }

    // MARK: As the agent reads it now

    /// The file with metadata and messages on lines of their own, in which everything stands where it stood.
    func asLines(_ bytes: FileBytes) -> FileBytes {
        var lines = [UInt8](repeating: 0x20, count: text.count)
        func put(_ place: Range<Int>) -> Range<Int> {
            let moved = place.lowerBound - range.lowerBound..<place.upperBound - range.lowerBound
            lines.replaceSubrange(moved, with: text[moved])
            return moved
        }
        // Without the project's name it is nothing to the agent.
        if parts.namesProject, let metadata = parts.beginning, metadata.upperBound + 1 < range.upperBound {
            let end = put(metadata).upperBound
            (lines[end], lines[end + 1]) = (0x7D, 0x0A)
        }
        for message in parts.messages {
            let place = put(message.place)
            if place.lowerBound > 0, lines[place.lowerBound - 1] == 0x20 { lines[place.lowerBound - 1] = 0x0A }
            if place.upperBound < lines.count { lines[place.upperBound] = 0x0A }
        }
        if let last = lines.indices.last, lines[last] == 0x20 { lines[last] = 0x0A }
        return FileBytes(
            bytes.copy(0..<range.lowerBound) + lines + bytes.copy(range.upperBound..<bytes.count))
    }

    /// What of the object counts with records around it or without, and what became of its bytes; nil when nothing in it is
    /// whole.
    ///
    /// - Parameter isAlone: Whether no records stand around it, so that it can stay an object.
    func mended(_ bytes: FileBytes, isAlone: Bool) -> (text: [UInt8], account: [Repair])? {
        guard !parts.members.isEmpty || !parts.messages.isEmpty else { return nil }
        func pieces(_ places: [Range<Int>]) -> [[UInt8]] {
            places.map { RecordLines.repaired(bytes.copy($0)) }
        }
        guard isAlone else {
            let lines = parts.messages.map(line)
            return (madeMetadata(text: pieces(parts.members)) + lines.joined(), account(areKept: false))
        }
        if isWhole, let start = parts.beginning?.lowerBound {
            return (pieces([start..<range.upperBound])[0], account([start..<range.upperBound], areKept: true))
        }
        let made = parts.namesSession ? [] : [Array(#""sessionId":"recovered""#.utf8)]
        let metadata = (made + pieces(parts.members)).joined(separator: Array(",\n  ".utf8))
        let list = pieces(messages).joined(separator: Array(",\n    ".utf8))
        let object =
            Array("{\n  ".utf8) + metadata + Array(",\n  \"messages\": [\n    ".utf8) + list + Array("\n  ]\n}".utf8)
        return (object, account(areKept: true))
    }

    /// A message as a record, which has to have an identifier.
    private func line(_ message: GeminiObjectParts.Message) -> [UInt8] {
        let place = message.place.lowerBound - range.lowerBound..<message.place.upperBound - range.lowerBound
        let record = RecordLines.repaired(text[place])
        guard !message.hasID else { return record + [0x0A] }
        let members = record.dropFirst().dropLast()
        let comma: [UInt8] = members.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? [] : [0x2C]
        // The last of several counts.
        return [0x7B] + members + comma + Array("\"id\":\"recovered-\(message.place.lowerBound)\"}\n".utf8)
    }

    /// A line of metadata that counts for the agent; without the session's or the project's name an update of what other
    /// records say.
    private func madeMetadata(text members: [[UInt8]]) -> [UInt8] {
        guard !members.isEmpty else { return [] }
        let object =
            [0x7B] + members.joined(separator: [0x2C]).map { Self.endsLine($0) ? 0x20 : $0 } + [0x7D]
        let reading = GeminiReading(FileBytes(object + Array("\n{}\n".utf8)))
        let isMetadata = reading.loads && !reading.isLegacy
        return (isMetadata ? object : Array(#"{"$set":"#.utf8) + object + [0x7D]) + [0x0A]
    }

    // MARK: What became of it

    private func account(areKept: Bool) -> [Repair] {
        let places = (parts.members + messages).sorted { $0.lowerBound < $1.lowerBound }
        return account(places, areKept: areKept)
    }

    private func account(_ places: [Range<Int>], areKept: Bool) -> [Repair] {
        var (account, end, isBehind): ([Repair], Int, Bool) = ([], range.lowerBound, false)
        var invalid = self.invalid[...]
        func add(_ action: Repair.Action, to next: Int, _ reason: String) {
            if next > end { account.append(Repair(action, offset: end, length: next - end, reason)) }
            end = max(end, next)
        }
        func passOver(to next: Int) {
            let said = text[end - range.lowerBound..<next - range.lowerBound]
                .filter { $0 != 0x20 && $0 != 0x09 && !Array(",:[]{}".utf8).contains($0) }
            let isBetween = said.isEmpty || said.elementsEqual(#""messages""#.utf8)
            add(
                isBetween ? .mended : .leftOut, to: next,
                isBetween ? "What stands between messages was made anew." : "It belongs to nothing that is whole.")
        }
        let (members, messages) = (Set(parts.members.map(\.lowerBound)), self.messages.map(\.lowerBound))
        let unidentified = Set(parts.messages.filter { !$0.hasID }.map(\.place.lowerBound))
        for place in places {
            passOver(to: place.lowerBound)
            let isMember = members.contains(place.lowerBound)
            if areKept, !(isMember && isBehind) {
                invalid = invalid.drop { $0.lowerBound < place.lowerBound }
                while let bad = invalid.first, bad.upperBound <= place.upperBound {
                    invalid.removeFirst()
                    add(.kept, to: bad.lowerBound, "As it stands.")
                    add(.mended, to: bad.upperBound, "Bytes that are not UTF-8 became U+FFFD, as the agent shows them.")
                }
                add(.kept, to: place.upperBound, "As it stands.")
            } else if areKept {
                add(.mended, to: place.upperBound, "What stands behind the messages was put before them.")
            } else if unidentified.contains(place.lowerBound) {
                add(
                    .mended, to: place.upperBound,
                    "A message without an identifier, which is none on a line of its own, was given one and put there.")
            } else {
                add(
                    .mended, to: place.upperBound,
                    isMember
                        ? "What a session in one object, as older releases write it, says of itself was put on a line."
                        : "What a session in one object holds, as older releases write it, was put on a line of its own."
                )
            }
            isBehind = isBehind || messages.first.map { $0 <= place.lowerBound } ?? false
        }
        passOver(to: range.upperBound)
        return account
    }
}
