// The live replay store at work in its file, and what must hold after a crash.

import LiveReplay
import SessionFormats

enum LiveReplayStoreCrashes {
    static var all: [CrashScenario] { [appends] }

    private static let live = "folder/live.jsonl"

    private static func openLive(_ disk: SimulatedDisk) throws -> FileLiveReplayStore {
        var options = FileLiveReplayStore.Options()
        options.syncsEachAppend = true
        options.reservation = 3
        return try FileLiveReplayStore(path: live, options: options, on: disk, now: { 0 }, origin: { 0 })
    }

    private static let appends = CrashScenario(
        name: "live-replay-append", writing: "safe", expectation: .safe, base: [:],
        work: { disk in
            let store = try openLive(disk)
            for number in 1...4 {
                let event = try store.append(
                    sessionID: "s", revision: SessionRevision(0), payload: .agentFrameSwitched(frameID: "\(number)"))
                disk.acknowledge(event.cursor.text)
            }
        },
        check: { disk, acknowledged in
            guard !acknowledged.isEmpty else { return nil }
            let start = SessionCursor(sessionID: "s", revision: SessionRevision(0), position: 0)
            do {
                let store = try openLive(disk)
                guard case .replayed(let events) = try store.replay(after: start) else { return ("events", "a gap") }
                let cursors = events.map(\.cursor.text)
                return cursors.starts(with: acknowledged) ? nil : ("\(acknowledged)", "\(cursors)")
            } catch { return ("\(acknowledged)", "\(error)") }
        })
}
