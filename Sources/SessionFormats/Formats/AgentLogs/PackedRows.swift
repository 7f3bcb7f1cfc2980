// Rows of numbers of which neighbours are alike, as entries of a log are, in few bits each.
//
// Of 256 rows each column is kept as what its numbers have in common and, row by row, what is left, in as many bits as the
// largest rest takes. Rows of the end are kept as they are until there are 256 of them, so short logs are never packed, and
// nothing that has been packed is moved when the log grows.

/// A row of numbers below 2^48. A 0 is free: it does not widen what is kept of the others.
protocol PackableRow {
    /// How many of the numbers are used.
    static var columns: Int { get }
    init(_ numbers: RowNumbers)
    var numbers: RowNumbers { get }
}

typealias RowNumbers = InlineArray<12, UInt64>

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
        static var size: Int { 256 }

        /// A word for each column, what is left of the rows, one row behind the other, and a word that is read with the last.
        private let words: [UInt64]

        var byteCount: Int { words.capacity * 8 + 32 }

        init(_ rows: [Row]) {
            var (least, most) = (RowNumbers(repeating: .max), RowNumbers(repeating: 0))
            for row in rows {
                let numbers = row.numbers
                for column in 0..<Row.columns where numbers[column] != 0 {
                    least[column] = Swift.min(least[column], numbers[column])
                    most[column] = Swift.max(most[column], numbers[column])
                }
            }
            var columns = InlineArray<12, Column>(repeating: Column(base: 0, start: 0, width: 0))
            var width = 0
            for column in 0..<Row.columns {
                if most[column] != 0 {
                    let base = least[column] - 1
                    let bits = UInt64.bitWidth - (most[column] - base).leadingZeroBitCount
                    columns[column] = Column(base: base, start: width, width: bits)
                    width += bits
                } else {
                    columns[column] = Column(base: 0, start: width, width: 0)
                }
            }
            var words = [UInt64](repeating: 0, count: Row.columns + (rows.count * width + 63) / 64 + 1)
            for column in 0..<Row.columns { words[column] = columns[column].rawValue }
            var start = Row.columns * 64
            for row in rows {
                let numbers = row.numbers
                for column in 0..<Row.columns where numbers[column] != 0 {
                    let at = start + columns[column].start
                    let rest = numbers[column] - columns[column].base
                    words[at >> 6] |= rest << UInt64(at & 63)
                    words[at >> 6 + 1] |= (rest >> 1) >> UInt64(63 - at & 63)
                }
                start += width
            }
            self.words = words
        }

        @inline(__always)
        subscript(row: Int) -> Row {
            words.withUnsafeBufferPointer { words in
                let last = Column(rawValue: words[Row.columns - 1])
                let start = Row.columns * 64 + row * (last.start + last.width)
                var numbers = RowNumbers(repeating: 0)
                for index in 0..<Row.columns {
                    let column = Column(rawValue: words[index])
                    let at = start + column.start
                    let bits = words[at >> 6] >> UInt64(at & 63) | (words[at >> 6 + 1] << 1) << UInt64(63 - at & 63)
                    let rest = bits & (1 << UInt64(column.width) - 1)
                    numbers[index] = rest == 0 ? 0 : column.base + rest
                }
                return Row(numbers)
            }
        }
    }

    /// What numbers of a column have in common, where in a row what is left of one begins, and how many bits it takes.
    private struct Column {
        let rawValue: UInt64

        init(rawValue: UInt64) { self.rawValue = rawValue }

        /// - Parameter base: One less than the least number that is not 0.
        init(base: UInt64, start: Int, width: Int) {
            rawValue = base << 16 | UInt64(start) << 6 | UInt64(width)
        }

        var base: UInt64 { rawValue >> 16 }
        var start: Int { Int(rawValue >> 6 & 0x3FF) }
        var width: Int { Int(rawValue & 0x3F) }
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
