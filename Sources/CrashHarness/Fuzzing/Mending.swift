// Makes files whole again that were changed at random: lengths, checksums and the footer's hash.
//
// A fuzzer that flips a bit behind a hash only ever tests the hash. What is mended here comes from the formats' description,
// not from the library's readers, which are what is tested.

enum Mending {
    static func little(_ value: UInt64, size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    static func number(at offset: Int, size: Int, in bytes: [UInt8]) -> UInt64 {
        guard offset + size <= bytes.count else { return 0 }
        return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Writes what the file has room for.
    static func put(_ new: [UInt8], at offset: Int, in bytes: inout [UInt8]) {
        for (index, byte) in new.enumerated() where offset + index < bytes.count { bytes[offset + index] = byte }
    }

    static func last(_ magic: String, in bytes: [UInt8]) -> Int? {
        let magic = Array(magic.utf8)
        guard bytes.count >= magic.count else { return nil }
        return (0...bytes.count - magic.count).last { bytes[$0..<$0 + magic.count].elementsEqual(magic) }
    }
}
