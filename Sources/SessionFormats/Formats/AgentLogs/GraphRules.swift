// Whether records hang together: parents, copies, cycles, roots, branches, and what else they name.
//
// All records of the file are looked at, also those that the agent's reader does not see because they stand among fragments:
// what is said about the line tells of that.

struct GraphRules {
    private let scan: ScannedLog
    private let source: any LogSource
    private let view: AgentView
    /// By identifier: the last entry that has it. Given up at the end.
    private var last: [UInt32]
    /// Which entries are the first ones of their identifiers.
    private var isFirst: BitArray
    /// How many records of the graph there are, copies counted once.
    let count: Int
    private(set) var findings = Findings()

    private static let none = UInt32.max

    init(_ scan: ScannedLog, _ view: AgentView, _ source: any LogSource) {
        self.scan = scan
        self.view = view
        self.source = source
        var last = [UInt32](repeating: Self.none, count: scan.identifiers.count)
        var isFirst = BitArray(count: scan.entries.count)
        var (count, copies) = (0, 0)
        for (index, entry) in scan.entries.enumerated() where entry.isNode && entry.id != Self.none {
            if last[Int(entry.id)] == Self.none {
                isFirst[index] = true
                count += 1
            } else {
                copies += 1
            }
            last[Int(entry.id)] = UInt32(index)
        }
        self.last = last
        self.isFirst = isFirst
        self.count = count
        guard count > 0 else { return }
        if !scan.log.repeatsAreUpdates, copies > 0 { findCopies() }
        if scan.log.keys[.parent] != nil {
            findMissingParents()
            findCycles()
            if scan.log.hasOneRoot { findRoots() }
            findBranches()
            findForeignLeaf()
        }
        findReferences()
        self.last = []
        self.isFirst = BitArray(count: 0)
    }

    private func isNode(_ entry: LogEntry) -> Bool { entry.isNode && entry.id != Self.none }

    private func parent(_ entry: LogEntry) -> LogEntry? {
        guard entry.parent != Self.none, last[Int(entry.parent)] != Self.none else { return nil }
        return scan.entries[Int(last[Int(entry.parent)])]
    }

    private mutating func add(_ code: FindingCode, _ severity: Severity, _ entry: LogEntry, _ message: String) {
        findings.add(
            code, severity, offset: entry.offset, length: Int(entry.length), line: Int(entry.line), message)
    }

    private func name(_ id: UInt32) -> String { scan.identifiers.text(id) }

    // MARK: R6

    /// Copies of an identifier: as many of the same bytes as there are, and others.
    private mutating func findCopies() {
        var isCopied = BitArray(count: last.count)
        for (index, entry) in scan.entries.enumerated() where isNode(entry) && !isFirst[index] {
            isCopied[entry.id] = true
        }
        let copies = Grouping { body in
            for (index, entry) in scan.entries.enumerated() where isNode(entry) && isCopied[entry.id] {
                body(entry.id, UInt32(index))
            }
        }
        for (index, first) in scan.entries.enumerated() where isFirst[index] && isCopied[first.id] {
            let (id, entries) = (first.id, copies[first.id])
            let original = source.copy(scan.entries[Int(entries[0])].place)
            let other = entries.dropFirst().first { source.copy(scan.entries[Int($0)].place) != original }
            let entry = scan.entries[Int(other ?? entries[1])]
            if other != nil {
                add(
                    .conflictingID, .error, entry,
                    "\(entries.count) records have the identifier \(name(id)) and not the same content; \(scan.log.agent) uses one of them."
                )
            } else {
                add(
                    .duplicateID, .warning, entry,
                    "The record \(name(id)) stands \(entries.count) times in the file, with the same bytes, as when a history is written again."
                )
            }
        }
    }

    // MARK: R5

    private mutating func findMissingParents() {
        var count = 0
        var first: LogEntry?
        for entry in scan.entries where isNode(entry) {
            let isMissing = entry.parent != Self.none && last[Int(entry.parent)] == Self.none
            guard isMissing || entry.flags.contains(.hasUnfindableParent) else { continue }
            count += 1
            first = first ?? entry
        }
        guard let first else { return }
        let named = first.parent == Self.none ? "a parent that is no text" : name(first.parent)
        add(
            .parentMissing, .warning, first,
            """
            \(count) \(count == 1 ? "record names a parent" : "records name parents") that \(count == 1 ? "is" : "are") not in \
            the file (first \(named)); what is before it is out of \(scan.log.agent)'s reach: \(reach).
            """)
    }

    /// How much of the graph is reachable from the leaf.
    var reach: String { "reachable \(view.chain?.count ?? view.shown.count) of \(count) from the leaf" }

    // MARK: R7

    /// Records that are their own ancestors, by parents, and by what a compaction names as the record before it.
    private mutating func findCycles() {
        var further: [UInt32: UInt32] = [:]
        for reference in scan.references where scan.log.isLogicalParent(reference) {
            further[scan.entries[Int(reference.entry)].id] = reference.target
        }
        func above(_ id: UInt32) -> UInt32? {
            guard last[Int(id)] != Self.none else { return nil }
            let parent = scan.entries[Int(last[Int(id)])].parent
            return parent != Self.none ? parent : further[id]
        }
        var isSeen = BitArray(count: last.count)
        var walk: [UInt32] = []
        for start in scan.entries where isNode(start) && !isSeen[start.id] {
            // Most records stand behind their parents, and are walked up no further than there.
            guard let parent = above(start.id), !isSeen[parent] else {
                isSeen[start.id] = true
                continue
            }
            walk.removeAll(keepingCapacity: true)
            var next: UInt32? = start.id
            while let id = next, last[Int(id)] != Self.none, !isSeen[id] {
                isSeen[id] = true
                walk.append(id)
                next = above(id)
            }
            // It came back to itself, or by what an earlier one saw.
            if let id = next, let from = walk.firstIndex(of: id) { addCycle(walk[from...]) }
        }
    }

    private mutating func addCycle(_ ids: ArraySlice<UInt32>) {
        guard let earliest = ids.map({ last[Int($0)] }).min() else { return }
        add(
            .parentCycle, .error, scan.entries[Int(earliest)],
            """
            \(ids.count) \(ids.count == 1 ? "record is its own parent" : "records are their own ancestors"), beginning with \
            \(name(scan.entries[Int(earliest)].id)); readers that look out for no cycle never end.
            """)
    }

    // MARK: R9

    private mutating func findRoots() {
        var (count, second) = (0, nil as LogEntry?)
        for (index, entry) in scan.entries.enumerated()
        where isFirst[index] && entry.isShown && part(entry).isMessage {
            guard entry.parent == Self.none, !entry.flags.contains(.hasUnfindableParent) else { continue }
            count += 1
            if count == 2 { second = entry }
        }
        guard let second else { return }
        add(
            .severalRoots, .warning, second,
            "The conversation begins \(count) times without a compaction between; \(scan.log.agent) shows one of them."
        )
    }

    private func part(_ entry: LogEntry) -> AgentLog.Part { scan.part(entry) }

    // MARK: R8

    /// Branches beside the chain that grew in turns with it, as two programs on one session make them.
    private mutating func findBranches() {
        guard let chain = view.chain, chain.count > 0, chain.count < count else { return }
        var isOnChain = BitArray(count: last.count)
        for (index, entry) in scan.entries.enumerated() where isNode(entry) && chain.contains(UInt32(index)) {
            isOnChain[entry.id] = true
        }
        // By identifier the branch to which a record belongs, named by its own root.
        var branch = [UInt32](repeating: Self.none, count: last.count)
        var turns: [UInt32: Turn] = [:]
        var onChain: UInt32 = 0
        for (index, entry) in scan.entries.enumerated() where isNode(entry) && entry.isShown {
            if isOnChain[entry.id] {
                if part(entry).isMessage { onChain += 1 }
                continue
            }
            var root = entry.id
            if let parent = parent(entry), !isOnChain[parent.id], branch[Int(parent.id)] != Self.none {
                root = branch[Int(parent.id)]
            }
            branch[Int(entry.id)] = root
            guard part(entry).isMessage else { continue }
            if let seen = turns[root] {
                if seen.onChain != onChain { turns[root] = Turn(onChain: onChain, runs: seen.runs + 1, at: seen.at) }
            } else if onChain > 0 {
                turns[root] = Turn(onChain: onChain, runs: 1, at: UInt32(index))
            }
        }
        for turn in turns.values.filter({ $0.runs > 1 }).sorted(by: { $0.at < $1.at }) {
            add(
                .interleavedBranches, .warning, scan.entries[Int(turn.at)],
                "A branch that begins here and the conversation grew in turns, as when two programs write to one session; \(reach)."
            )
        }
    }

    /// How a branch grew: how many messages of the chain were before its last one, in how many runs, and where it begins.
    private struct Turn {
        let onChain: UInt32
        let runs: UInt32
        let at: UInt32
    }

    // MARK: R13

    private mutating func findForeignLeaf() {
        guard scan.log.view == .pi || scan.log.view == .chain, let last = scan.entries.last else { return }
        guard last.kind == LogEntry.unknownKind || !isNode(last), part(last) != .header else { return }
        add(
            .foreignLeaf, .error, last,
            "The last record is none that \(scan.log.agent) writes, and the conversation ends at it: \(reach).")
    }

    // MARK: R14, R16

    private mutating func findReferences() {
        var missing: [UInt8: (count: Int, first: LogReference)] = [:]
        var collisions: (count: Int, first: LogEntry)?
        for reference in scan.references {
            let index = Int(reference.entry)
            if last[Int(reference.target)] == Self.none {
                missing[reference.pattern] = (
                    (missing[reference.pattern]?.count ?? 0) + 1, missing[reference.pattern]?.first ?? reference
                )
            } else if index + 1 < scan.entries.count, scan.entries[index + 1].id == reference.target,
                part(scan.entries[index]) == .aside
            {
                collisions = ((collisions?.count ?? 0) + 1, collisions?.first ?? scan.entries[index])
            }
        }
        for (pattern, found) in missing.sorted(by: { $0.key < $1.key }) {
            let field = scan.log.references[Int(pattern)].path.map(\.description).joined(separator: ".")
            add(
                .referenceMissing, .note, scan.entries[Int(found.first.entry)],
                "\(found.count) records name with \(field) one that is not in the file (first \(name(found.first.target)))."
            )
        }
        if let collisions {
            add(
                .snapshotCollision, .note, collisions.first,
                "\(collisions.count) snapshots have the identifier of the record behind them.")
        }
    }
}

extension AgentLog.Part {
    /// Whether it carries the conversation.
    var isMessage: Bool { self == .user || self == .assistant || self == .toolResult }
}

extension AgentLog {
    /// Whether a reference is to the record before a compaction.
    func isLogicalParent(_ reference: LogReference) -> Bool {
        references[Int(reference.pattern)].isLogicalParent
    }
}
