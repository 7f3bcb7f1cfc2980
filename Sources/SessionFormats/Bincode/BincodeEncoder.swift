// Writes values as bincode, in fixed width (the files) or as varints (what state hashes are taken of).

struct BincodeEncoder: BincodeCoder {
    /// How integers, counts and variant numbers are written.
    enum IntegerEncoding {
        /// Each in its own width, little-endian.
        case fixed
        /// Below 251 in one byte, else 251, 252 or 253 and then 2, 4 or 8 bytes; signed ones zigzagged. u8 as is.
        case variable
    }

    private(set) var bytes: [UInt8] = []
    private let encoding: IntegerEncoding

    static func encode(_ value: some BincodeValue, _ encoding: IntegerEncoding = .fixed) -> [UInt8] {
        var encoder = BincodeEncoder(encoding)
        encoder.append(value)
        return encoder.bytes
    }

    init(_ encoding: IntegerEncoding = .fixed) { self.encoding = encoding }

    mutating func append(_ value: some BincodeValue) {
        var value = value
        // Encoding has nothing to refuse; the coder's shape makes it say `try`.
        try? value.code(with: &self)
    }

    mutating func append(raw: some Collection<UInt8>) { bytes.append(contentsOf: raw) }

    mutating func integer<Value: FixedWidthInteger>(_ value: inout Value) {
        switch encoding {
        case .variable where Value.bitWidth > 8: appendVariable(zigzagged(value))
        default: withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
    }

    private func zigzagged<Value: FixedWidthInteger>(_ value: Value) -> UInt64 {
        guard Value.isSigned else { return UInt64(truncatingIfNeeded: value) }
        let wide = Int64(truncatingIfNeeded: value)
        return UInt64(bitPattern: (wide << 1) ^ (wide >> 63))
    }

    private mutating func appendVariable(_ value: UInt64) {
        switch value {
        case ..<251: bytes.append(UInt8(value))
        case ..<0x1_0000: append(marker: 251, UInt16(value))
        case ..<0x1_0000_0000: append(marker: 252, UInt32(value))
        default: append(marker: 253, value)
        }
    }

    private mutating func append(marker: UInt8, _ value: some FixedWidthInteger) {
        bytes.append(marker)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func bool(_ value: inout Bool) { bytes.append(value ? 1 : 0) }

    mutating func string(_ value: inout String) {
        append(count: value.utf8.count)
        bytes.append(contentsOf: value.utf8)
    }

    mutating func digest(_ value: inout Digest) { bytes.append(contentsOf: value.bytes) }

    mutating func uuid(_ value: inout SessionID) {
        append(count: 16)
        bytes.append(contentsOf: value.bytes)
    }

    mutating func optional<Value: BincodeValue>(_ value: inout Value?) {
        bytes.append(value == nil ? 0 : 1)
        if let value { append(value) }
    }

    mutating func list<Value: BincodeValue>(_ values: inout [Value]) {
        append(count: values.count)
        for value in values { append(value) }
    }

    mutating func variant(_ current: UInt32, count: Int) -> UInt32 {
        var number = current
        integer(&number)
        return current
    }

    private mutating func append(count: Int) {
        var count = UInt64(count)
        integer(&count)
    }
}
