// Small values that many parts of a table of contents share.

/// Bytes of a memory, from the start of the file.
public struct MV2Region: Sendable, Hashable {
    /// Where they begin.
    public var offset: UInt64
    /// How many there are.
    public var length: UInt64

    /// Makes a region.
    public init(offset: UInt64, length: UInt64) {
        self.offset = offset
        self.length = length
    }

    /// Where the bytes end; nil when that is beyond 2^64.
    public var end: UInt64? {
        let (end, overflow) = offset.addingReportingOverflow(length)
        return overflow ? nil : end
    }

    /// The region as a range inside a file of `count` bytes; nil when it reaches beyond it.
    func range(in count: Int) -> Range<Int>? {
        guard let end, end <= UInt64(count) else { return nil }
        return Int(offset)..<Int(end)
    }
}

extension MV2Region: BincodeValue {
    static var fixedSize: Int? { 16 }

    init() { self.init(offset: 0, length: 0) }

    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("offset", &offset)
        try coder.field("length", &length)
    }
}

/// An enum without fields: a number below the number of its cases, 0 first.
protocol BincodeEnumeration: BincodeValue, CaseIterable, RawRepresentable where RawValue == UInt32 {}

extension BincodeEnumeration {
    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        self = Self(rawValue: try coder.variant(rawValue, count: Self.allCases.count)) ?? self
    }
}

/// How a segment's bytes are compressed.
public enum MV2Compression: UInt32, Sendable, CaseIterable, BincodeEnumeration {
    /// Not at all.
    case none
    /// With Zstandard.
    case zstd
    /// With LZ4.
    case lz4

    init() { self = .none }
}

/// How an index's vectors are compressed.
public enum MV2VectorCompression: UInt32, Sendable, CaseIterable, BincodeEnumeration {
    /// Not at all.
    case none
    /// By product quantization into 96 parts.
    case pq96

    init() { self = .none }
}

/// A floating-point number in four bytes. Any bit pattern is kept.
struct BincodeFloat: BincodeValue, Sendable, Equatable {
    static var fixedSize: Int? { 4 }

    var bits: UInt32 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) { try coder.integer(&bits) }
}

/// A floating-point number in eight bytes. Any bit pattern is kept.
struct BincodeDouble: BincodeValue, Sendable, Equatable {
    static var fixedSize: Int? { 8 }

    var bits: UInt64 = 0

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) { try coder.integer(&bits) }
}

/// A value that stands elsewhere, for large ones that are seldom there.
indirect enum BincodeBox<Value: BincodeValue & Sendable & Equatable>: BincodeValue, Sendable, Equatable {
    case value(Value)

    init() { self = .value(Value()) }

    var value: Value {
        switch self {
        case .value(let value): value
        }
    }

    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        var value = value
        try value.code(with: &coder)
        self = .value(value)
    }
}
