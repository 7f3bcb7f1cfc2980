// Whether records hang together: parents, copies, cycles, roots, branches, and what else they name.
//
// All records of the file are looked at, also those that the agent's reader does not see because they stand among fragments:
// what is said about the line tells of that.

struct GraphRules {
    private let scan: AgentLogScan
    private let source: any LogSource
    private let view: AgentView
    /// By identifier: the first and the last entry that has it.
    private let first: [UInt32]
    private let last: [UInt32]
    /// How many records of the graph there are, copies counted once.
    let count: Int
    private(set) var findings = Findings()

    private static let none = UInt32.max

    init(_ scan: AgentLogScan, _ view: AgentView, _ source: any LogSource) {
        self.scan = scan
        self.view = view
        self.source = source
        var first = [UInt32](repeating: Self.none, count: scan.identifiers.count)
        var last = first
        var count = 0
        for (index, entry) in scan.entries.enumerated() where entry.isNode && entry.id != Self.none {
            if first[Int(entry.id)] == Self.none {
                first[Int(entry.id)] = UInt32(index)
                count += 1
            }
            last[Int(entry.id)] = UInt32(index)
        }
        self.first = first
        self.last = last
        self.count = count
        guard count > 0 else { return }
        let hasCopies = !scan.log.repeatsAreUpdates && nodeCount > count
        if hasCopies { findCopies() }
        if scan.log.keys[.parent] != nil {
            findMissingParents()
            findCycles()
            if scan.log.hasOneRoot { findRoots() }
            findBranches()
            findForeignLeaf()
        }
        findReferences()
    }

    private var nodeCount: Int { scan.entries.count { $0.isNode && $0.id != Self.none } }

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
        var copies: [UInt32: [UInt32]] = [:]
        for (index, entry) in scan.entries.enumerated()
        where isNode(entry) && first[Int(entry.id)] != last[Int(entry.id)] {
            copies[entry.id, default: []].append(UInt32(index))
        }
        for (id, entries) in copies.sorted(by: { $0.value[0] < $1.value[0] }) {
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
        // 0 unseen, 1 on the walk, 2 done.
        var state = [UInt8](repeating: 0, count: last.count)
        var walk: [UInt32] = []
        for start in scan.entries where isNode(start) && state[Int(start.id)] == 0 {
            walk.removeAll(keepingCapacity: true)
            var next: UInt32? = start.id
            while let id = next, last[Int(id)] != Self.none, state[Int(id)] == 0 {
                state[Int(id)] = 1
                walk.append(id)
                let entry = scan.entries[Int(last[Int(id)])]
                next = entry.parent != Self.none ? entry.parent : further[id]
            }
            if let id = next, last[Int(id)] != Self.none, state[Int(id)] == 1, let from = walk.firstIndex(of: id) {
                addCycle(walk[from...])
            }
            for id in walk { state[Int(id)] = 2 }
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
        var roots: [LogEntry] = []
        for entry in scan.entries where isNode(entry) && entry.isShown && part(entry).isMessage {
            if entry.parent == Self.none, !entry.flags.contains(.hasUnfindableParent),
                scan.entries[Int(first[Int(entry.id)])].offset == entry.offset
            {
                roots.append(entry)
            }
        }
        guard roots.count > 1 else { return }
        add(
            .severalRoots, .warning, roots[1],
            "The conversation begins \(roots.count) times without a compaction between; \(scan.log.agent) shows one of them."
        )
    }

    private func part(_ entry: LogEntry) -> AgentLog.Part { scan.part(entry) }

    // MARK: R8

    /// Branches beside the chain that grew in turns with it, as two programs on one session make them.
    private mutating func findBranches() {
        guard let chain = view.chain, !chain.isEmpty, chain.count < count else { return }
        var isOnChain = [Bool](repeating: false, count: last.count)
        for index in chain where isNode(scan.entries[Int(index)]) { isOnChain[Int(scan.entries[Int(index)].id)] = true }
        // By identifier the branch to which a record belongs, named by its own root.
        var branch = [UInt32](repeating: Self.none, count: last.count)
        var turns: [UInt32: (onChain: Int, runs: Int, at: LogEntry)] = [:]
        var onChain = 0
        for entry in scan.entries where isNode(entry) && entry.isShown {
            if isOnChain[Int(entry.id)] {
                if part(entry).isMessage { onChain += 1 }
                continue
            }
            if let parent = parent(entry), !isOnChain[Int(parent.id)], branch[Int(parent.id)] != Self.none {
                branch[Int(entry.id)] = branch[Int(parent.id)]
            } else {
                branch[Int(entry.id)] = entry.id
            }
            guard part(entry).isMessage else { continue }
            let root = branch[Int(entry.id)]
            if let seen = turns[root] {
                if seen.onChain != onChain { turns[root] = (onChain, seen.runs + 1, seen.at) }
            } else if onChain > 0 {
                turns[root] = (onChain, 1, entry)
            }
        }
        for (_, turn) in turns.sorted(by: { $0.value.at.offset < $1.value.at.offset }) where turn.runs > 1 {
            add(
                .interleavedBranches, .warning, turn.at,
                "A branch that begins here and the conversation grew in turns, as when two programs write to one session; \(reach)."
            )
        }
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
