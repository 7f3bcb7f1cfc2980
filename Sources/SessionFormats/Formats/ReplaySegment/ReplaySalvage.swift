// Sessions whose surroundings are damaged: found by what every session begins with.
//
// A session begins with the length of its identifier, a u64 of 16. Where that stands, and what follows decodes as a session
// of the known version with a plausible beginning, there is a session, whatever became of the segment's header and of the
// lengths before it.

extension ReplaySegment {
    /// The whole sessions in a range, in order. Takes time proportional to the range: bytes that keep looking like sessions
    /// and are none end the search once sixteen times its length was looked at.
    static func salvage(_ bytes: FileBytes, in range: Range<Int>) -> [StoredSession] {
        bytes.withBytes { buffer in
            let range = range.clamped(to: 0..<buffer.count)
            let part = UnsafeRawBufferPointer(rebasing: buffer[..<range.upperBound])
            var sessions: [StoredSession] = []
            var budget = range.count * 16
            var at = range.lowerBound
            while budget > 0, let start = BytePattern.first(identifierLength, in: part, from: at) {
                at = start + 1
                do throws(BincodeError) {
                    let session = try StoredSession(bytes, part, start..<part.count)
                    budget -= session.byteRange.count
                    guard session.isPlausible else { continue }
                    sessions.append(session)
                    at = session.byteRange.upperBound
                } catch {
                    budget -= max(64, error.offset - start)
                }
            }
            return sessions
        }
    }

    private static let identifierLength = "\u{10}\0\0\0\0\0\0\0"
}

extension StoredSession {
    /// Whether a session that was found by chance is likely to be one: its version is known, its identifier is not all
    /// zeroes, and its times are between 1970 and 9999.
    fileprivate var isPlausible: Bool {
        let times = 0...253_402_300_799 as ClosedRange<Int64>
        return version == ReplaySession.currentVersion && id != .zero && times.contains(createdSeconds)
            && endedSeconds.map(times.contains) ?? true
    }
}
