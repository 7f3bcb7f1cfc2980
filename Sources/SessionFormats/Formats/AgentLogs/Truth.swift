// What languages take for true and false.

extension JSONView {
    /// Whether Python takes the value for true: null, false, zero and what is empty are not.
    var isTrueInPython: Bool {
        switch kind {
        case .array, .object: !isEmptyContainer
        default: isTrueInECMAScript
        }
    }

    /// Whether JavaScript takes the value for true: null, false, zero, NaN and the empty text are not.
    var isTrueInECMAScript: Bool {
        switch kind {
        case .null, .no: false
        case .yes, .array, .object: true
        case .string: !isEmptyText
        // In Python NaN is true, but nothing that is asked for here can be NaN and matter.
        case .number: number.map { $0 != 0 } ?? true
        }
    }
}

extension JSONView {
    /// Bytes that two values have in common just when Python finds them equal: true is 1, 1 is 1.0, and the order of an
    /// object's members is nothing.
    var keyInPython: [UInt8] {
        switch kind {
        case .null: Array("null".utf8)
        case .yes: Array("1.0".utf8)
        case .no: Array("0.0".utf8)
        case .number: Array("\((number ?? 0) + 0)".utf8)
        case .string: Self.quoted(text ?? [])
        case .array: items.reduce(into: [0x5B]) { $0 += $1.keyInPython + [0x2C] } + [0x5D]
        case .object: membersInOrder.reduce(into: [0x7B]) { $0 += Self.quoted($1.0) + $1.1 } + [0x7D]
        }
    }

    /// A text behind its length, so that no two lists of texts look the same.
    private static func quoted(_ text: [UInt8]) -> [UInt8] { Array("\(text.count)\"".utf8) + text }

    /// The members by their names; of repeated ones the last.
    private var membersInOrder: [([UInt8], [UInt8])] {
        var members: [[UInt8]: [UInt8]] = [:]
        forEachMember { key, value in members[key.text ?? []] = value.keyInPython }
        return members.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }
}

extension JSONView {
    /// Whether JSON.stringify would print the numbers inside with these bytes.
    var hasNumbersAsInJavaScript: Bool {
        (index..<Int(nodes[index].next)).allSatisfy { index in
            let value = at(index)
            guard value.kind == .number else { return true }
            return !value.raw.contains { $0 | 0x20 == 0x65 } && !(value.raw.contains(0x2E) && value.raw.last == 0x30)
        }
    }
}
