// Sessions whose surroundings are damaged: found by what every session begins with.
//
// A session begins with the length of its identifier, a u64 of 16. Where that stands, and what follows decodes as a session
// of the known version with a plausible beginning, there is a session, whatever became of the segment's header and of the
// lengths before it.

extension ReplaySegment {
    /// The whole sessions in a range, in order. Bytes that keep looking like sessions and are none cost of the budget.
    static func salvage(_ bytes: FileBytes, in range: Range<Int>, _ budget: SearchBudget) -> [StoredSession] {
        let range = range.clamped(to: 0..<bytes.count)
        return bytes.withBytes(of: range) { buffer in
            let part = UnsafeRawBufferPointer(rebasing: buffer[..<range.upperBound])
            var sessions: [StoredSession] = []
            var at = range.lowerBound
            while !budget.hasEnded, let start = BytePattern.first(identifierLength, in: part, from: at) {
                at = start + 1
                do throws(BincodeError) {
                    let session = try StoredSession(bytes, part, start..<part.count)
                    guard session.isPlausible else {
                        _ = budget.spend(session.byteRange.count, at: start)
                        continue
                    }
                    sessions.append(session)
                    at = session.byteRange.upperBound
                } catch { _ = budget.spend(max(64, error.offset - start), at: start) }
            }
            return sessions
        }
    }

    /// Whether a session stands where the first one of a segment does, whatever became of the header before it.
    static func beginsWithSession(_ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        let start = range.lowerBound + headerSize + 8
        guard start < range.upperBound else { return false }
        return (try? StoredSession(bytes, buffer, start..<range.upperBound))?.isPlausible ?? false
    }

    private static let identifierLength = "\u{10}\0\0\0\0\0\0\0"
}

extension StoredSession {
    /// Whether a session that was found by chance is likely to be one: its version is known, its identifier is not all
    /// zeroes, and its times are between 1970 and 9999.
    var isPlausible: Bool {
        let times = 0...253_402_300_799 as ClosedRange<Int64>
        return version == ReplaySession.currentVersion && id != .zero && times.contains(createdSeconds)
            && endedSeconds.map(times.contains) ?? true
    }
}
