// One pass over an agent's log: what records there are, how they hang together, and what is wrong with lines.
//
// A line that is one record is taken as it stands. Of any other line whole records are looked for, and joined where one was
// written over several lines. What is kept of a record takes a dozen bytes, and its identifier; its text stays in the file.

struct AgentLogScan {
    let plan: LogPlan
    var log: AgentLog { plan.log }
    private let mode: ReadingMode
    private(set) var entries = PackedRows<LogEntry>()
    private(set) var identifiers = IdentifierTable()
    private(set) var otherIdentifiers = IdentifierTable()
    private(set) var calls = PackedRows<LogCall>()
    private(set) var references = PackedRows<LogReference>()
    private(set) var remarks: [Remark] = []
    private(set) var findings = Findings()
    private(set) var repairs = LogRepairs()
    private(set) var header: SeenHeader?
    private(set) var session: [UInt8]?
    private(set) var lastTime: String = ""
    private(set) var inner: [InnerRecord] = []
    private(set) var badLines = (count: 0, first: nil as RecordPlace?)
    private(set) var fatal: Fatal?
    private(set) var kindCounts: [Int]

    struct RecordPlace {
        var place: Range<Int>
        var line: Int
    }

    struct InnerRecord {
        var at: RecordPlace
        /// Its identifier where its own place is not known, since the line was read in a copy.
        var name: String?
    }

    struct SeenHeader {
        var at: RecordPlace
        var session: String
        /// How many records or bad lines stand before it.
        var before: Int
        /// Whether it was found among fragments.
        var isSalvaged: Bool
    }

    struct Fatal {
        enum Kind { case wrongType, tooDeep }
        var kind: Kind
        var at: RecordPlace
    }

    struct Remark {
        var entry: UInt32
        var code: FindingCode
        var message: String
    }

    private var fields = RecordFields()
    private let outline = Box()
    private var foreign = (count: 0, first: nil as RecordPlace?)
    private var unknown = (count: 0, first: nil as RecordPlace?)
    private var writers: [UInt32] = []
    private var sequence = RecordSequence()
    /// The writer of the record before, by the text that names it.
    private var lastWriter: (text: [UInt8], number: UInt16) = ([], 0)
    /// A fragment that the record behind it may repeat.
    private var fragment: (bytes: [UInt8], at: RecordPlace)?
    /// Lines that may be one record with newlines inside it.
    private var unfinished: [UnfinishedLine] = []
    /// Whether the record at hand stands in a copy in which bytes that are no UTF-8 were replaced.
    private var isRepaired = false
    /// Where the lines begin of which the record at hand was joined, in it and in the file; empty for one on a line.
    private var joinedParts: [(start: Int, offset: Int)] = []
    /// Whether the record at hand stands among fragments.
    private var isAmongFragments = false

    private final class Box {
        var outline = JSONOutline()
    }

    private struct UnfinishedLine {
        /// What stands on it, with spaces that a reader trims: inside a string they are text.
        var bytes: [UInt8]
        /// Where that stands in the file.
        var place: Range<Int>
        /// What the reader takes of it.
        var at: RecordPlace
        /// With its newline.
        var whole: Range<Int>
        var fault: JSONFault
    }

    init(_ plan: LogPlan, mode: ReadingMode, keepsRepairs: Bool = false) {
        self.plan = plan
        self.mode = mode
        kindCounts = Array(repeating: 0, count: plan.kinds.count)
        repairs.areKept = keepsRepairs
    }

    /// Reads a whole file.
    static func read(
        _ bytes: FileBytes, _ plan: LogPlan, mode: ReadingMode, keepsRepairs: Bool = false
    ) -> ScannedLog {
        let rules = plan.log.lines
        var scan = AgentLogScan(plan, mode: mode, keepsRepairs: keepsRepairs)
        // Most logs have no more records than that, and the others can grow.
        let count = min(bytes.count >> 10 + 8, 1 << 12)
        scan.entries.reserveCapacity(count)
        scan.calls.reserveCapacity(count)
        scan.identifiers.reserveCapacity(count)
        scan.otherIdentifiers.reserveCapacity(count)
        let firstInvalid = bytes.withBytes { buffer in
            scan.noteByteOrderMark(buffer)
            var lines = RecordLines(rules, textRange: RecordLines.textRange(of: buffer, rules))
            lines.takeAll(of: buffer) { scan.take($0) }
            return lines.firstInvalid
        }
        return scan.finished(firstInvalid: firstInvalid)
    }

    // MARK: Lines

    /// Takes the next line that is not blank.
    mutating func take(_ line: RecordLine) {
        guard let value = line.value, value.kind == .object else { return takeBad(line) }
        if !unfinished.isEmpty { loseUnfinished() }
        if mode == .recover { noteSpelling(line) }
        let at = RecordPlace(place: line.place, line: line.number)
        if let fragment { noteRepetition(of: fragment, by: line) }
        isRepaired = line.isRepaired
        takeRecord(value, at, isSalvaged: false)
        isRepaired = false
        if !line.text.hasNewline, mode == .recover { noteMissingNewline(line) }
    }

    /// What was found, after the last line.
    consuming func finished(firstInvalid: Int?) -> ScannedLog {
        conclude()
        return ScannedLog(self, firstInvalid: firstInvalid)
    }

    private mutating func conclude() {
        loseUnfinished()
        identifiers.conclude()
        otherIdentifiers.conclude()
        if mode == .recover { noteCounts() }
        if entries.isEmpty, header == nil, badLines.count == 0, fatal == nil { return }
        if let expected = plan.log.header, expected.mustBeFirst { noteHeader(expected) }
        sequence.conclude(&findings, plan.log)
    }

    /// What is unusual about a line that is a record all the same.
    private mutating func noteSpelling(_ line: RecordLine) {
        let at = line.place
        if line.isRepaired {
            findings.add(
                .invalidUTF8, plan.log.refusesInvalidUTF8 ? .error : .warning, offset: at.lowerBound, length: at.count,
                line: line.number,
                """
                The record holds bytes that are not UTF-8; \
                \(plan.log.refusesInvalidUTF8 ? "\(plan.log.reader) refuses the whole file for them" : "\(plan.log.reader) shows them as U+FFFD").
                """)
            let text = UnsafeBufferPointer(start: line.text.base + line.text.start, count: at.count)
            if repairs.areKept {
                let mended = spelled(RecordLines.repaired(text))
                repairs.mend(at, mended, "bytes that are not UTF-8 became U+FFFD")
            }
        }
        if line.hasLoneSurrogate { noteSurrogates(line) }
        if line.mayHoldSeparators, let found = LineSeparators.first(in: line.text) { noteSeparator(line, found) }
    }

    /// A record that has to be written anew, with what else is mended in its spelling.
    private func spelled(_ text: [UInt8]) -> [UInt8] {
        let places = text.withUnsafeBufferPointer { buffer -> (surrogates: [Range<Int>], separators: [Int]) in
            guard let line = TextLine(buffer, fileOffset: 0) else { return ([], []) }
            return (LoneSurrogates.places(in: line), plan.log.breaksAtSeparators ? LineSeparators.all(in: line) : [])
        }
        var mended = text
        // Of the same length, so that the places of the separators stay.
        for place in places.surrogates { mended.replaceSubrange(place, with: Self.escapedReplacement) }
        var (spelled, end) = ([UInt8](), 0)
        for at in places.separators {
            spelled += mended[end..<at] + Self.escape(mended[at + 2])
            end = at + 3
        }
        return spelled + mended[end...]
    }

    private static let escapedReplacement = Array("\\ufffd".utf8)

    /// U+2028 or U+2029, by the last of its bytes.
    private static func escape(_ last: UInt8) -> [UInt8] { Array("\\u202\(last == 0xA8 ? "8" : "9")".utf8) }

    private mutating func noteSurrogates(_ line: RecordLine) {
        let at = line.place
        findings.add(
            .loneSurrogate, plan.log.serviceRefusesSurrogates ? .error : .warning, offset: at.lowerBound,
            length: at.count,
            line: line.number,
            """
            A string escapes half of a surrogate pair, as a text cut inside a character has it; \
            \(plan.log.serviceRefusesSurrogates ? "the service refuses every further turn" : "parsers that are strict refuse the record").
            """)
        guard repairs.areKept, !line.isRepaired else { return }
        for place in LoneSurrogates.places(in: line.text) {
            repairs.mend(place, Self.escapedReplacement, "half of a surrogate pair became U+FFFD")
        }
    }

    private mutating func noteSeparator(_ line: RecordLine, _ found: Int) {
        let breaks = plan.log.breaksAtSeparators
        findings.add(
            .lineSeparator, breaks ? .warning : .note, offset: line.text.fileOffset + found, length: 3,
            line: line.number,
            """
            The record holds U+2028 or U+2029 as it is, at which \
            \(breaks ? "\(plan.log.agent) ends the line on newer releases of Node, and loses the record" : "some readers end a line").
            """)
        guard breaks, !line.isRepaired else { return }
        for at in LineSeparators.all(in: line.text) {
            let offset = line.text.fileOffset + at
            repairs.mend(offset..<offset + 3, Self.escape(line.text.base[at + 2]), "a raw line separator was escaped")
        }
    }

    private mutating func noteMissingNewline(_ line: RecordLine) {
        let end = whole(line).upperBound
        findings.add(
            .missingFinalNewline, .warning, offset: end, length: 0, line: line.number,
            "The last record is whole but its newline is missing; what is appended next would be welded to it.")
        repairs.mend(end..<end, [0x0A], "the last newline was put in")
    }

    mutating func noteByteOrderMark(_ buffer: UnsafeRawBufferPointer) {
        guard mode == .recover, buffer.starts(with: [0xEF, 0xBB, 0xBF]) else { return }
        let isHarmless = plan.log.lines.trimsText != nil
        findings.add(
            .byteOrderMark, isHarmless ? .note : .warning, offset: 0, length: 3, line: 1,
            """
            The file begins with a byte-order mark; \
            \(isHarmless ? "\(plan.log.reader) passes over it, but its list of recent sessions does not" : "\(plan.log.reader) loses the first record for it").
            """)
        var end = 3
        while buffer.dropFirst(end).starts(with: [0xEF, 0xBB, 0xBF]) { end += 3 }
        repairs.leaveOut(0..<end, "a byte-order mark")
    }

    // MARK: Records

    /// Takes one record.
    private mutating func takeRecord(_ record: JSONView, _ at: RecordPlace, isSalvaged: Bool) {
        plan.read(record, into: &fields)
        if plan.view == .claude, noteFatalType(at) { return }
        if plan.view == .pi { noteHollowMessage(record, at) }
        var flags: LogEntry.Flags = isSalvaged ? .isSalvaged : []
        let idText = fields[.id].flatMap { $0.isString ? $0 : nil }
        let number = plan.kind(of: record, fields)
        let kind = number.map { plan.kinds[Int($0)] }
        if let number, let kind {
            kindCounts[Int(number)] += 1
            if kind.isNode, idText != nil || !plan.hasIDs { flags.insert(.isNode) }
            if kind.isHeader, noteHeader(record, at, isSalvaged: isSalvaged) { flags.insert(.isHeader) }
            if mode == .recover { noteMissingFields(record, kind, at, hasID: idText != nil) }
        } else {
            unknown = (unknown.count + 1, unknown.first ?? at)
        }
        var (id, parent) = (IdentifierTable.none, IdentifierTable.none)
        if let idText, flags.contains(.isNode) {
            if let value = fields[.parent] { parent = self.parent(value, &flags, at) }
            id = identifiers.number(of: idText)
        }
        flags.formUnion(fields.flags)
        let index = UInt32(truncatingIfNeeded: entries.count)
        let group = self.group(isOfAssistant: kind?.part == .assistant)
        if kind?.part == .assistant, group != IdentifierTable.none { flags.insert(.isOfResponse) }
        entries.append(
            LogEntry(
                offset: at.place.lowerBound, length: UInt32(clamping: at.place.count), line: UInt32(clamping: at.line),
                id: id, parent: parent, group: group, kind: number ?? LogEntry.unknownKind, flags: flags,
                writer: writer()))
        for place in plan.places.indices { take(plan.places[place], of: record, index) }
        if mode == .recover {
            if plan.view == .gemini { takeInner(record, at) }
            if let kind { takeReferences(record, kind, index) }
        }
        noteSession(flags, at)
        if let name = plan.sequence { sequence.take(fields[.sequence], name, at, &findings) }
    }

    /// Messages in a checkpoint, or in the metadata of an older release.
    private mutating func takeInner(_ record: JSONView, _ at: RecordPlace) {
        for path in [["$set", "messages", "*"], ["messages", "*"]] as [[StaticString]] {
            record.forEach(at: path[...]) { item in
                guard let id = item.member("id"), id.isString else { return }
                if isRepaired { return inner.append(InnerRecord(at: at, name: id.string)) }
                // A newline in it keeps it from being read where it stands.
                let name = joinedParts.isEmpty ? nil : id.string
                inner.append(InnerRecord(at: RecordPlace(place: place(of: item, at), line: at.line), name: name))
            }
        }
    }

    /// Where a part of the record at hand stands in the file.
    private func place(of part: JSONView, _ at: RecordPlace) -> Range<Int> {
        func offset(_ inRecord: Int) -> Int {
            guard let line = joinedParts.last(where: { $0.start <= inRecord }) else {
                return at.place.lowerBound + inRecord
            }
            return line.offset + inRecord - line.start
        }
        let range = part.range
        return range.isEmpty
            ? offset(range.lowerBound)..<offset(range.lowerBound)
            : offset(range.lowerBound)..<offset(range.upperBound - 1) + 1
    }

    /// A kind that is a container ends the reading where kinds are looked up in a set.
    private mutating func noteFatalType(_ at: RecordPlace) -> Bool {
        guard let kind = fields[.kind], kind.kind == .array || kind.kind == .object else {
            return false
        }
        noteFatal(.wrongType, at, "its type is no text")
        repairs.leaveOut(at.place, "a record of no type, for which the agent's reader gives up on the whole file")
        return true
    }

    /// A message without anything in it, over which the walk to the root stumbles: as a record of another kind it does no harm.
    private mutating func noteHollowMessage(_ record: JSONView, _ at: RecordPlace) {
        guard mode == .recover, let type = fields[.kind], type.isText("message") else { return }
        let body = fields[.body]
        guard body == nil || body?.kind == .null else { return }
        findings.add(
            .fatalValue, .error, offset: at.place.lowerBound, length: at.place.count, line: at.line,
            "The record is a message without one, so \(plan.log.agent) does not open a conversation that it is part of."
        )
        let custom = Array("custom".utf8)
        if isRepaired { return repairs.changeLast { $0.replaceSubrange(type.range, with: custom) } }
        repairs.mend(place(of: type, at), custom, "a message without one became a record of another kind")
    }

    private mutating func noteFatal(_ kind: Fatal.Kind, _ at: RecordPlace, _ reason: String) {
        if fatal == nil { fatal = Fatal(kind: kind, at: at) }
        guard mode == .recover else { return }
        findings.add(
            kind == .tooDeep ? .nestedTooDeep : .fatalValue, .error, offset: at.place.lowerBound,
            length: at.place.count, line: at.line,
            "The line makes \(plan.log.reader) give up on the whole file: \(reason).")
    }

    private mutating func parent(_ value: JSONView, _ flags: inout LogEntry.Flags, _ at: RecordPlace) -> UInt32 {
        switch value.kind {
        case .string: return value.isEmptyText ? IdentifierTable.none : identifiers.number(of: value)
        case .array, .object:
            if plan.log.view == .claude, value.isTrueInPython {
                noteFatal(.wrongType, at, "its parent is no text")
                let none = Array("null".utf8)
                if isRepaired {
                    repairs.changeLast { $0.replaceSubrange(value.range, with: none) }
                } else {
                    repairs.mend(place(of: value, at), none, "a parent that is no text was taken away")
                }
                return IdentifierTable.none
            }
        default: break
        }
        if value.isTrueInPython { flags.insert(.hasUnfindableParent) }
        return IdentifierTable.none
    }

    /// Of an assistant's record its response's identifier; of any other what it names as its source.
    private mutating func group(isOfAssistant isAssistant: Bool) -> UInt32 {
        let value = isAssistant ? fields[.body]?.member("id") : fields[.source]
        guard let value, value.isString, !value.isEmptyText || !isAssistant else { return IdentifierTable.none }
        return isAssistant ? otherIdentifiers.number(of: value) : identifiers.number(of: value)
    }

    /// Records of one writer have one number; those without any are 0.
    private mutating func writer() -> UInt16 {
        guard let value = fields[.writer], value.kind != .null else { return 0 }
        let isPlain = value.isString && !value.hasEscapes
        if isPlain, lastWriter.number != 0, value.raw.isSame(as: lastWriter.text) { return lastWriter.number }
        let number = self.number(ofWriter: value)
        if isPlain { lastWriter = (Array(value.raw), number) }
        return number
    }

    private mutating func number(ofWriter value: JSONView) -> UInt16 {
        let key = value.keyInPython
        let number = key.withUnsafeBufferPointer { otherIdentifiers.number(of: $0, .other) }
        if let index = writers.firstIndex(of: number) { return UInt16(index + 1) }
        guard writers.count < Int(UInt16.max) - 1 else { return UInt16.max }
        writers.append(number)
        return UInt16(writers.count)
    }

    // MARK: What is inside a record

    private mutating func take(_ place: LogPlan.Place, of record: JSONView, _ entry: UInt32) {
        guard let start = place.role.map({ fields[$0] }) ?? record, let value = place.path.value(from: start) else {
            return
        }
        guard let itemPath = place.itemPath else { return takeBlock(place.blocks, value, entry) }
        for item in value.items {
            if let value = itemPath.value(from: item) { takeBlock(place.blocks, value, entry) }
        }
    }

    private mutating func takeBlock(_ blocks: Range<Int>, _ value: JSONView, _ entry: UInt32) {
        guard value.kind == .object else { return }
        // What a block is is told by the same field in most of them.
        var name: (key: StaticString, value: JSONView?)?
        for index in blocks {
            if let key = plan.blocks[index].key {
                if name?.key.utf8Start != key.utf8Start { name = (key, value.member(key)) }
                guard let name = name?.value, plan.blocks[index].values.holds(name) else { continue }
            }
            take(plan.blocks[index].meaning, value, entry)
        }
    }

    private mutating func take(_ meaning: LogPlan.Block.Meaning, _ value: JSONView, _ entry: UInt32) {
        switch meaning {
        case .call(let path, let arguments):
            if let arguments { checkArguments(value.member(arguments), entry) }
            takeCall(path.value(from: value), entry, isResult: false)
        case .result(let path):
            entries.changeLast { $0.flags.insert(.holdsResult) }
            takeCall(path.value(from: value), entry, isResult: true)
        case .refusedWhenEmpty(let field, let other):
            guard mode == .recover, let text = value.member(field), text.isEmptyText else { return }
            if let other { guard let signature = value.member(other), !signature.isEmptyText else { return } }
            remark(entry, .emptyBlock, "A block's \(field) is empty, for which the service refuses the turn")
        }
    }

    private mutating func takeCall(_ id: JSONView?, _ entry: UInt32, isResult: Bool) {
        guard let id, id.isString else { return }
        if id.isEmptyText {
            remark(entry, .emptyCallID, "A tool \(isResult ? "result" : "call") has an empty identifier")
        }
        let number = otherIdentifiers.number(of: id)
        guard number != IdentifierTable.none else { return }
        let place = UInt32(truncatingIfNeeded: calls.count)
        calls.append(LogCall(entry: entry, id: number, isResult: isResult))
        entries.changeLast { last in
            if last.flags.insert(.holdsCalls).inserted { last.firstCall = place }
        }
    }

    private mutating func checkArguments(_ arguments: JSONView?, _ entry: UInt32) {
        guard mode == .recover, let arguments, let text = arguments.text else { return }
        let isJSON = text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            // A raw newline between tokens is white space to JSON and the end of a line to the scanner.
            let line = buffer.map { $0 == 0x0A ? 0x20 : $0 }
            return line.withUnsafeBufferPointer { line in
                let base = line.baseAddress ?? base
                return (try? outline.outline.read(base, count: line.count, loadable: line.count, .ecmaScript)) != nil
            }
        }
        if !isJSON { remark(entry, .argumentsNotJSON, "The arguments of a tool call are not JSON") }
    }

    private mutating func remark(_ entry: UInt32, _ code: FindingCode, _ message: String) {
        guard mode == .recover, remarks.count < Findings.limit else { return }
        remarks.append(Remark(entry: entry, code: code, message: message))
    }

    private mutating func takeReferences(_ record: JSONView, _ kind: LogPlan.Kind, _ entry: UInt32) {
        for index in kind.references {
            let reference = plan.references[index]
            guard let target = reference.path.value(from: record), target.isString, !target.isEmptyText else {
                continue
            }
            references.append(
                LogReference(entry: entry, target: identifiers.number(of: target), pattern: reference.number))
        }
    }

    private mutating func noteMissingFields(
        _ record: JSONView, _ kind: LogPlan.Kind, _ at: RecordPlace, hasID: Bool
    ) {
        let lacksID = kind.isNode && !hasID && plan.hasIDs
        guard lacksID || !has(kind, record) else { return }
        let roles =
            AgentLog.Role.allCases.filter { kind.neededRoles.holds($0) && fields[$0] == nil } + (lacksID ? [.id] : [])
        let missing =
            roles.compactMap { log.keys[$0] } + plan.neededNames[kind.neededNames].filter { record.member($0) == nil }
        let names = missing.map(\.description).joined(separator: ", ")
        findings.add(
            .incompleteEntry, kind.isNode ? .error : .warning, offset: at.place.lowerBound, length: at.place.count,
            line: at.line, "A record of the kind \(kind.name) lacks \(names), so \(plan.log.agent) cannot use it.")
    }

    /// Whether the record whose fields were read last has all that its kind needs.
    private func has(_ kind: LogPlan.Kind, _ record: JSONView) -> Bool {
        guard fields.roles.holdsAll(kind.neededRoles) else { return false }
        for index in kind.neededNames where record.member(plan.neededNames[index]) == nil { return false }
        return true
    }

    private mutating func noteSession(_ flags: LogEntry.Flags, _ at: RecordPlace) {
        if let time = fields[.time], time.isString, entries.count < 2 || repairs.areKept {
            lastTime = time.string ?? ""
        }
        guard let value = fields[.session], value.isString, !value.isEmptyText else { return }
        guard let session else {
            session = value.text
            return
        }
        if !value.hasEscapes, value.raw.isSame(as: session) || flags.contains(.isCopy) { return }
        foreign = (foreign.count + 1, foreign.first ?? at)
    }

    // MARK: Headers

    private mutating func noteHeader(
        _ record: JSONView, _ at: RecordPlace, isSalvaged: Bool
    ) -> Bool {
        guard let expected = plan.log.header else { return false }
        if expected.needsID, record.value(at: expected.id)?.isString != true { return true }
        if header != nil {
            let isOther = record.value(at: expected.id)?.string ?? "" != header?.session
            if mode == .recover, !expected.mayRepeat || isAmongFragments {
                findings.add(
                    .repeatedHeader, isOther || isAmongFragments ? .error : .warning, offset: at.place.lowerBound,
                    length: at.place.count, line: at.line,
                    """
                    A second header stands in the file\(isOther ? ", of another session" : ""); \(plan.log.agent) uses the first\
                    \(isAmongFragments ? ". It stands among fragments, and may be parts of two records" : "").
                    """)
            }
            return true
        }
        let session = record.value(at: expected.id)?.string ?? ""
        header = SeenHeader(
            at: at, session: session, before: entries.count + badLines.count - (isSalvaged ? 1 : 0),
            isSalvaged: isSalvaged)
        sequence.isNumbered = record.value(at: ["payload", "history_mode"])?.isText("paginated") == true
        if let (path, newest) = expected.version, let version = record.value(at: path)?.number, version > newest,
            mode == .recover
        {
            findings.add(
                .newerVersion, .warning, offset: at.place.lowerBound, length: at.place.count, line: at.line,
                "The log is of version \(version.formatted), newer than \(newest.formatted), the newest known here.")
        }
        return true
    }

    private mutating func noteHeader(_ expected: AgentLog.Header) {
        guard let header else {
            findings.add(
                .missingHeader, .error, offset: 0, length: 0, line: 1,
                "The file has no \(expected.kind) record, without which \(plan.log.agent) does not take it for a session."
            )
            let made = expected.made(for: session, at: lastTime)
            repairs.mend(0..<0, made, "the header that was lost was made anew")
            return
        }
        guard header.before > 0, mode == .recover else { return }
        findings.add(
            .headerNotFirst, .warning, offset: header.at.place.lowerBound, length: header.at.place.count,
            line: header.at.line,
            "The header is not the first record; \(header.before) lines or records stand before it.")
    }

    private mutating func noteCounts() {
        if let first = foreign.first {
            findings.add(
                .foreignSession, .note, offset: first.place.lowerBound, length: first.place.count, line: first.line,
                "\(foreign.count) records name another session than the first does, as copies of a session do.")
        }
        if let first = unknown.first {
            findings.add(
                .unknownEntryType, .note, offset: first.place.lowerBound, length: first.place.count, line: first.line,
                "\(unknown.count) records are of kinds that are not known here; \(plan.log.agent) may pass over them.")
        }
    }

    // MARK: Lines that are no record

    private mutating func takeBad(_ line: RecordLine) {
        let at = RecordPlace(place: line.place, line: line.number)
        badLines = (badLines.count + 1, badLines.first ?? at)
        if line.value == nil, line.fault.reason == .tooDeep, plan.log.lines.dialect.depthLimit != nil {
            if plan.log.view == .claude {
                noteFatal(.tooDeep, at, "it nests too deep")
                return repairs.leaveOut(at.place, "a line that nests too deep for the agent's reader")
            }
        }
        guard mode == .recover else { return }
        if line.value != nil { return lose(at, whole(line), .corruptEntry, "The line is JSON, but no object") }
        salvage(line, at)
    }

    private mutating func salvage(_ line: RecordLine, _ at: RecordPlace) {
        var text = line.text
        if at.place.lowerBound == 0, text.end - text.start >= 3, text.base[text.start] == 0xEF,
            text.base[text.start + 1] == 0xBB, text.base[text.start + 2] == 0xBF
        {
            text.start += 3
        }
        let pieces = LinePieces(text) { endOfRecord(in: text, from: $0) }
        if pieces.records.isEmpty, pieces.nulRuns.isEmpty, takeUnfinished(line, at) { return }
        if !unfinished.isEmpty { loseUnfinished() }
        noteNULs(pieces, text, line.number)
        guard !pieces.records.isEmpty else { return loseLine(line, at, pieces) }
        let offset = text.fileOffset
        for piece in pieces.fragments { leaveOutFragment(text, piece, line.number) }
        isAmongFragments = !pieces.fragments.isEmpty
        defer { isAmongFragments = false }
        for (index, piece) in pieces.records.enumerated() {
            let place = offset + piece.lowerBound..<offset + piece.upperBound
            if index > 0 { repairs.mend(place.lowerBound..<place.lowerBound, [0x0A], "welded records were set apart") }
            guard (try? read(text, from: piece.lowerBound, to: piece.upperBound)) != nil else { continue }
            let found = RecordLine(
                text: text.part(piece), number: line.number, value: outline.outline.root, fault: line.fault,
                hasLoneSurrogate: outline.outline.hasLoneSurrogate, mayHoldSeparators: true)
            noteSpelling(found)
            if let fragment { noteRepetition(of: fragment, by: found) }
            takeRecord(
                outline.outline.root, RecordPlace(place: place, line: line.number), isSalvaged: !plan.log.splitsWelds)
        }
        fragment = nil
        leaveOutGaps(pieces, text)
        concludeWeld(pieces, text, at)
    }

    /// Between records there is nothing that anybody needs, white space neither.
    private mutating func leaveOutGaps(_ pieces: LinePieces, _ text: TextLine) {
        var end = text.start
        for piece in pieces.records {
            repairs.leaveOut(text.fileOffset + end..<text.fileOffset + piece.lowerBound, "what is between records")
            end = piece.upperBound
        }
        repairs.leaveOut(text.fileOffset + end..<text.fileOffset + text.end, "what is behind records")
    }

    private mutating func leaveOutFragment(_ text: TextLine, _ piece: Range<Int>, _ line: Int) {
        let place = text.fileOffset + piece.lowerBound..<text.fileOffset + piece.upperBound
        repairs.leaveOut(place, "a fragment beside whole records")
        fragment = (
            Array(UnsafeBufferPointer(start: text.base + piece.lowerBound, count: piece.count)),
            RecordPlace(place: place, line: line)
        )
    }

    private mutating func concludeWeld(_ pieces: LinePieces, _ text: TextLine, _ at: RecordPlace) {
        let count = pieces.records.count
        let fragmentBytes = pieces.fragments.reduce(0) { $0 + $1.count }
        if count > 1 || fragmentBytes > 0 {
            var doubt = ""
            if pieces.damagedBytes > 0 {
                doubt = ", which no write that was cut short leaves"
            } else if pieces.doubtfulRecords > 0 {
                doubt = ", and what was found may be a part of what they are the beginning of"
            }
            findings.add(
                .weldedLine, doubt.isEmpty ? .warning : .error, offset: at.place.lowerBound, length: at.place.count,
                line: at.line,
                """
                \(count) whole \(count == 1 ? "record was" : "records were") found on a line that also holds \
                \(fragmentBytes) bytes of fragments\(doubt); \
                \(plan.log.splitsWelds ? "\(plan.log.reader) splits such a line" : "\(plan.log.reader) has none of it").
                """)
        }
        guard !text.hasNewline else { return }
        let end = text.fileOffset + text.end
        if pieces.fragments.last.map({ $0.lowerBound > (pieces.records.last?.lowerBound ?? 0) }) ?? false {
            findings.add(
                .tornEntry, .warning, offset: end, length: 0, line: at.line,
                "The last record was cut short while it was being written.")
        } else {
            findings.add(
                .missingFinalNewline, .warning, offset: end, length: 0, line: at.line,
                "The last record is whole but its newline is missing; what is appended next would be welded to it.")
        }
        repairs.mend(end..<end, [0x0A], "the last newline was put in")
    }

    private func read(_ text: TextLine, from start: Int, to end: Int, isPrefix: Bool = false) throws(JSONFault) {
        var dialect = plan.log.lines.dialect
        dialect.depthLimit = JSONScanner.depthLimit
        try outline.outline.read(
            text.base + start, count: end - start, loadable: text.loadable - start, dialect, isPrefix: isPrefix)
    }

    private mutating func endOfRecord(in text: TextLine, from start: Int) -> Int? {
        guard (try? read(text, from: start, to: text.end, isPrefix: true)) != nil else { return nil }
        let end = start + outline.outline.end
        let root = outline.outline.root
        plan.read(root, into: &fields)
        guard root.kind == .object, let kind = plan.kind(of: root, fields).map({ plan.kinds[Int($0)] }) else {
            return nil
        }
        let isIdentified = !kind.isNode || !plan.hasIDs || fields[.id]?.isString == true
        guard isIdentified, has(kind, root) else { return nil }
        return end
    }

    private mutating func noteNULs(_ pieces: LinePieces, _ text: TextLine, _ line: Int) {
        for run in pieces.nulRuns {
            let place = text.fileOffset + run.lowerBound..<text.fileOffset + run.upperBound
            findings.add(
                .nulRun, .warning, offset: place.lowerBound, length: place.count, line: line,
                "\(place.count) NUL bytes stand here, as a power loss leaves where data had not been written.")
            repairs.leaveOut(place, "NUL bytes")
        }
    }

    private mutating func loseLine(_ line: RecordLine, _ at: RecordPlace, _ pieces: LinePieces) {
        let whole = whole(line)
        if pieces.fragments.isEmpty {
            repairs.leaveOut(whole, "the rest of a line of NUL bytes")
            return
        }
        if !line.text.hasNewline {
            let isCutShort = pieces.damagedBytes == 0
            findings.add(
                .tornEntry, isCutShort ? .warning : .error, offset: at.place.lowerBound, length: at.place.count,
                line: at.line,
                isCutShort
                    ? "The last record was cut short while it was being written; what is appended next would be welded to it."
                    : """
                    The last line has no newline and is not the beginning of a record either: it was damaged, not only cut \
                    short (\(line.fault.reason.explanation), byte \(at.place.lowerBound + line.fault.offset)).
                    """)
            for piece in pieces.fragments {
                repairs.leaveOut(line.text.part(piece).place, "a fragment beside whole records")
            }
            repairs.leaveOut(whole, "the rest of a line of fragments")
            fragment = nil
            return
        }
        if pieces.nulRuns.isEmpty {
            lose(at, whole, code(of: line), reason(line))
        } else {
            lose(at, whole, .corruptEntry, reason(line))
        }
        fragment = (
            Array(UnsafeBufferPointer(start: line.text.base + line.text.start, count: min(at.place.count, 1 << 16))), at
        )
    }

    private func code(of line: RecordLine) -> FindingCode {
        line.fault.reason == .invalidUTF8 ? .invalidUTF8 : .corruptEntry
    }

    private func reason(_ line: RecordLine) -> String {
        "The line is no record (\(line.fault.reason.explanation), byte \(line.place.lowerBound + line.fault.offset))"
    }

    /// Says that nothing in a line could be saved, and leaves it out.
    private mutating func lose(_ at: RecordPlace, _ whole: Range<Int>, _ code: FindingCode, _ reason: String) {
        let consequence =
            plan.log.badLines == .refused
            ? "\(plan.log.reader) refuses the whole file for it" : "\(plan.log.reader) passes over it"
        findings.add(
            code, .error, offset: at.place.lowerBound, length: at.place.count, line: at.line,
            "\(reason), and nothing in it could be saved; \(consequence).")
        repairs.leaveOut(whole, "a line of which nothing could be saved")
    }

    /// A line with what ends it.
    private func whole(_ line: RecordLine) -> Range<Int> {
        let text = line.text
        var end = text.end
        while end < text.loadable, text.base[end] == 0x0D || text.base[end] == 0x20 { end += 1 }
        if end < text.loadable, text.base[end] == 0x0A { end += 1 }
        return text.fileOffset + text.start..<text.fileOffset + end
    }

    // MARK: Records over several lines

    /// More lines than this are never one record.
    private static let mostLinesOfRecord = 16

    /// Keeps a line that ends inside a string, or joins it to those before it; false for a line of another sort.
    private mutating func takeUnfinished(_ line: RecordLine, _ at: RecordPlace) -> Bool {
        let text = line.text
        let begins = text.end > text.start && text.base[text.start] == 0x7B
        let mayBegin = text.hasNewline && line.fault.reason == .unexpectedEnd && begins
        guard mayBegin || !unfinished.isEmpty else { return false }
        let isFirst = unfinished.isEmpty
        let all = text.part(text.untrimmed)
        unfinished.append(
            UnfinishedLine(bytes: all.copy, place: all.place, at: at, whole: whole(line), fault: line.fault))
        if isFirst { return true }
        let lines = unfinished.enumerated().flatMap {
            $1.bytes + Self.newlines(between: $1, unfinished.dropFirst($0 + 1))
        }
        let joined = (plan.log.lines.trims ?? plan.log.lines.trimsText)?.trimmed(lines) ?? lines[...]
        let fault = joined.withUnsafeBufferPointer { buffer -> JSONFault? in
            guard let text = TextLine(buffer, fileOffset: 0) else { return nil }
            do throws(JSONFault) { try read(text, from: 0, to: buffer.count) } catch { return error }
            guard endOfRecord(in: text, from: 0) == buffer.count else {
                return JSONFault(offset: 0, reason: .unexpectedByte)
            }
            takeJoined(outline.outline.root)
            return nil
        }
        guard let fault else {
            if !text.hasNewline { noteMissingNewline(line) }
            return true
        }
        if fault.reason != .unexpectedEnd || unfinished.count >= Self.mostLinesOfRecord || !text.hasNewline {
            // The last line may begin a record of its own.
            let last = unfinished.removeLast()
            loseUnfinished()
            guard mayBegin else { return false }
            unfinished = [last]
        }
        return true
    }

    /// Escapes for what stands between a line and the first of those behind it: blank lines are newlines of the string as
    /// well. A CR that ends a line does not count as one.
    private static func newlines(between line: UnfinishedLine, _ rest: ArraySlice<UnfinishedLine>) -> [UInt8] {
        guard let next = rest.first else { return [] }
        return Array([[UInt8]](repeating: [0x5C, 0x6E], count: max(1, next.at.line - line.at.line)).joined())
    }

    private mutating func takeJoined(_ record: JSONView) {
        let lines = unfinished
        unfinished = []
        guard let first = lines.first, let last = lines.last else { return }
        let place = first.at.place.lowerBound..<last.at.place.upperBound
        findings.add(
            .rawNewline, plan.log.badLines == .refused ? .error : .warning, offset: place.lowerBound,
            length: place.count,
            line: first.at.line,
            """
            One record stands on \(lines.count) lines, since newlines inside its strings are not escaped; \
            \(plan.log.badLines == .refused ? "\(plan.log.reader) refuses the file for it" : "\(plan.log.reader) has none of it").
            """)
        for (line, next) in zip(lines, lines.dropFirst()) {
            repairs.mend(
                line.place.upperBound..<next.place.lowerBound, Self.newlines(between: line, [next]),
                "a raw newline in a string was escaped")
        }
        lines.forEach { noteSpelling(ofPart: $0) }
        var start = first.place.lowerBound - first.at.place.lowerBound
        for (index, line) in lines.enumerated() {
            joinedParts.append((start, line.place.lowerBound))
            start += line.bytes.count + Self.newlines(between: line, lines.dropFirst(index + 1)).count
        }
        takeRecord(record, RecordPlace(place: place, line: first.at.line), isSalvaged: true)
        joinedParts = []
    }

    private mutating func noteSpelling(ofPart line: UnfinishedLine) {
        line.bytes.withUnsafeBufferPointer { buffer in
            guard let text = TextLine(buffer, fileOffset: line.place.lowerBound) else { return }
            noteSpelling(
                RecordLine(
                    text: text, number: line.at.line, value: nil, fault: line.fault,
                    hasLoneSurrogate: !LoneSurrogates.places(in: text).isEmpty, mayHoldSeparators: true))
        }
    }

    private mutating func loseUnfinished() {
        for line in unfinished {
            lose(
                line.at, line.whole, .corruptEntry,
                "The line is no record (\(line.fault.reason.explanation), byte \(line.at.place.lowerBound + line.fault.offset))"
            )
            fragment = (line.bytes, line.at)
        }
        unfinished = []
    }

    // MARK: Writes that were made again

    private mutating func noteRepetition(of fragment: (bytes: [UInt8], at: RecordPlace), by line: RecordLine) {
        noteRepetition(
            of: fragment, bytes: UnsafeBufferPointer(start: line.text.base + line.text.start, count: line.place.count))
    }

    private mutating func noteRepetition(
        of fragment: (bytes: [UInt8], at: RecordPlace), bytes: UnsafeBufferPointer<UInt8>
    ) {
        self.fragment = nil
        guard fragment.bytes.count > 1, bytes.starts(with: fragment.bytes) else { return }
        findings.add(
            .repeatedAfterTorn, .note, offset: fragment.at.place.lowerBound, length: fragment.at.place.count,
            line: fragment.at.line,
            "The fragment is the beginning of the record behind it: the write was cut short and made again, and nothing is lost."
        )
    }
}

extension Double {
    /// Without a fraction where there is none.
    fileprivate var formatted: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}
