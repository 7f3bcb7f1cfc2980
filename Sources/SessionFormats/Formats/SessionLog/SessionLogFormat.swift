// Session logs as one of the formats of the catalogue.

extension FormatID {
    /// A session log, JSON Lines.
    public static let sessionLog = FormatID("session-log")
}

/// The session log: recognised by its header, by entries, or by its first byte.
public struct SessionLogFormat: SessionFormat {
    /// Makes the format.
    public init() {}

    /// "session-log".
    public var id: FormatID { .sessionLog }

    /// As in "A session log of 3 entries".
    public var title: String { "A session log" }

    // MARK: Recognition

    /// A header line is nearly sure; entries that can be recovered are text; NUL bytes alone leave it to the name.
    public func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        let isNamed = name?.hasSuffix(".jsonl") == true
        if bytes.count == 0 {
            return isNamed
                ? Recognition(.name, "its name; it is empty")
                : Recognition(.possible, "being empty, which only a log may be")
        }
        let (first, isHeader) = bytes.withBytes(of: 0..<Self.beginning) { buffer in
            let start = UnsafeRawBufferPointer(rebasing: buffer.prefix(Self.beginning))
            return (start.first { !Self.passedOver.contains($0) }, Self.header(beginning: start)?.type == "session")
        }
        if isHeader { return Recognition(.header, "the header on its first line") }
        // The first entries are as good as all, which a file of a gigabyte may hold.
        if depth == .whole, Self.holdsEntries(bytes.copy(0..<Self.sample)) || Self.holdsEntries(bytes) {
            return Recognition(.text, "entries")
        }
        if first == 0x7B || first == 0x5B { return Recognition(.hint, "its first byte, which begins JSON") }
        let isOnlyNULs = isNamed && bytes.withBytes { $0.allSatisfy { $0 == 0 } }
        if isOnlyNULs { return Recognition(.name, "its name; only NUL bytes are left of it") }
        return isNamed ? Recognition(.name, "its name") : nil
    }

    /// Headers are shorter than this; in bytes.
    private static let beginning = 1 << 14
    /// A byte-order mark, NUL and white space.
    private static let passedOver: [UInt8] = [0xEF, 0xBB, 0xBF, 0x00, 0x09, 0x0A, 0x0D, 0x20]

    /// How much of a file is looked at for entries before all of it is, in bytes.
    private static let sample = 1 << 18

    private static func holdsEntries(_ bytes: [UInt8]) -> Bool { holdsEntries(FileBytes(bytes)) }

    private static func holdsEntries(_ bytes: FileBytes) -> Bool {
        guard let log = try? SessionLogReader().read(bytes) else { return false }
        return !log.entries.isEmpty || log.header != nil
    }

    /// The header on the first line of a file that begins so.
    private static func header(beginning start: UnsafeRawBufferPointer) -> SessionHeader? {
        guard let from = start.firstIndex(where: { !passedOver.contains($0) }),
            start[from] == 0x7B || start[from] == 0x5B, let base = start.bindMemory(to: UInt8.self).baseAddress
        else { return nil }
        let line = TextLine(
            base: base, start: from, end: start.count, loadable: start.count, hasNewline: true, fileOffset: 0)
        return try? HeaderParser.parse(line.scanner(from: from, to: line.endOfLine))
    }

    // MARK: Examination

    /// Reads the log; see `SessionLogReader`.
    public func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        let reader = SessionLogReader(
            mode: options.mode, digests: options.digests, usesAllCores: options.usesAllCores)
        do throws(SessionLogError) {
            let log = try reader.read(bytes)
            let summary = SessionLogStream.Summary(
                header: log.header, recovery: log.recovery, entryCount: log.entries.count, findings: log.findings,
                canonicalDigest: options.digests ? log.canonicalDigest : nil, change: nil)
            let entries = log.entries
            return examination(
                summary, of: bytes, ExaminedItems("entries", count: entries.count) { entries[$0].item },
                fields: { Self.fields(of: log, bytes) })
        } catch { return refusal(error, bytes) }
    }

    /// Reads the log with the memory of its longest line; entries are counted, not listed.
    public func examineStream(
        path: String, on fileSystem: any FileSystem, _ options: ExaminationOptions
    ) throws(FileSystemError) -> Examination? {
        do throws(SessionLogError) {
            let reader = SessionLogReader(mode: options.mode, digests: options.digests)
            let stream = try reader.stream(path: path, on: fileSystem)
            let seen = try outcome(of: stream)
            return try stream.change().map(seen.adding) ?? seen
        } catch .file(let error) {
            throw error
        } catch {
            return refusal(error, nil)
        }
    }

    private func outcome(of stream: SessionLogStream) throws(SessionLogError) -> Examination {
        do throws(SessionLogError) {
            return examination(try stream.finish(), of: nil, nil, fields: { [] })
        } catch .file(let error) {
            throw .file(error)
        } catch {
            return refusal(error, nil)
        }
    }

    private func examination(
        _ log: SessionLogStream.Summary, of bytes: FileBytes?, _ entries: ExaminedItems?,
        fields: @escaping @Sendable () -> [FieldSpan]
    ) -> Examination {
        let corrupt = log.recovery.corruptCount > 0 ? ", \(log.recovery.corruptCount) corrupt" : ""
        var summary = ["\(log.entryCount) entries\(corrupt), \(log.recovery.name)"]
        var facts = [Fact("recovery", log.recovery.name), Fact("corruptCount", log.recovery.corruptCount)]
        if entries == nil { facts.append(Fact("entryCount", log.entryCount)) }
        if let digest = log.canonicalDigest {
            summary.append("digest \(digest)")
            facts.append(Fact("canonicalDigest", digest))
        }
        return Examination(
            id, of: bytes, Verdict(worst: worst(log)), summary: summary, facts: facts, items: entries,
            findings: log.findings.report, fields: fields)
    }

    /// Reference mode makes no findings; its outcome says as much.
    private func worst(_ log: SessionLogStream.Summary) -> Severity? {
        if log.recovery.corruptCount > 0 { return .error }
        return log.recovery.isTorn ? max(log.findings.worst ?? .warning, .warning) : log.findings.worst
    }

    private func refusal(_ error: SessionLogError, _ bytes: FileBytes?) -> Examination {
        let isOnlyNULs = bytes.map { $0.count > 0 && $0.withBytes { $0.allSatisfy { $0 == 0 } } } ?? false
        if isOnlyNULs, let bytes {
            return Examination(
                refusing: id, of: bytes, error.kind ?? "File",
                "Only NUL bytes are left of this log, as a power loss leaves a file whose data was never written.",
                .nulRun,
                length: bytes.count)
        }
        return Examination(
            refusing: id, of: bytes, error.kind ?? "File", error.description,
            error == .empty ? .emptyFile : .invalidHeader, at: error.offset ?? 0,
            fields: { bytes.map(LineFields.fields(of:)) ?? [] })
    }

    private static func fields(of log: SessionLog, _ bytes: FileBytes) -> [FieldSpan] {
        let entries = log.entries.map { entry in
            FieldSpan(path: "line \(entry.line)", range: entry.byteRange, value: "\(entry.kind.rawValue) \(entry.id)")
        }
        guard let header = log.header, let range = log.headerRange else { return entries }
        let line = bytes.copy(0..<range.lowerBound).count { $0 == 0x0A } + 1
        return [FieldSpan(path: "line \(line)", range: range, value: "header \(header.id)")] + entries
    }

    // MARK: Recovery

    /// The header and every entry that recover mode finds, in order, as they stand in the file, a line each: a log of format
    /// version 1 that the reference reads without a complaint, unless an entry needs a later release.
    ///
    /// A header that is lost, or that the reference refuses, is made anew, with an empty identifier when none is known.
    public func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        let log: SessionLog
        do throws(SessionLogError) { log = try SessionLogReader().read(bytes) } catch {
            throw .nothing(error.description)
        }
        var kept = log.entries.map(\.byteRange)
        var output: [UInt8] = []
        var mended: [Repair] = []
        if let range = log.headerRange, log.header?.isCurrent == true {
            kept.append(range)
            output += bytes.copy(range).trimmed
        } else {
            let (header, repair) = Self.newHeader(for: log)
            output = header.encoded()
            mended.append(repair)
        }
        output.append(0x0A)
        for entry in log.entries {
            output += entry.rawBytes.trimmed
            output.append(0x0A)
        }
        mended += Self.lineEnds(of: log)
        let header = mended.filter { $0.length > 0 }.map(\.range)
        return Recovered(
            id, output, of: bytes, kept: kept, structure: header, blanks: [0x09, 0x0A, 0x0D, 0x20], mended: mended,
            findings: log.findings.all)
    }

    private static func newHeader(for log: SessionLog) -> (SessionHeader, Repair) {
        guard let lost = log.header else {
            let timestamp = log.entries.first?.decoded()?.timestamp ?? ""
            return (
                SessionHeader(id: "", timestamp: timestamp, cwd: ""),
                Repair(
                    .mended, offset: 0, length: 0,
                    "The header is missing; the copy has one with the first entry's time and no identifier.")
            )
        }
        let header = SessionHeader(
            id: lost.id, timestamp: lost.timestamp, cwd: lost.cwd, parentSession: lost.parentSession)
        let range = log.headerRange ?? 0..<0
        return (
            header,
            Repair(
                .mended, offset: range.lowerBound, length: range.count,
                "The header was written anew, as one of format version \(SessionHeader.currentVersion) that the reference reads."
            )
        )
    }

    private static func lineEnds(of log: SessionLog) -> [Repair] {
        log.findings.all.compactMap { finding in
            switch finding.code {
            case .crlfLineEndings:
                Repair(.mended, offset: finding.offset, length: 0, "Lines end in LF alone.")
            case .missingFinalNewline:
                Repair(.mended, offset: finding.offset, length: 0, "The missing newline is there.")
            default: nil
            }
        }
    }
}

extension [UInt8] {
    /// Without blanks behind it, which belong to the line's end.
    fileprivate var trimmed: ArraySlice<UInt8> {
        prefix((lastIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D } ?? -1) + 1)
    }
}

extension SessionHeader {
    /// Whether the reference takes it.
    fileprivate var isCurrent: Bool { type == "session" && version == Self.currentVersion }
}

extension SessionLogEntry {
    fileprivate var item: ExaminedItem {
        let id = id
        return ExaminedItem(
            id: id, facts: [Fact("type", kind.rawValue), Fact("id", id), Fact("line", line)], range: byteRange,
            content: { canonical() })
    }
}
