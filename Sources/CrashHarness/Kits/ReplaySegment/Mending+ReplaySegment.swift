// Segments made whole again after a mutation.

import SessionFormats

extension Mending {
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
}
