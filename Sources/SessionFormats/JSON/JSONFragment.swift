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
        var end = to
        if let bad = UTF8Validation.firstInvalid(base, from: start, to: to) {
            guard UTF8Validation.isBeginning(base, from: bad, to: to) else { return false }
            end = bad
        }
        guard start < end else { return start == to }
        guard base[start] == 0x7B || base[start] == 0x5B else { return false }
        var scanner = JSONScanner(base: base + start, from: 0, to: end - start, loadable: end - start)
        do throws(JSONFault) {
            try scanner.skipValue(.full, depth: 0)
            return false
        } catch { return error.reason == .unexpectedEnd }
    }
}
