// What the Claude Agent SDK (0.2.187) makes of a session, step by step as it was measured.
//
// Of copies of one uuid the last one's content counts, in the first one's place. The leaf is the visible user or assistant
// record, nearest to an end of the graph, whose last copy stands last. From it parents are followed to a root; then the other
// records of one response, and results that hang elsewhere, are put back behind that response's last record.

struct ClaudeView {
    private let scan: ScannedLog
    private let source: any LogSource
    /// By identifier: the last copy. `none` for identifiers of no entry.
    private let last: [UInt32]
    /// Which entries are the first copies; nil when there are no others, and all that are kept are in the table.
    private let isFirstCopy: BitArray?
    /// How many records the reader keeps, copies included.
    let keptCount: Int

    private static let none = UInt32.max

    init(_ scan: ScannedLog, _ source: any LogSource) {
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
        isFirstCopy = copies == 0 ? nil : Self.firstCopies(scan)
    }

    private static func firstCopies(_ scan: ScannedLog) -> BitArray {
        var isThere = BitArray(count: scan.identifiers.count)
        var isFirst = BitArray(count: scan.entries.count)
        for (index, entry) in scan.entries.enumerated() where isKept(entry) && !isThere[entry.id] {
            isThere[entry.id] = true
            isFirst[index] = true
        }
        return isFirst
    }

    @inline(__always)
    private static func isKept(_ entry: LogEntry) -> Bool { entry.isNode && entry.isSeen && entry.id != none }

    /// Calls `body` with what the reader has: entries in the order of the file, all copies.
    @inline(__always)
    private func forEachKept(_ body: (UInt32, LogEntry) -> Void) {
        for index in scan.entries.indices {
            let entry = scan.entries[index]
            if Self.isKept(entry) { body(UInt32(index), entry) }
        }
    }

    /// Calls `body` with the last copies, in the order of the first ones.
    @inline(__always)
    private func forEachInTable(_ body: (UInt32, LogEntry) -> Void) {
        guard let isFirstCopy else { return forEachKept(body) }
        for index in scan.entries.indices where isFirstCopy[index] {
            let copy = last[Int(scan.entries[index].id)]
            body(copy, entry(copy))
        }
    }

    private func entry(_ index: UInt32) -> LogEntry { scan.entries[Int(index)] }

    private func part(_ entry: LogEntry) -> AgentLog.Part { scan.part(entry) }

    private func isMessage(_ entry: LogEntry) -> Bool { part(entry) == .user || part(entry) == .assistant }

    private func isToolResult(_ entry: LogEntry) -> Bool {
        part(entry) == .user && entry.parent != Self.none && entry.flags.contains(.holdsResult)
    }

    /// The last copy of the parent, if there is one.
    private func parent(_ entry: LogEntry) -> UInt32? {
        let parent = entry.parent
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
        var shown = puttingBack(into: chain)
        shown.removeAll { !isShown(entry($0)) }
        return (shown, chain)
    }

    private func isShown(_ entry: LogEntry) -> Bool { isMessage(entry) && entry.isShown }

    /// The same for a subagent's file: from the last message up, without putting anything back.
    func subagentConversation() -> [UInt32] {
        let last = scan.entries.lastIndex { Self.isKept($0) && isMessage($0) }
        guard let leaf = last.map(UInt32.init) else { return [] }
        return chain(to: leaf).filter { isMessage(entry($0)) }
    }

    private func leaf() -> UInt32? {
        var isNamed = BitArray(count: last.count)
        forEachKept { if $1.parent != Self.none { isNamed[$1.parent] = true } }
        var best: UInt32?
        var bestHidden: UInt32?
        var walks = Walks(count: last.count)
        forEachKept { terminal, value in
            guard !isNamed[value.id],
                let candidate = isMessage(value) ? terminal : candidate(above: value, &walks)
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

    /// What was found on walks up the graph. One ends where an earlier one came by: from there on it finds what that one found.
    private struct Walks {
        private let count: Int
        private var isKnown: BitArray
        /// By identifier; made for the first walk.
        private var candidates: [UInt32] = []

        init(count: Int) { (self.count, isKnown) = (count, BitArray(count: count)) }

        /// Whether a record was come by before.
        mutating func comesBy(_ id: UInt32) -> Bool {
            defer { isKnown[id] = true }
            return isKnown[id]
        }

        /// `none` while it is walked on, too: the walk comes back to itself, and finds nothing.
        func candidate(_ id: UInt32) -> UInt32 { candidates.isEmpty ? none : candidates[Int(id)] }

        mutating func note(_ candidate: UInt32, for walked: [UInt32]) {
            if candidates.isEmpty { candidates = Array(repeating: none, count: count) }
            for id in walked { candidates[Int(id)] = candidate }
        }
    }

    /// The first message above an end of the graph.
    private func candidate(above terminal: LogEntry, _ walks: inout Walks) -> UInt32? {
        var walked: [UInt32] = []
        var found = Self.none
        var next = parent(terminal)
        while let index = next {
            let value = entry(index)
            if walks.comesBy(value.id) {
                found = walks.candidate(value.id)
                break
            }
            walked.append(value.id)
            if isMessage(value) {
                found = index
                break
            }
            next = parent(value)
        }
        walks.note(found, for: walked)
        return found == Self.none ? nil : found
    }

    private func chain(to leaf: UInt32) -> [UInt32] {
        var chain: [UInt32] = []
        // Room that nothing is written to costs no memory.
        chain.reserveCapacity(keptCount)
        var seen = BitArray(count: last.count)
        var next: UInt32? = leaf
        while let index = next {
            let value = entry(index)
            guard !seen[value.id] else { break }
            seen[value.id] = true
            chain.append(index)
            next = parent(value)
        }
        chain.reverse()
        return chain
    }

    // MARK: Parallel tool calls

    private func puttingBack(into chain: [UInt32]) -> [UInt32] {
        guard chain.contains(where: { entry($0).flags.contains(.isOfResponse) }) else { return chain }
        var isOnChain = BitArray(count: last.count)
        for index in chain { isOnChain[entry(index).id] = true }
        var isAnythingLeft = false
        forEachInTable {
            if !isOnChain[$1.id], part($1) == .assistant || $1.flags.contains(.holdsResult) { isAnythingLeft = true }
        }
        guard isAnythingLeft else { return chain }
        // What the work needs is gone before the whole is made.
        return PuttingBack(self, chain, isOnChain).run().put(into: chain)
    }

    /// What is put back, and behind which places of the chain.
    private struct PutBack {
        private var pieces: [(anchor: UInt32, start: UInt32, end: UInt32)] = []
        private var entries: [UInt32] = []

        mutating func add(_ piece: [UInt32], behind anchor: UInt32) {
            guard !piece.isEmpty else { return }
            pieces.append((anchor, UInt32(entries.count), UInt32(entries.count + piece.count)))
            entries += piece
        }

        consuming func put(into chain: [UInt32]) -> [UInt32] {
            guard !pieces.isEmpty else { return chain }
            pieces.sort { $0.anchor < $1.anchor }
            var whole: [UInt32] = []
            whole.reserveCapacity(chain.count + entries.count)
            var place = 0
            for piece in pieces {
                whole += chain[place...Int(piece.anchor)]
                whole += entries[Int(piece.start)..<Int(piece.end)]
                place = Int(piece.anchor) + 1
            }
            whole += chain[place...]
            return whole
        }
    }

    /// The work of putting back what hangs beside the chain.
    ///
    /// Only off the chain is anything to be found that can be put back, so of all responses on the chain those are looked at
    /// that have records there, or results.
    private final class PuttingBack {
        let view: ClaudeView
        let chain: [UInt32]
        let isOnChain: BitArray
        var isPutBack: BitArray
        /// By call the entry that makes it.
        let owners: [UInt32]
        /// By response the place on the chain of its last entry there, where there may be anything to put back.
        var anchors: [UInt32: UInt32] = [:]
        /// By identifier the results beside the chain that belong to it.
        let results: Grouping
        /// By response its entries, where there may be anything to put back.
        let groups: Grouping
        /// Of the response at hand: its members, and the results that were come by.
        var members: BitArray
        var seen: BitArray
        /// By identifier its place in the table, and whether a call has its answer on the chain; made when first asked for.
        lazy var order = placesInTable
        lazy var isAnswered = answeredOnChain

        /// No entry; nobody's call.
        private static let none = ClaudeView.none
        /// A call that two responses claim.
        private static let several = none - 1

        init(_ view: ClaudeView, _ chain: [UInt32], _ isOnChain: BitArray) {
            (self.view, self.chain, self.isOnChain) = (view, chain, isOnChain)
            isPutBack = BitArray(count: view.last.count)
            (members, seen) = (isPutBack, isPutBack)
            let owners = Self.owners(view)
            self.owners = owners
            var hasAnchor = BitArray(count: owners.count)
            for index in chain {
                let entry = view.entry(index)
                if entry.flags.contains(.isOfResponse) { hasAnchor[entry.group] = true }
            }
            func isMember(_ entry: LogEntry) -> Bool { entry.flags.contains(.isOfResponse) && hasAnchor[entry.group] }
            /// The end of the chain may be an earlier copy, and of another response than the last one.
            func forEachMember(_ body: (LogEntry) -> Void) {
                view.forEachInTable { if isMember($1) { body($1) } }
                if let end = chain.last, isMember(view.entry(end)) { body(view.entry(end)) }
            }
            var isOfMember = BitArray(count: view.last.count)
            forEachMember { isOfMember[$0.id] = true }
            results = Grouping { body in
                view.forEachInTable { index, result in
                    guard !isOnChain[result.id], view.isToolResult(result) else { return }
                    Self.forEachKey(of: result, view, owners) { if isOfMember[$0] { body($0, index) } }
                }
            }
            var hasResults = BitArray(count: view.last.count)
            results.forEachKey { hasResults[$0] = true }
            var isActive = BitArray(count: owners.count)
            forEachMember { if !isOnChain[$0.id] || hasResults[$0.id] { isActive[$0.group] = true } }
            groups = Grouping { body in
                view.forEachInTable {
                    if $1.flags.contains(.isOfResponse), isActive[$1.group] { body($1.group, $0) }
                }
            }
            for (place, index) in chain.enumerated() {
                let entry = view.entry(index)
                if entry.flags.contains(.isOfResponse), isActive[entry.group] { anchors[entry.group] = UInt32(place) }
            }
        }

        private static func owners(_ view: ClaudeView) -> [UInt32] {
            var owners = [UInt32](repeating: none, count: view.scan.otherIdentifiers.count)
            view.forEachInTable { index, entry in
                guard entry.flags.contains(.isOfResponse) else { return }
                view.scan.forEachCall(of: entry) { call in
                    guard !call.isResult else { return }
                    let owner = owners[Int(call.id)]
                    let isOther = owner != none && (owner == several || view.entry(owner).group != entry.group)
                    owners[Int(call.id)] = isOther ? several : index
                }
            }
            return owners
        }

        private static func owner(_ call: LogCall, _ view: ClaudeView, _ owners: [UInt32]) -> LogEntry? {
            let owner = owners[Int(call.id)]
            return owner < several ? view.entry(owner) : nil
        }

        private static func isSameWriter(_ a: LogEntry, _ b: LogEntry) -> Bool {
            a.writer == b.writer && a.flags.contains(.isSidechain) == b.flags.contains(.isSidechain)
        }

        /// What a result belongs to: its parent, its source, and what made its calls.
        private static func forEachKey(
            of result: LogEntry, _ view: ClaudeView, _ owners: [UInt32], _ body: (UInt32) -> Void
        ) {
            body(result.parent)
            if result.group != none, view.last[Int(result.group)] != none,
                isSameWriter(result, view.entry(view.last[Int(result.group)]))
            {
                body(result.group)
            }
            view.scan.forEachCall(of: result) { answer in
                guard answer.isResult else { return }
                if let owner = owner(answer, view, owners), isSameWriter(result, owner) { body(owner.id) }
            }
        }

        func run() -> PutBack {
            var putBack = PutBack()
            for index in chain where !anchors.isEmpty {
                let entry = view.entry(index)
                guard entry.flags.contains(.isOfResponse),
                    let anchor = anchors.removeValue(forKey: entry.group)
                else { continue }
                let members = groups[entry.group]
                putBack.add(more(members.isEmpty ? [chain[Int(anchor)]] : members), behind: anchor)
            }
            return putBack
        }

        private func isMember(_ id: UInt32) -> Bool { id != Self.none && members[id] }

        private func isFree(_ entry: LogEntry) -> Bool { !isOnChain[entry.id] && !isPutBack[entry.id] }

        /// What is put back of a response.
        private func more(_ members: [UInt32]) -> [UInt32] {
            let siblings = members.filter { isFree(view.entry($0)) }
            var near: [UInt32] = []
            var strays: [UInt32] = []
            for member in members { self.members[view.entry(member).id] = true }
            for member in members {
                for index in results[view.entry(member).id] {
                    let result = view.entry(index)
                    guard isFree(result), !seen[result.id] else { continue }
                    seen[result.id] = true
                    if isMember(result.parent) { near.append(index) } else { strays.append(index) }
                }
            }
            if !strays.isEmpty { accept(strays, into: &near) }
            for index in siblings + near { isPutBack[view.entry(index).id] = true }
            for member in members {
                self.members[view.entry(member).id] = false
                for index in results[view.entry(member).id] { seen[view.entry(index).id] = false }
            }
            return sortedByTime(siblings) + sortedByTime(near)
        }

        /// Results that hang elsewhere count when they answer a call of the members at hand that nothing else answers.
        private func accept(_ strays: [UInt32], into near: inout [UInt32]) {
            var answered = Set(near.flatMap(answers).map(\.id))
            for stray in strays.sorted(by: { place($0) < place($1) }) {
                let own = answers(stray)
                let isWanted = own.contains { answer in
                    guard let owner = Self.owner(answer, view, owners) else { return false }
                    return !isAnswered[answer.id] && !answered.contains(answer.id) && members[owner.id]
                }
                guard isWanted else { continue }
                near.append(stray)
                answered.formUnion(own.map(\.id))
            }
        }

        private func answers(_ index: UInt32) -> [LogCall] {
            var answers: [LogCall] = []
            view.scan.forEachCall(of: view.entry(index)) { if $0.isResult { answers.append($0) } }
            return answers
        }

        /// Where an entry stands in the table, as a number that grows.
        private func place(_ index: UInt32) -> UInt32 {
            view.isFirstCopy == nil ? index : order[Int(view.entry(index).id)]
        }

        private var placesInTable: [UInt32] {
            var places = [UInt32](repeating: 0, count: view.last.count)
            var place: UInt32 = 0
            view.forEachInTable {
                places[Int($1.id)] = place
                place += 1
            }
            return places
        }

        private var answeredOnChain: BitArray {
            var isAnswered = BitArray(count: view.scan.otherIdentifiers.count)
            for answer in chain.lazy.flatMap(answers) { isAnswered[answer.id] = true }
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
