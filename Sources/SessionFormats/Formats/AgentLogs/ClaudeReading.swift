// A session of Claude Code as the SDK's functions give it.

/// The outcome of reading a session as the Claude Agent SDK does.
struct ClaudeReading {
    let scan: ScannedLog
    private let view: ClaudeView
    /// The messages that are shown, as numbers of entries.
    let shown: [UInt32]
    /// From the root to the leaf.
    let chain: [UInt32]
    /// The name of the exception with which the SDK gives up; nil when it does not.
    let error: String?

    init(_ bytes: FileBytes) {
        self.init(AgentLogScan.read(bytes, LogPlan(.claudeCode), mode: .reference), bytes)
    }

    init(_ scan: ScannedLog, _ source: any LogSource) {
        self.scan = scan
        view = ClaudeView(scan, source)
        error = Self.error(scan)
        (shown, chain) = error == nil ? view.conversation() : ([], [])
    }

    private static func error(_ scan: ScannedLog) -> String? {
        if scan.firstInvalid != nil { return "UnicodeDecodeError" }
        switch scan.fatal?.kind {
        case .tooDeep: return "RecursionError"
        case .wrongType: return "TypeError"
        case nil: return nil
        }
    }

    var shownIDs: [String] { shown.map { scan.identifiers.text(scan.entries[Int($0)].id) } }
    var shownIDsOfSubagent: [String] {
        view.subagentConversation().map { scan.identifiers.text(scan.entries[Int($0)].id) }
    }
    var shownPlaces: [Int] { shown.compactMap(view.keptPlace) }
    var keptCount: Int { view.keptCount }
}
