// By what a record shows whose it is.

extension AgentLog {
    /// What of an agent's was seen in a file.
    enum Seen: Int, Comparable {
        case nothing, record, header

        static func < (a: Seen, b: Seen) -> Bool { a.rawValue < b.rawValue }
    }
}

extension LogPlan {
    /// Whether a record is one that only this agent writes.
    ///
    /// - Parameter type: The record's member of this name.
    func recognises(_ record: JSONView, type: JSONView?) -> AgentLog.Seen {
        func has(_ name: StaticString) -> Bool { record.member(name) != nil }
        func isText(_ name: StaticString) -> Bool { record.member(name)?.isString == true }
        func isObject(_ name: StaticString) -> Bool { record.member(name)?.kind == .object }
        let kind = type.flatMap(kind(named:)).map { kinds[Int($0)] }
        let isFound: Bool
        switch id {
        case .claudeCode:
            let isMessage = kind?.isNode == true && isText("uuid") && record.value(at: ["message", "parts"]) == nil
            isFound =
                isMessage && (has("isSidechain") || record.value(at: ["message", "content"]) != nil || !has("cwd"))
                || has("messageId") && isObject("snapshot") || isText("leafUuid") && isText("summary")
        case .codex: isFound = kind != nil && isObject("payload")
        case .pi:
            if kind?.part == .header, let version = record.member("version")?.number, version >= 3 { return .header }
            isFound = kind?.isNode == true && has("parentId") && isText("id") && !has("data")
        case .copilot:
            isFound = kind != nil && isObject("data") && isText("id") && isText("timestamp")
        case .gemini:
            let isMessage = isText("id") && isText("timestamp") && has("content") && !has("parentId") && !has("message")
            isFound = isMessage || has("$set") || isText("$rewindTo") || isText("sessionId") && isText("projectHash")
        default:
            isFound =
                kind != nil && isText("uuid") && has("parentUuid") && isText("sessionId")
                && (record.value(at: ["message", "parts"]) != nil
                    || !has("isSidechain") && kind?.isNode == true && !has("message"))
        }
        return isFound ? .record : .nothing
    }
}
