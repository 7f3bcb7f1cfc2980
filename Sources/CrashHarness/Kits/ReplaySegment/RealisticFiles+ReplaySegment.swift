// Replay sessions as agents leave them.

import SessionFormats

extension RealisticFiles {
    /// A segment of at least `size` bytes, 1,000 actions a session.
    public mutating func segment(size: Int) -> [UInt8] {
        var sessions: [ReplaySession] = []
        var bytes = 0
        while bytes < size {
            let session = session(actions: min(1_000, max(1, (size - bytes) / 350)))
            bytes += session.encoded().count
            sessions.append(session)
        }
        return ReplaySegment.encode(sessions)
    }

    mutating func session(actions: Int) -> ReplaySession {
        var session = ReplaySession(id: .random(using: &generator), name: prose(20), createdSeconds: 1_767_323_045)
        for sequence in 0..<actions {
            let type: ActionType
            switch below(4) {
            case 0: type = .put(frameID: UInt64(sequence))
            case 1: type = .ask(query: prose(40), provider: "anthropic", model: "model-large")
            default: type = .find(query: prose(30), mode: "lexical", resultCount: UInt64(below(20)))
            }
            var action = ReplayAction(
                sequence: UInt64(sequence), timestampSeconds: session.createdSeconds + Int64(sequence), type: type,
                affectedFrames: (0..<below(5)).map { UInt64($0) }, durationMilliseconds: UInt64(below(3_000)))
            action.setInput(prose(60).utf8)
            action.setOutput(prose(90).utf8)
            session.actions.append(action)
        }
        let snapshot = StateSnapshot(frameIDs: (0..<20).map { UInt64($0) }, logSequence: 20, generation: 3)
        session.checkpoints = [
            Checkpoint(id: 0, atSequence: 0, timestampSeconds: session.createdSeconds, snapshot: snapshot)
        ]
        session.endedSeconds = session.createdSeconds + Int64(actions)
        session.metadata = [MetadataEntry(key: "project", value: "crash-lab")]
        return session
    }
}
