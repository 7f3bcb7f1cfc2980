// The bytes of a replay segment or sidecar as the harness lays them out, field by field.
//
// This is a second encoder, written from the format's description and sharing no code with the library's, so that the
// two can be compared. It notes for each byte which field it belongs to and whether that field says what follows
// (lengths, counts, tags) or is a plain value.

import SessionFormats

struct ReplayLayout: Sendable {
    struct Field: Sendable, Equatable {
        /// With the numbers of list items: "session[0].actions[2].sequence".
        var path: String
        var range: Range<Int>
        /// Whether what follows depends on it.
        var isStructure: Bool
    }

    private(set) var bytes: [UInt8] = []
    private(set) var fields: [Field] = []
    /// Each session's bytes, without the length before them.
    private(set) var sessionRanges: [Range<Int>] = []
    private var path = ""

    init(segment sessions: [ReplaySession]) {
        add("magic", Array("MV2RPLY!".utf8), isStructure: true)
        add("version", UInt32(1), isStructure: true)
        add("session_count", UInt32(sessions.count), isStructure: true)
        let sizeField = bytes.count
        add("total_size", UInt64(0), isStructure: true)
        for (number, session) in sessions.enumerated() {
            let lengthField = bytes.count
            within("session[\(number)]") { layout in
                layout.add("length", UInt64(0), isStructure: true)
                layout.add(session)
            }
            let body = lengthField + 8..<bytes.count
            sessionRanges.append(body)
            patch(lengthField, UInt64(body.count))
        }
        patch(sizeField, UInt64(bytes.count))
    }

    init(sidecar active: ActiveSession) {
        add("magic", Array("MV2ACTIV".utf8), isStructure: true)
        add("length", UInt64(0), isStructure: true)
        within("session") { $0.add(active.session) }
        sessionRanges = [16..<bytes.count]
        add("next_checkpoint_id", active.nextCheckpointID)
        add("actions_since_checkpoint", active.actionsSinceCheckpoint)
        add("auto_checkpoint_interval", active.configuration.autoCheckpointInterval)
        add("max_actions_per_session", option: active.configuration.maximumActions) { $0.add("value", $1) }
        add("auto_record", [active.configuration.recordsAutomatically ? 1 : 0])
        patch(8, UInt64(bytes.count - 16))
    }

    /// The field that a byte belongs to.
    func field(at offset: Int) -> Field? {
        var (low, high) = (0, fields.count)
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].range.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low < fields.count ? fields[low] : nil
    }

    /// A field's path without the numbers of list items.
    static func kind(of path: String) -> String {
        var isNumber = false
        return String(
            path.filter { character in
                if character == "[" { isNumber = true }
                defer { if character == "]" { isNumber = false } }
                return !isNumber
            })
    }

    // MARK: Parts

    private mutating func add(_ session: ReplaySession) {
        add("session_id.length", UInt64(16), isStructure: true)
        add("session_id", session.id.bytes)
        add("name", option: session.name) { $0.add("text", $1) }
        add("created_secs", session.createdSeconds)
        add("ended_secs", option: session.endedSeconds) { $0.add("value", $1) }
        add("checkpoints", list: session.checkpoints) { $0.add($1) }
        add("actions", list: session.actions) { $0.add($1) }
        add("metadata", list: session.metadata) { layout, entry in
            layout.add("key", entry.key)
            layout.add("value", entry.value)
        }
        add("version", session.version)
    }

    private mutating func add(_ checkpoint: Checkpoint) {
        add("id", checkpoint.id)
        add("at_sequence", checkpoint.atSequence)
        add("timestamp_secs", checkpoint.timestampSeconds)
        add("state_hash", checkpoint.stateHash.bytes)
        let snapshot = checkpoint.snapshot
        add("frame_count", snapshot.frameCount)
        add("frame_ids", list: snapshot.frameIDs) { $0.add("id", $1) }
        add("lex_index_hash", option: snapshot.textIndexHash) { $0.add("hash", $1.bytes) }
        add("vec_index_hash", option: snapshot.vectorIndexHash) { $0.add("hash", $1.bytes) }
        add("wal_sequence", snapshot.logSequence)
        add("generation", snapshot.generation)
    }

    private mutating func add(_ action: ReplayAction) {
        add("sequence", action.sequence)
        add("timestamp_secs", action.timestampSeconds)
        within("action_type") { $0.add(action.type) }
        add("input_hash", action.inputHash.bytes)
        add("output_hash", action.outputHash.bytes)
        add("input_preview", action.inputPreview)
        add("output_preview", action.outputPreview)
        add("affected_frames", list: action.affectedFrames) { $0.add("id", $1) }
        add("duration_ms", action.durationMilliseconds)
    }

    private mutating func add(_ type: ActionType) {
        func variant(_ number: UInt32, _ layout: inout ReplayLayout) {
            layout.add("variant", number, isStructure: true)
        }
        switch type {
        case .put(let frame):
            variant(0, &self)
            add("frame_id", frame)
        case .putMany(let frames, let count):
            variant(1, &self)
            add("frame_ids", list: frames) { $0.add("id", $1) }
            add("count", count)
        case .find(let query, let mode, let count):
            variant(2, &self)
            add("query", query)
            add("mode", mode)
            add("result_count", count)
        case .ask(let query, let provider, let model):
            variant(3, &self)
            add("query", query)
            add("provider", provider)
            add("model", model)
        case .checkpoint(let id):
            variant(4, &self)
            add("checkpoint_id", id)
        case .update(let frame):
            variant(5, &self)
            add("frame_id", frame)
        case .delete(let frame):
            variant(6, &self)
            add("frame_id", frame)
        case .toolCall(let name, let hash):
            variant(7, &self)
            add("name", name)
            add("args_hash", hash.bytes)
        }
    }

    // MARK: Elements

    private mutating func within(_ step: String, _ body: (inout ReplayLayout) -> Void) {
        let outer = path
        path = path.isEmpty ? step : "\(path).\(step)"
        body(&self)
        path = outer
    }

    private mutating func add(_ name: String, _ raw: [UInt8], isStructure: Bool = false) {
        let range = bytes.count..<bytes.count + raw.count
        bytes += raw
        fields.append(Field(path: path.isEmpty ? name : "\(path).\(name)", range: range, isStructure: isStructure))
    }

    private mutating func add(_ name: String, _ value: some FixedWidthInteger, isStructure: Bool = false) {
        let raw = (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        add(name, raw, isStructure: isStructure)
    }

    private mutating func add(_ name: String, _ text: String) {
        add("\(name).length", UInt64(text.utf8.count), isStructure: true)
        if !text.isEmpty { add(name, Array(text.utf8)) }
    }

    private mutating func add<Value>(
        _ name: String, option: Value?, _ body: (inout ReplayLayout, Value) -> Void
    ) {
        within(name) { layout in
            layout.add("option", [option == nil ? 0 : 1], isStructure: true)
            if let option { body(&layout, option) }
        }
    }

    private mutating func add<Value>(
        _ name: String, list: [Value], _ body: (inout ReplayLayout, Value) -> Void
    ) {
        add("\(name).count", UInt64(list.count), isStructure: true)
        for (number, value) in list.enumerated() { within("\(name)[\(number)]") { body(&$0, value) } }
    }

    private mutating func patch(_ offset: Int, _ value: UInt64) {
        for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }
}
