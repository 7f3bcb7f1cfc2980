// Replay sessions of every kind, in a segment or a sidecar, with the harness's own idea of their bytes.

import SessionFormats

/// A binary replay file: which sessions it holds, its bytes, and which byte belongs to which field.
public struct ReplayScenario: Sendable {
    /// The two files that hold sessions.
    public enum Kind: String, Sendable, CaseIterable {
        /// A replay segment.
        case segment
        /// A sidecar.
        case sidecar
    }

    /// Which file it is.
    public let kind: Kind
    /// The sessions; exactly one in a sidecar.
    public let sessions: [ReplaySession]
    /// The sidecar's session with its counters.
    public let active: ActiveSession?
    /// The bytes and the fields.
    let layout: ReplayLayout

    /// The file.
    public var bytes: [UInt8] { layout.bytes }

    /// The file and its sessions, which are acknowledged when the whole file is there. A sidecar's session is all of it.
    var acknowledged: AcknowledgedFile {
        AcknowledgedFile(
            bytes,
            layout.sessionRanges.map { range in
                let range = kind == .sidecar ? 0..<bytes.count : range
                return AcknowledgedFile.Item(Array(bytes[range]), range: range, acknowledgedAt: 0)
            })
    }

    /// Chooses a file.
    public init(_ kind: Kind, _ choices: inout Choices) {
        self.kind = kind
        switch kind {
        case .segment:
            var sessions: [ReplaySession] = []
            for _ in 0..<choices.choose("sessions", below: 4) { sessions.append(Self.session(&choices)) }
            self.sessions = sessions
            active = nil
            layout = ReplayLayout(segment: sessions)
        case .sidecar:
            let session = Self.session(&choices)
            var active = ActiveSession(
                session,
                configuration: RecordingConfiguration(
                    autoCheckpointInterval: choices.number("interval"),
                    maximumActions: choices.happens("maximum", oneIn: 2) ? choices.number("maximum actions") : nil,
                    recordsAutomatically: choices.happens("automatic", oneIn: 2)))
            active.nextCheckpointID = choices.number("next checkpoint")
            active.actionsSinceCheckpoint = choices.number("actions since checkpoint")
            sessions = [session]
            self.active = active
            layout = ReplayLayout(sidecar: active)
        }
    }

    private static func session(_ choices: inout Choices) -> ReplaySession {
        var generator = SplitMix64(state: choices.choose("session id", below: UInt64(0)))
        var session = ReplaySession(
            id: .random(using: &generator),
            name: choices.happens("name", oneIn: 2) ? TextScenario.short("name", &choices) : nil,
            createdSeconds: Int64(bitPattern: choices.number("created")))
        if choices.happens("ended", oneIn: 2) { session.endedSeconds = Int64(bitPattern: choices.number("ended at")) }
        for _ in 0..<choices.choose("checkpoints", below: 3) { session.checkpoints.append(checkpoint(&choices)) }
        for _ in 0..<choices.choose("actions", below: 6) { session.actions.append(action(&choices)) }
        for number in 0..<choices.choose("metadata", below: 3) {
            session.metadata.append(
                MetadataEntry(key: "\(number)", value: TextScenario.short("metadata value", &choices)))
        }
        return session
    }

    private static func checkpoint(_ choices: inout Choices) -> Checkpoint {
        let snapshot = StateSnapshot(
            frameIDs: numbers("frame ids", &choices),
            textIndexHash: choices.happens("text index", oneIn: 2) ? digest(&choices) : nil,
            vectorIndexHash: choices.happens("vector index", oneIn: 2) ? digest(&choices) : nil,
            logSequence: choices.number("log sequence"), generation: choices.number("generation"))
        return Checkpoint(
            id: choices.number("checkpoint id"), atSequence: choices.number("at sequence"),
            timestampSeconds: Int64(bitPattern: choices.number("checkpoint time")), snapshot: snapshot)
    }

    private static func action(_ choices: inout Choices) -> ReplayAction {
        var action = ReplayAction(
            sequence: choices.number("sequence"), timestampSeconds: Int64(bitPattern: choices.number("action time")),
            type: actionType(&choices), affectedFrames: numbers("affected frames", &choices),
            durationMilliseconds: choices.number("duration"))
        action.inputHash = digest(&choices)
        action.outputHash = digest(&choices)
        action.inputPreview = TextScenario.text("input preview", upTo: 8, &choices)
        action.outputPreview = TextScenario.scalars("output preview", upTo: 4, &choices)
        return action
    }

    private static func actionType(_ choices: inout Choices) -> ActionType {
        func text(_ choices: inout Choices) -> String { TextScenario.short("text of action", &choices) }
        switch choices.choose("kind of action", below: 8) {
        case 0: return .put(frameID: choices.number("frame"))
        case 1: return .putMany(frameIDs: numbers("frames", &choices), count: choices.number("count"))
        case 2: return .find(query: text(&choices), mode: text(&choices), resultCount: choices.number("results"))
        case 3: return .ask(query: text(&choices), provider: text(&choices), model: text(&choices))
        case 4: return .checkpoint(id: choices.number("checkpoint"))
        case 5: return .update(frameID: choices.number("frame"))
        case 6: return .delete(frameID: choices.number("frame"))
        default: return .toolCall(name: text(&choices), argumentsHash: digest(&choices))
        }
    }

    private static func numbers(_ label: StaticString, _ choices: inout Choices) -> [UInt64] {
        var numbers: [UInt64] = []
        let count = choices.happens("many", oneIn: 64) ? 300 : choices.choose(label, below: 4)
        for index in 0..<count { numbers.append(index < 4 ? choices.number("number") : UInt64(index)) }
        return numbers
    }

    private static func digest(_ choices: inout Choices) -> Digest {
        let kind = choices.choose("digest", below: 4)
        switch kind {
        case 0: return .zero
        case 1: return .allOnes
        default: return BLAKE3.hash([UInt8(kind)])
        }
    }
}
