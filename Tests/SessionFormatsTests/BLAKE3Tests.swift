// The official test vectors' rule: byte i of the input is i mod 251. The digests are b3sum's (Debian's 1.2.0).

import Testing

@testable import SessionFormats

@Suite("BLAKE3")
struct BLAKE3Tests {
    private static let vectors: [(length: Int, digest: String)] = [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (63, "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"),
        (64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"),
        (65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"),
        (1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
        (2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"),
        (3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"),
        (31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"),
        (102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
    ]

    private func input(_ length: Int) -> [UInt8] { (0..<length).map { UInt8($0 % 251) } }

    @Test func `the official vectors come out`() {
        for vector in Self.vectors {
            #expect(BLAKE3.hash(input(vector.length)).description == vector.digest, "\(vector.length) bytes")
        }
    }

    @Test func `hashing in pieces of any size gives the same digest`() {
        let bytes = input(31744)
        for piece in [1, 63, 64, 1000, 1024, 8191, 8192, 8193] {
            var hasher = BLAKE3()
            var at = 0
            while at < bytes.count {
                hasher.update(Array(bytes[at..<min(at + piece, bytes.count)]))
                at += piece
            }
            #expect(hasher.finalize() == BLAKE3.hash(bytes), "pieces of \(piece)")
        }
    }

    @Test func `on all cores it is the same hash, whatever the length`() {
        let megabyte = 1 << 20
        var bytes = (0..<5 * megabyte + 3).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        for length in [5 * megabyte + 3, 5 * megabyte, 4 * megabyte + 1, 3 * megabyte - 1, 2 * megabyte, 1, 0] {
            bytes.removeLast(bytes.count - length)
            #expect(bytes.withUnsafeBytes { BLAKE3.hashOnAllCores($0) } == BLAKE3.hash(bytes))
        }
    }

    @Test func `with wide vectors it is the same hash, whatever the length`() {
        for length in Array(1_023...9_300).filter({ $0 % 331 < 2 || $0 % 1_024 < 2 }) + [
            16_384, 70_000, 131_072, 200_001,
        ] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 2) }
            let hashes = [true, false].map { isWide in
                var hasher = BLAKE3(isWide: isWide)
                hasher.update(bytes)
                return hasher.finalize()
            }
            #expect(hashes[0] == hashes[1])
        }
    }

    @Test func `what many files share is hashed once, and what differs by itself`() {
        let digests = DigestMemory()
        // More versions of a place than are remembered, some of them again.
        for round in 0..<40 {
            for (start, count, zeroes) in [(0, 3_000, 0), (64, 3_000, 0), (0, 3_000, 32), (0, 0, 0), (0, 1, 0)] {
                var bytes = input(4_000)
                bytes[start + count / 2] = UInt8(round % 11)
                let range = start..<start + count
                let shared = bytes.withUnsafeBytes {
                    FileBytes(bytes, sharing: digests).hash(range, zeroesBehind: zeroes, in: $0)
                }
                #expect(shared == BLAKE3.hash(bytes[range] + [UInt8](repeating: 0, count: zeroes)))
            }
        }
    }

    @Test func `a digest is its 32 bytes, and no other number of bytes is one`() {
        let digest = BLAKE3.hash(Array("abc".utf8))
        #expect(Digest(digest.bytes) == digest)
        #expect(Digest(digest.bytes.dropLast()) == nil && Digest([]) == nil)
    }
}
