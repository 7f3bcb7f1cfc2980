// Writes a trace of the store in memory: what another implementation has to answer.

import SessionFormats

/// A trace that grows with each operation.
public struct LiveReplayTraceRecorder {
    private let run: LiveReplayTraceRun
    /// The trace so far, JSON Lines.
    public private(set) var bytes: [UInt8]

    /// Begins a trace of an empty store. A trace knows ages in whole milliseconds.
    public init(_ bounds: LiveReplayBounds) {
        let milliseconds = bounds.maximumAge / 1_000_000
        run = LiveReplayTraceRun(
            LiveReplayBounds(capacity: bounds.capacity, maximumAge: milliseconds * 1_000_000))
        var header = JSONRecordPrinter()
        header.field("type", string: LiveReplayTrace.type)
        header.field("version", integer: 1)
        header.field("capacity", integer: bounds.capacity)
        header.field("max_age_ms", integer: milliseconds)
        bytes = header.finish() + [0x0A]
    }

    /// Runs an operation and records it with its answer. Times must not decrease, and behind `close` only `next` may
    /// follow; `LiveReplayTrace` refuses what does not keep to that.
    public mutating func record(_ operation: LiveReplayTrace.Operation, atMilliseconds: UInt64) {
        var json = JSONRecordPrinter()
        json.field("at_ms", integer: atMilliseconds)
        json.field("op", string: operation.name)
        operation.printFields(&json)
        json.field("result", json: run.answer(operation, atMilliseconds: atMilliseconds).bytes)
        bytes += json.finish() + [0x0A]
    }
}

extension LiveReplayTrace.Operation {
    fileprivate var name: String {
        switch self {
        case .append: "append"
        case .replay: "replay"
        case .subscribe: "subscribe"
        case .next: "next"
        case .currentCursor: "current_cursor"
        case .trim: "trim"
        case .close: "close"
        }
    }

    fileprivate func printFields(_ json: inout JSONRecordPrinter) {
        switch self {
        case .append(let sessionID, let revision, let payload):
            json.field("session", string: sessionID)
            json.field("revision", integer: revision.number)
            json.field("payload", json: payload.json)
        case .replay(let cursor): json.field("cursor", string: cursor.text)
        case .subscribe(let id, let cursor):
            json.field("id", integer: id)
            json.field("cursor", string: cursor.text)
        case .next(let id): json.field("id", integer: id)
        case .currentCursor(let sessionID, let revision):
            json.field("session", string: sessionID)
            json.field("revision", integer: revision.number)
        case .trim(let sessionID): json.field("session", string: sessionID)
        case .close: break
        }
    }
}
