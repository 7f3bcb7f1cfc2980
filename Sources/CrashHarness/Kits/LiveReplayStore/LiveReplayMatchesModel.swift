// Live replay stores against the naive model, operation by operation.

import LiveReplay
import SessionFormats
import Synchronization

/// The store answers every sequence of operations as the model does.
public struct LiveReplayMatchesModel: Judge {
    /// Which sequences are looked at.
    public enum Sequences: Sendable {
        /// Up to 60 operations on 3 sessions.
        case long
        /// The same with the store in a file, which answers as the one in memory does.
        case inFile
        /// Exactly so many on 2 sessions, few enough to look at all of them.
        case all(length: Int)
    }

    /// The judge's name.
    public var name: String {
        switch sequences {
        case .long: "live-replay-model"
        case .inFile: "live-replay-file-model"
        case .all(let length): "live-replay-all-\(length)"
        }
    }
    /// What must hold.
    public let promise =
        "A live replay store answers every sequence of operations as a naive model of it does, gaps and lag included."
    private let sequences: Sequences

    /// Makes the judge.
    public init(_ sequences: Sequences = .long) { self.sequences = sequences }

    /// Looks at one sequence.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        evidence.cases += 1
        let capacity = choices.choose("capacity", below: 4)
        let age = choices.pick("maximum age", [0, 1, 1_000] as [UInt64])
        let length =
            switch sequences {
            case .all(let exactly): exactly
            case .long, .inFile: choices.choose("operations", below: 61)
            }
        var run = LiveReplayRun(sequences, capacity: capacity, maximumAge: age)
        for step in 0..<length { try run.step(&choices, isLast: step == length - 1) }
        try run.checkTails()
    }
}

/// The store and the model side by side.
private struct LiveReplayRun {
    private final class Clock: Sendable {
        let now = Atomic<UInt64>(0)
    }

    private let clock = Clock()
    private let store: any LiveReplayStore
    private var model: LiveReplayModel
    private var subscriptions: [LiveReplaySubscription] = []
    private let sessions: Int
    /// Sessions are alike, so the first one that is used may as well be the first.
    private var usedSessions = 0
    private var story: [Operation] = []

    private enum Operation {
        case append(Int)
        case timePasses
        case replay(Int)
        case trim(Int)
        case subscribe(Int, after: Int)
        case poll
    }

    private static let names = ["a", "b:b", "c"]
    /// Cursors by session and position, for every position that a run can reach.
    private static let cursors = names.map { name in
        (0...64).map { SessionCursor(sessionID: name, revision: SessionRevision(0), position: UInt64($0)) }
    }

    init(_ sequences: LiveReplayMatchesModel.Sequences, capacity: Int, maximumAge: UInt64) {
        let bounds = LiveReplayBounds(capacity: UInt64(capacity), maximumAge: maximumAge)
        let now = { @Sendable [clock] in clock.now.load(ordering: .relaxed) }
        switch sequences {
        case .all, .long: store = InMemoryLiveReplayStore(bounds: bounds, now: now)
        case .inFile: store = Self.storeInFile(bounds, now)
        }
        if case .all = sequences { sessions = 2 } else { sessions = 3 }
        model = LiveReplayModel(capacity: capacity, maximumAge: maximumAge, sessions: sessions)
        story.reserveCapacity(8)
    }

    /// A file cannot fail on this disk; if it does, the memory's answers are not what is judged, so this must be seen.
    private static func storeInFile(
        _ bounds: LiveReplayBounds, _ now: @escaping @Sendable () -> UInt64
    ) -> any LiveReplayStore {
        var options = FileLiveReplayStore.Options()
        options.bounds = bounds
        options.reservation = 5
        do {
            return try FileLiveReplayStore(
                path: "live.jsonl", options: options, on: SimulatedDisk(), now: now, origin: { 0 })
        } catch { preconditionFailure("A store in memory's disk cannot be opened: \(error)") }
    }

    private var now: UInt64 { clock.now.load(ordering: .relaxed) }

    /// One operation. Those that would do nothing are left out, since shorter sequences show the same: time that passes
    /// before the first operation or behind the last, and polls without a subscription.
    mutating func step(_ choices: inout Choices, isLast: Bool) throws(Violation) {
        let timeMatters = !story.isEmpty && !isLast
        switch choices.choose("operation", below: 5 + (timeMatters ? 1 : 0) + (subscriptions.isEmpty ? 0 : 1)) {
        case 0: try append(session(&choices))
        case 1: try replay(session(&choices))
        case 2: try trim(session(&choices))
        case 3: try subscribe(session(&choices), fromStart: true)
        case 4: try subscribe(session(&choices), fromStart: false)
        case 5 where timeMatters:
            clock.now.add(1, ordering: .relaxed)
            story.append(.timePasses)
        default: try pollAll()
        }
    }

    private mutating func session(_ choices: inout Choices) -> Int {
        let session = choices.choose("session", below: min(usedSessions + 1, sessions))
        usedSessions = max(usedSessions, session + 1)
        return session
    }

    private func cursor(_ session: Int, _ position: Int) -> SessionCursor { Self.cursors[session][position] }

    private mutating func append(_ session: Int) throws(Violation) {
        story.append(.append(session))
        let position = model.append(session, now: now)
        let payload = SessionObservationPayload.agentFrameSwitched(frameID: "f")
        let event = try? store.append(sessionID: Self.names[session], revision: SessionRevision(0), payload: payload)
        if event?.cursor == cursor(session, position) { return }
        throw violation(cursor(session, position).text, event?.cursor.text ?? "an error")
    }

    /// Asks behind every position at once; the answers do not depend on one another.
    private mutating func replay(_ session: Int) throws(Violation) {
        story.append(.replay(session))
        for position in 0...model.tail(session) + 1 {
            let expected = model.replay(session, after: position, now: now)
            switch (expected, try? store.replay(after: cursor(session, position))) {
            case (.gap(let reason), .gap(let got)?) where reason == got: continue
            case (.positions(let positions), .replayed(let events)?)
            where events.count == positions.count
                && zip(positions, events).allSatisfy({ cursor(session, $0) == $1.cursor }):
                continue
            case (_, let got): throw violation("\(expected) behind \(position)", got.map { "\($0)" } ?? "an error")
            }
        }
    }

    private mutating func trim(_ session: Int) throws(Violation) {
        story.append(.trim(session))
        model.trim(session, now: now)
        if (try? store.trim(sessionID: Self.names[session])) == nil { throw violation("trimmed", "an error") }
    }

    private mutating func subscribe(_ session: Int, fromStart: Bool) throws(Violation) {
        let position = fromStart ? 0 : model.tail(session)
        story.append(.subscribe(session, after: position))
        let gap = model.subscribe(session, after: position, now: now)
        switch (gap, try? store.subscribe(after: cursor(session, position))) {
        case (nil, .subscribed(let subscription)?): subscriptions.append(subscription)
        case (let reason?, .gap(let got)?) where reason == got: return
        case (let reason, _): throw violation(reason.map { "\($0)" } ?? "a subscription", "something else")
        }
    }

    private mutating func pollAll() throws(Violation) {
        story.append(.poll)
        for (number, subscription) in subscriptions.enumerated() {
            let expected = model.poll(number)
            switch (expected, subscription.poll()) {
            case (.position(let position), .event(let event))
            where (try? event.cursor.parts().position) == UInt64(position): continue
            case (.lagged(let count), .lagged(let got)) where UInt64(count) == got: continue
            case (.pending, .pending): continue
            case (_, let got): throw violation("\(expected)", "\(got)")
            }
        }
    }

    func checkTails() throws(Violation) {
        for session in 0..<sessions {
            let expected = cursor(session, model.tail(session))
            let got = store.currentCursor(sessionID: Self.names[session], revision: SessionRevision(0))
            if got != expected { throw violation(expected.text, got.text) }
        }
    }

    private func violation(_ expected: String, _ got: String) -> Violation {
        let steps = ["capacity \(model.capacity), age \(model.maximumAge)"] + story.map(Self.words)
        let text = steps.map { $0 + "\n" }.joined()
        return Violation(expected: expected, got: got, file: Array(text.utf8), fileName: "operations.txt")
    }

    private static func words(_ operation: Operation) -> String {
        switch operation {
        case .append(let session): "append to \(names[session])"
        case .timePasses: "time passes"
        case .replay(let session): "replay \(names[session])"
        case .trim(let session): "trim \(names[session])"
        case .subscribe(let session, let position): "subscribe to \(names[session]) behind \(position)"
        case .poll: "poll"
        }
    }
}
