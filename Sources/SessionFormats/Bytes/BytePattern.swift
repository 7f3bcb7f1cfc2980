// Where a pattern of eight bytes stands in a file.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import WideText

/// Looks for eight bytes at any offset, or for zeroes.
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

    private static let isWideAvailable = wide_text_is_available() != 0

    /// The last place before `end` at which a pattern of eight bytes begins. Without wide vectors, where a byte stands that is
    /// not in the pattern, eight places are passed at once (Horspool 1980).
    static func last(
        _ pattern: String, in buffer: UnsafeRawBufferPointer, before end: Int, isWide: Bool = true
    ) -> Int? {
        guard let base = buffer.baseAddress, buffer.count >= 8 else { return nil }
        let word = self.word(pattern)
        if isWide && isWideAvailable {
            let end = max(0, min(end, buffer.count - 7))
            let place = wide_text_last_word(base.assumingMemoryBound(to: UInt8.self), end, word)
            return place < 0 ? nil : place
        }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { steps in
            steps.initialize(repeating: 8)
            for (place, byte) in pattern.utf8.prefix(8).enumerated().dropFirst().reversed() {
                steps[Int(byte)] = UInt8(place)
            }
            var at = min(end, buffer.count - 7) - 1
            while at >= 0 {
                if base.loadUnaligned(fromByteOffset: at, as: UInt64.self) == word { return at }
                at -= Int(steps[Int(buffer[at])])
            }
            return nil
        }
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

    /// The last place before `end` at which seven zeroes begin, as in a small number of eight bytes behind its first.
    static func lastZeroes(in buffer: UnsafeRawBufferPointer, before end: Int, isWide: Bool = true) -> Int? {
        let end = min(end, buffer.count - 6)
        guard let base = buffer.baseAddress, end > 0 else { return nil }
        if isWide && isWideAvailable {
            let place = wide_text_last_zeroes(base.assumingMemoryBound(to: UInt8.self), end)
            return place < 0 ? nil : place
        }
        var zeroes = buffer[end..<end + 6].prefix { $0 == 0 }.count
        for at in (0..<end).reversed() {
            zeroes = buffer[at] == 0 ? zeroes + 1 : 0
            if zeroes >= 7 { return at }
        }
        return nil
    }

    private static func word(_ pattern: String) -> UInt64 {
        pattern.utf8.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
