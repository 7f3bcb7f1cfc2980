// What the Claude Agent SDK (0.2.187) makes of a session, step by step as it was measured.
//
// Of copies of one uuid the last one's content counts, in the first one's place. The leaf is the visible user or assistant
// record, nearest to an end of the graph, whose last copy stands last. From it parents are followed to a root; then the other
// records of one response, and results that hang elsewhere, are put back behind that response's last record.

struct ClaudeView {
    private let scan: AgentLogScan
    private let source: any LogSource
    /// By identifier: the last copy. `none` for identifiers of no entry.
    private let last: [UInt32]
    /// The last copies, in the order of the first ones; nil when there are no copies, and all that are kept are in the table.
    private let lastCopies: [UInt32]?
    /// How many records the reader keeps, copies included.
    let keptCount: Int

    private static let none = UInt32.max

    init(_ scan: AgentLogScan, _ source: any LogSource) {
        self.scan = scan
        self.source = source
        var last = [UInt32](repeating: Self.none, count: scan.identifiers.count)
        var (count, copies) = (0, 0)
        for (index, entry) in scan.entries.enumerated() where Self.isKept(entry) {
            count += 1
            if last[Int(entry.id)] != Self.none { copies += 1 }
            last[Int(entry.id)] = UInt32(index)
        }
        self.last = last
        keptCount = count
        lastCopies = copies == 0 ? nil : Self.lastCopies(last, scan)
    }

    private static func lastCopies(_ last: [UInt32], _ scan: AgentLogScan) -> [UInt32] {
        var isThere = [Bool](repeating: false, count: last.count)
        return scan.entries.lazy.filter(isKept).compactMap { entry in
            defer { isThere[Int(entry.id)] = true }
            return isThere[Int(entry.id)] ? nil : last[Int(entry.id)]
        }
    }

    @inline(__always)
    private static func isKept(_ entry: LogEntry) -> Bool { entry.isNode && entry.isSeen && entry.id != none }

    /// Calls `body` with what the reader has: entries in the order of the file, all copies.
    @inline(__always)
    private func forEachKept(_ body: (UInt32) -> Void) {
        for index in scan.entries.indices where Self.isKept(scan.entries[index]) { body(UInt32(index)) }
    }

    /// Calls `body` with the last copies, in the order of the first ones.
    @inline(__always)
    private func forEachInTable(_ body: (UInt32) -> Void) {
        if let lastCopies { lastCopies.forEach(body) } else { forEachKept(body) }
    }

    private func entry(_ index: UInt32) -> LogEntry { scan.entries[Int(index)] }

    private func part(_ index: UInt32) -> AgentLog.Part { scan.part(entry(index)) }

    private func isMessage(_ index: UInt32) -> Bool { part(index) == .user || part(index) == .assistant }

    private func isToolResult(_ index: UInt32) -> Bool {
        let value = entry(index)
        return part(index) == .user && value.parent != Self.none && value.flags.contains(.holdsResult)
    }

    /// Whether it is a part of a response, of which several records may be one.
    private func isOfResponse(_ index: UInt32) -> Bool { part(index) == .assistant && entry(index).group != Self.none }

    private func calls(_ index: UInt32) -> ArraySlice<LogCall> { scan.calls(of: index) }

    /// The last copy of the parent, if there is one.
    private func parent(_ index: UInt32) -> UInt32? {
        let parent = entry(index).parent
        guard parent != Self.none, last[Int(parent)] != Self.none else { return nil }
        return last[Int(parent)]
    }

    /// The place of an entry among those that the reader keeps.
    func keptPlace(_ index: UInt32) -> Int? {
        Self.isKept(entry(index)) ? scan.entries[..<Int(index)].count(where: Self.isKept) : nil
    }

    // MARK: The conversation

    /// The messages that are shown, in order, and the whole chain from the root to the leaf.
    func conversation() -> (shown: [UInt32], chain: [UInt32]) {
        guard let leaf = leaf() else { return ([], []) }
        let chain = chain(to: leaf)
        let whole = puttingBack(into: chain)
        var shown: [UInt32] = []
        // Counted first, since an array that grows takes twice its room.
        shown.reserveCapacity(whole.count(where: isShown))
        for index in whole where isShown(index) { shown.append(index) }
        return (shown, chain)
    }

    private func isShown(_ index: UInt32) -> Bool { isMessage(index) && entry(index).isShown }

    /// The same for a subagent's file: from the last message up, without putting anything back.
    func subagentConversation() -> [UInt32] {
        let last = scan.entries.indices.last { Self.isKept(scan.entries[$0]) && isMessage(UInt32($0)) }
        guard let leaf = last.map(UInt32.init) else { return [] }
        return chain(to: leaf).filter(isMessage)
    }

    private func leaf() -> UInt32? {
        var isNamed = [Bool](repeating: false, count: last.count)
        forEachKept { if entry($0).parent != Self.none { isNamed[Int(entry($0).parent)] = true } }
        var best: UInt32?
        var bestHidden: UInt32?
        // A walk ends where an earlier one came by: from there on it finds what that one found.
        var candidates = [UInt32](repeating: Self.none, count: last.count)
        var isKnown = [Bool](repeating: false, count: last.count)
        forEachKept { terminal in
            guard !isNamed[Int(entry(terminal).id)],
                let candidate = candidate(from: terminal, &candidates, &isKnown)
            else { return }
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
        from terminal: UInt32, _ candidates: inout [UInt32], _ isKnown: inout [Bool]
    ) -> UInt32? {
        if isMessage(terminal) { return terminal }
        var walked: [Int] = []
        var found = Self.none
        var next = parent(terminal)
        // What is known while it is walked on finds nothing: the walk comes back to itself.
        while let index = next {
            let id = Int(entry(index).id)
            if isKnown[id] {
                found = candidates[id]
                break
            }
            isKnown[id] = true
            walked.append(id)
            if isMessage(index) {
                found = index
                break
            }
            next = parent(index)
        }
        for id in walked { candidates[id] = found }
        return found == Self.none ? nil : found
    }

    private func chain(to leaf: UInt32) -> [UInt32] {
        var chain: [UInt32] = []
        // Room that nothing is written to costs no memory.
        chain.reserveCapacity(keptCount)
        var seen = [Bool](repeating: false, count: last.count)
        var next: UInt32? = leaf
        while let index = next, !seen[Int(entry(index).id)] {
            seen[Int(entry(index).id)] = true
            chain.append(index)
            next = parent(index)
        }
        chain.reverse()
        return chain
    }

    // MARK: Parallel tool calls

    private func puttingBack(into chain: [UInt32]) -> [UInt32] {
        guard chain.contains(where: isOfResponse) else { return chain }
        var isOnChain = [Bool](repeating: false, count: last.count)
        for index in chain { isOnChain[Int(entry(index).id)] = true }
        var isAnythingLeft = false
        forEachInTable {
            if !isOnChain[Int(entry($0).id)], part($0) == .assistant || entry($0).flags.contains(.holdsResult) {
                isAnythingLeft = true
            }
        }
        guard isAnythingLeft else { return chain }
        let work = PuttingBack(self, chain, isOnChain)
        return work.run()
    }

    /// The work of putting back what hangs beside the chain.
    private final class PuttingBack {
        let view: ClaudeView
        let chain: [UInt32]
        var isOnChain: [Bool]
        var isPutBack: [Bool]
        /// By response its entries.
        let groups: Grouping
        /// By call the entry that makes it.
        let owners: [UInt32]
        /// By identifier the results that belong to it.
        let index: Grouping
        /// By identifier the last look that came by it.
        var looks: [UInt32]
        var look: UInt32 = 0
        /// By identifier its place in the table, and whether a call has its answer on the chain; made when first asked for.
        lazy var order = placesInTable
        lazy var isAnswered = answeredOnChain

        /// No entry; nobody's call, or one that two responses claim.
        private static let none = ClaudeView.none

        init(_ view: ClaudeView, _ chain: [UInt32], _ isOnChain: [Bool]) {
            self.view = view
            self.chain = chain
            self.isOnChain = isOnChain
            isPutBack = Array(repeating: false, count: isOnChain.count)
            looks = Array(repeating: 0, count: isOnChain.count)
            let others = view.scan.otherIdentifiers.count
            groups = Grouping(keys: others) { body in
                view.forEachInTable { if view.isOfResponse($0) { body(view.entry($0).group, $0) } }
            }
            let owners = Self.owners(view, count: others)
            self.owners = owners
            index = Grouping(keys: isOnChain.count) { Self.forEachResult(view, owners, $0) }
        }

        private static func owners(_ view: ClaudeView, count: Int) -> [UInt32] {
            var owners = [UInt32](repeating: none, count: count)
            var isClaimed = [Bool](repeating: false, count: count)
            view.forEachInTable { entry in
                guard view.isOfResponse(entry) else { return }
                for call in view.calls(entry) where !call.isResult {
                    let id = Int(call.id)
                    let isOther =
                        isClaimed[id]
                        && (owners[id] == none || view.entry(owners[id]).group != view.entry(entry).group)
                    owners[id] = isOther ? none : entry
                    isClaimed[id] = true
                }
            }
            return owners
        }

        private static func isSameWriter(_ a: LogEntry, _ b: LogEntry) -> Bool {
            a.writer == b.writer && a.flags.contains(.isSidechain) == b.flags.contains(.isSidechain)
        }

        /// Results by what they belong to: their parents, their sources, and what made their calls.
        private static func forEachResult(_ view: ClaudeView, _ owners: [UInt32], _ body: (UInt32, UInt32) -> Void) {
            view.forEachInTable { entry in
                guard view.isToolResult(entry) else { return }
                let value = view.entry(entry)
                body(value.parent, entry)
                if value.group != none, view.last[Int(value.group)] != none,
                    isSameWriter(value, view.entry(view.last[Int(value.group)]))
                {
                    body(value.group, entry)
                }
                for answer in view.calls(entry) where answer.isResult && owners[Int(answer.id)] != none {
                    let owner = view.entry(owners[Int(answer.id)])
                    if isSameWriter(value, owner) { body(owner.id, entry) }
                }
            }
        }

        func run() -> [UInt32] {
            // By response the place on the chain of its last entry there.
            var anchors = [UInt32](repeating: Self.none, count: view.scan.otherIdentifiers.count)
            var responses: [UInt32] = []
            for (place, entry) in chain.enumerated() where view.part(entry) == .assistant {
                let response = view.entry(entry).group
                guard response != Self.none else { continue }
                if anchors[Int(response)] == Self.none { responses.append(response) }
                anchors[Int(response)] = UInt32(place)
            }
            var pieces: [(anchor: Int, entries: [UInt32])] = []
            for response in responses {
                let anchor = Int(anchors[Int(response)])
                let members = groups[response]
                let more = members.isEmpty ? putBack([chain[anchor]]) : putBack(members)
                if !more.isEmpty { pieces.append((anchor, more)) }
            }
            guard !pieces.isEmpty else { return chain }
            var whole: [UInt32] = []
            var place = 0
            for piece in pieces.sorted(by: { $0.anchor < $1.anchor }) {
                whole += chain[place...piece.anchor] + piece.entries
                place = piece.anchor + 1
            }
            return whole + chain[place...]
        }

        private func isFree(_ entry: UInt32) -> Bool {
            let id = Int(view.entry(entry).id)
            return !isOnChain[id] && !isPutBack[id]
        }

        private func putBack(_ members: ArraySlice<UInt32>) -> [UInt32] {
            let siblings = members.filter { isFree($0) }
            var near: [UInt32] = []
            var strays: [UInt32] = []
            // Members and results are different records, so one mark each tells them apart.
            look += 2
            for member in members { looks[Int(view.entry(member).id)] = look - 1 }
            for member in members {
                for entry in index[view.entry(member).id] where isFree(entry) {
                    let value = view.entry(entry)
                    guard looks[Int(value.id)] != look else { continue }
                    looks[Int(value.id)] = look
                    if looks[Int(value.parent)] == look - 1 { near.append(entry) } else { strays.append(entry) }
                }
            }
            if !strays.isEmpty { accept(strays, into: &near) }
            for entry in siblings + near { isPutBack[Int(view.entry(entry).id)] = true }
            return sortedByTime(siblings) + sortedByTime(near)
        }

        /// Results that hang elsewhere count when they answer a call of the members at hand that nothing else answers.
        private func accept(_ strays: [UInt32], into near: inout [UInt32]) {
            var answered = Set(near.flatMap(answers))
            let order = order
            for stray in strays.sorted(by: { order[Int(view.entry($0).id)] < order[Int(view.entry($1).id)] }) {
                let own = answers(stray)
                let isWanted = own.contains { answer in
                    let owner = owners[Int(answer)]
                    return !isAnswered[Int(answer)] && !answered.contains(answer) && owner != Self.none
                        && looks[Int(view.entry(owner).id)] == look - 1
                }
                guard isWanted else { continue }
                near.append(stray)
                answered.formUnion(own)
            }
        }

        private func answers(_ entry: UInt32) -> [UInt32] { view.calls(entry).filter(\.isResult).map(\.id) }

        private var placesInTable: [UInt32] {
            var places = [UInt32](repeating: 0, count: isOnChain.count)
            var place: UInt32 = 0
            view.forEachInTable {
                places[Int(view.entry($0).id)] = place
                place += 1
            }
            return places
        }

        private var answeredOnChain: [Bool] {
            var isAnswered = [Bool](repeating: false, count: view.scan.otherIdentifiers.count)
            for answer in chain.lazy.flatMap(answers) { isAnswered[Int(answer)] = true }
            return isAnswered
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
