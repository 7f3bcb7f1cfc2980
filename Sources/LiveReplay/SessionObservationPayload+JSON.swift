// A payload's JSON: an object whose one key is the kind, as the reference's traces have it.

import SessionFormats

extension SessionObservationPayload {
    /// The payload as the reference's JSON.
    var json: [UInt8] {
        var outer = JSONRecordPrinter()
        switch self {
        case .turnActivity(let activity): outer.field("turn_activity", json: activity.bytes)
        case .committed(let view):
            outer.nest("committed") { $0.field("read_view", json: view.bytes) }
        case .agentFrameSwitched(let frameID):
            outer.nest("agent_frame_switched") { $0.field("frame_id", string: frameID) }
        case .queueChanged(let kind, let ids):
            outer.nest("queue_changed") {
                $0.field("kind", string: kind.rawValue)
                $0.field("batch_ids", strings: ids)
            }
        case .processChanged(let kind, let ids):
            outer.nest("process_changed") {
                $0.field("kind", string: kind.rawValue)
                $0.field("process_ids", strings: ids)
            }
        }
        return outer.finish()
    }

    /// Reads the reference's JSON: an object with the kind as its one key.
    init?(_ json: JSONValue) {
        guard case .object(let members) = json, members.count == 1, let member = members.first else { return nil }
        let value = member.value
        switch member.key {
        case "turn_activity": self = .turnActivity(value.canonical)
        case "committed":
            guard let view = value["read_view"] else { return nil }
            self = .committed(readView: view.canonical)
        case "agent_frame_switched":
            guard let frameID = value["frame_id"]?.string else { return nil }
            self = .agentFrameSwitched(frameID: frameID)
        case "queue_changed":
            guard let kind = value["kind"]?.string.flatMap(SessionQueueEventKind.init),
                let ids = value["batch_ids"]?.strings
            else { return nil }
            self = .queueChanged(kind: kind, batchIDs: ids)
        case "process_changed":
            guard let kind = value["kind"]?.string.flatMap(SessionProcessEventKind.init),
                let ids = value["process_ids"]?.strings
            else { return nil }
            self = .processChanged(kind: kind, processIDs: ids)
        default: return nil
        }
    }
}

extension JSONRecordPrinter {
    fileprivate mutating func nest(_ key: String, _ body: (inout JSONRecordPrinter) -> Void) {
        var inner = JSONRecordPrinter()
        body(&inner)
        field(key, json: inner.finish())
    }
}

extension JSONValue {
    /// The texts of an array that holds nothing else.
    fileprivate var strings: [String]? {
        guard case .array(let items) = self else { return nil }
        let strings = items.compactMap(\.string)
        return strings.count == items.count ? strings : nil
    }
}
