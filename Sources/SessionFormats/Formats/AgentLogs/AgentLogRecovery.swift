// A copy that the agent's own reader reads whole, by the least change: the input with a few places replaced.
//
// What is wrong with lines is certain and always mended. What is wrong with how records hang together is not: it is left as it
// is, but for a rewind that takes away everything, unless it is asked for.

struct AgentLogRecovery {
    private let plan: LogPlan
    private var log: AgentLog { plan.log }
    private let bytes: FileBytes
    private let options: RecoveryOptions

    init(_ plan: LogPlan, _ bytes: FileBytes, _ options: RecoveryOptions) {
        (self.plan, self.bytes, self.options) = (plan, bytes, options)
    }

    func recovered() throws(RecoveryError) -> Recovered {
        guard bytes.count > 0 else { throw .nothing("the file is empty.") }
        if log.view == .gemini, let copy = try recoveredObject() { return copy }
        return try recoveredLog()
    }

    private func recoveredLog() throws(RecoveryError) -> Recovered {
        let scan = AgentLogScan.read(bytes, plan, mode: .recover, keepsRepairs: true)
        guard !scan.entries.isEmpty else { throw .nothing("no record of \(log.agent) was found.") }
        var repairs = scan.repairs
        putHeaderFirst(scan, &repairs)
        if log.view == .gemini { mendSession(scan, &repairs) }
        if options.rewires { rewire(scan, &repairs) }
        if options.closesCalls { closeCalls(scan, &repairs) }
        let output = bytes.withBytes { repairs.apply(to: $0) }
        return Recovered(log.id, output, repairs: account(repairs))
    }

    /// A copy of a file that begins with a session in one object; nil when it is no such file.
    private func recoveredObject() throws(RecoveryError) -> Recovered? {
        if GeminiReading(bytes).isLegacy {
            var repairs = LogRepairs()
            repairs.areKept = true
            for place in bytes.withBytes(Self.invalidParts) {
                let mended = RecordLines.repaired(bytes.copy(place))
                repairs.mend(place, mended, "bytes that are not UTF-8 became U+FFFD")
            }
            return Recovered(log.id, bytes.withBytes { repairs.apply(to: $0) }, repairs: account(repairs))
        }
        guard let object = GeminiObject(bytes) else { return nil }
        let rest = bytes.copy(object.range.upperBound..<bytes.count)
        let isFollowed = !WhiteSpace.json.trimmed(rest).isEmpty
        guard let (record, account) = object.mended(bytes, isFollowed: isFollowed) else { return nil }
        if GeminiReading(FileBytes(record + rest)).isLegacy {
            let ending = Repair(.kept, offset: object.range.upperBound, length: rest.count, "As it stands.")
            return Recovered(log.id, record + rest, repairs: account + (rest.isEmpty ? [] : [ending]))
        }
        var copy = try AgentLogRecovery(plan, FileBytes(record + rest), options).recoveredLog()
        // What was done to the record besides is said of the object's bytes already.
        let moved = object.range.upperBound - record.count
        let others = copy.repairs.compactMap { repair -> Repair? in
            let start = max(repair.offset, record.count)
            guard repair.range.upperBound >= start, !repair.range.isEmpty || repair.offset == start else { return nil }
            let length = repair.range.upperBound - start
            if length == 0, repair.length > 0 { return nil }
            return Repair(repair.action, offset: start + moved, length: length, repair.reason)
        }
        copy.repairs = account + others
        return copy
    }

    /// Where bytes stand that are no UTF-8.
    private static func invalidParts(_ buffer: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return [] }
        var parts: [Range<Int>] = []
        var at = 0
        while let bad = UTF8Validation.firstInvalid(base, from: at, to: buffer.count) {
            at = bad + 1
            let start = parts.last?.upperBound == bad ? parts.removeLast().lowerBound : bad
            parts.append(start..<at)
        }
        return parts
    }

    /// What became of each part of the input, in its order.
    private func account(_ repairs: LogRepairs) -> [Repair] {
        var account: [Repair] = []
        var end = 0
        func keep(to next: Int) {
            if next > end { account.append(Repair(.kept, offset: end, length: next - end, "As it stands.")) }
        }
        for repair in repairs.inOrder {
            keep(to: repair.place.lowerBound)
            account.append(
                Repair(
                    repair.kind == .leftOut ? .leftOut : .mended, offset: repair.place.lowerBound,
                    length: repair.place.count, repair.reason.sentence + "."))
            end = repair.place.upperBound
        }
        keep(to: bytes.count)
        return account
    }

    // MARK: Headers

    /// A header that stands behind other records is put before them.
    private func putHeaderFirst(_ scan: ScannedLog, _ repairs: inout LogRepairs) {
        guard let expected = log.header, expected.mustBeFirst, let header = scan.header,
            let first = scan.entries.first, first.offset < header.at.place.lowerBound
        else { return }
        let mended = repairs.apply(to: bytes.copy(header.at.place), at: header.at.place)
        repairs.mend(0..<0, mended + [0x0A], "the header was put first")
        repairs.leaveOut(header.at.place, "the header, which was put first")
    }

    /// Metadata that no record gives is made anew, what was made void is given back; rewinds to messages that are not there
    /// are made void when they would take something away. What lines lost counts, so it is the copy as it is so far that is
    /// asked.
    private func mendSession(_ scan: ScannedLog, _ repairs: inout LogRepairs) {
        func reading() -> GeminiReading {
            GeminiReading(FileBytes(bytes.withBytes { repairs.apply(to: $0) }), passesOverLostRewinds: true)
        }
        var session = reading()
        if !session.loads, session.restoringRecord == nil, let header = log.header {
            let made = header.made(for: scan.session, at: scan.lastTime)
            repairs.mend(0..<0, made, "metadata that no record gives was made anew")
            session = reading()
        }
        if !session.loads, let record = session.restoringRecord {
            // The last record that names something counts.
            let newline: [UInt8] = bytes.withBytes { repairs.apply(to: $0).last == 0x0A } ? [] : [0x0A]
            repairs.mend(
                bytes.count..<bytes.count, newline + record + [0x0A],
                "what a later record made void, the session's or the project's name, was given back")
            session = reading()
        }
        // Under other names the record is passed over.
        repairs.mend(
            inOutput: session.lostRewinds.filter { $0.messagesLost > 0 }.flatMap { rewind in
                rewind.names.map { ($0.place, Array($0.void.description.utf8)) }
            }, "a rewind to a message that is not there, which would take away all, was made void")
    }

    // MARK: Structure, when it is asked for

    /// Hangs records whose parent is not in the file on the record before them.
    private func rewire(_ scan: ScannedLog, _ repairs: inout LogRepairs) {
        guard let parentKey = log.keys[.parent] else { return }
        var isThere = [Bool](repeating: false, count: scan.identifiers.count)
        for entry in scan.entries where entry.isNode && entry.id != IdentifierTable.none {
            isThere[Int(entry.id)] = true
        }
        // Sidechains are rows of their own.
        var before: [Bool: UInt32] = [:]
        for entry in scan.entries where entry.isNode && entry.id != IdentifierTable.none {
            let isSidechain = entry.flags.contains(.isSidechain)
            defer { before[isSidechain] = entry.id }
            let isMissing = entry.parent != IdentifierTable.none && !isThere[Int(entry.parent)]
            guard isMissing || entry.flags.contains(.hasUnfindableParent) else { continue }
            guard let place = place(of: parentKey, in: entry) else { continue }
            let target = before[isSidechain].flatMap { $0 == entry.id ? nil : $0 }
            let value = target.map { JSONRecordPrinter.quoted(scan.identifiers.text($0)) } ?? Array("null".utf8)
            repairs.mend(place, value, "a parent that is not in the file became the record before")
        }
    }

    /// Where a member's value stands in the file, its quotes included.
    private func place(of key: StaticString, in entry: LogEntry) -> Range<Int>? {
        bytes.withRecord(entry, log.lines.dialect) { record -> Range<Int>? in
            guard let value = record.member(key) else { return nil }
            let range = value.isString ? value.range.lowerBound - 1..<value.range.upperBound + 1 : value.range
            return entry.offset + range.lowerBound..<entry.offset + range.upperBound
        } ?? nil
    }

    /// Puts a result behind each call in the conversation that has none, and hangs what followed the call on it.
    private func closeCalls(_ scan: ScannedLog, _ repairs: inout LogRepairs) {
        guard let closing = log.closing else { return }
        let view = AgentView(scan, bytes, whole: bytes, listed: false)
        for (number, call) in CallRules(scan, shown: view.shown.entries, kept: view.kept).open.enumerated() {
            let entry = scan.entries[Int(call.entry)]
            let name = scan.otherIdentifiers.text(call.id)
            let id = Self.newID("\(name) \(number) \(entry.offset)", isShort: log.view == .pi)
            let parent = entry.id == IdentifierTable.none ? "" : scan.identifiers.text(entry.id)
            let session = scan.session.map(JSONText.string) ?? ""
            let line = Array(closing.record(id, parent, name, session).utf8)
            repairs.mend(
                entry.place.upperBound..<entry.place.upperBound, [0x0A] + line,
                "a result was put in for the tool call \(name), which says that there is none")
            guard closing.takesChildren, let key = log.keys[.parent] else { continue }
            for child in scan.entries where child.parent == entry.id && child.isNode {
                guard let place = place(of: key, in: child) else { continue }
                repairs.mend(place, JSONRecordPrinter.quoted(id), "what followed the tool call hangs on its result")
            }
        }
    }

    /// An identifier that follows from a text.
    private static func newID(_ text: String, isShort: Bool) -> String {
        let digits = Array(BLAKE3.hash(Array(text.utf8)).description.prefix(32))
        if isShort { return String(digits.prefix(8)) }
        return String(digits[0..<8]) + "-" + String(digits[8..<12]) + "-4" + String(digits[13..<16]) + "-8"
            + String(digits[17..<20]) + "-" + String(digits[20..<32])
    }
}
