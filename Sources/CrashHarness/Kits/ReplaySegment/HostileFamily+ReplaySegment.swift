// Segments, sidecars and memories that were made to cost a reader time.

import SessionFormats

extension HostileFamily {
    /// Sessions of which each action ends in what looks like the beginning of a session, with so many actions that they
    /// reach far beyond.
    ///
    /// - Parameters:
    ///   - count: How many actions each beginning claims.
    ///   - beginning: What stands before, of a file that has lost its way to the sessions.
    static func sessionsInside(_ name: String, claiming count: UInt64, behind beginning: [UInt8] = []) -> HostileFamily
    {
        HostileFamily(name) { size in
            var action = ReplayAction(
                sequence: 0, timestampSeconds: 0, type: .toolCall(name: "t", argumentsHash: .zero))
            let look = looksLikeASession(claiming: count)
            let words = stride(from: 0, to: look.count, by: 8).map { at in
                look[at..<at + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            action.affectedFrames = words.dropLast()
            action.durationMilliseconds = words.last ?? 0
            var session = ReplaySession(id: .numbered(1), name: "n", createdSeconds: 0)
            session.actions = Array(repeating: action, count: max(1, (size - beginning.count) / 180))
            return beginning + ReplaySegment.encode([session])
        }
    }

    /// 56 bytes, of which the last 50 are a session up to its first action.
    private static func looksLikeASession(claiming count: UInt64) -> [UInt8] {
        func little(_ number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
        let id = little(16) + Array(repeating: 7, count: 16)
        return [0, 0, 0, 0, 0, 0] + id + [0] + little(1) + [0] + little(0) + little(count)
    }

    private static let segmentHeader = Array("MV2RPLY!".utf8) + [1, 0, 0, 0, 255, 255, 255, 255]

    /// Counts and magics that promise more than there is.
    static let replaySegment = [
        HostileFamily("sessions inside sessions", repeating: [16, 0, 0, 0, 0, 0, 0, 0], behind: segmentHeader),
        HostileFamily("sessions of no length", repeating: [0], behind: segmentHeader),
        HostileFamily("magics of segments", repeating: "MV2RPLY!"),
        sessionsInside("sessions inside actions", claiming: 40),
        sessionsInside("sessions inside actions that reach far", claiming: 4_000),
    ]

    /// Lengths that promise more than there is.
    static let activeSession = [
        HostileFamily("counts of one", repeating: [1, 0, 0, 0, 0, 0, 0, 0], behind: Array("MV2ACTIV".utf8)),
        HostileFamily("magics of sidecars", repeating: "MV2ACTIV"),
    ]
}
