// The fields of interest of one record, found in one pass over its members.

/// A set of fields of interest.
struct Roles: Sendable {
    private var bits: UInt16 = 0

    init() {}
    init(_ roles: [AgentLog.Role]) { for role in roles { insert(role.rawValue) } }

    /// - Parameter role: The number of one.
    @inline(__always)
    mutating func insert(_ role: UInt8) { bits |= 1 << UInt16(role) }

    @inline(__always)
    func holds(_ role: AgentLog.Role) -> Bool { bits >> UInt16(role.rawValue) & 1 == 1 }

    @inline(__always)
    func holdsAll(_ others: Roles) -> Bool { others.bits & ~bits == 0 }
}

/// The fields of interest of one record.
struct RecordFields {
    /// By role the number of the value; a negative one for a field that is not there.
    private var nodes = InlineArray<16, Int32>(repeating: -1)
    private var record: JSONView?
    /// Which there are.
    private(set) var roles = Roles()

    /// Of repeated fields the last counts. The fields are valid as long as the record.
    mutating func read(_ record: JSONView, _ table: TextTable) {
        self.record = record
        var nodes = InlineArray<16, Int32>(repeating: -1)
        var roles = Roles()
        record.forEachMember { key, value in
            guard let role = table.number(of: key) else { return }
            nodes[Int(role)] = Int32(truncatingIfNeeded: value.index)
            roles.insert(role)
        }
        (self.nodes, self.roles) = (nodes, roles)
    }

    subscript(_ role: AgentLog.Role) -> JSONView? {
        @inline(__always)
        get {
            let node = nodes[Int(role.rawValue)]
            return node < 0 ? nil : record?.at(Int(node))
        }
    }

    /// What the fields say of an entry by being true.
    var flags: LogEntry.Flags {
        var flags: LogEntry.Flags = []
        if let value = self[.sidechain], value.isTrueInPython { flags.insert(.isSidechain) }
        if let value = self[.team], value.isTrueInPython { flags.insert(.isHidden) }
        if let value = self[.meta], value.isTrueInPython { flags.insert(.isHidden) }
        if let value = self[.copied], value.kind == .object { flags.insert(.isCopy) }
        return flags
    }
}
