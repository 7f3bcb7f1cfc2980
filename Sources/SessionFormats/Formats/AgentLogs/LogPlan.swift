// A description made ready for reading: what can be concluded from it once is not concluded for every record.

final class LogPlan: Sendable {
    let log: AgentLog
    let keys: KeyTable
    /// By the number of a kind.
    let kinds: [Kind]
    let blocks: [Blocks]

    /// What is asked of records of one kind.
    struct Kind: Sendable {
        var name: StaticString
        var part: AgentLog.Part
        var isNode: Bool
        /// Whether a record of it may be the header.
        var isHeader: Bool
        /// The fields that it needs, by their roles and, of those that have none, by their names.
        var neededRoles: [AgentLog.Role]
        var neededNames: [StaticString]
        /// Which of the description's references such records may hold.
        var references: [UInt8]
    }

    /// Where values of interest stand, and what they mean: all that is at one place.
    struct Blocks: Sendable {
        /// The field at which the way begins; nil for the record itself.
        var role: AgentLog.Role?
        /// The names on the way from there, up to the values or the array that holds them.
        var path: [StaticString]
        /// The names on the way from each item of that array; nil when there is no array.
        var itemPath: [StaticString]?
        var blocks: [AgentLog.Block]
    }

    init(_ log: AgentLog) {
        self.log = log
        keys = KeyTable(log.keys)
        func role(_ name: StaticString) -> AgentLog.Role? {
            log.keys.first { $0.value.description == name.description }?.key
        }
        kinds = log.kinds.map { kind in
            Kind(
                name: kind.name, part: kind.part, isNode: kind.isNode,
                isHeader: log.header?.kind.description == kind.name.description,
                neededRoles: kind.needs.compactMap(role), neededNames: kind.needs.filter { role($0) == nil },
                references: log.references.indices.filter {
                    log.references[$0].kind.description == kind.name.description
                }.map { UInt8($0) })
        }
        var groups: [Blocks] = []
        var places: [[String]] = []
        for block in log.blocks {
            let place = block.path.map(\.description)
            if let index = places.firstIndex(of: place) {
                groups[index].blocks.append(block)
                continue
            }
            places.append(place)
            let start = block.path.first.flatMap(role)
            let path = block.path.dropFirst(start == nil ? 0 : 1)
            let array = path.firstIndex { $0.description == "*" }
            groups.append(
                Blocks(
                    role: start, path: Array(path[..<(array ?? path.endIndex)]),
                    itemPath: array.map { Array(path[($0 + 1)...]) }, blocks: [block]))
        }
        blocks = groups
    }

    /// The number of the kind of this name.
    func kind(named name: JSONView) -> UInt8? {
        guard name.isString else { return nil }
        var index = 0
        while index < kinds.count {
            if name.isText(kinds[index].name) { return UInt8(index) }
            index += 1
        }
        return nil
    }
}
