// Memories made whole again after a mutation.

import SessionFormats

extension Mending {
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
}
