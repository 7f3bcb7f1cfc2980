// Finds the fields of interest among the members of an object in one pass over them.

struct KeyTable {
    /// The shorter ones first.
    private let keys: [(name: StaticString, role: AgentLog.Role)]
    /// Where those of a length begin.
    private let starts: [Int]

    private static let longest = 32

    init(_ roles: [AgentLog.Role: StaticString]) {
        let keys = AgentLog.Role.allCases.compactMap { role in roles[role].map { (name: $0, role: role) } }
            .sorted { $0.name.utf8CodeUnitCount < $1.name.utf8CodeUnitCount }
        starts = (0...Self.longest + 1).map { length in keys.count { $0.name.utf8CodeUnitCount < length } }
        self.keys = keys
    }

    @inline(__always)
    func role(of key: JSONView) -> AgentLog.Role? {
        if key.hasEscapes { return keys.first { key.isText($0.name) }?.role }
        let length = key.range.count
        guard length <= Self.longest else { return nil }
        var index = starts[length]
        let end = starts[length + 1]
        while index < end {
            if key.isText(keys[index].name) { return keys[index].role }
            index += 1
        }
        return nil
    }
}

/// The fields of interest of one record.
struct RecordFields {
    /// By role the number of the value; a negative one for a field that is not there.
    private var nodes = InlineArray<16, Int32>(repeating: -1)
    private var record: JSONView?

    /// Of repeated fields the last counts. The fields are valid as long as the record.
    mutating func read(_ record: JSONView, _ table: KeyTable) {
        self.record = record
        var nodes = InlineArray<16, Int32>(repeating: -1)
        record.forEachMember { key, value in
            if let role = table.role(of: key) { nodes[Int(role.rawValue)] = Int32(truncatingIfNeeded: value.index) }
        }
        self.nodes = nodes
    }

    subscript(_ role: AgentLog.Role) -> JSONView? {
        @inline(__always)
        get {
            let node = nodes[Int(role.rawValue)]
            return node < 0 ? nil : record?.at(Int(node))
        }
    }
}
