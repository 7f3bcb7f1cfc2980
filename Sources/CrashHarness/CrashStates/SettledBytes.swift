// The bytes of a file that are the same on every disk, and a hash of them that follows changes.
//
// A file counts as endless, with zeroes behind its last byte. Its hash is a sum over blocks, each mixed with its place, in which
// a block of zeroes counts nothing: so a disk's hash follows from its neighbour's by what differs, and says nothing of how the
// bytes came there. 128 bits are taken for the bytes themselves.

/// A sum of mixed blocks.
struct BlockSum: Hashable {
    var low: UInt64 = 0
    var high: UInt64 = 0

    static func += (sum: inout BlockSum, other: BlockSum) {
        sum.low &+= other.low
        sum.high &+= other.high
    }

    static func -= (sum: inout BlockSum, other: BlockSum) {
        sum.low &-= other.low
        sum.high &-= other.high
    }

    /// The sum with a number mixed in, so that sums of different things can be added.
    func mixed(with number: Int) -> BlockSum {
        var low = (low ^ UInt64(bitPattern: Int64(number))) &* 0x9E37_79B9_7F4A_7C15
        low ^= low >> 29
        var high = (high ^ low) &* 0xBF58_476D_1CE4_E5B9
        high ^= high >> 32
        return BlockSum(low: (low &+ high) &* 0x94D0_49BB_1331_11EB, high: high &+ low)
    }

    /// That of a text.
    init(_ text: String) { self = BlockSum().followed(by: text) }

    /// That of the text with more behind it.
    func followed(by text: String) -> BlockSum {
        text.utf8.reduce(self) { sum, byte in sum.mixed(with: Int(byte) + 1) }
    }

    init(low: UInt64 = 0, high: UInt64 = 0) { (self.low, self.high) = (low, high) }

    /// That of a block at its place; nothing for zeroes.
    init(_ block: UnsafeRawBufferPointer, at number: Int) {
        var (low, high, all): (UInt64, UInt64, UInt64) = (0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344, 0)
        for offset in stride(from: 0, to: block.count, by: 8) {
            let word = block.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            all |= word
            low = (low ^ word) &* 0x9FB2_1C65_1E98_DF25
            low ^= low >> 32
            high = (high &+ word) &* 0xD6E8_FEB8_6659_FD93
            high = high << 29 | high >> 35
        }
        self = all == 0 ? BlockSum() : BlockSum(low: low, high: high).mixed(with: number)
    }
}

/// Bytes that are settled.
struct SettledBytes {
    static let blockSize = 512

    /// Up to the last that anything reached; what is behind a cut is zero.
    private(set) var bytes: [UInt8]
    /// The sum of each block; none when nothing is compared.
    private(set) var blocks: [BlockSum] = []
    /// Of all blocks.
    private(set) var sum = BlockSum()
    private let isHashing: Bool

    init(_ bytes: [UInt8], _ isHashing: Bool) {
        (self.bytes, self.isHashing) = (bytes, isHashing)
        refresh(from: 0, to: bytes.count)
    }

    mutating func write(_ new: ArraySlice<UInt8>, at offset: Int) {
        bytes.write(new, at: offset)
        refresh(from: offset, to: offset + new.count)
    }

    mutating func cut(to size: Int) {
        guard size < bytes.count else { return }
        let old = bytes.count
        bytes.setSize(size)
        refresh(from: size, to: old)
    }

    private mutating func refresh(from start: Int, to end: Int) {
        guard isHashing, start < end else { return }
        let size = Self.blockSize
        let count = (bytes.count + size - 1) / size
        while blocks.count > count { sum -= blocks.removeLast() }
        while blocks.count < count { blocks.append(BlockSum()) }
        var scratch = [UInt8](repeating: 0, count: size)
        for block in start / size..<max(start / size, min(count, (end + size - 1) / size)) {
            copy(block, into: &scratch)
            sum -= blocks[block]
            blocks[block] = scratch.withUnsafeBytes { BlockSum($0, at: block) }
            sum += blocks[block]
        }
    }

    /// Copies a block, with zeroes behind the last byte.
    func copy(_ block: Int, into scratch: inout [UInt8]) {
        let start = block * Self.blockSize
        let count = max(0, min(Self.blockSize, bytes.count - start))
        scratch.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { source in
                if count > 0 {
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
                }
            }
            if count < Self.blockSize {
                UnsafeMutableRawBufferPointer(rebasing: target[count...]).initializeMemory(as: UInt8.self, repeating: 0)
            }
        }
    }
}
