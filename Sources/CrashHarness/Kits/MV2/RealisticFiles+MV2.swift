// Memories as agents leave them.

import SessionFormats

extension RealisticFiles {
    /// Adds sessions to a memory, one or two a save.
    public mutating func save(times: Int, into memory: MV2Writer) throws(MV2Error) {
        for _ in 0..<times {
            let new = (0...below(2)).map { _ in session(actions: 1 + below(20)) }
            try memory.save(memory.sessions + new)
        }
    }
}
