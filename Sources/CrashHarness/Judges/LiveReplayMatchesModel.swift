// A live replay store against the naive model, operation by operation.

import SessionFormats
import Synchronization

/// The store answers every sequence of operations as the model does.
public struct LiveReplayMatchesModel: Judge {
    /// Which sequences are looked at.
    public enum Sequences: Sendable {
        /// Up to 60 operations on 3 sessions.
        case long
        /// Exactly so many on 2 sessions, few enough to look at all of them.
        case all(length: Int)
    }

    /// The judge's name.
    public var name: String {
        switch sequences {
        case .long: "live-replay-model"
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
        switch sequences {
        case .all(let length):
            var run = LiveReplayRun(capacity: capacity, maximumAge: age, sessions: 2)
            for _ in 0..<length { try run.step(&choices) }
            try run.checkTails()
        case .long:
            var run = LiveReplayRun(capacity: capacity, maximumAge: age, sessions: 3)
            for _ in 0..<choices.choose("operations", below: 61) { try run.step(&choices) }
            try run.checkTails()
        }
    }
}

/// The store and the model side by side.
private struct LiveReplayRun {
    private final class Clock: Sendable {
        let now = Atomic<UInt64>(0)
    }

    private let clock = Clock()
    private let store: InMemoryLiveReplayStore
    private var model: LiveReplayModel
    private var subscriptions: [LiveReplaySubscription] = []
    private let names: [String]
    /// Sessions are alike, so the first one that is used may as well be the first.
    private var usedSessions = 0
    private var story: [String] = []

    init(capacity: Int, maximumAge: UInt64, sessions: Int) {
        store = InMemoryLiveReplayStore(
            bounds: LiveReplayBounds(capacity: UInt64(capacity), maximumAge: maximumAge),
            now: { [clock] in clock.now.load(ordering: .relaxed) })
        model = LiveReplayModel(capacity: capacity, maximumAge: maximumAge, sessions: sessions)
        names = ["a", "b:b", "c"].prefix(sessions).map { $0 }
    }

    private var now: UInt64 { clock.now.load(ordering: .relaxed) }

    mutating func step(_ choices: inout Choices) throws(Violation) {
        switch choices.choose("operation", below: 7) {
        case 0: try append(session(&choices))
        case 1:
            clock.now.add(1, ordering: .relaxed)
            story.append("time passes")
        case 2: try replay(session(&choices))
        case 3: try trim(session(&choices))
        case 4: try subscribe(session(&choices), fromStart: true)
        case 5: try subscribe(session(&choices), fromStart: false)
        default: try pollAll()
        }
    }

    private mutating func session(_ choices: inout Choices) -> Int {
        let session = choices.choose("session", below: min(usedSessions + 1, names.count))
        usedSessions = max(usedSessions, session + 1)
        return session
    }

    private func cursor(_ session: Int, _ position: Int) -> SessionCursor {
        SessionCursor(sessionID: names[session], revision: SessionRevision(0), position: UInt64(position))
    }

    private mutating func append(_ session: Int) throws(Violation) {
        story.append("append to \(names[session])")
        let position = model.append(session, now: now)
        let payload = SessionObservationPayload.agentFrameSwitched(frameID: "f")
        let event = try? store.append(sessionID: names[session], revision: SessionRevision(0), payload: payload)
        try expect(cursor(session, position).text, event?.cursor.text ?? "an error")
    }

    /// Asks behind every position at once; the answers do not depend on one another.
    private mutating func replay(_ session: Int) throws(Violation) {
        story.append("replay \(names[session])")
        for position in 0...model.tail(session) + 1 {
            let expected = model.replay(session, after: position, now: now)
            switch (expected, try? store.replay(after: cursor(session, position))) {
            case (.gap(let reason), .gap(let got)?) where reason == got: continue
            case (.positions(let positions), .replayed(let events)?)
            where events.count == positions.count
                && zip(positions, events).allSatisfy({ cursor(session, $0) == $1.cursor }):
                continue
            case (_, let got): try expect("\(expected) behind \(position)", got.map { "\($0)" } ?? "an error")
            }
        }
    }

    private mutating func trim(_ session: Int) throws(Violation) {
        story.append("trim \(names[session])")
        model.trim(session, now: now)
        if (try? store.trim(sessionID: names[session])) == nil { try expect("trimmed", "an error") }
    }

    private mutating func subscribe(_ session: Int, fromStart: Bool) throws(Violation) {
        let position = fromStart ? 0 : model.tail(session)
        story.append("subscribe to \(names[session]) behind \(position)")
        let gap = model.subscribe(session, after: position, now: now)
        switch (gap, try? store.subscribe(after: cursor(session, position))) {
        case (nil, .subscribed(let subscription)?): subscriptions.append(subscription)
        case (let reason?, .gap(let got)?) where reason == got: return
        case (let reason, _): try expect(reason.map { "\($0)" } ?? "a subscription", "something else")
        }
    }

    private mutating func pollAll() throws(Violation) {
        story.append("poll")
        for (number, subscription) in subscriptions.enumerated() {
            let expected = model.poll(number)
            switch (expected, subscription.poll()) {
            case (.position(let position), .event(let event))
            where (try? event.cursor.parts().position) == UInt64(position): continue
            case (.lagged(let count), .lagged(let got)) where UInt64(count) == got: continue
            case (.pending, .pending): continue
            case (_, let got): try expect("\(expected)", "\(got)")
            }
        }
    }

    func checkTails() throws(Violation) {
        for (session, name) in names.enumerated() {
            try expect(
                cursor(session, model.tail(session)).text,
                store.currentCursor(sessionID: name, revision: SessionRevision(0)).text)
        }
    }

    private func expect(_ expected: String, _ got: String) throws(Violation) {
        if expected == got { return }
        let steps = "capacity \(model.capacity), age \(model.maximumAge)\n" + story.joined(separator: "\n") + "\n"
        throw Violation(expected: expected, got: got, file: Array(steps.utf8), fileName: "operations.txt")
    }
}
