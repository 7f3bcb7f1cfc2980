// A campaign's summary as text.

import SessionFormats

extension Campaign.Summary {
    /// A table of the judges, what went unnoticed, and what was found.
    public func text(seed: UInt64) -> String {
        var lines = judgeTable
        lines += unnoticedTable
        lines.append("")
        let rate = Int(Double(total.cases) / max(seconds, 0.001))
        let bytes = total.bytesRead / 1_000_000
        lines.append(
            """
            \(grouped(total.cases)) cases in \(duration(seconds)), \(grouped(rate)) a second, \(grouped(bytes)) MB read, \
            seed \(seed)
            """)
        if let hanging { lines.append("Case \(hanging.index) of \(hanging.judge) hangs; nothing further was judged.") }
        lines.append(
            failingCases.isEmpty
                ? "No promise was broken." : "\(failingCases.count) cases broke a promise; \(findings.count) were kept."
        )
        return lines.joined(separator: "\n") + "\n"
    }

    private var judgeTable: [String] {
        let width = evidence.keys.map(\.count).max() ?? 0
        return evidence.keys.sorted().map { name in
            padded(name, width) + "  " + leftPadded(grouped(evidence[name]?.cases ?? 0), 14) + " cases"
        }
    }

    /// How many of the flips in each field nobody can notice, since the formats have no checksum.
    private var unnoticedTable: [String] {
        let tallies = total.tallies
        let fields = Set(tallies.keys.map { Evidence.Observation(judge: $0.judge, subject: $0.subject, outcome: "") })
        guard !fields.isEmpty else { return [] }
        let width = fields.map(\.subject.count).max() ?? 0
        var lines = ["", "Bits flipped in files without checksums: the share that no reader can notice, by field"]
        for field in fields.sorted() {
            func count(_ outcome: String) -> Int {
                tallies[.init(judge: field.judge, subject: field.subject, outcome: outcome)] ?? 0
            }
            let all = count("unnoticed") + count("detected")
            let share = Int((100 * Double(count("unnoticed")) / Double(max(all, 1))).rounded())
            lines.append(
                "  \(padded(field.judge, 14))  \(padded(field.subject, width))  \(leftPadded("\(share)", 3)) % of \(grouped(all))"
            )
        }
        return lines
    }
}

/// Digits in groups of three.
public func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number.magnitude).reversed().enumerated() {
        if index > 0, index.isMultiple(of: 3) { text.append(",") }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
}

/// Seconds as people say them.
public func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e9)).rounded())
    if whole >= 3_600 { return "\(whole / 3_600) h \(whole / 60 % 60) min" }
    return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

func leftPadded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
