// The difference between a write that was cut short and something else.
//
// An append that did not finish leaves the beginning of an object: bytes that break no rule and end too soon, be it inside a
// character. Whatever else stands where an object should be was not left by a writer that was stopped.

/// A part of a text that is no whole value.
package enum JSONFragment {
    /// Whether bytes are the beginning of an object or array that does not end; blanks before it do not matter, and nothing is
    /// the beginning of anything.
    package static func isCutShort(_ bytes: some Collection<UInt8>) -> Bool {
        let bytes = ContiguousArray(bytes)
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return true }
            return isCutShort(base, from: 0, to: buffer.count)
        }
    }

    /// The same for a part of a buffer.
    static func isCutShort(_ base: UnsafePointer<UInt8>, from: Int, to: Int) -> Bool {
        var start = from
        while start < to, base[start] == 0x20 || base[start] == 0x09 { start += 1 }
        guard start < to else { return true }
        guard base[start] == 0x7B || base[start] == 0x5B else { return false }
        guard let bad = UTF8Validation.firstInvalid(base, from: start, to: to) else {
            return endsTooSoon(base + start, count: to - start)
        }
        // A character can be cut only where one can be: letters in its place have to do, and such as no escape takes.
        guard UTF8Validation.isBeginning(base, from: bad, to: to) else { return false }
        let mended = ContiguousArray(UnsafeBufferPointer(start: base + start, count: bad - start)) + Array("zzzz".utf8)
        return mended.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { endsTooSoon($0, count: buffer.count) } ?? false
        }
    }

    private static func endsTooSoon(_ base: UnsafePointer<UInt8>, count: Int) -> Bool {
        var scanner = JSONScanner(base: base, from: 0, to: count, loadable: count)
        do throws(JSONFault) {
            try scanner.skipValue(.full, depth: 0)
            return false
        } catch { return error.reason == .unexpectedEnd }
    }

    /// Whether a piece stands where a value of the fragment right before it would, and may be a part of that.
    ///
    /// - Parameter gapStart: Where the last whole piece before it ends. NUL bytes separate fragments.
    static func holds(_ base: UnsafePointer<UInt8>, _ piece: Range<Int>, behind gapStart: Int) -> Bool {
        var start = piece.lowerBound
        while start > gapStart, base[start - 1] != 0 { start -= 1 }
        return start < piece.lowerBound && isCutShort(base, from: start, to: piece.upperBound)
    }
}
