// How another implementation of a live replay store is checked: by what it answered.
//
// A trace is JSON Lines: a header with the bounds, then one operation a line with the time at which it ran and the answer
// that the implementation gave. Checking runs our store on the same operations and clock and compares every answer.

import SessionFormats

/// A recorded run of a store.
public struct LiveReplayTrace: Sendable {
    /// The header's `type`.
    public static let type = "live_replay_trace"

    /// An operation.
    public enum Operation: Sendable, Equatable {
        /// Append an event.
        case append(sessionID: String, revision: SessionRevision, payload: SessionObservationPayload)
        /// Ask for the events behind a cursor.
        case replay(SessionCursor)
        /// Begin subscription `id` behind a cursor.
        case subscribe(id: UInt64, SessionCursor)
        /// Take what subscription `id` has, without waiting.
        case next(id: UInt64)
        /// Ask where a session's stream is.
        case currentCursor(sessionID: String, revision: SessionRevision)
        /// Trim a session.
        case trim(sessionID: String)
        /// The store goes away.
        case close
    }

    /// An operation as it was recorded.
    public struct Step: Sendable {
        /// Its 1-based line.
        public var line: Int
        /// Where the line begins, in bytes.
        public var offset: Int
        /// The clock when it ran, in milliseconds.
        public var atMilliseconds: UInt64
        /// What was done.
        public var operation: Operation
        /// What was answered, as canonical JSON.
        public var result: CanonicalJSON
    }

    /// How much the store kept.
    public var bounds: LiveReplayBounds
    /// What was done, in order.
    public var steps: [Step]

    /// Why a file is no trace.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        /// The 1-based line.
        public var line: Int
        /// Where, in bytes from the start of the file.
        public var offset: Int
        /// What was expected there.
        public var expected: String
        /// One sentence.
        public var description: String { "Line \(line), byte \(offset): \(expected) was expected." }
    }

    /// An answer that is not the one that had to come.
    public struct Difference: Sendable, Equatable {
        /// The line of the operation.
        public var line: Int
        /// Where the line begins, in bytes.
        public var offset: Int
        /// What our store answers, as JSON.
        public var expected: String
        /// What the trace says, as JSON.
        public var recorded: String
    }

    /// Reads a trace.
    ///
    /// - Throws: `Malformed` with the line and what was expected there.
    public static func read(_ bytes: FileBytes) throws(Malformed) -> LiveReplayTrace {
        var reader = LiveReplayTraceReader(bytes)
        let bounds = try reader.header()
        var steps: [Step] = []
        while let step = try reader.step() { steps.append(step) }
        return LiveReplayTrace(bounds: bounds, steps: steps)
    }

    /// Runs our store on the same operations.
    ///
    /// - Returns: The first difference, nil when every answer is the same.
    public func firstDifference() -> Difference? {
        let run = LiveReplayTraceRun(bounds)
        for step in steps {
            let expected = run.answer(step.operation, atMilliseconds: step.atMilliseconds)
            if expected != step.result {
                return Difference(
                    line: step.line, offset: step.offset, expected: expected.description,
                    recorded: step.result.description)
            }
        }
        return nil
    }
}

/// Reads a trace line by line.
private struct LiveReplayTraceReader {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 0
    private var start = 0
    private var time: UInt64 = 0
    private var isClosed = false

    init(_ file: FileBytes) { bytes = file.copy(0..<file.count) }

    mutating func header() throws(LiveReplayTrace.Malformed) -> LiveReplayBounds {
        guard let value = try nextValue(), value["type"]?.string == LiveReplayTrace.type else {
            throw expected("{\"type\":\"\(LiveReplayTrace.type)\",\"version\":1,…}")
        }
        guard value["version"]?.unsigned == 1 else { throw expected("version 1") }
        let (age, overflow) = try number("max_age_ms", in: value).multipliedReportingOverflow(by: 1_000_000)
        return LiveReplayBounds(capacity: try number("capacity", in: value), maximumAge: overflow ? .max : age)
    }

    mutating func step() throws(LiveReplayTrace.Malformed) -> LiveReplayTrace.Step? {
        guard let value = try nextValue() else { return nil }
        let atMilliseconds = try number("at_ms", in: value)
        guard atMilliseconds >= time else {
            throw expected("a clock that does not run backwards (at_ms \(time) or more)")
        }
        time = atMilliseconds
        guard let result = value["result"] else { throw expected("a result") }
        let operation = try operation(in: value)
        if isClosed, !isNext(operation) { throw expected("only \"next\" behind \"close\"") }
        isClosed = isClosed || operation == .close
        return LiveReplayTrace.Step(
            line: line, offset: start, atMilliseconds: atMilliseconds, operation: operation, result: result.canonical)
    }

    private func isNext(_ operation: LiveReplayTrace.Operation) -> Bool {
        if case .next = operation { return true }
        return false
    }

    private func operation(in value: JSONValue) throws(LiveReplayTrace.Malformed) -> LiveReplayTrace.Operation {
        switch value["op"]?.string {
        case "append":
            guard let json = value["payload"], let payload = SessionObservationPayload(json) else {
                throw expected("a payload of a known kind")
            }
            return .append(
                sessionID: try string("session", in: value), revision: try revision(in: value), payload: payload)
        case "replay": return .replay(SessionCursor(text: try string("cursor", in: value)))
        case "subscribe":
            return .subscribe(id: try number("id", in: value), SessionCursor(text: try string("cursor", in: value)))
        case "next": return .next(id: try number("id", in: value))
        case "current_cursor":
            return .currentCursor(sessionID: try string("session", in: value), revision: try revision(in: value))
        case "trim": return .trim(sessionID: try string("session", in: value))
        case "close": return .close
        default:
            throw expected("an op that is append, replay, subscribe, next, current_cursor, trim or close")
        }
    }

    /// The next line that is not blank.
    private mutating func nextValue() throws(LiveReplayTrace.Malformed) -> JSONValue? {
        while at < bytes.count {
            line += 1
            start = at
            let end = bytes[at...].firstIndex(of: 0x0A) ?? bytes.count
            at = end + 1
            let text = bytes[start..<end]
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            do throws(CanonicalJSON.Invalid) { return try JSONValue(text) } catch {
                throw LiveReplayTrace.Malformed(line: line, offset: start + error.offset, expected: "JSON")
            }
        }
        return nil
    }

    private func number(_ key: String, in value: JSONValue) throws(LiveReplayTrace.Malformed) -> UInt64 {
        guard let number = value[key]?.unsigned else { throw expected("an integer \"\(key)\"") }
        return number
    }

    private func string(_ key: String, in value: JSONValue) throws(LiveReplayTrace.Malformed) -> String {
        guard let string = value[key]?.string else { throw expected("a string \"\(key)\"") }
        return string
    }

    private func revision(in value: JSONValue) throws(LiveReplayTrace.Malformed) -> SessionRevision {
        SessionRevision(try number("revision", in: value))
    }

    private func expected(_ what: String) -> LiveReplayTrace.Malformed {
        LiveReplayTrace.Malformed(line: max(line, 1), offset: start, expected: what)
    }
}
