// Sidecars made whole again after a mutation.

import SessionFormats

extension Mending {
    /// A sidecar's magic and length.
    static func sidecar(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        put(Array("MV2ACTIV".utf8), at: 0, in: &bytes)
        put(little(UInt64(max(0, bytes.count - 16)), size: 8), at: 8, in: &bytes)
        return bytes
    }
}
