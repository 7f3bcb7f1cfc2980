// What one pass over an agent's log found: its records and how they hang together, and what is wrong with its lines.
//
// Views and rules share it and change nothing in it, so it stands once, however many of them hold it.

final class ScannedLog {
    let plan: LogPlan
    var log: AgentLog { plan.log }
    let entries: PackedRows<LogEntry>
    /// Of records.
    let identifiers: IdentifierTable
    /// Of responses and tool calls, and of those that wrote records. What is kept by identifier while the graph is looked at is
    /// kept by these or by those.
    let otherIdentifiers: IdentifierTable
    let calls: PackedRows<LogCall>
    let references: PackedRows<LogReference>
    /// What is to be said of an entry when it is known whether it is part of the conversation.
    let remarks: [AgentLogScan.Remark]
    let findings: Findings
    let repairs: LogRepairs
    let header: AgentLogScan.SeenHeader?
    /// The session to which most records belong, by the first that says so.
    let session: [UInt8]?
    /// The last time that a record tells.
    let lastTime: String
    /// Records that stand inside others.
    let inner: [AgentLogScan.InnerRecord]
    /// Lines of which the agent's reader makes nothing.
    let badLines: (count: Int, first: AgentLogScan.RecordPlace?)
    /// Why the agent's reader gives up on the file while it reads lines.
    let fatal: AgentLogScan.Fatal?
    /// How many records there are of each of the description's kinds.
    let kindCounts: [Int]
    /// Where the first byte stands that is no UTF-8.
    let firstInvalid: Int?

    init(_ scan: AgentLogScan, firstInvalid: Int?) {
        plan = scan.plan
        (entries, calls, references) = (scan.entries, scan.calls, scan.references)
        (identifiers, otherIdentifiers) = (scan.identifiers, scan.otherIdentifiers)
        (remarks, findings, repairs) = (scan.remarks, scan.findings, scan.repairs)
        (header, session, lastTime, inner) = (scan.header, scan.session, scan.lastTime, scan.inner)
        (badLines, fatal, kindCounts) = (scan.badLines, scan.fatal, scan.kindCounts)
        self.firstInvalid = firstInvalid
    }

    /// What an entry is to the conversation.
    @inline(__always)
    func part(_ entry: LogEntry) -> AgentLog.Part {
        entry.kind == LogEntry.unknownKind ? .aside : plan.kinds[Int(entry.kind)].part
    }

    /// The first of the calls and results of an entry of which `isWanted` is true.
    @inline(__always)
    func firstCall(of entry: LogEntry, where isWanted: (LogCall) -> Bool) -> LogCall? {
        guard entry.flags.contains(.holdsCalls) else { return nil }
        var index = Int(entry.firstCall)
        let holder = calls[index].entry
        while index < calls.count {
            let call = calls[index]
            if call.entry != holder { return nil }
            if isWanted(call) { return call }
            index += 1
        }
        return nil
    }

    @inline(__always)
    func forEachCall(of entry: LogEntry, _ body: (LogCall) -> Void) {
        _ = firstCall(of: entry) {
            body($0)
            return false
        }
    }
}
