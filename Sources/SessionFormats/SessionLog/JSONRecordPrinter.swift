// Builds one JSON object field by field, in the writer's compact form.

package struct JSONRecordPrinter {
    private var bytes: [UInt8] = [0x7B]

    package init() {}

    package mutating func field(_ key: StaticString, string: String) {
        open(key)
        CanonicalPrinter.printString(string.utf8, into: &bytes)
    }

    package mutating func field(_ key: StaticString, optional: String?) {
        if let optional { field(key, string: optional) } else { field(key, json: Array("null".utf8)) }
    }

    package mutating func field(_ key: StaticString, integer: some BinaryInteger) {
        field(key, json: Array("\(integer)".utf8))
    }

    package mutating func field(_ key: StaticString, bool: Bool) {
        field(key, json: Array((bool ? "true" : "false").utf8))
    }

    /// A value that is JSON already.
    package mutating func field(_ key: StaticString, json: [UInt8]) {
        open(key)
        bytes.append(contentsOf: json)
    }

    package mutating func field(_ key: StaticString, strings: [String]) {
        field(key, list: strings.map(Self.quoted))
    }

    package static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        CanonicalPrinter.printString(text.utf8, into: &bytes)
        return bytes
    }

    package mutating func field(_ key: StaticString, list: [[UInt8]]) {
        open(key)
        bytes.append(0x5B)
        bytes.append(contentsOf: list.joined(separator: [0x2C]))
        bytes.append(0x5D)
    }

    private mutating func open(_ key: StaticString) {
        if bytes.count > 1 { bytes.append(0x2C) }
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3A)
    }

    package consuming func finish() -> [UInt8] {
        bytes.append(0x7D)
        return bytes
    }
}
