// Both views in one report: what is in the file, and what the agent's own reader would see of it.

struct AgentLogReport {
    private let scan: ScannedLog
    private let view: AgentView
    private let source: any LogSource
    private let options: ExaminationOptions
    private let graph: GraphRules
    private let findings: Findings

    init(_ scan: ScannedLog, _ view: AgentView, _ source: any LogSource, _ options: ExaminationOptions) {
        (self.scan, self.view, self.source, self.options) = (scan, view, source, options)
        let graph = GraphRules(scan, view, source)
        self.graph = graph
        var findings = Findings()
        if options.mode == .recover {
            findings.add(scan.findings)
            findings.add(graph.findings)
            findings.add(Self.remarks(scan, view))
            findings.add(CallRules(scan, shown: view.shown.entries, kept: view.kept).findings)
        }
        findings.add(view.findings)
        Self.addView(scan, view, options, &findings)
        self.findings = findings
    }

    // MARK: What the reader does

    private static func addView(
        _ scan: ScannedLog, _ view: AgentView, _ options: ExaminationOptions, _ findings: inout Findings
    ) {
        let bad = scan.badLines
        if options.mode == .reference, bad.count > 0, view.refusal == nil, !view.isOneObject, let first = bad.first {
            findings.add(
                .readerSkips, .warning, offset: first.place.lowerBound, length: first.place.count, line: first.line,
                "\(scan.log.reader.sentence) passes over \(bad.count) lines that are no records.")
        }
        if let refusal = view.refusal, options.mode == .recover {
            findings.add(.readerRefuses, .error, offset: 0, length: 0, "\(refusal.message) (\(refusal.kind))")
        } else if view.refusal == nil, view.shown.isEmpty, messageCount(scan) > 0, options.mode == .recover {
            findings.add(
                .readerShowsLess, .error, offset: 0, length: 0,
                "\(scan.log.reader.sentence) shows nothing of the \(messageCount(scan)) messages in the file.")
        }
        if view.isListed == false {
            findings.add(
                .notListed, .note, offset: 0, length: 0,
                "The list of sessions of \(scan.log.agent) does not have this file.")
        }
        guard options.mode == .recover, let name = options.fileName, let named = SessionName.session(in: name),
            let session = session(scan), SessionName.session(in: session) != nil, session != named
        else { return }
        findings.add(
            .sessionNameMismatch, .warning, offset: 0, length: 0, line: 1,
            "The file is named for the session \(named), and its records are of the session \(session).")
    }

    private static func messageCount(_ scan: ScannedLog) -> Int {
        zip(scan.plan.kinds, scan.kindCounts).reduce(0) { $0 + ($1.0.part.isMessage ? $1.1 : 0) }
    }

    private static func session(_ scan: ScannedLog) -> String? {
        if let header = scan.header, !header.session.isEmpty { return header.session }
        return scan.session.map(JSONText.string)
    }

    /// What is said of entries: it matters where they are part of the conversation.
    private static func remarks(_ scan: ScannedLog, _ view: AgentView) -> Findings {
        var findings = Findings()
        guard !scan.remarks.isEmpty else { return findings }
        var isInConversation = BitArray(count: scan.entries.count)
        for entry in view.shown.entries { isInConversation[entry] = true }
        for remark in scan.remarks {
            let entry = scan.entries[Int(remark.entry)]
            let isShown = isInConversation[remark.entry]
            findings.add(
                remark.code, isShown ? .error : .note, offset: entry.offset, length: Int(entry.length),
                line: Int(entry.line), remark.message + (isShown ? "." : "; the record is out of the conversation."))
        }
        return findings
    }

    // MARK: The examination

    /// - Parameter lines: The same bytes as they were read, where those are others; everything stands where it stands in the file.
    func examination(of bytes: FileBytes?, as lines: FileBytes? = nil) -> Examination {
        let id = scan.log.id
        if options.mode == .reference, let refusal = view.refusal {
            var refused = Examination(
                id, of: bytes, .unreadable,
                failure: Examination.Failure(kind: .init(rawValue: refusal.kind), message: refusal.message),
                findings: sorted)
            refused.findings.append(
                Finding(.readerRefuses, .error, offset: 0, length: 0, message: refusal.message))
            return refused
        }
        if scan.entries.isEmpty, view.shown.isEmpty, !view.isOneObject {
            let reason = "No record of \(scan.log.agent) was found."
            return Examination(
                id, of: bytes, .unreadable, failure: Examination.Failure(kind: "NoRecords", message: reason),
                findings: sorted.isEmpty
                    ? [Finding(.undecodable, .error, offset: 0, length: 0, message: reason)] : sorted)
        }
        return Examination(
            id, of: bytes, Verdict(worst: findings.worst), summary: summary, facts: facts,
            items: (lines ?? bytes).map { items($0) }, findings: sorted, fields: fields)
    }

    private var sorted: [Finding] {
        findings.report.enumerated().sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
            .map(\.element)
    }

    private var summary: [String] {
        var counts = ""
        for (kind, count) in zip(scan.plan.kinds, scan.kindCounts) where count > 0 {
            counts += "\(counts.isEmpty ? "" : ", ")\(count) \(kind.name)"
        }
        var lines = [
            view.isOneObject
                ? "one object, as older releases write a session: \(view.shown.count) messages"
                : "\(scan.entries.count) records: \(counts)"
        ]
        let shows = view.refusal.map { "refuses the file (\($0.kind))" } ?? "shows \(view.shown.count)"
        lines.append(
            view.chain == nil ? "\(scan.log.reader.sentence) \(shows)" : "\(graph.reach); \(scan.log.reader) \(shows)")
        return lines
    }

    private var facts: [Fact] {
        var facts: [Fact] = [Fact("agent", scan.log.agent), Fact("reader", scan.log.reader)]
        if let session = Self.session(scan) { facts.append(Fact("session", session)) }
        facts += [Fact("recordCount", scan.entries.count), Fact("shown", view.shown.count)]
        if let chain = view.chain {
            facts += [Fact("reachable", chain.count), Fact("connected", graph.count)]
        }
        if let isListed = view.isListed { facts.append(Fact("listed", isListed ? "yes" : "no")) }
        return facts
    }

    // MARK: Items

    /// In reference mode what the reader shows, in its order; otherwise every record in the order of the file, and what the
    /// reader shows that is no record of its own.
    private func items(_ bytes: FileBytes) -> ExaminedItems {
        let maker = ItemMaker(scan, bytes, showsText: options.showsText)
        let shown = view.shown
        if options.mode == .reference {
            switch shown {
            case .entries(let entries):
                return ExaminedItems("entries", count: entries.count) { maker.item(entries[$0]) }
            case .records(let records):
                return ExaminedItems("entries", count: records.count) { maker.item(records[$0]) }
            }
        }
        let entries = scan.entries
        let inner = scan.inner.map { AgentView.Shown(place: $0.at.place, line: $0.at.line, name: $0.name) }
        let innerPlaces = Set(inner.map(\.place))
        let others = inner + shown.others.filter { !innerPlaces.contains($0.place) }
        // Only few agents have records that tell of the file alone.
        let headers = entries.count { $0.flags.contains(.isHeader) }
        guard !others.isEmpty || headers > 0 else {
            return ExaminedItems("entries", count: entries.count) { maker.item(UInt32($0)) }
        }
        let records = entries.indices.filter { !entries[$0].flags.contains(.isHeader) }
        let all = (records.map { maker.shown(UInt32($0)) } + others).enumerated().sorted {
            ($0.element.place.lowerBound, $0.offset) < ($1.element.place.lowerBound, $1.offset)
        }.map(\.element)
        return ExaminedItems("entries", count: all.count) { maker.item(all[$0]) }
    }

    private var fields: @Sendable () -> [FieldSpan] {
        let (entries, kinds, identifiers) = (scan.entries, scan.log.kinds, scan.identifiers)
        return {
            entries.map { entry in
                let kind = entry.kind == LogEntry.unknownKind ? "record" : kinds[Int(entry.kind)].name.description
                let name = entry.id == IdentifierTable.none ? "" : " " + identifiers.text(entry.id)
                return FieldSpan(path: "line \(entry.line)", range: entry.place, value: kind + name)
            }
        }
    }
}

/// Makes items when they are asked for.
private struct ItemMaker: Sendable {
    private let entries: PackedRows<LogEntry>
    private let identifiers: IdentifierTable
    private let dialect: JSONDialect
    private let bytes: FileBytes
    private let showsText: Bool

    init(_ scan: ScannedLog, _ bytes: FileBytes, showsText: Bool) {
        (entries, identifiers, dialect) = (scan.entries, scan.identifiers, scan.log.lines.dialect)
        (self.bytes, self.showsText) = (bytes, showsText)
    }

    func shown(_ index: UInt32) -> AgentView.Shown {
        let entry = entries[Int(index)]
        return AgentView.Shown(place: entry.place, line: Int(entry.line), entry: index)
    }

    func item(_ index: UInt32) -> ExaminedItem { item(shown(index)) }

    func item(_ shown: AgentView.Shown) -> ExaminedItem {
        let entry = shown.entry.map { entries[Int($0)] }
        var id = shown.name ?? ""
        if shown.name == nil, let entry, entry.id != IdentifierTable.none { id = identifiers.text(entry.id) }
        var facts: [Fact] = []
        let record = LogEntry(
            offset: shown.place.lowerBound, length: UInt32(clamping: shown.place.count), line: 0, id: 0, parent: 0,
            group: 0, kind: 0, flags: [], writer: 0)
        let (kind, name, text) =
            bytes.withRecord(record, dialect) {
                ($0.member("type")?.string, $0.member("id")?.string, showsText ? $0.firstText : nil)
            } ?? (nil, nil, nil)
        if shown.name == nil, entry == nil { id = name ?? "" }
        facts.append(kind.map { Fact("type", $0) } ?? Fact("type", Fact.Value.none))
        facts.append(Fact("id", id))
        facts.append(Fact("line", shown.line))
        if let text { facts.append(Fact("text", text)) }
        let (bytes, place) = (bytes, shown.place)
        return ExaminedItem(
            id: id, facts: facts, range: place, content: { Array(WhiteSpace.json.trimmed(bytes.copy(place))) })
    }
}

extension JSONView {
    /// The first text that a person or a model said in a record.
    fileprivate var firstText: String? {
        for path in [
            ["message", "content"], ["content"], ["payload", "content"], ["data", "content"], ["message", "parts"],
        ] as [[StaticString]] {
            guard let content = value(at: path) else { continue }
            if let text = content.string { return text }
            for block in content.items { if let text = block.member("text")?.string { return text } }
        }
        return nil
    }
}

/// Sessions in the names of files.
enum SessionName {
    /// The last UUID in a name; nil when there is none.
    static func session(in name: String) -> String? {
        let bytes = Array(name.utf8)
        guard bytes.count >= 36 else { return nil }
        for start in (0...bytes.count - 36).reversed() where isUUID(bytes[start..<start + 36]) {
            return String(decoding: bytes[start..<start + 36], as: UTF8.self)
        }
        return nil
    }

    private static func isUUID(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == 0x2D
            default: byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
            }
        }
    }
}
