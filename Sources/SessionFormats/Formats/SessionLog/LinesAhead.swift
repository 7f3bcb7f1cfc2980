// Plain lines of a log, parsed ahead on other cores.
//
// What a line amounts to depends on the lines before it (is the header passed, which line is this), but whether a line is
// one plain entry does not, and nearly all are. So a large file is cut into pieces at its newlines, each piece's plain
// lines are parsed on any core until one is anything else, and the interpreter, which alone decides, takes over what
// it finds done. The outcome is the same with any number of cores.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Dispatch

struct LinesAhead {
    /// The plain lines from `start` to `stop`.
    struct Piece {
        var start: Int
        var stop: Int
        /// One for each line; they count lines from 0.
        var records: ContiguousArray<EntryRecord> = []
    }

    /// Smaller pieces cost more to hand out than they save.
    static let pieceSize = 2 << 20

    private var pieces: [Piece] = []
    private var next = 0

    /// Nothing is done ahead.
    init() {}

    /// Parses pieces of the buffer on as many cores as the system gives.
    init(_ buffer: UnsafeRawBufferPointer, schema: EntrySchema, pieceSize: Int = LinesAhead.pieceSize) {
        guard buffer.count >= 2 * pieceSize else { return }
        let starts = Self.lineStarts(buffer, every: pieceSize)
        let text = SharedText(buffer)
        pieces = starts.map { Piece(start: $0, stop: $0) }
        pieces.withUnsafeMutableBufferPointer { pieces in
            let results = SharedPieces(pieces)
            DispatchQueue.concurrentPerform(iterations: starts.count) { index in
                let end = index + 1 < starts.count ? starts[index + 1] : text.buffer.count
                Self.parse(&results.pieces[index], to: end, text.buffer, schema)
            }
        }
    }

    /// The piece that begins here, if there is one and something of it is done.
    mutating func take(at start: Int) -> Piece? {
        while next < pieces.count, pieces[next].start < start { next += 1 }
        guard next < pieces.count, pieces[next].start == start, pieces[next].stop > start else { return nil }
        defer { pieces[next].records = [] }
        return pieces[next]
    }

    /// Where pieces begin: behind the first line, and behind the newline that follows each further `pieceSize` bytes.
    private static func lineStarts(_ buffer: UnsafeRawBufferPointer, every pieceSize: Int) -> [Int] {
        guard let base = buffer.baseAddress else { return [] }
        var starts: [Int] = []
        var from = 0
        while from < buffer.count, let newline = memchr(base + from, 0x0A, buffer.count - from) {
            let start = base.distance(to: UnsafeRawPointer(newline)) + 1
            starts.append(start)
            from = start + pieceSize
        }
        return starts
    }

    private static func parse(
        _ piece: inout Piece, to end: Int, _ buffer: UnsafeRawBufferPointer, _ schema: EntrySchema
    ) {
        guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return }
        schema.withParser { parser in
            while piece.stop < end {
                let start = piece.stop
                guard let length = parser.parsePlainLine(base, start, of: buffer.count),
                    parser.latestRank <= schema.version.rank,
                    base[start + length - 1] != 0x0D
                else { return }
                piece.records.append(
                    EntryRecord(
                        start: start, length: length, summary: parser.summary, line: piece.records.count, isNewer: false
                    ))
                piece.stop = start + length + 1
            }
        }
    }

    /// The threads read one buffer, which outlives them.
    private struct SharedText: @unchecked Sendable {
        let buffer: UnsafeRawBufferPointer
        init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }
    }

    /// Each thread writes to a piece of its own.
    private struct SharedPieces: @unchecked Sendable {
        let pieces: UnsafeMutableBufferPointer<Piece>
        init(_ pieces: UnsafeMutableBufferPointer<Piece>) { self.pieces = pieces }
    }
}
