// Where a run of bytes stops being UTF-8.
//
// Session logs are mostly ASCII, so the validator takes 32 bytes at a time while no byte has its top bit set and
// falls back to one scalar at a time elsewhere. The table of allowed second bytes is the Unicode standard's 3-7:
// overlong forms, surrogates and values above U+10FFFF are errors.

enum UTF8Validation {
    private typealias Chunk = SIMD32<UInt8>

    /// The offset of the first byte that does not begin or continue a well-formed character, or nil.
    static func firstInvalid(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
        var at = start
        while at < end {
            at = skipASCII(base, from: at, to: end)
            // Characters beyond ASCII come in runs.
            while at < end, base[at] >= 0x80 {
                let length = characterLength(base, at: at, end: end)
                guard length > 0 else { return at }
                at += length
            }
        }
        return nil
    }

    @inline(__always)
    static func skipASCII(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at + 32 <= end {
            let chunk: Chunk = UnsafeRawPointer(base + at).loadUnaligned(as: Chunk.self)
            let words: SIMD4<UInt64> = unsafeBitCast(chunk, to: SIMD4<UInt64>.self)
            if (words[0] | words[1] | words[2] | words[3]) & 0x8080_8080_8080_8080 != 0 { break }
            at += 32
        }
        while at + 8 <= end {
            let word = UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self)
            let high = word & 0x8080_8080_8080_8080
            if high != 0 { return at + UInt64(littleEndian: high).trailingZeroBitCount >> 3 }
            at += 8
        }
        while at < end, base[at] < 0x80 { at += 1 }
        return at
    }

    /// The length of the well-formed character at `at`, or 0.
    @inline(__always)
    static func characterLength(_ base: UnsafePointer<UInt8>, at: Int, end: Int) -> Int {
        @inline(__always) func tail(_ offset: Int) -> Bool {
            at + offset < end && base[at + offset] & 0xC0 == 0x80
        }
        @inline(__always) func second(_ range: ClosedRange<UInt8>) -> Bool {
            at + 1 < end && range.contains(base[at + 1])
        }
        switch base[at] {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return tail(1) ? 2 : 0
        case 0xE0: return second(0xA0...0xBF) && tail(2) ? 3 : 0
        case 0xE1...0xEC, 0xEE, 0xEF: return tail(1) && tail(2) ? 3 : 0
        case 0xED: return second(0x80...0x9F) && tail(2) ? 3 : 0
        case 0xF0: return second(0x90...0xBF) && tail(2) && tail(3) ? 4 : 0
        case 0xF1...0xF3: return tail(1) && tail(2) && tail(3) ? 4 : 0
        case 0xF4: return second(0x80...0x8F) && tail(2) && tail(3) ? 4 : 0
        default: return 0
        }
    }

    /// Whether bytes are the beginning of a character and end too soon.
    static func isBeginning(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
        guard (1...3).contains(end - start) else { return false }
        // Each first byte can be followed by one of these two, and what comes behind by any.
        return [0x80, 0xA0].contains { (next: UInt8) in
            let ended = (start..<end).map { base[$0] } + [next, 0x80, 0x80]
            return ended.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return false }
                return characterLength(base, at: 0, end: buffer.count) > end - start
            }
        }
    }
}
