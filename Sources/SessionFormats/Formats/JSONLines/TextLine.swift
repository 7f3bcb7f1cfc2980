// A line of a log as it stands in a buffer.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One line, in a buffer that its reader keeps for the length of a closure.
struct TextLine {
    var base: UnsafePointer<UInt8>
    var start: Int
    /// The end, without the newline.
    var end: Int
    /// The end of the buffer.
    var loadable: Int
    var hasNewline: Bool
    /// The buffer's place in the file.
    var fileOffset: Int

    @inline(__always)
    func scanner(from: Int, to: Int) -> JSONScanner {
        JSONScanner(base: base + from, from: 0, to: to - from, loadable: loadable - from)
    }

    /// The line's place in the file.
    @inline(__always)
    var place: Range<Int> { fileOffset + start..<fileOffset + end }

    /// The same line with other bounds inside it.
    func part(_ range: Range<Int>) -> TextLine {
        var part = self
        (part.start, part.end) = (range.lowerBound, range.upperBound)
        part.hasNewline = hasNewline || range.upperBound < end
        return part
    }

    /// Whether a byte is somewhere in it.
    func holds(_ byte: UInt8) -> Bool { memchr(base + start, Int32(byte), end - start) != nil }

    /// Where the line ends that begins at its start: at an LF or the buffer's end.
    var endOfLine: Int {
        let newline = memchr(base + start, 0x0A, loadable - start)
        return newline.map { UnsafeRawPointer(base).distance(to: UnsafeRawPointer($0)) } ?? loadable
    }
}

extension TextLine {
    /// All of a buffer as a line, that another follows; nil for none.
    init?(_ buffer: UnsafeBufferPointer<UInt8>, fileOffset: Int) {
        guard let base = buffer.baseAddress else { return nil }
        self.init(
            base: base, start: 0, end: buffer.count, loadable: buffer.count, hasNewline: true, fileOffset: fileOffset)
    }

    /// Its bytes, which outlive the buffer.
    var copy: [UInt8] { Array(UnsafeBufferPointer(start: base + start, count: end - start)) }

    /// The line with what was trimmed of it, up to a control character, in the buffer.
    var untrimmed: Range<Int> {
        func isInside(_ byte: UInt8) -> Bool { byte >= 0x20 }
        var (first, last) = (start, end)
        while first > 0, isInside(base[first - 1]) { first -= 1 }
        while last < loadable, isInside(base[last]) { last += 1 }
        return first..<last
    }
}

extension UnsafeRawBufferPointer {
    /// Whether a byte is somewhere in it.
    func holds(_ byte: UInt8) -> Bool {
        guard let base = baseAddress else { return false }
        return memchr(base, Int32(byte), count) != nil
    }
}
