// A description made ready for reading: what can be concluded from it once is not concluded for every record.

final class LogPlan: Sendable {
    let log: AgentLog
    let id: FormatID
    let view: AgentLog.View
    /// Whether a CR ends lines.
    let endsAtReturn: Bool
    let keys: KeyTable
    /// Whether records of the graph have identifiers.
    let hasIDs: Bool
    /// The field that numbers records, if there is one.
    let sequence: StaticString?
    private let isByKeys: Bool
    /// By the number of a kind.
    let kinds: [Kind]
    let blocks: [Blocks]

    /// What is asked of records of one kind.
    final class Kind: Sendable {
        let name: StaticString
        let part: AgentLog.Part
        let isNode: Bool
        /// Whether a record of it may be the header.
        let isHeader: Bool
        /// The fields that it needs, by their roles and, of those that have none, by their names.
        let neededRoles: [AgentLog.Role]
        let neededNames: [StaticString]
        /// What such records name beside their parents, by the numbers of the description's references.
        let references: [(number: UInt8, path: [StaticString])]

        fileprivate init(_ kind: AgentLog.Kind, _ log: AgentLog) {
            (name, part, isNode) = (kind.name, kind.part, kind.isNode)
            isHeader = log.header?.kind.description == kind.name.description
            neededRoles = kind.needs.compactMap(log.role(of:))
            neededNames = kind.needs.filter { log.role(of: $0) == nil }
            references = log.references.enumerated().filter { $1.kind.description == kind.name.description }
                .map { (UInt8($0), $1.path) }
        }
    }

    /// Where values of interest stand, and what they mean: all that is at one place.
    final class Blocks: Sendable {
        /// The field at which the way begins; nil for the record itself.
        let role: AgentLog.Role?
        /// The names on the way from there, up to the values or the array that holds them.
        let path: [StaticString]
        /// The names on the way from each item of that array; nil when there is no array.
        let itemPath: [StaticString]?
        let blocks: [AgentLog.Block]

        /// - Parameter path: The same for all of the blocks.
        fileprivate init(_ blocks: [AgentLog.Block], at path: [StaticString], _ log: AgentLog) {
            self.blocks = blocks
            role = path.first.flatMap(log.role(of:))
            let rest = path.dropFirst(role == nil ? 0 : 1)
            let array = rest.firstIndex { $0.description == "*" }
            self.path = Array(rest[..<(array ?? rest.endIndex)])
            itemPath = array.map { Array(rest[($0 + 1)...]) }
        }
    }

    init(_ log: AgentLog) {
        self.log = log
        (id, view) = (log.id, log.view)
        endsAtReturn = log.lines.endsAtReturn
        keys = KeyTable(log.keys)
        hasIDs = log.keys[.id] != nil
        sequence = log.keys[.sequence]
        isByKeys = log.kindRule == .byKeys
        kinds = log.kinds.map { Kind($0, log) }
        var groups: [(path: [StaticString], blocks: [AgentLog.Block])] = []
        for block in log.blocks {
            let place = block.path.map(\.description)
            if let index = groups.firstIndex(where: { $0.path.map(\.description) == place }) {
                groups[index].blocks.append(block)
            } else {
                groups.append((block.path, [block]))
            }
        }
        blocks = groups.map { Blocks($0.blocks, at: $0.path, log) }
    }

    /// The number of a record's kind; nil when it is none of them.
    @inline(__always)
    func kind(of record: JSONView, _ fields: borrowing RecordFields) -> UInt8? {
        isByKeys ? KindByKeys.kind(of: record, fields) : fields[.kind].flatMap(kind(named:))
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

extension AgentLog {
    fileprivate func role(of name: StaticString) -> Role? {
        keys.first { $0.value.description == name.description }?.key
    }
}
