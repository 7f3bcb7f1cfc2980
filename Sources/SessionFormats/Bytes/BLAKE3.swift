// BLAKE3, the hash that every format here uses (https://github.com/BLAKE3-team/BLAKE3-specs).
//
// Input is cut into chunks of 1,024 bytes. Eight whole chunks are hashed side by side, one per lane of a SIMD vector;
// what is left goes through the same compression one chunk at a time. The chunks' results form a binary tree whose
// unfinished right edge is the stack. Only hashing is here, not keying or key derivation, which no format needs.

import Dispatch
import WideHash

/// The 32 bytes of a BLAKE3 hash.
public struct Digest: Sendable, Hashable {
    /// Eight little-endian words, so that comparing and copying touch no heap.
    var words: SIMD8<UInt32>

    init(words: SIMD8<UInt32>) { self.words = words }

    /// 32 zero bytes: the formats' way to say "no data".
    public static let zero = Digest(words: .zero)

    /// 32 bytes of 0xFF: the formats' way to say "too large to hash".
    public static let allOnes = Digest(words: SIMD8(repeating: .max))

    /// Takes exactly 32 bytes; nil for any other number.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        words = .zero
        for (index, byte) in bytes.enumerated() { words[index >> 2] |= UInt32(byte) << UInt32((index & 3) << 3) }
    }

    /// The bytes.
    public var bytes: [UInt8] { (0..<32).map { UInt8(truncatingIfNeeded: words[$0 >> 2] >> UInt32(($0 & 3) << 3)) } }
}

extension Digest: Codable {
    /// As 64 hex digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Reads what `encode` writes.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let digits = Array(try container.decode(String.self).utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
        guard digits.count == 64, let digest = Digest(bytes) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "A digest has 64 hex digits.")
        }
        self = digest
    }
}

extension Digest: CustomStringConvertible {
    /// 64 lower-case hex digits.
    public var description: String { Hex.string(bytes) }
}

enum Hex {
    static func string(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes { append(byte, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    static func append(_ byte: UInt8, to text: inout [UInt8]) {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 - 10 + value }
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }
}

/// An incremental BLAKE3 hash.
public struct BLAKE3: Sendable {
    typealias Words = SIMD8<UInt32>
    typealias Block = SIMD16<UInt32>
    /// Word i of eight compressions.
    private typealias Lanes = SIMD8<UInt32>

    static let initial = Words(
        0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19)

    enum Flag {
        static let chunkStart: UInt32 = 1
        static let chunkEnd: UInt32 = 2
        static let parent: UInt32 = 4
        static let root: UInt32 = 8
    }

    static let chunkLength = 1024
    private static let blockLength = 64
    /// What one core hashes at a time: a whole subtree of so many levels.
    private static let pieceLevels: UInt64 = 10
    private static let pieceLength = chunkLength << Int(pieceLevels)

    /// Results of finished subtrees, largest first.
    private var stack: [Words] = []
    /// Bytes not hashed yet; at least one once anything was given, since the last chunk is finished differently.
    private var pending: [UInt8] = []
    private var chunkCount: UInt64 = 0
    private let isWide: Bool

    private static let isWideAvailable = wide_hash_is_available() != 0

    /// A hash of nothing yet.
    public init() { self.init(isWide: true) }

    /// - Parameter isWide: Whether to use 256-bit vectors where the processor has them.
    init(isWide: Bool) { self.isWide = isWide && Self.isWideAvailable }

    /// The hash of these bytes.
    public static func hash(_ bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { hash($0) } }

    /// The hash of these bytes.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest { hash(bytes, zeroesBehind: 0) }

    /// The hash of these bytes and of zeroes behind them.
    static func hash(_ bytes: UnsafeRawBufferPointer, zeroesBehind zeroes: Int) -> Digest {
        var hasher = BLAKE3()
        hasher.update(bytes)
        if zeroes > 0 { hasher.update([UInt8](repeating: 0, count: zeroes)) }
        return hasher.finalize()
    }

    /// The hash of these bytes, worked out on all cores when there are enough of them.
    static func hashOnAllCores(_ bytes: UnsafeRawBufferPointer) -> Digest {
        // The last chunk is never in a piece: it may be the root.
        let pieces = bytes.isEmpty ? 0 : (bytes.count - 1) / pieceLength
        guard pieces > 1 else { return hash(bytes) }
        let values = GuardedValues(Words.zero, count: pieces)
        nonisolated(unsafe) let shared = bytes
        DispatchQueue.concurrentPerform(iterations: pieces) { index in
            var hasher = BLAKE3()
            hasher.chunkCount = UInt64(index) << pieceLevels
            let piece = index * pieceLength..<(index + 1) * pieceLength
            hasher.addChunks(UnsafeRawBufferPointer(rebasing: shared[piece]))
            let value = hasher.stack.first ?? .zero
            values.withLock(index) { $0 = value }
        }
        var hasher = BLAKE3()
        for index in 0..<pieces { hasher.push(values.withLock(index) { $0 }, levels: pieceLevels) }
        hasher.update(UnsafeRawBufferPointer(rebasing: bytes[(pieces * pieceLength)...]))
        return hasher.finalize()
    }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        if !pending.isEmpty {
            let missing = min(Self.chunkLength - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(missing))
            rest = rest.dropFirst(missing)
            guard !rest.isEmpty else { return }
            let full = pending
            pending.removeAll(keepingCapacity: true)
            full.withUnsafeBytes { addChunks($0) }
        }
        // The last chunk, whole or not, waits: it may be the root.
        let whole = rest.isEmpty ? 0 : (rest.count - 1) / Self.chunkLength * Self.chunkLength
        addChunks(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
        pending.append(contentsOf: rest.dropFirst(whole))
    }

    /// The hash of all bytes added so far.
    public func finalize() -> Digest {
        var output = pending.withUnsafeBytes { Self.lastBlock(ofChunk: $0, counter: chunkCount) }
        for left in stack.reversed() {
            output = Output(
                chaining: Self.initial, block: Self.join(left, output.chainingValue), length: 64,
                counter: 0, flags: Flag.parent)
        }
        output.flags |= Flag.root
        output.counter = 0
        return Digest(words: output.chainingValue)
    }

    // MARK: The tree

    private mutating func addChunks(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset < bytes.count {
            let count = min(8, (bytes.count - offset) / Self.chunkLength)
            let chunks = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count * Self.chunkLength])
            if isWide, count >= Self.fewestWide {
                pushWide(chunks, count)
            } else if count == 8 {
                for value in Self.hashEight(bytes, from: offset, counter: chunkCount) { push(value) }
            } else {
                for index in 0..<count {
                    let chunk = index * Self.chunkLength..<(index + 1) * Self.chunkLength
                    let last = Self.lastBlock(
                        ofChunk: UnsafeRawBufferPointer(rebasing: chunks[chunk]), counter: chunkCount)
                    push(last.chainingValue)
                }
            }
            offset += chunks.count
        }
    }

    /// From so many chunks on the time of eight side by side is less than that of one after the other.
    private static let fewestWide = 3

    /// Adds the results of up to eight chunks, worked out by the processor's widest vectors.
    private mutating func pushWide(_ chunks: UnsafeRawBufferPointer, _ count: Int) {
        guard let base = chunks.baseAddress else { return }
        withUnsafeTemporaryAllocation(of: Words.self, capacity: count) { results in
            results.initialize(repeating: .zero)
            results.withMemoryRebound(to: UInt32.self) { words in
                wide_hash_chunks(base.assumingMemoryBound(to: UInt8.self), Int32(count), chunkCount, words.baseAddress)
            }
            for value in results { push(value) }
        }
    }

    /// Adds the result of a chunk, or of a whole subtree of so many levels.
    private mutating func push(_ value: Words, levels: UInt64 = 0) {
        chunkCount += 1 << levels
        var value = value
        var count = chunkCount >> levels
        while count & 1 == 0, let left = stack.popLast() {
            value =
                Output(
                    chaining: Self.initial, block: Self.join(left, value), length: 64, counter: 0, flags: Flag.parent
                ).chainingValue
            count >>= 1
        }
        stack.append(value)
    }

    private static func join(_ left: Words, _ right: Words) -> Block { Block(lowHalf: left, highHalf: right) }

    /// A compression that has not been done yet, because it may turn out to be the root.
    private struct Output {
        var chaining: Words
        var block: Block
        var length: UInt32
        var counter: UInt64
        var flags: UInt32

        var chainingValue: Words {
            BLAKE3.compress(chaining, block, counter: counter, length: length, flags: flags)
        }
    }

    // MARK: One chunk

    private static func lastBlock(ofChunk bytes: UnsafeRawBufferPointer, counter: UInt64) -> Output {
        var chaining = initial
        var flags = Flag.chunkStart
        var offset = 0
        while bytes.count - offset > blockLength {
            let block = loadBlock(bytes, from: offset, count: blockLength)
            chaining = compress(chaining, block, counter: counter, length: 64, flags: flags)
            flags = 0
            offset += blockLength
        }
        let length = bytes.count - offset
        return Output(
            chaining: chaining, block: loadBlock(bytes, from: offset, count: length), length: UInt32(length),
            counter: counter, flags: flags | Flag.chunkEnd)
    }

    @inline(__always)
    private static func loadBlock(_ bytes: UnsafeRawBufferPointer, from offset: Int, count: Int) -> Block {
        if count == 64 { return bytes.loadUnaligned(fromByteOffset: offset, as: Block.self) }
        var block = Block.zero
        for index in 0..<count {
            block[index >> 2] |= UInt32(bytes[offset + index]) << UInt32((index & 3) << 3)
        }
        return block
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value >> count | value << (32 - count)
    }

    private static func compress(
        _ chaining: Words, _ block: Block, counter: UInt64, length: UInt32, flags: UInt32
    ) -> Words {
        var s0 = chaining[0], s1 = chaining[1], s2 = chaining[2], s3 = chaining[3]
        var s4 = chaining[4], s5 = chaining[5], s6 = chaining[6], s7 = chaining[7]
        var s8 = initial[0], s9 = initial[1], s10 = initial[2], s11 = initial[3]
        var s12 = UInt32(truncatingIfNeeded: counter), s13 = UInt32(truncatingIfNeeded: counter >> 32)
        var s14 = length, s15 = flags

        @inline(__always) func mix(
            _ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32, _ x: UInt32, _ y: UInt32
        ) {
            a = a &+ b &+ x
            d = rotate(d ^ a, 16)
            c = c &+ d
            b = rotate(b ^ c, 12)
            a = a &+ b &+ y
            d = rotate(d ^ a, 8)
            c = c &+ d
            b = rotate(b ^ c, 7)
        }

        var m = block
        for round in 0..<7 {
            mix(&s0, &s4, &s8, &s12, m[0], m[1])
            mix(&s1, &s5, &s9, &s13, m[2], m[3])
            mix(&s2, &s6, &s10, &s14, m[4], m[5])
            mix(&s3, &s7, &s11, &s15, m[6], m[7])
            mix(&s0, &s5, &s10, &s15, m[8], m[9])
            mix(&s1, &s6, &s11, &s12, m[10], m[11])
            mix(&s2, &s7, &s8, &s13, m[12], m[13])
            mix(&s3, &s4, &s9, &s14, m[14], m[15])
            if round < 6 {
                m = Block(
                    m[2], m[6], m[3], m[10], m[7], m[0], m[4], m[13], m[1], m[11], m[12], m[5], m[9], m[14], m[15],
                    m[8])
            }
        }
        return Words(s0 ^ s8, s1 ^ s9, s2 ^ s10, s3 ^ s11, s4 ^ s12, s5 ^ s13, s6 ^ s14, s7 ^ s15)
    }

    // MARK: Eight chunks side by side

    // Every vector has its concrete type and rotations are written as shift and multiply: with generic helpers or two
    // shifts, the compiler falls back to one lane at a time.

    @inline(__always)
    private static func rotate16(_ value: Lanes) -> Lanes { (value &>> 16) | (value &* Lanes(repeating: 1 << 16)) }
    @inline(__always)
    private static func rotate12(_ value: Lanes) -> Lanes { (value &>> 12) | (value &* Lanes(repeating: 1 << 20)) }
    @inline(__always)
    private static func rotate8(_ value: Lanes) -> Lanes { (value &>> 8) | (value &* Lanes(repeating: 1 << 24)) }
    @inline(__always)
    private static func rotate7(_ value: Lanes) -> Lanes { (value &>> 7) | (value &* Lanes(repeating: 1 << 25)) }

    @inline(__always)
    private static func mix(
        _ a: inout Lanes, _ b: inout Lanes, _ c: inout Lanes, _ d: inout Lanes, _ x: Lanes, _ y: Lanes
    ) {
        a = a &+ b &+ x
        d = rotate16(d ^ a)
        c = c &+ d
        b = rotate12(b ^ c)
        a = a &+ b &+ y
        d = rotate8(d ^ a)
        c = c &+ d
        b = rotate7(b ^ c)
    }

    private static func hashEight(_ bytes: UnsafeRawBufferPointer, from offset: Int, counter: UInt64) -> [Words] {
        var c0 = Lanes(repeating: initial[0]), c1 = Lanes(repeating: initial[1]), c2 = Lanes(repeating: initial[2])
        var c3 = Lanes(repeating: initial[3]), c4 = Lanes(repeating: initial[4]), c5 = Lanes(repeating: initial[5])
        var c6 = Lanes(repeating: initial[6]), c7 = Lanes(repeating: initial[7])
        var low = Lanes.zero
        var high = Lanes.zero
        for lane in 0..<8 {
            let count = counter + UInt64(lane)
            low[lane] = UInt32(truncatingIfNeeded: count)
            high[lane] = UInt32(truncatingIfNeeded: count >> 32)
        }
        for block in 0..<16 {
            let flags = (block == 0 ? Flag.chunkStart : 0) | (block == 15 ? Flag.chunkEnd : 0)
            let at = offset + block * blockLength
            @inline(__always) func load(_ word: Int) -> Lanes {
                @inline(__always) func one(_ lane: Int) -> UInt32 {
                    bytes.loadUnaligned(fromByteOffset: at + lane * chunkLength + word * 4, as: UInt32.self)
                }
                return Lanes(one(0), one(1), one(2), one(3), one(4), one(5), one(6), one(7))
            }
            var m0 = load(0), m1 = load(1), m2 = load(2), m3 = load(3), m4 = load(4), m5 = load(5)
            var m6 = load(6), m7 = load(7), m8 = load(8), m9 = load(9), m10 = load(10), m11 = load(11)
            var m12 = load(12), m13 = load(13), m14 = load(14), m15 = load(15)
            var s0 = c0, s1 = c1, s2 = c2, s3 = c3, s4 = c4, s5 = c5, s6 = c6, s7 = c7
            var s8 = Lanes(repeating: initial[0]), s9 = Lanes(repeating: initial[1])
            var s10 = Lanes(repeating: initial[2]), s11 = Lanes(repeating: initial[3])
            var s12 = low, s13 = high, s14 = Lanes(repeating: 64), s15 = Lanes(repeating: flags)
            for _ in 0..<7 {
                mix(&s0, &s4, &s8, &s12, m0, m1)
                mix(&s1, &s5, &s9, &s13, m2, m3)
                mix(&s2, &s6, &s10, &s14, m4, m5)
                mix(&s3, &s7, &s11, &s15, m6, m7)
                mix(&s0, &s5, &s10, &s15, m8, m9)
                mix(&s1, &s6, &s11, &s12, m10, m11)
                mix(&s2, &s7, &s8, &s13, m12, m13)
                mix(&s3, &s4, &s9, &s14, m14, m15)
                let n0 = m2, n1 = m6, n2 = m3, n3 = m10, n4 = m7, n5 = m0, n6 = m4, n7 = m13
                let n8 = m1, n9 = m11, n10 = m12, n11 = m5, n12 = m9, n13 = m14, n14 = m15, n15 = m8
                m0 = n0; m1 = n1; m2 = n2; m3 = n3; m4 = n4; m5 = n5; m6 = n6; m7 = n7
                m8 = n8; m9 = n9; m10 = n10; m11 = n11; m12 = n12; m13 = n13; m14 = n14; m15 = n15
            }
            c0 = s0 ^ s8; c1 = s1 ^ s9; c2 = s2 ^ s10; c3 = s3 ^ s11
            c4 = s4 ^ s12; c5 = s5 ^ s13; c6 = s6 ^ s14; c7 = s7 ^ s15
        }
        return (0..<8).map {
            Words(c0[$0], c1[$0], c2[$0], c3[$0], c4[$0], c5[$0], c6[$0], c7[$0])
        }
    }
}
