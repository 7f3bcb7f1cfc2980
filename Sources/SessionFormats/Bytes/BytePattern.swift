// Where a pattern of eight bytes stands in a file.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Looks for eight bytes at any offset.
enum BytePattern {
    /// The last place of a range at which a pattern of eight bytes begins. Of a large file no more is read than is looked at.
    static func last(_ pattern: String, in bytes: FileBytes, _ places: Range<Int>) -> Int? {
        var end = min(places.upperBound, bytes.count - 7)
        while end > places.lowerBound {
            let start = max(places.lowerBound, end - FileOnDemand.blockSize)
            let found = bytes.withBytes(of: start..<min(end + 7, bytes.count)) { buffer in
                last(pattern, in: UnsafeRawBufferPointer(rebasing: buffer[start...]), before: end - start)
            }
            WorkMeter.add(end - (found.map { $0 + start } ?? start))
            if let found { return start + found }
            end = start
        }
        return nil
    }

    /// The last place before `end` at which a pattern of eight bytes begins.
    private static func last(_ pattern: String, in buffer: UnsafeRawBufferPointer, before end: Int) -> Int? {
        guard let base = buffer.baseAddress else { return nil }
        let word = self.word(pattern)
        let first = UInt8(truncatingIfNeeded: word)
        var at = min(end, buffer.count - 7)
        while at > 0 {
            at -= 1
            if buffer[at] == first, base.loadUnaligned(fromByteOffset: at, as: UInt64.self) == word { return at }
        }
        return nil
    }

    /// The first place from `start` on.
    static func first(_ pattern: String, in buffer: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = buffer.baseAddress else { return nil }
        let word = self.word(pattern)
        var at = start
        defer { WorkMeter.add(min(at, buffer.count) - start) }
        while at <= buffer.count - 8 {
            let rest = buffer.count - 7 - at
            guard let found = memchr(base + at, Int32(truncatingIfNeeded: word & 0xFF), rest) else { return nil }
            at = UnsafeRawPointer(found) - base
            if base.loadUnaligned(fromByteOffset: at, as: UInt64.self) == word { return at }
            at += 1
        }
        return nil
    }

    private static func word(_ pattern: String) -> UInt64 {
        pattern.utf8.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
