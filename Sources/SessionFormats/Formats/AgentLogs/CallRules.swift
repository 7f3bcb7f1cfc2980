// Whether tool calls have their results: in the conversation that the agent's reader shows, since the service refuses it as a
// whole, and with a look at the file, which may hold the other half out of reach.

struct CallRules {
    private let scan: AgentLogScan
    private(set) var findings = Findings()
    /// Calls in the conversation that have no result, with the entry that makes each.
    private(set) var open: [LogCall] = []

    private struct Sight {
        let id: UInt32
        private var firstCall = IdentifierTable.none
        private var firstResult = IdentifierTable.none
        private(set) var results: UInt32 = 0

        init(id: UInt32) { self.id = id }

        var call: Int? { firstCall == IdentifierTable.none ? nil : Int(firstCall) }
        var result: Int? { firstResult == IdentifierTable.none ? nil : Int(firstResult) }

        mutating func take(_ seen: LogCall, at position: Int) {
            if seen.isResult {
                if results == 0 { firstResult = UInt32(position) }
                results += 1
            } else if firstCall == IdentifierTable.none {
                firstCall = UInt32(position)
            }
        }
    }

    /// - Parameter shown: The conversation, as entries of the scan.
    init(_ scan: AgentLogScan, shown: [UInt32], kept: Set<UInt32>? = nil) {
        self.scan = scan
        guard !scan.calls.isEmpty else { return }
        // By identifier the place of its sight, in the order in which they come.
        var places = [UInt32](repeating: IdentifierTable.none, count: scan.otherIdentifiers.count)
        var sights: [Sight] = []
        for (position, entry) in shown.enumerated() {
            for call in scan.calls(of: entry) {
                if places[Int(call.id)] == IdentifierTable.none {
                    places[Int(call.id)] = UInt32(sights.count)
                    sights.append(Sight(id: call.id))
                }
                sights[Int(places[Int(call.id)])].take(call, at: position)
            }
        }
        let lastTurn = shown.lastIndex { entry in !scan.calls(of: entry).contains { $0.isResult } } ?? 0
        for sight in sights { judge(sight, shown, lastTurn: lastTurn, kept: kept) }
    }

    private mutating func add(_ code: FindingCode, _ severity: Severity, _ entry: UInt32, _ message: String) {
        let entry = scan.entries[Int(entry)]
        findings.add(
            code, severity, offset: entry.offset, length: Int(entry.length), line: Int(entry.line), message)
    }

    private mutating func judge(_ sight: Sight, _ shown: [UInt32], lastTurn: Int, kept: Set<UInt32>?) {
        if let kept, [sight.call, sight.result].allSatisfy({ $0.map { !kept.contains(shown[$0]) } ?? true }) { return }
        let id = sight.id
        var name: String { scan.otherIdentifiers.text(id) }
        guard let call = sight.call else {
            guard let result = sight.result else { return }
            let elsewhere = elsewhere(id, isResult: false)
            add(
                .resultWithoutCall, .error, shown[result],
                "The result of the tool call \(name) stands in the conversation without the call\(elsewhere); the service refuses the turn."
            )
            return
        }
        guard let result = sight.result else {
            open.append(LogCall(entry: shown[call], id: id, isResult: false))
            if call >= lastTurn {
                add(.openCall, .note, shown[call], "The tool call \(name) has no result yet; it may be running.")
            } else {
                add(
                    .callWithoutResult, .error, shown[call],
                    "The tool call \(name) has no result in the conversation\(elsewhere(id, isResult: true)); the service refuses every further turn."
                )
            }
            return
        }
        if sight.results > 1 {
            add(
                .resultRepeated, .error, shown[result],
                "The tool call \(name) has \(sight.results) results; the service refuses the turn.")
        }
        if result < call {
            add(.resultBeforeCall, .error, shown[result], "The result of the tool call \(name) stands before the call.")
        } else if scan.log.resultsFollowCalls, isInterrupted(shown, call, result) {
            add(
                .callInterrupted, .error, shown[call],
                "Something else stands between the tool call \(name) and its result; the service wants the result next."
            )
        }
        if let kept, kept.contains(shown[result]), !kept.contains(shown[call]) {
            add(
                .pairSplit, .error, shown[result],
                "A compaction keeps the result of the tool call \(name) and not the call; the service refuses the turn."
            )
        }
    }

    private func elsewhere(_ id: UInt32, isResult: Bool) -> String {
        guard let other = scan.calls.first(where: { $0.id == id && $0.isResult == isResult }) else { return "" }
        return ", but on line \(scan.entries[Int(other.entry)].line), out of reach"
    }

    /// Whether something other than the response's own records and results stands between.
    private func isInterrupted(_ shown: [UInt32], _ call: Int, _ result: Int) -> Bool {
        let caller = scan.entries[Int(shown[call])]
        let response = scan.part(caller) == .assistant ? caller.group : IdentifierTable.none
        return shown[(call + 1)..<result].contains { index in
            let entry = scan.entries[Int(index)]
            guard scan.part(entry).isMessage else { return false }
            if entry.flags.contains(.holdsResult) { return false }
            return entry.group != response || response == IdentifierTable.none
                || scan.part(entry) != .assistant
        }
    }
}
