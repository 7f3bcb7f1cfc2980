// One description of a layout serves every use of it.
//
// A type that is stored as bincode says once, in `code(with:)`, which fields it has and in which order. What then
// happens is the coder's affair: `BincodeDecoder` fills the fields, `BincodeEncoder` writes them, `BincodeChecker` only
// validates and moves on (no String, no array), `BincodeMapper` notes where each field stands. The rules, measured on
// real files: integers fixed-width and little-endian, a u64 count before strings and lists, one byte 0 or 1 before an
// optional value, a u32 for an enum's variant.

/// Something that bincode can hold.
protocol BincodeValue {
    /// A value for a decoder to fill.
    init()
    /// Passes each field to the coder, in the order of the file.
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError)
    /// The number of bytes when every value takes the same and every byte pattern is valid, else nil.
    static var fixedSize: Int? { get }
}

extension BincodeValue {
    static var fixedSize: Int? { nil }
}

/// What is done with the fields of a `BincodeValue`.
protocol BincodeCoder {
    mutating func integer<Value: FixedWidthInteger>(_ value: inout Value) throws(BincodeError)
    mutating func bool(_ value: inout Bool) throws(BincodeError)
    mutating func string(_ value: inout String) throws(BincodeError)
    mutating func digest(_ value: inout Digest) throws(BincodeError)
    mutating func uuid(_ value: inout SessionID) throws(BincodeError)
    mutating func optional<Value: BincodeValue>(_ value: inout Value?) throws(BincodeError)
    mutating func list<Value: BincodeValue>(_ values: inout [Value]) throws(BincodeError)
    /// Codes an enum's variant number, which must be below `count`; returns the one that counts now.
    mutating func variant(_ current: UInt32, count: Int) throws(BincodeError) -> UInt32
    /// Codes a named field.
    mutating func field<Value: BincodeValue>(_ name: StaticString, _ value: inout Value) throws(BincodeError)
}

extension BincodeCoder {
    @inline(__always)
    mutating func field<Value: BincodeValue>(_ name: StaticString, _ value: inout Value) throws(BincodeError) {
        try value.code(with: &self)
    }
}

extension BincodeValue where Self: FixedWidthInteger {
    static var fixedSize: Int? { bitWidth / 8 }

    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.integer(&self)
    }
}

extension UInt8: BincodeValue {}
extension UInt16: BincodeValue {}
extension UInt32: BincodeValue {}
extension UInt64: BincodeValue {}
extension Int64: BincodeValue {}

extension Bool: BincodeValue {
    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) { try coder.bool(&self) }
}

extension String: BincodeValue {
    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) { try coder.string(&self) }
}

extension Digest: BincodeValue {
    static var fixedSize: Int? { 32 }

    init() { self = .zero }

    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) { try coder.digest(&self) }
}

extension SessionID: BincodeValue {
    init() { self = .zero }

    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) { try coder.uuid(&self) }
}

extension Optional: BincodeValue where Wrapped: BincodeValue {
    init() { self = nil }

    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.optional(&self)
    }
}

extension Array: BincodeValue where Element: BincodeValue {
    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) { try coder.list(&self) }
}
