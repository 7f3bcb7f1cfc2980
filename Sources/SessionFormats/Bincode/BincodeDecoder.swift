// Fills values from bincode.

struct BincodeDecoder: BincodeCoder {
    var cursor: BincodeCursor
    /// A checker has walked these bytes, so that a count says how many items there really are.
    var countsAreChecked = false

    /// Decodes one value from the start of a range; what is left over in the range is the caller's to judge.
    static func decode<Value: BincodeValue>(
        _ type: Value.Type, from buffer: UnsafeRawBufferPointer, in range: Range<Int>
    ) throws(BincodeError) -> (value: Value, end: Int) {
        var decoder = BincodeDecoder(cursor: BincodeCursor(buffer, in: range))
        var value = Value()
        try value.code(with: &decoder)
        return (value, decoder.cursor.at)
    }

    @inline(__always)
    mutating func integer<Value: FixedWidthInteger>(_ value: inout Value) throws(BincodeError) {
        value = try cursor.integer(Value.self)
    }

    mutating func bool(_ value: inout Bool) throws(BincodeError) {
        value = try cursor.flag { .invalidBool($0) }
    }

    @inline(__always)
    mutating func string(_ value: inout String) throws(BincodeError) {
        value = String(decoding: try cursor.text(), as: UTF8.self)
    }

    @inline(__always)
    mutating func digest(_ value: inout Digest) throws(BincodeError) { value = try cursor.digest() }

    mutating func uuid(_ value: inout SessionID) throws(BincodeError) { value = try cursor.uuid() }

    mutating func optional<Value: BincodeValue>(_ value: inout Value?) throws(BincodeError) {
        guard try cursor.flag({ .invalidOption($0) }) else {
            value = nil
            return
        }
        var wrapped = Value()
        try wrapped.code(with: &self)
        value = wrapped
    }

    @inline(__always)
    mutating func list<Value: BincodeValue>(_ values: inout [Value]) throws(BincodeError) {
        let count = try cursor.count(size: Value.fixedSize ?? 1)
        values = []
        // Only a count of values of known size says how much memory the bytes that are there will take.
        if Value.fixedSize != nil || countsAreChecked { values.reserveCapacity(count) }
        for _ in 0..<count {
            var value = Value()
            try value.code(with: &self)
            values.append(value)
        }
    }

    @inline(__always)
    mutating func variant(_ current: UInt32, count: Int) throws(BincodeError) -> UInt32 {
        try cursor.variant(count: count)
    }
}
