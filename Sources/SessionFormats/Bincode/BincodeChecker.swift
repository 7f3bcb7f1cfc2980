// Validates bincode without making values of it: the reader's inner loop.
//
// Strings are checked and passed over, lists are walked with one scratch value, so that a segment of any size is
// validated without an allocation. What passes here decodes.

struct BincodeChecker: BincodeCoder {
    var cursor: BincodeCursor

    @inline(__always)
    mutating func integer<Value: FixedWidthInteger>(_ value: inout Value) throws(BincodeError) {
        _ = try cursor.take(MemoryLayout<Value>.size)
    }

    @inline(__always)
    mutating func bool(_ value: inout Bool) throws(BincodeError) { _ = try cursor.flag { .invalidBool($0) } }

    @inline(__always)
    mutating func string(_ value: inout String) throws(BincodeError) { _ = try cursor.text() }

    @inline(__always)
    mutating func digest(_ value: inout Digest) throws(BincodeError) { _ = try cursor.take(32) }

    @inline(__always)
    mutating func uuid(_ value: inout SessionID) throws(BincodeError) { _ = try cursor.uuid() }

    @inline(__always)
    mutating func optional<Value: BincodeValue>(_ value: inout Value?) throws(BincodeError) {
        if try cursor.flag({ .invalidOption($0) }) {
            var wrapped = Value()
            try wrapped.code(with: &self)
        }
    }

    @inline(__always)
    mutating func list<Value: BincodeValue>(_ values: inout [Value]) throws(BincodeError) {
        let count = try cursor.count(size: Value.fixedSize ?? 1)
        if let size = Value.fixedSize {
            _ = try cursor.take(count * size)
            return
        }
        if count == 0 { return }
        var scratch = Value()
        for _ in 0..<count { try scratch.code(with: &self) }
    }

    @inline(__always)
    mutating func variant(_ current: UInt32, count: Int) throws(BincodeError) -> UInt32 {
        try cursor.variant(count: count)
    }
}
