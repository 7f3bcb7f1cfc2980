// What a stream has read, without keeping it: enough to tell whether the file still holds it.

/// The pieces that were read of a file, each as a number that another content is not likely to have.
struct ReadPieces {
    private struct Piece {
        var range: Range<Int>
        var sum: UInt64
    }

    private let file: any OpenFile
    /// Nil when the file could not be asked, which is asked again at the end.
    private let before: FileStamp?
    private var pieces: [Piece] = []

    init(_ file: any OpenFile) {
        self.file = file
        before = try? file.stamp()
    }

    mutating func add(_ piece: [UInt8], at offset: Int) {
        pieces.append(Piece(range: offset..<offset + piece.count, sum: Self.sum(piece)))
    }

    /// What happened to the file; see `FileBytes.change()`.
    func change() throws(FileSystemError) -> FileChange? {
        let after = try file.stamp()
        let end = pieces.last?.range.upperBound ?? 0
        if end == after.size, let before, before.excludesChange(until: after) { return nil }
        for piece in pieces {
            if Self.sum(try file.read(at: piece.range.lowerBound, count: piece.range.count)) != piece.sum {
                return FileChange(from: before?.size ?? end, to: try file.size(), isGrowth: false)
            }
        }
        return after.size == end ? nil : FileChange(from: end, to: after.size, isGrowth: after.size > end)
    }

    /// Four sums side by side, so that a core's units all have something to do.
    private static func sum(_ bytes: [UInt8]) -> UInt64 {
        var lanes = SIMD4<UInt64>(1, 2, 3, UInt64(bytes.count))
        bytes.withUnsafeBytes { buffer in
            var at = 0
            while at + 32 <= buffer.count {
                lanes =
                    (lanes ^ buffer.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self)) &* 0x9E37_79B9_7F4A_7C15
                lanes ^= lanes &>> 29
                at += 32
            }
            for byte in buffer[at...] { lanes[0] = (lanes[0] ^ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15 }
        }
        return (0..<4).reduce(0) { ($0 ^ lanes[$1]) &* 0x9E37_79B9_7F4A_7C15 }
    }
}
