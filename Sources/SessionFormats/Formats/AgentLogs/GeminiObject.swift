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
        guard let (start, walk) = Self.walk(buffer), walk.isOverLines || walk.isWhole else { return nil }
        (range, self.walk, inside) = (0..<walk.at, walk, start + 1)
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
        let hasMore = walk.keys.contains("messages") || walk.isOverLines && walk.keys.contains("projectHash")
        // With a project's name an object on one line is a record.
        let isRecord = !walk.isOverLines && walk.keys.contains("projectHash")
        return walk.keys.contains("sessionId") && hasMore && !isRecord ? (start, walk) : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// What was cut short; nil when nothing was, or nothing before it is whole.
    var torn: Range<Int>? { walk.isWhole ? nil : walk.lastItem.map { $0.end..<range.upperBound } }

    /// The file with the object on one line, closed where it was cut short, in which everything stands where it stood.
    func onOneLine(_ bytes: FileBytes) -> FileBytes {
        var joined = bytes.copy(0..<bytes.count)
        for at in range where joined[at] == 0x0A || joined[at] == 0x0D { joined[at] = 0x20 }
        if let torn, let closing = walk.lastItem?.closing, torn.count > closing.count {
            for at in torn { joined[at] = 0x20 }
            joined.replaceSubrange(torn.lowerBound..<torn.lowerBound + closing.count, with: closing)
            if torn.upperBound == joined.count { joined[joined.count - 1] = 0x0A }
        }
        return FileBytes(joined)
    }

    /// The object as a record from which the agent takes its messages; nil when nothing in it is whole.
    func asRecord(_ bytes: FileBytes) -> [UInt8]? {
        guard let end = walk.isWhole ? (range.upperBound, []) : walk.lastItem else { return nil }
        var record = bytes.copy(range.lowerBound..<end.0) + end.1
        for at in record.indices where record[at] == 0x0A || record[at] == 0x0D { record[at] = 0x20 }
        if !walk.keys.contains("projectHash") {
            record.insert(contentsOf: #""projectHash":"recovered","#.utf8, at: inside)
        }
        return record
    }

    /// What was done to it, as the end of a sentence.
    var reason: String {
        let closed = walk.isWhole ? "" : ", closed behind the last message that is whole"
        let named = walk.keys.contains("projectHash") ? "" : ", with a name for the project"
        return
            "a session that is one object, as older releases write it, was made a record on one line\(named)\(closed)"
    }

    /// Goes over brackets and strings up to the end of a value, or to a line that begins another.
    private struct Walk {
        /// Where it ended.
        private(set) var at = 0
        /// Whether the value ended there.
        private(set) var isWhole = false
        /// Whether it stands on more than one line.
        private(set) var isOverLines = false
        /// The keys of the value itself.
        private(set) var keys: Set<String> = []
        /// Behind the last whole item of a list in the value, and what closes all that is open there.
        private(set) var lastItem: (end: Int, closing: [UInt8])?
        private var closing: [UInt8] = []
        private var string = 0..<0
        private static let longestKey = 32

        mutating func take(_ buffer: UnsafeRawBufferPointer, from start: Int) {
            at = start
            while at < buffer.count {
                let byte = buffer[at]
                if byte == 0x0A {
                    if at + 1 < buffer.count, buffer[at + 1] == 0x7B { return }
                    isOverLines = true
                }
                at += 1
                switch byte {
                case 0x22: passString(buffer)
                case 0x7B, 0x5B:
                    guard closing.count < JSONScanner.depthLimit else { return }
                    closing.append(byte + 2)
                case 0x7D, 0x5D:
                    guard closing.popLast() == byte else { return }
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
            keys.insert(String(decoding: buffer[string], as: UTF8.self))
        }
    }
}
