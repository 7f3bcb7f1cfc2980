// A file's whole lines, piece by piece, for files that are larger than memory or still being written.

struct LineFeed {
    private let file: any OpenFile
    private let pieceSize: Int
    /// Bytes that have been read but do not end in a newline yet.
    private var rest: [UInt8] = []
    private var offset = 0
    private(set) var isAtEnd = false
    private var watch: ReadPieces

    init(_ file: any OpenFile, pieceSize: Int = 1 << 18) {
        self.file = file
        self.pieceSize = Swift.max(1, pieceSize)
        watch = ReadPieces(file)
    }

    /// Reads until there is a whole line or the file ends.
    mutating func fill() throws(FileSystemError) {
        var hasNewline = false
        while !hasNewline {
            let piece = try file.read(at: offset + rest.count, count: pieceSize)
            watch.add(piece, at: offset + rest.count)
            rest.append(contentsOf: piece)
            hasNewline = piece.contains(0x0A)
            if piece.count < pieceSize {
                isAtEnd = true
                return
            }
        }
    }

    /// No more is read: what there is counts as the file's end.
    mutating func end() { isAtEnd = true }

    /// Hands over the whole lines that are there, at the file's end also the last one without its newline.
    mutating func take() -> (bytes: FileBytes, offset: Int) {
        let count = isAtEnd ? rest.count : (rest.lastIndex(of: 0x0A) ?? -1) + 1
        let bytes = FileBytes(rest, prefix: count)
        rest = Array(rest[count...])
        defer { offset += count }
        return (bytes, offset)
    }

    /// What another program did to the file while it was read so far; nil when what was read is what it holds.
    func change() throws(FileSystemError) -> FileChange? { try watch.change() }

    func close() { file.close() }
}
