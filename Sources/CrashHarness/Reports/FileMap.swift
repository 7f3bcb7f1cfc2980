// What stands at each byte of a file: the annotated map that `crashlab inspect` prints.

import SessionFormats

/// The map of a file.
public struct FileMap: Sendable {
    /// Some bytes and what they are.
    public struct Row: Sendable, Equatable {
        /// The bytes.
        public var range: Range<Int>
        /// The field, or "gap" for bytes that belong to none.
        public var name: String
        /// Its value in words.
        public var value: String
        /// The codes of findings about these bytes; empty when there is nothing to say.
        public var findings: [FindingCode]
    }

    /// The rows in the order of the file, gaps included.
    public private(set) var rows: [Row] = []
    /// The file's format.
    public let format: FileFormat

    /// Maps a file. What cannot be read is a gap.
    public init(_ bytes: FileBytes) {
        format = FileFormat(of: bytes)
        var findings = FindingSweep(FileReport(path: "", bytes: bytes).findings)
        var covered = 0
        for span in Self.spans(of: bytes, format).sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            addGap(covered..<span.range.lowerBound, bytes, &findings)
            let shared = span.range.lowerBound < covered ? " (shares bytes with what is above)" : ""
            add(span.range, span.path, span.value + shared, &findings)
            covered = max(covered, span.range.upperBound)
        }
        addGap(covered..<max(covered, bytes.count), bytes, &findings)
    }

    private static func spans(of bytes: FileBytes, _ format: FileFormat) -> [FieldSpan] {
        switch format {
        case .memory: (try? MV2File.open(bytes))?.fieldSpans() ?? []
        case .replaySegment: (try? ReplaySegment.read(bytes))?.fieldSpans(of: bytes) ?? []
        case .activeSession: (try? ActiveSession.fieldSpans(of: bytes)) ?? []
        case .sessionLog: logSpans(bytes)
        case .liveReplayTrace, .unknown: lineSpans(bytes)
        }
    }

    private static func logSpans(_ bytes: FileBytes) -> [FieldSpan] {
        guard let log = try? SessionLogReader().read(bytes) else { return lineSpans(bytes) }
        let entries = log.entries.map { entry in
            FieldSpan(path: "line \(entry.line)", range: entry.byteRange, value: "\(entry.kind.rawValue) \(entry.id)")
        }
        guard log.header != nil,
            let end = bytes.copy(0..<(entries.first?.range.lowerBound ?? bytes.count))
                .firstIndex(of: 0x0A)
        else { return entries }
        return [FieldSpan(path: "line 1", range: 0..<end, value: "header \(log.header?.id ?? "")")] + entries
    }

    private static func lineSpans(_ bytes: FileBytes) -> [FieldSpan] {
        let all = bytes.copy(0..<bytes.count)
        guard all.allSatisfy({ $0 != 0 }) else { return [] }
        return all.split(separator: 0x0A).enumerated().map { number, line in
            let text = String(decoding: line.prefix(60), as: UTF8.self)
            return FieldSpan(path: "line \(number + 1)", range: line.startIndex..<line.endIndex, value: text)
        }
    }

    private mutating func addGap(_ range: Range<Int>, _ bytes: FileBytes, _ findings: inout FindingSweep) {
        if range.isEmpty { return }
        let content = bytes.copy(range)
        let value: String
        switch content {
        case [0x0A]: value = "newline"
        case let zeroes where zeroes.allSatisfy({ $0 == 0 }): value = "\(content.count) zeroes"
        default: value = "\(content.count) bytes that belong to nothing"
        }
        add(range, "gap", value, &findings)
    }

    private mutating func add(
        _ range: Range<Int>, _ name: String, _ value: String, _ findings: inout FindingSweep
    ) {
        rows.append(Row(range: range, name: name, value: value, findings: findings.codes(in: range)))
    }
}

/// Findings beside ranges that only move forwards, so that each is looked at where it can matter and no more.
private struct FindingSweep {
    /// Those that begin behind the last range, the first of them at the end.
    private var ahead: [Finding]
    private var near: [Finding] = []

    init(_ findings: [Finding]) { ahead = findings.sorted { $0.offset > $1.offset } }

    mutating func codes(in range: Range<Int>) -> [FindingCode] {
        while let next = ahead.last, next.offset < range.upperBound { near.append(ahead.removeLast()) }
        near.removeAll { range.lowerBound - $0.offset >= max($0.length, 1) }
        return near.filter { $0.offset < range.upperBound }.map(\.code)
    }
}

extension FileMap.Row {
    /// A line of text: offset, length, name, value, and what there is to say.
    ///
    /// - Parameter isColoured: Whether gaps are dimmed and findings red, for terminals.
    public func text(isColoured: Bool) -> String {
        let place = leftPadded("\(range.lowerBound)", 10) + leftPadded("\(range.count)", 9) + "  "
        let status = findings.isEmpty ? "" : "  <- " + findings.map(\.rawValue).joined(separator: ", ")
        let line = place + padded(name, 44) + " " + printable(value) + status
        guard isColoured else { return line + "\n" }
        if !findings.isEmpty { return "\u{1B}[31m\(line)\u{1B}[0m\n" }
        return name == "gap" ? "\u{1B}[2m\(line)\u{1B}[0m\n" : line + "\n"
    }

    /// Values come from the file: what would move a terminal's cursor is shown as a point.
    private func printable(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "·" : $0 })
    }

    /// One JSON object.
    public var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("offset", integer: range.lowerBound)
        json.field("length", integer: range.count)
        json.field("name", string: name)
        json.field("value", string: value)
        json.field("status", strings: findings.map(\.rawValue))
        return json.finish()
    }
}
