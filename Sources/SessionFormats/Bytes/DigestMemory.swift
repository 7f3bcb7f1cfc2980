// Hashes of bytes that many files share, each worked out once.
//
// The states that a crash may leave differ in a sector or two, and a reader hashes all that has a hash in each of them. Comparing
// bytes with those that were hashed before is twenty times as fast as hashing them.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Remembers what was hashed where. What it says does not depend on what it remembers.
package final class DigestMemory: Sendable {
    private struct Place: Hashable {
        let start: Int
        let count: Int
        let zeroes: Int
    }

    /// What was hashed at a place.
    private struct Known {
        var versions: [(bytes: [UInt8], digest: Digest)] = []
        /// Which of them is forgotten next.
        var oldest = 0

        func digest(of part: UnsafeRawBufferPointer) -> Digest? {
            versions.first { version in
                version.bytes.withUnsafeBytes { known in
                    guard let known = known.baseAddress, let part = part.baseAddress else { return true }
                    return memcmp(known, part, version.bytes.count) == 0
                }
            }?.digest
        }
    }

    private struct State {
        var known: [Place: Known] = [:]
        /// How many bytes are remembered.
        var size = 0
    }

    /// How many different bytes are remembered of one place.
    private static let mostVersions = 8
    /// When so many bytes are remembered, it begins anew.
    private static let limit = 16 << 20
    private let state = Guarded(State())

    package init() {}

    /// The hash of a part of a file, and of zeroes behind it.
    func hash(_ range: Range<Int>, zeroesBehind zeroes: Int, in buffer: UnsafeRawBufferPointer) -> Digest {
        let place = Place(start: range.lowerBound, count: range.count, zeroes: zeroes)
        let part = UnsafeRawBufferPointer(rebasing: buffer[range])
        if let known = state.withLock({ $0.known[place]?.digest(of: part) }) { return known }
        let digest = BLAKE3.hash(part, zeroesBehind: zeroes)
        state.withLock { Self.remember(digest, of: part, at: place, in: &$0) }
        return digest
    }

    private static func remember(
        _ digest: Digest, of part: UnsafeRawBufferPointer, at place: Place, in state: inout State
    ) {
        guard part.count <= limit / mostVersions else { return }
        state.size += part.count + 128
        if state.size > limit { state = State(size: part.count + 128) }
        let version = (Array(part), digest)
        var known = state.known[place] ?? Known()
        state.known[place] = nil
        if known.versions.count < mostVersions {
            known.versions.append(version)
        } else {
            state.size -= part.count + 128
            known.versions[known.oldest] = version
            known.oldest = (known.oldest + 1) % mostVersions
        }
        state.known[place] = known
    }
}

extension FileBytes {
    /// The hash of a part of the file, and of zeroes behind it.
    ///
    /// - Parameter buffer: The file's bytes, of which the part was loaded.
    func hash(_ range: Range<Int>, zeroesBehind zeroes: Int = 0, in buffer: UnsafeRawBufferPointer) -> Digest {
        if let digests { return digests.hash(range, zeroesBehind: zeroes, in: buffer) }
        return BLAKE3.hash(UnsafeRawBufferPointer(rebasing: buffer[range]), zeroesBehind: zeroes)
    }
}
