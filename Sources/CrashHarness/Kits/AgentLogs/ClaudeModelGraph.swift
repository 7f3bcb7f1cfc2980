// Claude Code's graph once more: the leaf, the chain, and what is put back, by dictionaries and from the rules alone.

struct ClaudeModelGraph {
    private let kept: [PlainJSON]
    /// The last copies, in the order of the first ones.
    private var table: [PlainJSON] = []
    private var place: [[UInt16]: Int] = [:]
    private var lastPlace: [[UInt16]: Int] = [:]

    init(_ kept: [PlainJSON]) {
        self.kept = kept
        for (index, entry) in kept.enumerated() {
            let id = Self.id(entry)
            if let known = place[id] {
                table[known] = entry
            } else {
                place[id] = table.count
                table.append(entry)
            }
            lastPlace[id] = index
        }
    }

    private static func id(_ entry: PlainJSON) -> [UInt16] { entry["uuid"]?.text ?? [] }

    private static func parentID(_ entry: PlainJSON) -> [UInt16]? {
        guard let parent = entry["parentUuid"]?.text, !parent.isEmpty else { return nil }
        return parent
    }

    private func parent(_ entry: PlainJSON) -> PlainJSON? {
        Self.parentID(entry).flatMap { place[$0] }.map { table[$0] }
    }

    private static func isMessage(_ entry: PlainJSON) -> Bool {
        entry["type"]?.isText("user") == true || entry["type"]?.isText("assistant") == true
    }

    private static func isHidden(_ entry: PlainJSON) -> Bool {
        ["isSidechain", "teamName", "isMeta"].contains { entry[$0]?.isTrue(emptyIsTrue: false) == true }
    }

    mutating func shown() -> [PlainJSON] {
        guard let leaf = leaf() else { return [] }
        var chain: [PlainJSON] = []
        var seen: Set<[UInt16]> = []
        var next: PlainJSON? = leaf
        while let entry = next, seen.insert(Self.id(entry)).inserted {
            chain.append(entry)
            next = parent(entry)
        }
        return putBack(chain.reversed()).filter { Self.isMessage($0) && !Self.isHidden($0) }
    }

    private func leaf() -> PlainJSON? {
        let named = Set(kept.compactMap(Self.parentID))
        let candidates = kept.filter { !named.contains(Self.id($0)) }.compactMap(candidate)
        let visible = candidates.filter { !Self.isHidden($0) }
        var best: PlainJSON?
        for entry in visible.isEmpty ? candidates : visible {
            if best.map({ lastPlace[Self.id($0), default: 0] < lastPlace[Self.id(entry), default: 0] }) ?? true {
                best = entry
            }
        }
        return best
    }

    private func candidate(_ terminal: PlainJSON) -> PlainJSON? {
        var seen: Set<[UInt16]> = []
        var next: PlainJSON? = terminal
        while let entry = next, seen.insert(Self.id(entry)).inserted {
            if Self.isMessage(entry) { return entry }
            next = parent(entry)
        }
        return nil
    }

    // MARK: Parallel tool calls

    private static func response(_ entry: PlainJSON) -> [UInt16]? {
        guard entry["type"]?.isText("assistant") == true, let id = entry["message"]?["id"]?.text, !id.isEmpty else {
            return nil
        }
        return id
    }

    private static func blocks(_ entry: PlainJSON, _ type: String, _ key: String) -> [[UInt16]] {
        (entry["message"]?["content"]?.items ?? []).filter { $0["type"]?.isText(type) == true }.compactMap {
            $0[key]?.text
        }
    }

    private static func answers(_ entry: PlainJSON) -> [[UInt16]] { blocks(entry, "tool_result", "tool_use_id") }

    private static func isResult(_ entry: PlainJSON) -> Bool {
        entry["type"]?.isText("user") == true && parentID(entry) != nil
            && (entry["message"]?["content"]?.items ?? []).contains { $0["type"]?.isText("tool_result") == true }
    }

    private static func isSameWriter(_ a: PlainJSON, _ b: PlainJSON) -> Bool {
        a["isSidechain"]?.isTrue(emptyIsTrue: false) ?? false == b["isSidechain"]?.isTrue(emptyIsTrue: false) ?? false
            && (a["agentId"] ?? .null) == (b["agentId"] ?? .null)
    }

    private func putBack(_ chain: [PlainJSON]) -> [PlainJSON] {
        var owners: [[UInt16]: PlainJSON?] = [:]
        for entry in table {
            guard let response = Self.response(entry) else { continue }
            for call in Self.blocks(entry, "tool_use", "id") {
                if let known = owners[call], known.flatMap(Self.response) != response {
                    owners[call] = .some(nil)
                } else {
                    owners[call] = .some(entry)
                }
            }
        }
        var index: [[UInt16]: [PlainJSON]] = [:]
        for entry in table where Self.isResult(entry) {
            index[Self.parentID(entry) ?? [], default: []].append(entry)
            if let source = entry["sourceToolAssistantUUID"]?.text, let at = place[source],
                Self.isSameWriter(entry, table[at])
            {
                index[source, default: []].append(entry)
            }
            for answer in Self.answers(entry) {
                if let owner = owners[answer] ?? nil, Self.isSameWriter(entry, owner) {
                    index[Self.id(owner), default: []].append(entry)
                }
            }
        }
        var taken = Set(chain.map(Self.id))
        var result: [(entry: PlainJSON, behind: [PlainJSON])] = chain.map { ($0, []) }
        var seenResponses: Set<[UInt16]> = []
        for entry in chain {
            guard let response = Self.response(entry), seenResponses.insert(response).inserted else { continue }
            guard let anchor = chain.lastIndex(where: { Self.response($0) == response }) else { continue }
            var members = table.filter { Self.response($0) == response }
            if members.isEmpty { members = [chain[anchor]] }
            let more = leftovers(members, index, owners, chain, taken)
            taken.formUnion(more.map(Self.id))
            result[anchor].behind += more
        }
        return result.flatMap { [$0.entry] + $0.behind }
    }

    private func leftovers(
        _ members: [PlainJSON], _ index: [[UInt16]: [PlainJSON]], _ owners: [[UInt16]: PlainJSON?],
        _ chain: [PlainJSON],
        _ taken: Set<[UInt16]>
    ) -> [PlainJSON] {
        let siblings = members.filter { !taken.contains(Self.id($0)) }
        let ids = Set(members.map(Self.id))
        var seen: Set<[UInt16]> = []
        var near: [PlainJSON] = []
        var strays: [PlainJSON] = []
        for member in members {
            for entry in index[Self.id(member)] ?? []
            where !taken.contains(Self.id(entry)) && seen.insert(Self.id(entry)).inserted {
                if ids.contains(Self.parentID(entry) ?? []) { near.append(entry) } else { strays.append(entry) }
            }
        }
        var answered = Set((chain + near).flatMap(Self.answers))
        for stray in strays.sorted(by: { place[Self.id($0), default: 0] < place[Self.id($1), default: 0] }) {
            let isWanted = Self.answers(stray).contains { answer in
                !answered.contains(answer) && (owners[answer] ?? nil).map { ids.contains(Self.id($0)) } ?? false
            }
            guard isWanted else { continue }
            near.append(stray)
            answered.formUnion(Self.answers(stray))
        }
        return Self.byTime(siblings) + Self.byTime(near)
    }

    private static func byTime(_ entries: [PlainJSON]) -> [PlainJSON] {
        func time(_ entry: PlainJSON) -> [Unicode.Scalar] {
            Array(PlainJSON.string(entry["timestamp"]?.text ?? []).unicodeScalars)
        }
        return entries.enumerated().sorted {
            let (a, b) = (time($0.element), time($1.element))
            return a == b ? $0.offset < $1.offset : a.lexicographicallyPrecedes(b)
        }.map(\.element)
    }
}
