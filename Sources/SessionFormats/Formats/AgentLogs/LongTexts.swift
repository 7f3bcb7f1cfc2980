// Texts one behind the other, in pieces, so that nothing is moved when there are more of them.

struct LongTexts {
    /// Pieces that are full, and the last one.
    private var pieces: [[UInt8]] = []
    private var last: [UInt8] = []
    private var size = 0

    private static let pieceSize = 1 << 16

    /// How many bytes are held.
    var byteCount: Int { pieces.reduce(last.capacity) { $0 + $1.capacity + 32 } }

    /// Where a text stands: the piece, and where it begins there, behind its length in four bytes. Nil when there is no room
    /// left.
    mutating func append(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
        guard size + text.count < Int(UInt32.max) else { return nil }
        size += text.count
        if !last.isEmpty, last.count + text.count > Self.pieceSize {
            pieces.append(last.withUnsafeBufferPointer { Array($0) })
            last.removeAll(keepingCapacity: last.capacity <= 2 * Self.pieceSize)
        }
        let place = UInt64(pieces.count) << 32 | UInt64(last.count)
        withUnsafeBytes(of: UInt32(text.count)) { last.append(contentsOf: $0) }
        last.append(contentsOf: text)
        return place
    }

    subscript(place: UInt64) -> [UInt8] { with(place) { Array($0) } }

    func holds(_ text: UnsafeBufferPointer<UInt8>, at place: UInt64) -> Bool {
        with(place) { UnsafeBufferPointer(rebasing: $0).isSame(as: text) }
    }

    private func with<Result>(_ place: UInt64, _ body: (Slice<UnsafeBufferPointer<UInt8>>) -> Result) -> Result {
        let (piece, start) = (Int(place >> 32), Int(place & 0xFFFF_FFFF))
        return (piece < pieces.count ? pieces[piece] : last).withUnsafeBufferPointer { bytes in
            let count = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: start, as: UInt32.self)
            return body(bytes[(start + 4)..<(start + 4 + Int(count))])
        }
    }
}
