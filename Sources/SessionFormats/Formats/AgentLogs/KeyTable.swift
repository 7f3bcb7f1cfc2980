// Finds the fields of interest among the members of an object in one pass over them.

struct KeyTable {
    /// A key with its first and its last bytes, of which most have no more.
    private struct Key {
        let name: StaticString
        let role: AgentLog.Role
        let first: UInt64
        let last: UInt64

        init(_ name: StaticString, _ role: AgentLog.Role) {
            (self.name, self.role) = (name, role)
            let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            (first, last) = KeyTable.words(bytes)
        }
    }

    /// The shorter ones first.
    private let keys: [Key]
    /// Where those of a length begin.
    private let starts: [Int]

    private static let longest = 32
    /// The longest that two words tell from all others of its length.
    private static let longestInWords = 16

    init(_ roles: [AgentLog.Role: StaticString]) {
        let keys = AgentLog.Role.allCases.compactMap { role in roles[role].map { Key($0, role) } }
            .sorted { $0.name.utf8CodeUnitCount < $1.name.utf8CodeUnitCount }
        starts = (0...Self.longest + 1).map { length in keys.count { $0.name.utf8CodeUnitCount < length } }
        self.keys = keys
    }

    @inline(__always)
    func role(of key: JSONView) -> AgentLog.Role? {
        if key.hasEscapes { return keys.first { key.isText($0.name) }?.role }
        let text = UnsafeRawBufferPointer(key.raw)
        guard text.count <= Self.longest else { return nil }
        var index = starts[text.count]
        let end = starts[text.count + 1]
        guard index < end else { return nil }
        let (first, last) = Self.words(text)
        while index < end {
            let known = keys[index]
            if known.first == first, known.last == last, text.count <= Self.longestInWords || key.isText(known.name) {
                return known.role
            }
            index += 1
        }
        return nil
    }

    @inline(__always)
    private static func words(_ text: UnsafeRawBufferPointer) -> (first: UInt64, last: UInt64) {
        (IdentifierTable.word(text, from: 0), IdentifierTable.word(text, from: max(0, text.count - 8)))
    }
}

/// A set of fields of interest.
struct Roles: Sendable {
    private var bits: UInt16 = 0

    init() {}
    init(_ roles: [AgentLog.Role]) { for role in roles { insert(role) } }

    @inline(__always)
    mutating func insert(_ role: AgentLog.Role) { bits |= 1 << UInt16(role.rawValue) }

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
    mutating func read(_ record: JSONView, _ table: KeyTable) {
        self.record = record
        var nodes = InlineArray<16, Int32>(repeating: -1)
        var roles = Roles()
        record.forEachMember { key, value in
            guard let role = table.role(of: key) else { return }
            nodes[Int(role.rawValue)] = Int32(truncatingIfNeeded: value.index)
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
