// Notes where each field of a value stands, for people who look at bytes and for judges who flip them.

struct BincodeMapper: BincodeCoder {
    private var decoder: BincodeDecoder
    private var path: [String]
    private(set) var spans: [FieldSpan] = []

    init(cursor: BincodeCursor, path: [String] = []) {
        decoder = BincodeDecoder(cursor: cursor)
        self.path = path
    }

    var cursor: BincodeCursor { decoder.cursor }

    mutating func field<Value: BincodeValue>(_ name: StaticString, _ value: inout Value) throws(BincodeError) {
        path.append("\(name)")
        try value.code(with: &self)
        path.removeLast()
    }

    mutating func integer<Value: FixedWidthInteger>(_ value: inout Value) throws(BincodeError) {
        let start = decoder.cursor.at
        try decoder.integer(&value)
        note(start, "\(value)")
    }

    mutating func bool(_ value: inout Bool) throws(BincodeError) {
        let start = decoder.cursor.at
        try decoder.bool(&value)
        note(start, "\(value)")
    }

    mutating func string(_ value: inout String) throws(BincodeError) {
        let start = decoder.cursor.at
        try decoder.string(&value)
        note(start..<start + 8, "\(value.utf8.count) bytes", "length")
        if !value.isEmpty { note(start + 8..<decoder.cursor.at, "\"\(value.prefix(60))\"") }
    }

    mutating func digest(_ value: inout Digest) throws(BincodeError) {
        let start = decoder.cursor.at
        try decoder.digest(&value)
        note(start, value.description)
    }

    mutating func uuid(_ value: inout SessionID) throws(BincodeError) {
        let start = decoder.cursor.at
        try decoder.uuid(&value)
        note(start..<start + 8, "16 bytes", "length")
        note(start + 8..<start + 24, value.description)
    }

    mutating func optional<Value: BincodeValue>(_ value: inout Value?) throws(BincodeError) {
        let start = decoder.cursor.at
        let isThere = try decoder.cursor.flag { .invalidOption($0) }
        note(start..<start + 1, isThere ? "present" : "absent", "option")
        value = nil
        guard isThere else { return }
        var wrapped = Value()
        try wrapped.code(with: &self)
        value = wrapped
    }

    mutating func list<Value: BincodeValue>(_ values: inout [Value]) throws(BincodeError) {
        let start = decoder.cursor.at
        let count = try decoder.cursor.count(size: Value.fixedSize ?? 1)
        note(start, "\(count) items", "count")
        values = []
        for index in 0..<count {
            path.append("[\(index)]")
            var value = Value()
            try value.code(with: &self)
            path.removeLast()
            values.append(value)
        }
    }

    mutating func variant(_ current: UInt32, count: Int) throws(BincodeError) -> UInt32 {
        let start = decoder.cursor.at
        let number = try decoder.variant(current, count: count)
        note(start, "\(number)", "variant")
        return number
    }

    private mutating func note(_ start: Int, _ value: String, _ part: String? = nil) {
        note(start..<decoder.cursor.at, value, part)
    }

    private mutating func note(_ range: Range<Int>, _ value: String, _ part: String? = nil) {
        var name = ""
        for step in path + (part.map { [$0] } ?? []) {
            if !name.isEmpty, !step.hasPrefix("[") { name += "." }
            name += step
        }
        spans.append(FieldSpan(path: name, range: range, value: value))
    }
}
