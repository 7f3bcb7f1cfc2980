// Builds one JSON object field by field, in the writer's compact form.

package struct JSONRecordPrinter {
    private var bytes: [UInt8] = [0x7B]

    package init() {}

    package mutating func field(_ key: String, string: String) {
        open(key)
        CanonicalPrinter.printString(string.utf8, into: &bytes)
    }

    package mutating func field(_ key: String, optional: String?) {
        if let optional { field(key, string: optional) } else { field(key, json: Array("null".utf8)) }
    }

    package mutating func field(_ key: String, integer: some BinaryInteger) {
        field(key, json: Array("\(integer)".utf8))
    }

    package mutating func field(_ key: String, bool: Bool) {
        field(key, json: Array((bool ? "true" : "false").utf8))
    }

    /// A value that is JSON already.
    package mutating func field(_ key: String, json: [UInt8]) {
        open(key)
        bytes.append(contentsOf: json)
    }

    package mutating func field(_ key: String, strings: [String]) {
        field(key, list: strings.map(Self.quoted))
    }

    package static func quoted(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        CanonicalPrinter.printString(text.utf8, into: &bytes)
        return bytes
    }

    package mutating func field(_ key: String, list: some Sequence<[UInt8]>) {
        open(key)
        bytes.append(0x5B)
        var isFirst = true
        for item in list {
            if !isFirst { bytes.append(0x2C) }
            bytes.append(contentsOf: item)
            isFirst = false
        }
        bytes.append(0x5D)
    }

    private mutating func open(_ key: String) {
        if bytes.count > 1 { bytes.append(0x2C) }
        CanonicalPrinter.printString(key.utf8, into: &bytes)
        bytes.append(0x3A)
    }

    package consuming func finish() -> [UInt8] {
        bytes.append(0x7D)
        return bytes
    }
}
