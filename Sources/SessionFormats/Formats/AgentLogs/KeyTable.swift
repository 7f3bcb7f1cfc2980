// Finds the fields of interest among the members of an object in one pass over them.

struct KeyTable {
    private let keys: [(name: StaticString, role: AgentLog.Role)]
    /// Which of the keys have a length.
    private let byLength: [[UInt8]]

    init(_ roles: [AgentLog.Role: StaticString]) {
        keys = AgentLog.Role.allCases.compactMap { role in roles[role].map { ($0, role) } }
        var byLength = [[UInt8]](repeating: [], count: 33)
        for (index, key) in keys.enumerated() { byLength[key.name.utf8CodeUnitCount].append(UInt8(index)) }
        self.byLength = byLength
    }

    @inline(__always)
    func role(of key: JSONView) -> AgentLog.Role? {
        if key.hasEscapes { return keys.first { key.isText($0.name) }?.role }
        let length = key.range.count
        guard length < byLength.count else { return nil }
        for index in byLength[length] where key.isText(keys[Int(index)].name) { return keys[Int(index)].role }
        return nil
    }
}

/// The fields of interest of one record.
struct RecordFields {
    private var nodes = [Int32](repeating: -1, count: AgentLog.Role.allCases.count)
    private var record: JSONView?

    /// Of repeated fields the last counts. The fields are valid as long as the record.
    mutating func read(_ record: JSONView, _ table: KeyTable) {
        self.record = record
        for index in nodes.indices { nodes[index] = -1 }
        record.forEachMember { key, value in
            if let role = table.role(of: key) { nodes[Int(role.rawValue)] = Int32(truncatingIfNeeded: value.index) }
        }
    }

    subscript(_ role: AgentLog.Role) -> JSONView? {
        @inline(__always)
        get {
            let node = nodes[Int(role.rawValue)]
            return node < 0 ? nil : record?.at(Int(node))
        }
    }
}
