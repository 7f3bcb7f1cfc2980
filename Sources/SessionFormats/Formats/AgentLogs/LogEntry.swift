// What is kept of a record while a log is read: where it stands and how it hangs with others. Its text stays in the file.

struct LogEntry {
    /// From the start of the file: the lower bits, and those above them.
    private var lowOffset: UInt32
    /// In bytes.
    var length: UInt32
    /// From 1.
    var line: UInt32
    /// The number of its identifier; `IdentifierTable.none` for a record that is not part of the graph.
    var id: UInt32
    /// The number of its parent's identifier; `IdentifierTable.none` for a root.
    var parent: UInt32
    /// Of a part of a response the number of the response's identifier, of another record the number of what it names as its
    /// source; `IdentifierTable.none` where there is none.
    var group: UInt32
    /// The number of the first of its calls and results, if it holds any.
    var firstCall: UInt32 = 0
    private var highOffset: UInt16
    /// Which agent wrote it, among those of the file.
    var writer: UInt16
    /// Which of the description's kinds it is; `unknownKind` for none of them.
    var kind: UInt8
    var flags: Flags

    static let unknownKind = UInt8.max

    struct Flags: OptionSet {
        let rawValue: UInt16

        /// Part of the graph.
        static let isNode = Flags(rawValue: 1)
        static let isSidechain = Flags(rawValue: 2)
        /// Not shown, though part of the chain.
        static let isHidden = Flags(rawValue: 4)
        /// Found among fragments: the agent's reader does not see it.
        static let isSalvaged = Flags(rawValue: 8)
        /// Holds the result of a tool call.
        static let holdsResult = Flags(rawValue: 16)
        /// Names a parent that is no text, so that nothing can be it.
        static let hasUnfindableParent = Flags(rawValue: 32)
        /// Tells of the file, not of the conversation.
        static let isHeader = Flags(rawValue: 64)
        /// Copied from another session.
        static let isCopy = Flags(rawValue: 128)
        /// Holds tool calls or results that have identifiers.
        static let holdsCalls = Flags(rawValue: 256)
        /// Part of an assistant's response that has an identifier, of which several records may be.
        static let isOfResponse = Flags(rawValue: 512)
    }

    /// - Parameter offset: Files are smaller than 256 TB.
    init(
        offset: Int, length: UInt32, line: UInt32, id: UInt32, parent: UInt32, group: UInt32, kind: UInt8, flags: Flags,
        writer: UInt16
    ) {
        (lowOffset, highOffset) = (UInt32(truncatingIfNeeded: offset), UInt16(truncatingIfNeeded: offset >> 32))
        (self.length, self.line, self.id, self.parent, self.group) = (length, line, id, parent, group)
        (self.kind, self.flags, self.writer) = (kind, flags, writer)
    }

    /// From the start of the file.
    var offset: Int { Int(highOffset) << 32 | Int(lowOffset) }
    var place: Range<Int> { offset..<offset + Int(length) }
    var isNode: Bool { flags.contains(.isNode) }
    /// Whether the agent's reader has it.
    var isSeen: Bool { !flags.contains(.isSalvaged) }
    var isShown: Bool { flags.isDisjoint(with: [.isHidden, .isSidechain]) }
}

extension LogEntry: PackableRow {
    static var columns: Int { 11 }
    /// Lines, and identifiers by the order in which they come.
    static var rising: UInt64 { 1 << 2 | 1 << 3 }

    @inline(__always)
    init(_ row: PackedRow) {
        func number(_ column: Int) -> UInt32 { UInt32(truncatingIfNeeded: row[column]) }
        let flags = Flags(rawValue: UInt16(truncatingIfNeeded: row[9]))
        self.init(
            offset: Int(truncatingIfNeeded: row[0]), length: number(1),
            line: UInt32(truncatingIfNeeded: row[rising: 2]), id: UInt32(truncatingIfNeeded: row[rising: 3]) &- 1,
            parent: number(4) &- 1, group: number(flags.contains(.isOfResponse) ? 6 : 5) &- 1,
            kind: UInt8(truncatingIfNeeded: row[8] &- 1), flags: flags,
            writer: UInt16(truncatingIfNeeded: row[10]))
        firstCall = number(7)
    }

    var numbers: RowNumbers {
        var numbers = RowNumbers(repeating: 0)
        (numbers[0], numbers[1], numbers[2]) = (UInt64(offset), UInt64(length), UInt64(line))
        (numbers[3], numbers[4]) = (UInt64(id &+ 1), UInt64(parent &+ 1))
        // Responses and sources are numbered apart, and a column of both would have nothing in common.
        numbers[flags.contains(.isOfResponse) ? 6 : 5] = UInt64(group &+ 1)
        (numbers[7], numbers[8]) = (UInt64(firstCall), UInt64(kind &+ 1))
        (numbers[9], numbers[10]) = (UInt64(flags.rawValue), UInt64(writer))
        return numbers
    }
}

/// A tool call or a result, in eight bytes.
struct LogCall {
    /// Which entry holds it.
    let entry: UInt32
    /// The number of the call's identifier, of which the table gives out no more than 31 bits, and whether it is a result.
    private let idAndKind: UInt32

    init(entry: UInt32, id: UInt32, isResult: Bool) {
        self.entry = entry
        idAndKind = id << 1 | (isResult ? 1 : 0)
    }

    /// The number of the call's identifier.
    var id: UInt32 { idAndKind >> 1 }
    var isResult: Bool { idAndKind & 1 == 1 }
}

extension LogCall: PackableRow {
    static var columns: Int { 2 }
    static var rising: UInt64 { 0 }

    @inline(__always)
    init(_ row: PackedRow) {
        entry = UInt32(truncatingIfNeeded: row[0])
        idAndKind = UInt32(truncatingIfNeeded: row[1])
    }

    var numbers: RowNumbers {
        var numbers = RowNumbers(repeating: 0)
        (numbers[0], numbers[1]) = (UInt64(entry), UInt64(idAndKind))
        return numbers
    }
}

/// A record that another names, beside its parent.
struct LogReference {
    /// Which entry names it.
    var entry: UInt32
    /// The number of the identifier that it names.
    var target: UInt32
    /// Which of the description's references it is.
    var pattern: UInt8
}

extension LogReference: PackableRow {
    static var columns: Int { 3 }
    static var rising: UInt64 { 0 }

    @inline(__always)
    init(_ row: PackedRow) {
        entry = UInt32(truncatingIfNeeded: row[0])
        target = UInt32(truncatingIfNeeded: row[1])
        pattern = UInt8(truncatingIfNeeded: row[2])
    }

    var numbers: RowNumbers {
        var numbers = RowNumbers(repeating: 0)
        (numbers[0], numbers[1], numbers[2]) = (UInt64(entry), UInt64(target), UInt64(pattern))
        return numbers
    }
}
