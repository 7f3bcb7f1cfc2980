// Rows of numbers of which neighbours are alike, as entries of a log are, in few bits each.
//
// Of 256 rows each column is kept as what its numbers have in common and, row by row, what is left, in as many bits as the
// largest rest takes. Rows of the end are kept as they are until there are 256 of them, so short logs are never packed, and
// nothing that has been packed is moved when the log grows.

/// A row of numbers below 2^48. A 0 is free: it does not widen what is kept of the others.
protocol PackableRow {
    /// How many of the numbers are used.
    static var columns: Int { get }
    /// Which of them, a bit each, rise by one from row to row as a rule.
    static var rising: UInt64 { get }
    init(_ row: PackedRow)
    var numbers: RowNumbers { get }
}

typealias RowNumbers = InlineArray<12, UInt64>

/// The numbers of a row that is packed. What is not asked for is not read.
struct PackedRow {
    /// Of the block: a word for each column, what is left of the rows, one row behind the other, and a word that is read with the
    /// last.
    fileprivate let words: UnsafePointer<UInt64>
    /// Where the row begins, in bits.
    fileprivate let start: UInt64
    fileprivate let index: UInt64

    /// How many rows there are at most, which keeps numbers that rise above 0 when their row is taken off.
    fileprivate static let most: UInt64 = 256

    @inline(__always)
    subscript(index: Int) -> UInt64 {
        let column = PackedColumn(rawValue: words[index])
        let at = start &+ column.start
        let (word, bit) = (Int(truncatingIfNeeded: at &>> 6), at & 63)
        let bits = words[word] &>> bit | (words[word &+ 1] &<< 1) &<< (63 &- bit)
        let rest = bits & ((1 &<< column.width) &- 1)
        return rest == 0 ? 0 : column.base &+ rest
    }

    /// The same of a number that rises by one from row to row as a rule.
    @inline(__always)
    subscript(rising column: Int) -> UInt64 {
        let number = self[column]
        return number == 0 ? 0 : number &+ index &- Self.most
    }
}

/// What numbers of a column have in common, where in a row what is left of one begins, and how many bits it takes.
private struct PackedColumn {
    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter base: One less than the least number that is not 0.
    init(base: UInt64, start: Int, width: Int) { rawValue = base << 16 | UInt64(start) << 6 | UInt64(width) }

    var base: UInt64 { rawValue &>> 16 }
    var start: UInt64 { rawValue &>> 6 & 0x3FF }
    var width: UInt64 { rawValue & 0x3F }
}

struct PackedRows<Row: PackableRow> {
    private var blocks: [Block] = []
    /// Rows behind the last block.
    private var rest: [Row] = []

    /// How many bytes are held for rows.
    var byteCount: Int {
        blocks.reduce(0) { $0 + $1.byteCount } + blocks.capacity * MemoryLayout<Block>.stride
            + rest.capacity * MemoryLayout<Row>.stride
    }

    /// Makes room for rows of a short log.
    mutating func reserveCapacity(_ count: Int) { rest.reserveCapacity(Swift.min(count, Block.size)) }

    mutating func append(_ row: Row) {
        if rest.count == Block.size {
            blocks.append(Block(rest))
            rest.removeAll(keepingCapacity: true)
        }
        rest.append(row)
    }

    /// Changes the row that was appended last.
    mutating func changeLast(_ change: (inout Row) -> Void) {
        guard !rest.isEmpty else { return }
        change(&rest[rest.count - 1])
    }

    // MARK: Blocks

    private struct Block {
        static var size: Int { Int(PackedRow.most) }

        private let words: [UInt64]
        /// Of a row, in bits.
        private let width: UInt64

        var byteCount: Int { words.capacity * 8 + 32 }

        init(_ rows: [Row]) {
            var (least, most) = (RowNumbers(repeating: .max), RowNumbers(repeating: 0))
            for (index, row) in rows.enumerated() {
                let numbers = Self.numbers(row, index)
                for column in 0..<Row.columns where numbers[column] != 0 {
                    least[column] = Swift.min(least[column], numbers[column])
                    most[column] = Swift.max(most[column], numbers[column])
                }
            }
            var words = (0..<Row.columns).map { _ in 0 as UInt64 }
            var width = 0
            for column in 0..<Row.columns {
                let base = most[column] == 0 ? 0 : least[column] - 1
                let bits = UInt64.bitWidth - (most[column] - base).leadingZeroBitCount
                words[column] = PackedColumn(base: base, start: width, width: bits).rawValue
                width += bits
            }
            let bits = words.count * 64 + rows.count * width
            words = words.withUnsafeBufferPointer { Array($0) + repeatElement(0, count: bits / 64 + 2 - $0.count) }
            for (index, row) in rows.enumerated() {
                let numbers = Self.numbers(row, index)
                for column in 0..<Row.columns where numbers[column] != 0 {
                    let packed = PackedColumn(rawValue: words[column])
                    let at = Row.columns * 64 + index * width + Int(packed.start)
                    let rest = numbers[column] - packed.base
                    words[at >> 6] |= rest << UInt64(at & 63)
                    words[at >> 6 + 1] |= (rest >> 1) >> UInt64(63 - at & 63)
                }
            }
            self.words = words
            self.width = UInt64(width)
        }

        /// The numbers of a row without what they rise by.
        @inline(__always)
        private static func numbers(_ row: Row, _ index: Int) -> RowNumbers {
            var numbers = row.numbers
            for column in 0..<Row.columns where Row.rising >> UInt64(column) & 1 == 1 && numbers[column] != 0 {
                numbers[column] += PackedRow.most - UInt64(index)
            }
            return numbers
        }

        @inline(__always)
        subscript(index: Int) -> Row {
            words.withUnsafeBufferPointer { words in
                guard let words = words.baseAddress else { preconditionFailure("A block has columns.") }
                let index = UInt64(truncatingIfNeeded: index)
                let start = UInt64(truncatingIfNeeded: Row.columns &* 64) &+ index &* width
                return Row(PackedRow(words: words, start: start, index: index))
            }
        }
    }
}

extension PackedRows: Sendable where Row: Sendable {}

extension PackedRows: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { blocks.count * Block.size + rest.count }

    @inline(__always)
    subscript(index: Int) -> Row {
        let packed = blocks.count * Block.size
        return index < packed ? blocks[index / Block.size][index % Block.size] : rest[index - packed]
    }
}

extension PackedRows {
    /// Rows with their indices. Of each is read what is asked for, which it is not of what is handed on by a generic sequence.
    struct Enumerated: Sequence, IteratorProtocol {
        private let rows: PackedRows
        private var index = 0

        fileprivate init(_ rows: PackedRows) { self.rows = rows }

        @inline(__always)
        mutating func next() -> (offset: Int, element: Row)? {
            guard index < rows.endIndex else { return nil }
            defer { index += 1 }
            return (index, rows[index])
        }
    }

    func enumerated() -> Enumerated { Enumerated(self) }
}
