// Whether the Claude Agent SDK lists a session, and as what: a search for texts in either end of the file, not a parse.
//
// What is found may stand in nested objects, in torn lines, across line ends. Sessions can be listed and give no messages, and
// the reverse.

/// A session as the list of sessions has it. Texts are those of the conversation.
struct ClaudeListing {
    private(set) var summary: [UInt8]?
    private(set) var customTitle: [UInt8]?
    private(set) var firstPrompt: [UInt8]?
    private(set) var gitBranch: [UInt8]?
    private(set) var folder: [UInt8]?
    private(set) var tag: [UInt8]?
    /// When the session began, as the file says it.
    private(set) var created: [UInt8]?
    /// Whether making the list ends with an exception because of this file.
    private(set) var isFatal = false
    /// Whether the session is in the list.
    var isListed: Bool { summary != nil && !isFatal }

    /// How much of either end is looked at, in bytes.
    private static let window = 65_536

    init(_ bytes: FileBytes) {
        let head = RecordLines.repaired(bytes.copy(0..<Self.window))
        let tail =
            bytes.count <= Self.window
            ? head : RecordLines.repaired(bytes.copy(bytes.count - Self.window..<bytes.count))
        guard !head.isEmpty else { return }
        let firstLine = head.prefix { $0 != 0x0A }
        guard !firstLine.holds("\"isSidechain\":true"), !firstLine.holds("\"isSidechain\": true") else { return }
        firstPrompt = firstPrompt(head)
        customTitle = Self.firstFilled([
            Self.last("customTitle", tail), Self.last("customTitle", head), Self.last("aiTitle", tail),
            Self.last("aiTitle", head),
        ])
        summary = Self.firstFilled([
            customTitle, Self.last("lastPrompt", tail), Self.last("summary", tail), firstPrompt,
        ])
        gitBranch = Self.firstFilled([Self.last("gitBranch", tail), Self.first("gitBranch", head)])
        folder = Self.firstFilled([Self.first("cwd", head)])
        let tags = tail.split(separator: 0x0A, omittingEmptySubsequences: false).filter {
            $0.begins("{\"type\":\"tag\"")
        }
        tag = Self.firstFilled([tags.last.flatMap { Self.last("tag", Array($0)) }])
        created = Self.first("timestamp", head)
    }

    private static func firstFilled(_ texts: [[UInt8]?]) -> [UInt8]? {
        texts.lazy.compactMap { $0 }.first { !$0.isEmpty }
    }

    // MARK: Values by their keys

    private static func forms(_ key: String) -> [[UInt8]] {
        [Array("\"\(key)\":\"".utf8), Array("\"\(key)\": \"".utf8)]
    }

    /// The value that is closed last, of the form with a space if there is any.
    private static func last(_ key: String, _ window: [UInt8]) -> [UInt8]? {
        var found: [UInt8]?
        for form in forms(key) {
            var at = 0
            while let start = window.place(of: form, from: at) {
                let end = endOfValue(window, start + form.count)
                if end < window.count { found = unescaped(window[(start + form.count)..<end]) }
                at = end + 1
            }
        }
        return found
    }

    private static func first(_ key: String, _ window: [UInt8]) -> [UInt8]? {
        for form in forms(key) {
            guard let start = window.place(of: form, from: 0) else { continue }
            let end = endOfValue(window, start + form.count)
            if end < window.count { return unescaped(window[(start + form.count)..<end]) }
        }
        return nil
    }

    /// Where the closing quote stands; the window's end or beyond when there is none.
    private static func endOfValue(_ window: [UInt8], _ start: Int) -> Int {
        var at = start
        while at < window.count, window[at] != 0x22 { at += window[at] == 0x5C ? 2 : 1 }
        return at
    }

    private static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        guard raw.contains(0x5C) else { return Array(raw) }
        let quoted = [0x22] + raw + [0x22]
        return quoted.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return Array(raw) }
            var outline = JSONOutline()
            guard (try? outline.read(base, count: buffer.count, loadable: buffer.count, .python)) != nil else {
                return Array(raw)
            }
            return outline.root.text ?? Array(raw)
        }
    }

    // MARK: The first prompt

    private mutating func firstPrompt(_ head: [UInt8]) -> [UInt8]? {
        var fallback: [UInt8]?
        for line in head.split(separator: 0x0A) where Self.mayBePrompt(line) {
            switch Self.texts(Array(line)) {
            case .fatal:
                isFatal = true
                return nil
            case .none: continue
            case .texts(let texts):
                for text in texts {
                    if let prompt = Self.prompt(text, &fallback) { return prompt }
                }
            }
        }
        return fallback
    }

    private static func mayBePrompt(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.holds("\"type\":\"user\"") || line.holds("\"type\": \"user\""), !line.holds("\"tool_result\"") else {
            return false
        }
        return !["isMeta", "isCompactSummary"].contains { (key: String) -> Bool in
            line.holds("\"" + key + "\":true") || line.holds("\"" + key + "\": true")
        }
    }

    private enum Texts {
        case none, fatal
        case texts([[UInt8]])
    }

    private static func texts(_ line: [UInt8]) -> Texts {
        line.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return .none }
            var outline = JSONOutline()
            do throws(JSONFault) {
                try outline.read(base, count: buffer.count, loadable: buffer.count, .python)
            } catch { return error.reason == .tooDeep ? .fatal : .none }
            let record = outline.root
            guard record.member("type")?.isText("user") == true, let message = record.member("message"),
                message.kind == .object, let content = message.member("content")
            else { return .none }
            if let text = content.text { return .texts([text]) }
            let blocks = content.items.filter { $0.member("type")?.isText("text") == true }
            return .texts(blocks.compactMap { $0.member("text")?.text })
        }
    }

    /// A text that is a prompt, cut to what the list shows; nil for one that is passed over.
    private static func prompt(_ raw: [UInt8], _ fallback: inout [UInt8]?) -> [UInt8]? {
        let text = Array(WhiteSpace.python.trimmed(raw.map { $0 == 0x0A ? 0x20 : $0 }))
        guard !text.isEmpty else { return nil }
        if let open = text.place(of: Array("<command-name>".utf8), from: 0),
            let close = text.place(of: Array("</command-name>".utf8), from: open + 14)
        {
            if close > open + 14 { fallback = fallback ?? Array(text[(open + 14)..<close]) }
            return nil
        }
        guard !isPassedOver(text) else { return nil }
        return cut(text)
    }

    private static func isPassedOver(_ text: [UInt8]) -> Bool {
        let starts = ["<local-command-stdout>", "<session-start-hook>", "<tick>", "<goal>"]
        if starts.contains(where: { text[...].begins($0) }) { return true }
        if text[...].begins("[Request interrupted by user"), text.contains(0x5D) { return true }
        return ["ide_opened_file", "ide_selection"].contains { (name: String) -> Bool in
            let (open, close) = (Array("<\(name)>".utf8), Array("</\(name)>".utf8))
            return text.starts(with: open) && text.suffix(close.count) == close[...]
                && text.count >= open.count + close.count
        }
    }

    private static func cut(_ text: [UInt8]) -> [UInt8] {
        var characters = 0
        for (place, byte) in text.enumerated() where byte & 0xC0 != 0x80 {
            characters += 1
            guard characters > 200 else { continue }
            let shown = Array(text[..<place])
            let end = shown.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { WhiteSpace.python.trimmed($0, 0..<buffer.count).upperBound } ?? 0
            }
            return shown[..<end] + Array("\u{2026}".utf8)
        }
        return text
    }
}

extension Array where Element == UInt8 {
    /// Where a text stands first, from a place on.
    fileprivate func place(of text: [UInt8], from start: Int) -> Int? { self[...].place(of: text, from: start) }
}

extension ArraySlice where Element == UInt8 {
    fileprivate func place(of text: [UInt8], from start: Int) -> Int? {
        guard let first = text.first, endIndex - text.count >= start else { return nil }
        var at = Swift.max(start, startIndex)
        while at <= endIndex - text.count, let found = self[at...].firstIndex(of: first) {
            if found > endIndex - text.count { return nil }
            if self[found..<found + text.count].elementsEqual(text) { return found }
            at = found + 1
        }
        return nil
    }

    fileprivate func holds(_ text: String) -> Bool { place(of: Array<UInt8>(text.utf8), from: startIndex) != nil }

    fileprivate func begins(_ text: String) -> Bool { starts(with: text.utf8) }
}
