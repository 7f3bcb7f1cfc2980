// Benchmark figures as a table and as JSON.

import SessionFormats

extension BenchmarkRow {
    private static let nameWidth = 68

    /// The table's first line.
    public static let tableHead =
        padded("", nameWidth) + leftPadded("best", 10) + leftPadded("median", 10) + leftPadded("peer", 10)
        + leftPadded("ratio", 8) + "\n"

    /// The row as a line of the table.
    public var tableLine: String {
        if let failure { return padded(name, Self.nameWidth) + "  failed: \(failure)\n" }
        return padded("\(name), \(unit)", Self.nameWidth) + leftPadded(figure(best), 10)
            + leftPadded(figure(median), 10)
            + leftPadded(peer.map(figure) ?? "", 10) + leftPadded(ratio.map { figure($0) } ?? "", 8) + "\n"
    }

    /// The row as one JSON object.
    public var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("name", string: name)
        if let failure {
            json.field("failure", string: failure)
            return json.finish()
        }
        json.field("unit", string: unit)
        json.field("best", json: Array(figure(best).utf8))
        json.field("median", json: Array(figure(median).utf8))
        if let peer { json.field("peer", json: Array(figure(peer).utf8)) }
        if let ratio { json.field("ratio", json: Array(figure(ratio).utf8)) }
        return json.finish()
    }

    /// Two digits behind the point.
    private func figure(_ number: Double) -> String {
        let hundredths = Int((min(max(number, 0), 1e12) * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
