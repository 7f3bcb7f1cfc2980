// A JSON value as a tree, for formats that are read for their content and not for their speed.
//
// The same scanner decides what is JSON; depth is bounded by its rules, and with it the recursion here.

/// A JSON value.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number as it is spelled.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Members in the order of the text; of repeated keys the last counts.
    case object([Member])

    /// A key and its value.
    package struct Member: Equatable, Sendable {
        package var key: String
        package var value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Reads a text.
    ///
    /// - Throws: `CanonicalJSON.Invalid` with the offset of the first byte that the reference refuses.
    package init(_ text: some Collection<UInt8>) throws(CanonicalJSON.Invalid) {
        // Canonical text needs no further checks.
        let canonical = try CanonicalJSON(text)
        WorkMeter.add(canonical.bytes.count)
        self = canonical.bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return .null }
            var scanner = JSONScanner(base: base, from: 0, to: buffer.count, loadable: buffer.count)
            return (try? JSONValue(&scanner)) ?? .null
        }
    }

    private init(_ scanner: inout JSONScanner) throws(JSONFault) {
        switch try scanner.peek() {
        case 0x22: self = .string(scanner.text(try scanner.string()))
        case 0x74, 0x66: self = .bool(try scanner.bool())
        case 0x6E:
            _ = try scanner.null()
            self = .null
        case 0x5B:
            var items: [JSONValue] = []
            try scanner.members(closing: 0x5D) { (scanner) throws(JSONFault) in items.append(try JSONValue(&scanner)) }
            self = .array(items)
        case 0x7B:
            var members: [Member] = []
            try scanner.members(closing: 0x7D) { (scanner) throws(JSONFault) in
                let key = scanner.text(try scanner.string())
                try scanner.expect(0x3A)
                members.append(Member(key: key, value: try JSONValue(&scanner)))
            }
            self = .object(members)
        default:
            let number = try scanner.number()
            let span = StringSpan(start: number.start, length: number.length, hasEscapes: false)
            self = .number(scanner.text(span))
        }
    }

    /// The member of an object; nil for other values and missing keys.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The text of a string.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The value of an integer from 0 to 2^64 - 1.
    package var unsigned: UInt64? {
        guard case .number(let text) = self else { return nil }
        return UInt64(text)
    }

    /// The value as canonical text, when its keys are in order.
    package var canonical: CanonicalJSON {
        var bytes: [UInt8] = []
        print(into: &bytes)
        return CanonicalJSON(canonical: bytes)
    }

    private func print(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .number(let text): bytes += text.utf8
        case .string(let text): CanonicalPrinter.printString(text.utf8, into: &bytes)
        case .array(let items):
            bytes.append(0x5B)
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                item.print(into: &bytes)
            }
            bytes.append(0x5D)
        case .object(let members):
            bytes.append(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                CanonicalPrinter.printString(member.key.utf8, into: &bytes)
                bytes.append(0x3A)
                member.value.print(into: &bytes)
            }
            bytes.append(0x7D)
        }
    }
}

extension JSONScanner {
    /// Reads what stands between an opening bracket, which is next, and its closing one.
    fileprivate mutating func members(
        closing: UInt8, _ member: (inout JSONScanner) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        at += 1
        if try peek() == closing {
            at += 1
            return
        }
        while true {
            try member(&self)
            let byte = try peek()
            at += 1
            if byte == closing { return }
        }
    }
}
