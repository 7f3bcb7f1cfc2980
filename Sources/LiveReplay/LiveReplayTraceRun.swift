// Our store, asked what a trace asked another one.

import SessionFormats
import Synchronization

/// Our store, driven by a trace.
final class LiveReplayTraceRun {
    private let clock = TraceClock()
    private var store: InMemoryLiveReplayStore?
    private var subscriptions: [UInt64: LiveReplaySubscription] = [:]

    init(_ bounds: LiveReplayBounds) {
        store = InMemoryLiveReplayStore(bounds: bounds, now: { [clock] in clock.now })
    }

    /// What our store answers, in the trace's words.
    func answer(_ operation: LiveReplayTrace.Operation, atMilliseconds: UInt64) -> CanonicalJSON {
        clock.set(milliseconds: atMilliseconds)
        var json = JSONRecordPrinter()
        do throws(LiveReplayStoreError) {
            try answer(operation, &json)
        } catch {
            json.field("error", string: error.description)
        }
        return CanonicalJSON(canonical: json.finish())
    }

    private func answer(
        _ operation: LiveReplayTrace.Operation, _ json: inout JSONRecordPrinter
    ) throws(LiveReplayStoreError) {
        if case .next(let id) = operation {
            answerNext(id, &json)
            return
        }
        guard let store else { throw .closed }
        switch operation {
        case .append(let sessionID, let revision, let payload):
            let event = try store.append(sessionID: sessionID, revision: revision, payload: payload)
            json.field("cursor", string: event.cursor.text)
        case .replay(let cursor):
            switch try store.replay(after: cursor) {
            case .replayed(let events): json.field("events", strings: events.map(\.cursor.text))
            case .gap(let reason): json.field("gap", string: reason.rawValue)
            }
        case .subscribe(let id, let cursor):
            switch try store.subscribe(after: cursor) {
            case .subscribed(let subscription):
                subscriptions[id] = subscription
                json.field("subscribed", bool: true)
            case .gap(let reason): json.field("gap", string: reason.rawValue)
            }
        case .currentCursor(let sessionID, let revision):
            json.field("cursor", string: store.currentCursor(sessionID: sessionID, revision: revision).text)
        case .trim(let sessionID):
            try store.trim(sessionID: sessionID)
            json.field("ok", bool: true)
        case .close:
            self.store = nil
            json.field("ok", bool: true)
        case .next: break
        }
    }

    private func answerNext(_ id: UInt64, _ json: inout JSONRecordPrinter) {
        switch subscriptions[id]?.poll() {
        case .event(let event): json.field("cursor", string: event.cursor.text)
        case .lagged(let count): json.field("lagged", integer: count)
        case .pending: json.field("pending", bool: true)
        case .closed: json.field("closed", bool: true)
        case nil: json.field("error", string: "there is no subscription \(id)")
        }
    }
}

/// A clock that stands where it is put.
private final class TraceClock: Sendable {
    private let nanoseconds = Atomic<UInt64>(0)

    var now: UInt64 { nanoseconds.load(ordering: .relaxed) }

    func set(milliseconds: UInt64) {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        nanoseconds.store(overflow ? .max : product, ordering: .relaxed)
    }
}
