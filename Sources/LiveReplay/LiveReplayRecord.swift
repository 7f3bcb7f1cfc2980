// The lines of a live replay store's file.
//
//     {"type":"live_replay_store","version":1}
//     {"type":"life","first":1,"through":1048576}
//     {"type":"event","session":"s","revision":0,"position":1,"at":1700000000000000000,"payload":{…}}
//
// JSON Lines like a session log. Each time the store is opened begins a life: its positions are larger than all that any
// earlier life may have handed out, whether they survived or not, so no cursor ever stands for two events. `first` and
// `through` say which positions a life may hand out, and are durable before the first of them is used.

import SessionFormats

/// One line.
enum LiveReplayRecord: Equatable {
    static let type = "live_replay_store"
    /// Positions end here, so that no sum of them overflows.
    static let lastPosition = UInt64(1) << 62

    /// The first line.
    case header
    /// Positions from `first` to `through` may be handed out from here on.
    case life(first: UInt64, through: UInt64)
    /// Positions that a session had and that are not kept.
    case session(String, ranges: [ClosedRange<UInt64>])
    /// An event; `at` in nanoseconds since 1970.
    case event(session: String, revision: SessionRevision, position: UInt64, at: UInt64, SessionObservationPayload)

    /// The line, newline included.
    var line: [UInt8] {
        var json = JSONRecordPrinter()
        switch self {
        case .header:
            json.field("type", string: Self.type)
            json.field("version", integer: 1)
        case .life(let first, let through):
            json.field("type", string: "life")
            json.field("first", integer: first)
            json.field("through", integer: through)
        case .session(let session, let ranges):
            json.field("type", string: "session")
            json.field("session", string: session)
            json.field("ranges", list: ranges.map { Array("[\($0.lowerBound),\($0.upperBound)]".utf8) })
        case .event(let session, let revision, let position, let at, let payload):
            json.field("type", string: "event")
            json.field("session", string: session)
            json.field("revision", integer: revision.number)
            json.field("position", integer: position)
            json.field("at", integer: at)
            json.field("payload", json: payload.json)
        }
        return json.finish() + [0x0A]
    }

    /// Reads a line without its newline; nil for anything that `line` does not write.
    init?(_ bytes: some Collection<UInt8>) {
        // Halves of two different lines may make an object too, with other keys, or some of them twice.
        guard let record = Self.record(bytes), record.line.dropLast().elementsEqual(bytes) else { return nil }
        self = record
    }

    private static func record(_ bytes: some Collection<UInt8>) -> LiveReplayRecord? {
        guard let json = try? JSONValue(bytes), let type = json["type"]?.string else { return nil }
        switch type {
        case Self.type:
            guard json["version"]?.unsigned == 1 else { return nil }
            return .header
        case "life":
            guard let first = json.position("first"), let through = json.position("through"), first <= through
            else { return nil }
            return .life(first: first, through: through)
        case "session":
            guard let session = json["session"]?.string, let ranges = json.ranges else { return nil }
            return .session(session, ranges: ranges)
        case "event":
            guard let session = json["session"]?.string, let revision = json["revision"]?.unsigned,
                let position = json.position("position"), let at = json["at"]?.unsigned,
                let payload = json["payload"].flatMap(SessionObservationPayload.init)
            else { return nil }
            return .event(
                session: session, revision: SessionRevision(revision), position: position, at: at, payload)
        default: return nil
        }
    }
}

extension JSONValue {
    fileprivate func position(_ key: String) -> UInt64? {
        self[key]?.unsigned.flatMap { (1...LiveReplayRecord.lastPosition).contains($0) ? $0 : nil }
    }

    /// Ranges of positions, in order.
    fileprivate var ranges: [ClosedRange<UInt64>]? {
        guard case .array(let items)? = self["ranges"] else { return nil }
        var ranges: [ClosedRange<UInt64>] = []
        for item in items {
            guard case .array(let ends) = item, ends.count == 2, let first = ends[0].unsigned,
                let last = ends[1].unsigned, first <= last, last <= LiveReplayRecord.lastPosition,
                first > ranges.last?.upperBound ?? 0
            else { return nil }
            ranges.append(first...last)
        }
        return ranges
    }
}
