// Runs of a live replay store, as clients that come, go and come back would cause them.

import LiveReplay
import SessionFormats

/// A store's life as a trace.
enum LiveReplayScenario {
    /// A trace of at least so many bytes, a few operations more at most.
    static func trace(_ choices: inout Choices, size: Int) -> [UInt8] {
        let bounds = LiveReplayBounds(
            capacity: choices.pick("capacity", [16, 0, 1, 3, 2_048]),
            maximumAge: choices.pick("age", [120_000, 0, 50] as [UInt64]) * 1_000_000)
        var recorder = LiveReplayTraceRecorder(bounds)
        var client = Client()
        while recorder.bytes.count < size {
            recorder.record(client.next(&choices), atMilliseconds: client.time)
        }
        recorder.record(.close, atMilliseconds: client.time)
        for id in 0..<client.subscriptions { recorder.record(.next(id: id), atMilliseconds: client.time) }
        return recorder.bytes
    }

    /// What a client knows: the time, its subscriptions, and how far each session is at most.
    private struct Client {
        private static let sessions = ["main", "worker:1", "\u{E9}t\u{E9}"]

        var time: UInt64 = 0
        var subscriptions: UInt64 = 0
        private var appended = [0, 0, 0]

        mutating func next(_ choices: inout Choices) -> LiveReplayTrace.Operation {
            time += UInt64(choices.pick("pause", [0, 1, 40]))
            let index = choices.choose("session", below: Self.sessions.count)
            let session = Self.sessions[index]
            let revision = SessionRevision(UInt64(appended[index] / 8))
            switch choices.choose("operation", below: 12) {
            case 6, 7: return .replay(cursor(index, &choices))
            case 8:
                subscriptions += 1
                return .subscribe(id: subscriptions - 1, cursor(index, &choices))
            case 9 where subscriptions > 0: return .next(id: choices.choose("subscription", below: subscriptions))
            case 10: return .currentCursor(sessionID: session, revision: revision)
            case 11: return .trim(sessionID: session)
            default:
                appended[index] += 1
                return .append(sessionID: session, revision: revision, payload: payload(&choices))
            }
        }

        private func cursor(_ session: Int, _ choices: inout Choices) -> SessionCursor {
            let position = max(0, appended[session] - choices.choose("events back", below: 20) + 1)
            return SessionCursor(
                sessionID: Self.sessions[session], revision: SessionRevision(0), position: UInt64(position))
        }

        private func payload(_ choices: inout Choices) -> SessionObservationPayload {
            let text = TextScenario.short("text", &choices)
            switch choices.choose("payload", below: 5) {
            case 1: return .queueChanged(kind: .enqueued, batchIDs: [text])
            case 2: return .processChanged(kind: .started, processIDs: [text, "p"])
            case 3: return .committed(readView: activity(text))
            case 4: return .turnActivity(activity(text))
            default: return .agentFrameSwitched(frameID: text)
            }
        }

        private func activity(_ text: String) -> CanonicalJSON {
            JSONValue.object([JSONValue.Member(key: "text", value: .string(text))]).canonical
        }
    }
}
