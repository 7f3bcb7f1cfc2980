// Whether tool calls have their results: in the conversation that the agent's reader shows, since the service refuses it as a
// whole, and with a look at the file, which may hold the other half out of reach.

struct CallRules {
    private let scan: ScannedLog
    private(set) var findings = Findings()
    /// Calls in the conversation that have no result, with the entry that makes each.
    private(set) var open: [LogCall] = []

    /// By identifier of a call where it stands in the conversation, and the first of its results.
    private var calls: [UInt32] = []
    private var results: [UInt32] = []
    /// How many results calls have that have several.
    private var repeated: [UInt32: Int] = [:]
    /// The same of the file, as entries; made when first asked for.
    private var fileCalls: [UInt32] = []
    private var fileResults: [UInt32] = []

    private static let none = IdentifierTable.none

    /// - Parameter shown: The conversation, as entries of the scan.
    init(_ scan: ScannedLog, shown: [UInt32], kept: Set<UInt32>? = nil) {
        self.scan = scan
        guard !scan.calls.isEmpty else { return }
        calls = Array(repeating: Self.none, count: scan.otherIdentifiers.count)
        results = calls
        for (position, entry) in shown.enumerated() {
            scan.forEachCall(of: scan.entries[Int(entry)]) { take($0, at: UInt32(position)) }
        }
        let lastTurn = shown.lastIndex { scan.firstCall(of: scan.entries[Int($0)], where: \.isResult) == nil } ?? 0
        // In the order in which they come.
        var isJudged = BitArray(count: calls.count)
        for entry in shown {
            scan.forEachCall(of: scan.entries[Int(entry)]) { call in
                guard !isJudged[call.id] else { return }
                isJudged[call.id] = true
                judge(call.id, shown, lastTurn: lastTurn, kept: kept)
            }
        }
        (calls, results, fileCalls, fileResults) = ([], [], [], [])
    }

    private mutating func take(_ call: LogCall, at position: UInt32) {
        let id = Int(call.id)
        if !call.isResult {
            if calls[id] == Self.none { calls[id] = position }
        } else if results[id] == Self.none {
            results[id] = position
        } else {
            repeated[call.id, default: 1] += 1
        }
    }

    private mutating func add(_ code: FindingCode, _ severity: Severity, _ entry: UInt32, _ message: String) {
        let entry = scan.entries[Int(entry)]
        findings.add(
            code, severity, offset: entry.offset, length: Int(entry.length), line: Int(entry.line), message)
    }

    private mutating func judge(_ id: UInt32, _ shown: [UInt32], lastTurn: Int, kept: Set<UInt32>?) {
        func place(_ position: UInt32) -> Int? { position == Self.none ? nil : Int(position) }
        let (callPlace, resultPlace) = (place(calls[Int(id)]), place(results[Int(id)]))
        if let kept, [callPlace, resultPlace].allSatisfy({ $0.map { !kept.contains(shown[$0]) } ?? true }) { return }
        var name: String { scan.otherIdentifiers.text(id) }
        guard let call = callPlace else {
            guard let result = resultPlace else { return }
            let elsewhere = elsewhere(id, isResult: false)
            add(
                .resultWithoutCall, .error, shown[result],
                "The result of the tool call \(name) stands in the conversation without the call\(elsewhere); the service refuses the turn."
            )
            return
        }
        guard let result = resultPlace else {
            open.append(LogCall(entry: shown[call], id: id, isResult: false))
            if call >= lastTurn {
                add(.openCall, .note, shown[call], "The tool call \(name) has no result yet; it may be running.")
            } else {
                let elsewhere = elsewhere(id, isResult: true)
                add(
                    .callWithoutResult, .error, shown[call],
                    "The tool call \(name) has no result in the conversation\(elsewhere); the service refuses every further turn."
                )
            }
            return
        }
        if let count = repeated[id] {
            add(
                .resultRepeated, .error, shown[result],
                "The tool call \(name) has \(count) results; the service refuses the turn.")
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

    private mutating func elsewhere(_ id: UInt32, isResult: Bool) -> String {
        if fileCalls.isEmpty { findInFile() }
        let entry = (isResult ? fileResults : fileCalls)[Int(id)]
        guard entry != Self.none else { return "" }
        return ", but on line \(scan.entries[Int(entry)].line), out of reach"
    }

    private mutating func findInFile() {
        fileCalls = Array(repeating: Self.none, count: scan.otherIdentifiers.count)
        fileResults = fileCalls
        for call in scan.calls {
            let id = Int(call.id)
            if call.isResult {
                if fileResults[id] == Self.none { fileResults[id] = call.entry }
            } else if fileCalls[id] == Self.none {
                fileCalls[id] = call.entry
            }
        }
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
