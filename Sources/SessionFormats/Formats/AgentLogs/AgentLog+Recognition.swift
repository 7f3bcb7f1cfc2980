// By what a record shows whose it is.

extension AgentLog {
    /// What of an agent's was seen in a file.
    enum Seen: Int, Comparable {
        case nothing, record, header

        static func < (a: Seen, b: Seen) -> Bool { a.rawValue < b.rawValue }
    }
}

/// The members of one record that show whose it is, found in one pass over them.
struct RecordMarks {
    /// What is asked for.
    enum Name: UInt8, CaseIterable {
        case type, uuid, parentUuid, isSidechain, cwd, message, messageId, snapshot, leafUuid, summary, payload, version
        case id, parentId, data, timestamp, content, update, rewind, sessionId, projectHash

        fileprivate var text: StaticString {
            switch self {
            case .type: "type"
            case .uuid: "uuid"
            case .parentUuid: "parentUuid"
            case .isSidechain: "isSidechain"
            case .cwd: "cwd"
            case .message: "message"
            case .messageId: "messageId"
            case .snapshot: "snapshot"
            case .leafUuid: "leafUuid"
            case .summary: "summary"
            case .payload: "payload"
            case .version: "version"
            case .id: "id"
            case .parentId: "parentId"
            case .data: "data"
            case .timestamp: "timestamp"
            case .content: "content"
            case .update: "$set"
            case .rewind: "$rewindTo"
            case .sessionId: "sessionId"
            case .projectHash: "projectHash"
            }
        }
    }

    private static let names = TextTable(Name.allCases.map { ($0.text, $0.rawValue) })

    private let record: JSONView
    /// By name the number of the value; a negative one for what is not there.
    private var nodes = InlineArray<24, Int32>(repeating: -1)

    init(_ record: JSONView) {
        self.record = record
        var nodes = nodes
        record.forEachMember { key, value in
            guard let name = Self.names.number(of: key) else { return }
            nodes[Int(name)] = Int32(truncatingIfNeeded: value.index)
        }
        self.nodes = nodes
    }

    subscript(_ name: Name) -> JSONView? {
        let node = nodes[Int(name.rawValue)]
        return node < 0 ? nil : record.at(Int(node))
    }

    func has(_ name: Name) -> Bool { nodes[Int(name.rawValue)] >= 0 }
    func isText(_ name: Name) -> Bool { self[name]?.isString == true }
    func isObject(_ name: Name) -> Bool { self[name]?.kind == .object }
}

extension LogPlan {
    /// Whether a record is one that only this agent writes.
    func recognises(_ record: RecordMarks) -> AgentLog.Seen {
        let kind = record[.type].flatMap(kind(named:)).map { kinds[Int($0)] }
        func messageHas(_ name: StaticString) -> Bool { record[.message]?.member(name) != nil }
        let isFound: Bool
        switch id {
        case .claudeCode:
            let isMessage = kind?.isNode == true && record.isText(.uuid) && !messageHas("parts")
            isFound =
                isMessage && (record.has(.isSidechain) || messageHas("content") || !record.has(.cwd))
                || record.has(.messageId) && record.isObject(.snapshot)
                || record.isText(.leafUuid) && record.isText(.summary)
        case .codex: isFound = kind != nil && record.isObject(.payload)
        case .pi:
            if kind?.part == .header, let version = record[.version]?.number, version >= 3 { return .header }
            isFound = kind?.isNode == true && record.has(.parentId) && record.isText(.id) && !record.has(.data)
        case .copilot:
            isFound = kind != nil && record.isObject(.data) && record.isText(.id) && record.isText(.timestamp)
        case .gemini:
            let isMessage =
                record.isText(.id) && record.isText(.timestamp) && record.has(.content) && !record.has(.parentId)
                && !record.has(.message)
            isFound =
                isMessage || record.has(.update) || record.isText(.rewind)
                || record.isText(.sessionId) && record.isText(.projectHash)
        default:
            isFound =
                kind != nil && record.isText(.uuid) && record.has(.parentUuid) && record.isText(.sessionId)
                && (messageHas("parts") || !record.has(.isSidechain) && kind?.isNode == true && !record.has(.message))
        }
        return isFound ? .record : .nothing
    }
}
