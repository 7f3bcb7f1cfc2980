// A live replay store's file that a crash cut short, opened again.

import LiveReplay
import SessionFormats

/// What survives is a prefix, and cursors of what did not are unavailable for good.
public struct LiveReplayFileAfterCrash: Judge {
    /// The judge's name.
    public let name = "live-replay-file-crash"
    /// What must hold.
    public let promise =
        "After a crash a live replay store holds a prefix of what was appended, and no cursor beyond it is ever answered "
        + "with events."

    /// Makes the judge.
    public init() {}

    /// An event that was appended, and how long the file was then.
    private struct Appended {
        var session: String
        var event: SessionObservationEvent
        var end: Int
    }

    private static let path = "live.jsonl"
    private static let sessions = ["a", "b:b", "e\u{301}"]

    /// Looks at one crash, or at several in a row.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        evidence.cases += 1
        let disk = SimulatedDisk()
        var survivors: [Appended] = []
        var lost: [Appended] = []
        for life in 0...choices.choose("crashes", below: 3) {
            let store = try open(disk)
            try check(store, survivors, lost, disk)
            let appended = try append(&choices, life, store, disk)
            store.close()
            let kept = failPower(disk, &choices)
            survivors += appended.filter { $0.end <= kept }
            lost += appended.filter { $0.end > kept }
        }
        try check(try open(disk), survivors, lost, disk)
    }

    private func size(_ disk: SimulatedDisk) -> Int { disk.contents[Self.path]?.count ?? 0 }

    /// Leaves what a power cut may leave; returns how many bytes at the file's beginning are as they were.
    private func failPower(_ disk: SimulatedDisk, _ choices: inout Choices) -> Int {
        let written = disk.contents[Self.path] ?? []
        let states = CrashStates(
            disk.trace, choices.pick("what the disk promises", PersistenceModel.allCases), isHashing: false)
        let point = states.point(at: states.count)
        point.choose(&choices)
        disk.restart(with: point.files, folders: point.tree.folders, of: point.tree.fileNumbers)
        return zip(written, disk.contents[Self.path] ?? []).prefix { $0 == $1 }.count
    }

    private func open(_ disk: SimulatedDisk) throws(Violation) -> FileLiveReplayStore {
        // So few that they run out in the middle of a life.
        var options = FileLiveReplayStore.Options()
        options.reservation = 3
        do throws(LiveReplayStoreError) {
            return try FileLiveReplayStore(path: Self.path, options: options, on: disk, now: { 0 }, origin: { 0 })
        } catch {
            throw violation("a store that opens", error.description, disk)
        }
    }

    private func append(
        _ choices: inout Choices, _ life: Int, _ store: FileLiveReplayStore, _ disk: SimulatedDisk
    ) throws(Violation) -> [Appended] {
        var appended: [Appended] = []
        for number in 0..<choices.choose("appends", below: 12) {
            let session = choices.pick("session", Self.sessions)
            do throws(LiveReplayStoreError) {
                let event = try store.append(
                    sessionID: session, revision: SessionRevision(UInt64(life)),
                    payload: .agentFrameSwitched(frameID: "\(life)-\(number)"))
                appended.append(
                    Appended(session: session, event: event, end: size(disk)))
            } catch { throw violation("an event that is appended", error.description, disk) }
        }
        return appended
    }

    private func check(
        _ store: FileLiveReplayStore, _ survivors: [Appended], _ lost: [Appended], _ disk: SimulatedDisk
    ) throws(Violation) {
        for session in Self.sessions {
            let expected = survivors.filter { $0.session.utf8.elementsEqual(session.utf8) }.map(\.event)
            let start = SessionCursor(sessionID: session, revision: SessionRevision(0), position: 0)
            for (index, cursor) in ([start] + expected.map(\.cursor)).enumerated() {
                let got = try? store.replay(after: cursor)
                guard case .replayed(let events)? = got, events.elementsEqual(expected[index...]) else {
                    throw violation("\(expected.count - index) events behind \(cursor.text)", "\(got as Any)", disk)
                }
            }
        }
        for gone in lost {
            let got = try? store.replay(after: gone.event.cursor)
            if got != .gap(.unavailable) {
                throw violation("unavailable behind \(gone.event.cursor.text)", "\(got as Any)", disk)
            }
        }
    }

    private func violation(_ expected: String, _ got: String, _ disk: SimulatedDisk) -> Violation {
        Violation(expected: expected, got: got, file: disk.contents[Self.path] ?? [], fileName: Self.path)
    }
}
