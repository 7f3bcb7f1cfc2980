// What the Claude Agent SDK (0.2.187) makes of a session, step by step as it was measured.
//
// Of copies of one uuid the last one's content counts, in the first one's place. The leaf is the visible user or assistant
// record, nearest to an end of the graph, whose last copy stands last. From it parents are followed to a root; then the other
// records of one response, and results that hang elsewhere, are put back behind that response's last record.

struct ClaudeView {
    private let scan: AgentLogScan
    private let source: any LogSource
    /// What the reader has: entries in the order of the file, all copies.
    private let kept: [UInt32]
    /// By identifier: the last copy. `none` for identifiers of no entry.
    private let last: [UInt32]
    /// The last copies, in the order of the first ones.
    private let table: [UInt32]

    private static let none = UInt32.max

    init(_ scan: AgentLogScan, _ source: any LogSource) {
        self.scan = scan
        self.source = source
        var kept: [UInt32] = []
        var last = [UInt32](repeating: Self.none, count: scan.identifiers.count)
        var order: [UInt32] = []
        for (index, entry) in scan.entries.enumerated() where entry.isNode && entry.isSeen && entry.id != Self.none {
            kept.append(UInt32(index))
            if last[Int(entry.id)] == Self.none { order.append(entry.id) }
            last[Int(entry.id)] = UInt32(index)
        }
        self.kept = kept
        self.last = last
        table = order.map { last[Int($0)] }
    }

    private func entry(_ index: UInt32) -> LogEntry { scan.entries[Int(index)] }

    private func part(_ index: UInt32) -> AgentLog.Part {
        let kind = entry(index).kind
        return kind == LogEntry.unknownKind ? .aside : scan.log.kinds[Int(kind)].part
    }

    private func isMessage(_ index: UInt32) -> Bool { part(index) == .user || part(index) == .assistant }

    /// The last copy of the parent, if there is one.
    private func parent(_ index: UInt32) -> UInt32? {
        let parent = entry(index).parent
        guard parent != Self.none, last[Int(parent)] != Self.none else { return nil }
        return last[Int(parent)]
    }

    /// How many records the reader keeps, copies included.
    var keptCount: Int { kept.count }

    /// The place of an entry among those that the reader keeps.
    func keptPlace(_ index: UInt32) -> Int? { kept.firstIndex(of: index) }

    // MARK: The conversation

    /// The messages that are shown, in order, and the whole chain from the root to the leaf.
    func conversation() -> (shown: [UInt32], chain: [UInt32]) {
        guard let leaf = leaf() else { return ([], []) }
        let chain = chain(to: leaf)
        let whole = puttingBack(into: chain)
        return (whole.filter { isMessage($0) && entry($0).isShown }, chain)
    }

    /// The same for a subagent's file: from the last message up, without putting anything back.
    func subagentConversation() -> [UInt32] {
        guard let leaf = kept.last(where: isMessage) else { return [] }
        return chain(to: leaf).filter(isMessage)
    }

    private func leaf() -> UInt32? {
        var isNamed = [Bool](repeating: false, count: last.count)
        for index in kept where entry(index).parent != Self.none { isNamed[Int(entry(index).parent)] = true }
        var best: UInt32?
        var bestHidden: UInt32?
        // A walk ends where an earlier one came by: from there on it finds what that one found.
        var candidates = [UInt32?](repeating: nil, count: last.count)
        var isKnown = [Bool](repeating: false, count: last.count)
        for terminal in kept where !isNamed[Int(entry(terminal).id)] {
            guard let candidate = candidate(from: terminal, &candidates, &isKnown) else { continue }
            let place = last[Int(entry(candidate).id)]
            if entry(candidate).isShown {
                if best.map({ last[Int(entry($0).id)] < place }) ?? true { best = candidate }
            } else if bestHidden.map({ last[Int(entry($0).id)] < place }) ?? true {
                bestHidden = candidate
            }
        }
        return best ?? bestHidden
    }

    /// The first message at or above an end of the graph.
    private func candidate(
        from terminal: UInt32, _ candidates: inout [UInt32?], _ isKnown: inout [Bool]
    ) -> UInt32? {
        if isMessage(terminal) { return terminal }
        var walked: [Int] = []
        var found: UInt32?
        var next = parent(terminal)
        var seen = Set([entry(terminal).id])
        while let index = next {
            let id = entry(index).id
            if isKnown[Int(id)] {
                found = candidates[Int(id)]
                break
            }
            guard seen.insert(id).inserted else { break }
            walked.append(Int(id))
            if isMessage(index) {
                found = index
                break
            }
            next = parent(index)
        }
        for id in walked {
            isKnown[id] = true
            candidates[id] = found
        }
        return found
    }

    private func chain(to leaf: UInt32) -> [UInt32] {
        var chain: [UInt32] = []
        var seen = [Bool](repeating: false, count: last.count)
        var next: UInt32? = leaf
        while let index = next, !seen[Int(entry(index).id)] {
            seen[Int(entry(index).id)] = true
            chain.append(index)
            next = parent(index)
        }
        return chain.reversed()
    }

    // MARK: Parallel tool calls

    private func puttingBack(into chain: [UInt32]) -> [UInt32] {
        guard chain.contains(where: { part($0) == .assistant && entry($0).group != Self.none }) else { return chain }
        var isOnChain = [Bool](repeating: false, count: last.count)
        for index in chain { isOnChain[Int(entry(index).id)] = true }
        let isAnythingLeft = table.contains {
            !isOnChain[Int(entry($0).id)] && (part($0) == .assistant || entry($0).flags.contains(.holdsResult))
        }
        guard isAnythingLeft else { return chain }
        var work = PuttingBack(self, chain, isOnChain)
        return work.run()
    }

    /// The work of putting back what hangs beside the chain.
    private struct PuttingBack {
        let view: ClaudeView
        let chain: [UInt32]
        var isOnChain: [Bool]
        var isPutBack: [Bool]
        /// Calls and answers by entry.
        var calls: [UInt32: [UInt32]] = [:]
        var answers: [UInt32: [UInt32]] = [:]
        var groups: [UInt32: [UInt32]] = [:]
        /// By call identifier the entry that makes it; nil when two responses claim it.
        var owners: [UInt32: UInt32?] = [:]
        /// By identifier the results that belong to it.
        var index: [UInt32: [UInt32]] = [:]
        /// By entry its place in the table.
        var order: [UInt32: Int] = [:]

        init(_ view: ClaudeView, _ chain: [UInt32], _ isOnChain: [Bool]) {
            self.view = view
            self.chain = chain
            self.isOnChain = isOnChain
            isPutBack = Array(repeating: false, count: isOnChain.count)
            for call in view.scan.calls where view.entry(call.entry).isSeen {
                if call.isResult {
                    answers[call.entry, default: []].append(call.id)
                } else {
                    calls[call.entry, default: []].append(call.id)
                }
            }
            for (place, entry) in view.table.enumerated() { order[entry] = place }
            for entry in view.table where view.part(entry) == .assistant && view.entry(entry).group != ClaudeView.none {
                groups[view.entry(entry).group, default: []].append(entry)
            }
            findOwners()
            indexResults()
        }

        private mutating func findOwners() {
            for entry in view.table where view.part(entry) == .assistant && view.entry(entry).group != ClaudeView.none {
                for call in calls[entry] ?? [] {
                    if let known = owners[call] {
                        let isSame = known.map { view.entry($0).group == view.entry(entry).group } ?? false
                        owners[call] = .some(isSame ? entry : nil)
                    } else {
                        owners[call] = .some(entry)
                    }
                }
            }
        }

        private func isSameWriter(_ a: UInt32, _ b: UInt32) -> Bool {
            let (a, b) = (view.entry(a), view.entry(b))
            return a.writer == b.writer && a.flags.contains(.isSidechain) == b.flags.contains(.isSidechain)
        }

        private mutating func indexResults() {
            for entry in view.table where isToolResult(entry) {
                let value = view.entry(entry)
                index[value.parent, default: []].append(entry)
                if value.group != ClaudeView.none, view.last[Int(value.group)] != ClaudeView.none,
                    isSameWriter(entry, view.last[Int(value.group)])
                {
                    index[value.group, default: []].append(entry)
                }
                for answer in answers[entry] ?? [] {
                    if let owner = owners[answer] ?? nil, isSameWriter(entry, owner) {
                        index[view.entry(owner).id, default: []].append(entry)
                    }
                }
            }
        }

        private func isToolResult(_ entry: UInt32) -> Bool {
            let value = view.entry(entry)
            return view.part(entry) == .user && value.parent != ClaudeView.none && value.flags.contains(.holdsResult)
        }

        mutating func run() -> [UInt32] {
            var anchors: [UInt32: Int] = [:]
            var responses: [UInt32] = []
            for (place, entry) in chain.enumerated() where view.part(entry) == .assistant {
                let response = view.entry(entry).group
                guard response != ClaudeView.none else { continue }
                if anchors[response] == nil { responses.append(response) }
                anchors[response] = place
            }
            var behind: [Int: [UInt32]] = [:]
            for response in responses {
                guard let anchor = anchors[response] else { continue }
                let members = groups[response] ?? [chain[anchor]]
                let more = putBack(members)
                behind[anchor, default: []] += more
            }
            return chain.enumerated().flatMap { [$0.element] + (behind[$0.offset] ?? []) }
        }

        private mutating func putBack(_ members: [UInt32]) -> [UInt32] {
            func isFree(_ entry: UInt32) -> Bool {
                let id = Int(view.entry(entry).id)
                return !isOnChain[id] && !isPutBack[id]
            }
            let siblings = members.filter(isFree)
            let memberIDs = Set(members.map { view.entry($0).id })
            var near: [UInt32] = []
            var strays: [UInt32] = []
            var seen = Set<UInt32>()
            for member in members {
                for entry in index[view.entry(member).id] ?? [] where isFree(entry) {
                    guard seen.insert(view.entry(entry).id).inserted else { continue }
                    if memberIDs.contains(view.entry(entry).parent) { near.append(entry) } else { strays.append(entry) }
                }
            }
            accept(strays, into: &near, memberIDs)
            for entry in siblings + near { isPutBack[Int(view.entry(entry).id)] = true }
            return sortedByTime(siblings) + sortedByTime(near)
        }

        private func accept(_ strays: [UInt32], into near: inout [UInt32], _ members: Set<UInt32>) {
            guard !strays.isEmpty else { return }
            var answered = Set((chain + near).flatMap { answers[$0] ?? [] })
            for stray in strays.sorted(by: { order[$0, default: 0] < order[$1, default: 0] }) {
                let own = answers[stray] ?? []
                let isWanted = own.contains { answer in
                    guard !answered.contains(answer), let owner = owners[answer] ?? nil else { return false }
                    return members.contains(view.entry(owner).id)
                }
                guard isWanted else { continue }
                near.append(stray)
                answered.formUnion(own)
            }
        }

        /// By their timestamps as text; those that have none come first. What is equal stays in order.
        private func sortedByTime(_ entries: [UInt32]) -> [UInt32] {
            guard entries.count > 1 else { return entries }
            let times = entries.map { entry in
                (
                    entry,
                    view.source.withRecord(view.entry(entry), view.scan.log.lines.dialect) {
                        $0.member("timestamp")?.text
                    } ?? nil
                )
            }
            return times.enumerated().sorted {
                let (a, b) = ($0.element.1 ?? [], $1.element.1 ?? [])
                return a == b ? $0.offset < $1.offset : a.lexicographicallyPrecedes(b)
            }.map(\.element.0)
        }
    }
}
