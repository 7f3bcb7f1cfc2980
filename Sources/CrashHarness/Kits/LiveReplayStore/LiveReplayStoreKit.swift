// The kit of the live replay store: in memory, in its file, and the cursors that lead into it.

import LiveReplay
import SessionFormats

extension FormatKit {
    static let liveReplayStore = FormatKit(
        LiveReplayStoreFormat(), fileName: "live.jsonl",
        sample: { try storeFile(events: $0.choose("events", below: 8)) },
        acknowledged: { choices in
            let bytes = try storeFile(events: choices.choose("events", below: 8))
            return AcknowledgedFile(bytes, eventLines(of: bytes))
        },
        blindField: \.blindFieldOfLines,
        generate: { try storeFile(events: 1, size: $0.size) },
        judges: [LiveReplayMatchesModel(), LiveReplayMatchesModel(.inFile), LiveReplayFileAfterCrash()],
        specialJudges: [LiveReplayMatchesModel(.all(length: 4)), LiveReplayMatchesModel(.all(length: 6))],
        scenarios: LiveReplayStoreCrashes.all, writer: LiveReplayStoreAgent.description,
        targets: [.liveReplayStore, .cursor],
        measure: { benchmark, _, report in LiveReplayBenchmark(benchmark).run(report: report) })

    /// The lines of events, told by how they begin; an event is acknowledged with its newline.
    private static func eventLines(of bytes: [UInt8]) -> [AcknowledgedFile.Item] {
        var items: [AcknowledgedFile.Item] = []
        var start = 0
        for end in bytes.indices where bytes[end] == 0x0A {
            if bytes[start..<end].starts(with: #"{"type":"event""#.utf8) {
                let line = Array(bytes[start...end])
                items.append(AcknowledgedFile.Item(line, range: start..<end, acknowledgedAt: end + 1))
            }
            start = end + 1
        }
        return items
    }

    /// At least so many events and bytes.
    fileprivate static func storeFile(events: Int, size: Int = 0) throws -> [UInt8] {
        let disk = SimulatedDisk([:])
        var options = FileLiveReplayStore.Options()
        // Nothing is let go, so the file only grows.
        options.bounds = LiveReplayBounds(capacity: 1 << 40, maximumAge: .max)
        let store = try FileLiveReplayStore(path: "live", options: options, on: disk, now: { 0 }, origin: { 0 })
        var number = 0
        // An event takes more than a hundred bytes.
        while number < max(events, size / 100) {
            defer { number += 1 }
            _ = try store.append(
                sessionID: "session \(number % 3)", revision: SessionRevision(UInt64(number / 4)),
                payload: .agentFrameSwitched(frameID: "\(number)"))
        }
        return disk.contents["live"] ?? []
    }
}

extension FuzzTarget {
    fileprivate static let liveReplayStore = FuzzTarget.promises(
        of: LiveReplayStoreFormat(), sample: { try FormatKit.storeFile(events: $0.choose("events", below: 8)) })

    fileprivate static let cursor = FuzzTarget(
        "cursor",
        seeds: {
            (0..<seedCount).map { seed in
                let cursor = SessionCursor(sessionID: "s\(seed):é", revision: SessionRevision(7), position: 9)
                return Array(cursor.text.utf8)
            }
        },
        examine: { input in
            let text = String(decoding: input, as: UTF8.self)
            guard let parts = try? SessionCursor(text: text).parts() else { return }
            let again = SessionCursor(sessionID: parts.sessionID, revision: parts.revision, position: parts.position)
            let twice = try again.parts()
            try expect(
                twice.sessionID == parts.sessionID && twice.position == parts.position
                    && twice.revision == parts.revision, "What a cursor says makes a cursor that says the same.")
        })
}
