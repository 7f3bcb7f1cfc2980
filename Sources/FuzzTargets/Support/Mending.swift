// Makes files whole again that were changed at random: lengths, checksums and the footer's hash.
//
// A fuzzer that flips a bit behind a hash only ever tests the hash. What is mended here comes from the formats' description,
// not from the library's readers, which are what is tested.

import SessionFormats

enum Mending {
    /// A segment's size, and its sessions' lengths as far as they lead to the end.
    static func segment(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        put(Array("MV2RPLY!".utf8), at: 0, in: &bytes)
        put(little(1, size: 4), at: 8, in: &bytes)
        put(little(UInt64(bytes.count), size: 8), at: 16, in: &bytes)
        if number(at: 12, size: 4, in: bytes) == 1, bytes.count > 32 {
            put(little(UInt64(bytes.count - 32), size: 8), at: 24, in: &bytes)
        }
        return bytes
    }

    /// A sidecar's magic and length.
    static func sidecar(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        put(Array("MV2ACTIV".utf8), at: 0, in: &bytes)
        put(little(UInt64(max(0, bytes.count - 16)), size: 8), at: 8, in: &bytes)
        return bytes
    }

    /// A memory's header, its table's checksum, and its footer's length and hash.
    static func memory(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        put(Array("MV2\0".utf8) + [1, 2, 2, 1], at: 0, in: &bytes)
        guard let footer = last("MV2FOOT!", in: bytes), footer >= 4_096 + 32 else { return bytes }
        var table = Int(clamping: number(at: 8, size: 8, in: bytes))
        if !(4_096...footer - 32).contains(table) { table = max(4_096, footer - 512) }
        put(little(UInt64(table), size: 8), at: 8, in: &bytes)
        put([UInt8](repeating: 0, count: 32), at: footer - 32, in: &bytes)
        put(BLAKE3.hash(Array(bytes[table..<footer])).bytes, at: footer - 32, in: &bytes)
        put(little(UInt64(footer - table), size: 8), at: footer + 8, in: &bytes)
        put(BLAKE3.hash(Array(bytes[table..<footer])).bytes, at: footer + 16, in: &bytes)
        return bytes
    }

    // MARK: Bytes

    private static func little(_ value: UInt64, size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func number(at offset: Int, size: Int, in bytes: [UInt8]) -> UInt64 {
        guard offset + size <= bytes.count else { return 0 }
        return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Writes what the file has room for.
    private static func put(_ new: [UInt8], at offset: Int, in bytes: inout [UInt8]) {
        for (index, byte) in new.enumerated() where offset + index < bytes.count { bytes[offset + index] = byte }
    }

    private static func last(_ magic: String, in bytes: [UInt8]) -> Int? {
        let magic = Array(magic.utf8)
        guard bytes.count >= magic.count else { return nil }
        return (0...bytes.count - magic.count).last { bytes[$0..<$0 + magic.count].elementsEqual(magic) }
    }
}
