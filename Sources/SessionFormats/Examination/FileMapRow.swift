// What stands at each byte of a file: the annotated map that `crashlab inspect` prints.

/// Some bytes of a file and what they are.
public struct FileMapRow: Sendable, Equatable, Codable {
    /// The bytes.
    public var range: Range<Int>
    /// The field, or "gap" for bytes that belong to none.
    public var name: String
    /// Its value in words.
    public var value: String
    /// The codes of findings about these bytes; empty when there is nothing to say.
    public var findings: [FindingCode]

    /// The name of bytes that belong to no field.
    public static let gap = "gap"

    /// The rows of a file in its order. What cannot be read is a gap.
    static func rows(of examination: Examination, _ bytes: FileBytes) -> [FileMapRow] {
        var findings = FindingSweep(examination.findings)
        var rows: [FileMapRow] = []
        var covered = 0
        func add(_ range: Range<Int>, _ name: String, _ value: String) {
            rows.append(FileMapRow(range: range, name: name, value: value, findings: findings.codes(in: range)))
        }
        func addGap(to end: Int) {
            if covered < end { add(covered..<end, gap, gapValue(bytes.copy(covered..<end))) }
        }
        for field in examination.fields {
            addGap(to: field.range.lowerBound)
            add(field.range, field.path, field.value)
            covered = field.range.upperBound
        }
        addGap(to: bytes.count)
        return rows
    }

    private static func gapValue(_ content: [UInt8]) -> String {
        if content == [0x0A] { return "newline" }
        if content.allSatisfy({ $0 == 0 }) { return "\(content.count) zeroes" }
        return "\(content.count) bytes that belong to nothing"
    }

    /// A line of text: offset, length, name, value, and what there is to say.
    ///
    /// - Parameter isColoured: Whether gaps are dimmed and findings red, for terminals.
    public func text(isColoured: Bool) -> String {
        func column(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count))
        }
        let (offset, length) = ("\(range.lowerBound)", "\(range.count)")
        let place = column(offset, 10) + offset + column(length, 9) + length + "  "
        let status = findings.isEmpty ? "" : "  <- " + findings.map(\.rawValue).joined(separator: ", ")
        let name = name.printable
        let line = place + name + column(name, 44) + " " + value.printable + status
        guard isColoured else { return line + "\n" }
        if !findings.isEmpty { return "\u{1B}[31m\(line)\u{1B}[0m\n" }
        return self.name == Self.gap ? "\u{1B}[2m\(line)\u{1B}[0m\n" : line + "\n"
    }

    /// One JSON object.
    public var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("offset", integer: range.lowerBound)
        json.field("length", integer: range.count)
        json.field("name", string: name)
        json.field("value", string: value)
        json.field("status", strings: findings.map(\.rawValue))
        return json.finish().printableJSON
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
        WorkMeter.add(near.count)
        near.removeAll { range.lowerBound - $0.offset >= max($0.length, 1) }
        return near.filter { $0.offset < range.upperBound }.map(\.code)
    }
}
