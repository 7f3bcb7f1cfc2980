// A description made ready for reading: what can be concluded from it once is not concluded for every record.

final class LogPlan: Sendable {
    let log: AgentLog
    let id: FormatID
    let view: AgentLog.View
    /// Whether a CR ends lines.
    let endsAtReturn: Bool
    /// The numbers of roles by the names of their fields.
    private let keys: TextTable
    /// Whether records of the graph have identifiers.
    let hasIDs: Bool
    /// The field that numbers records, if there is one.
    let sequence: StaticString?
    private let isByKeys: Bool
    /// By the number of a kind.
    let kinds: [Kind]
    private let kindNames: TextTable
    /// What kinds need that has no role, one kind behind the other.
    let neededNames: [StaticString]
    /// What records name beside their parents, one kind behind the other.
    let references: [Reference]
    let places: [Place]
    /// What values mean, one place behind the other.
    let blocks: [Block]

    /// What is asked of records of one kind.
    struct Kind: Sendable {
        let name: StaticString
        let part: AgentLog.Part
        let isNode: Bool
        /// Whether a record of it may be the header.
        let isHeader: Bool
        /// The fields that it needs, by their roles and, of those that have none, by their names.
        let neededRoles: Roles
        let neededNames: Range<Int>
        let references: Range<Int>
    }

    /// Another record that records of one kind name, by the number of the description's reference.
    struct Reference: Sendable {
        let number: UInt8
        let path: NamePath
    }

    /// Where values of interest stand.
    struct Place: Sendable {
        /// The field at which the way begins; nil for the record itself.
        let role: AgentLog.Role?
        /// The way from there, up to the values or the array that holds them.
        let path: NamePath
        /// The way from each item of that array; nil when there is no array.
        let itemPath: NamePath?
        /// What values there may be.
        let blocks: Range<Int>

        fileprivate init(_ path: [StaticString], _ blocks: Range<Int>, _ log: AgentLog) {
            role = path.first.flatMap(log.role(of:))
            let rest = path.dropFirst(role == nil ? 0 : 1)
            let array = rest.firstIndex { $0.description == "*" }
            self.path = NamePath(rest[..<(array ?? rest.endIndex)])
            itemPath = array.map { NamePath(rest[($0 + 1)...]) }
            self.blocks = blocks
        }
    }

    /// What a value means.
    struct Block: Sendable {
        let key: StaticString?
        let values: NamePath
        let meaning: Meaning

        enum Meaning: Sendable {
            case call(id: NamePath, arguments: StaticString?)
            case result(id: NamePath)
            case refusedWhenEmpty(StaticString, with: StaticString?)
        }

        fileprivate init(_ block: AgentLog.Block) {
            (key, values) = (block.key, NamePath(block.values))
            meaning =
                switch block.meaning {
                case .call(let id, let arguments): .call(id: NamePath(id), arguments: arguments)
                case .result(let id): .result(id: NamePath(id))
                case .refusedWhenEmpty(let field, let other): .refusedWhenEmpty(field, with: other)
                }
        }
    }

    init(_ log: AgentLog) {
        self.log = log
        (id, view) = (log.id, log.view)
        endsAtReturn = log.lines.endsAtReturn
        keys = TextTable(AgentLog.Role.allCases.compactMap { role in log.keys[role].map { ($0, role.rawValue) } })
        hasIDs = log.keys[.id] != nil
        sequence = log.keys[.sequence]
        isByKeys = log.kindRule == .byKeys
        kindNames = TextTable(log.kinds.enumerated().map { ($1.name, UInt8($0)) })
        var (kinds, neededNames, references): ([Kind], [StaticString], [Reference]) = ([], [], [])
        for kind in log.kinds {
            let names = kind.needs.filter { log.role(of: $0) == nil }
            let named = log.references.enumerated().filter { $1.kind.description == kind.name.description }
            kinds.append(
                Kind(
                    name: kind.name, part: kind.part, isNode: kind.isNode,
                    isHeader: log.header?.kind.description == kind.name.description,
                    neededRoles: Roles(kind.needs.compactMap(log.role(of:))),
                    neededNames: neededNames.count..<neededNames.count + names.count,
                    references: references.count..<references.count + named.count))
            neededNames += names
            references += named.map { Reference(number: UInt8($0), path: NamePath($1.path)) }
        }
        (self.kinds, self.neededNames, self.references) = (kinds, neededNames, references)
        var (places, blocks): ([Place], [Block]) = ([], [])
        var rest = log.blocks[...]
        while let first = rest.first {
            let path = first.path.map(\.description)
            let group = rest.filter { $0.path.map(\.description) == path }
            rest.removeAll { $0.path.map(\.description) == path }
            places.append(Place(first.path, blocks.count..<blocks.count + group.count, log))
            blocks += group.map(Block.init)
        }
        (self.places, self.blocks) = (places, blocks)
    }

    /// Finds a record's fields of interest.
    @inline(__always)
    func read(_ record: JSONView, into fields: inout RecordFields) { fields.read(record, keys) }

    /// The number of a record's kind; nil when it is none of them.
    @inline(__always)
    func kind(of record: JSONView, _ fields: borrowing RecordFields) -> UInt8? {
        isByKeys ? KindByKeys.kind(of: record, fields) : fields[.kind].flatMap(kind(named:))
    }

    /// The number of the kind of this name.
    func kind(named name: JSONView) -> UInt8? {
        name.isString ? kindNames.number(of: name) : nil
    }
}

extension AgentLog {
    fileprivate func role(of name: StaticString) -> Role? {
        keys.first { $0.value.description == name.description }?.key
    }
}
