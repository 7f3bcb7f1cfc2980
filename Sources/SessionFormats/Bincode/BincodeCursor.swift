// Takes checked bites out of bytes that are not to be trusted.
//
// A length or count from the file is compared with the bytes that are left before anything is done with it. The cursor
// borrows its bytes from `FileBytes.withBytes` and lives no longer than that closure.

struct BincodeCursor {
    private let base: UnsafeRawPointer?
    private(set) var at: Int
    let end: Int

    /// A cursor over a range of a buffer, clamped to what is there.
    init(_ buffer: UnsafeRawBufferPointer, in range: Range<Int>) {
        let range = range.clamped(to: 0..<buffer.count)
        base = buffer.baseAddress
        at = range.lowerBound
        end = range.upperBound
    }

    var available: Int { end - at }

    /// Moves behind `count` bytes and returns their address.
    @inline(__always)
    mutating func take(_ count: Int) throws(BincodeError) -> UnsafeRawPointer {
        guard let base, count <= end - at else {
            throw BincodeError(offset: at, .truncated(needed: UInt64(count), available: end - at))
        }
        defer { at += count }
        return base + at
    }

    @inline(__always)
    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(BincodeError) -> Value {
        Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
    }

    /// A byte that must be 0 or 1; `problem` names what else it is.
    @inline(__always)
    mutating func flag(_ problem: (UInt8) -> BincodeError.Problem) throws(BincodeError) -> Bool {
        let byte = try integer(UInt8.self)
        guard byte <= 1 else { throw BincodeError(offset: at - 1, problem(byte)) }
        return byte == 1
    }

    /// A u64 count of items that take at least `size` bytes each.
    @inline(__always)
    mutating func count(size: Int = 1) throws(BincodeError) -> Int {
        let start = at
        let count = try integer(UInt64.self)
        guard count <= UInt64(available / size) else {
            throw BincodeError(offset: start, .impossibleCount(count, available: available))
        }
        return Int(count)
    }

    /// The bytes of a string that is UTF-8.
    @inline(__always)
    mutating func text() throws(BincodeError) -> UnsafeBufferPointer<UInt8> {
        let start = at
        let length = try integer(UInt64.self)
        guard length <= UInt64(available) else {
            throw BincodeError(offset: start, .truncated(needed: length, available: available))
        }
        let pointer = try take(Int(length)).assumingMemoryBound(to: UInt8.self)
        if let bad = UTF8Validation.firstInvalid(pointer, from: 0, to: Int(length)) {
            throw BincodeError(offset: start + 8 + bad, .invalidUTF8)
        }
        return UnsafeBufferPointer(start: pointer, count: Int(length))
    }

    @inline(__always)
    mutating func uuid() throws(BincodeError) -> SessionID {
        let start = at
        let length = try integer(UInt64.self)
        guard length == 16 else { throw BincodeError(offset: start, .invalidUUIDLength(length)) }
        let high = try integer(UInt64.self)
        let low = try integer(UInt64.self)
        return SessionID(high: high.byteSwapped, low: low.byteSwapped)
    }

    @inline(__always)
    mutating func digest() throws(BincodeError) -> Digest {
        Digest(words: try take(32).loadUnaligned(as: SIMD8<UInt32>.self))
    }

    @inline(__always)
    mutating func variant(count: Int) throws(BincodeError) -> UInt32 {
        let number = try integer(UInt32.self)
        guard number < count else { throw BincodeError(offset: at - 4, .unknownVariant(number, count: count)) }
        return number
    }
}
