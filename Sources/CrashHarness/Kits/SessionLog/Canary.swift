// A judge that must fail: proof that the harness can find something.

import SessionFormats

extension LogTruncation {
    /// The truncation judge wired to a reader with a planted bug: it takes a torn last line for an entry when that
    /// happens to end in a closing brace, so that reference mode keeps what the reference drops.
    public static let canary = LogTruncation(name: "canary") { (bytes, mode) throws(SessionLogError) in
        let content = bytes.copy(0..<bytes.count)
        let endsInBrace = content.last == 0x7D
        return try SessionLogReader(mode: mode).read(endsInBrace ? content + [0x0A] : content)
    }
}
