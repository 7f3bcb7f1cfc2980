// A campaign's summary as text.

import SessionFormats

extension Campaign.Summary {
    /// A table of the judges, what went unnoticed, and what was found.
    public func text(seed: UInt64) -> String {
        var lines = judgeTable
        lines += outcomeTable
        lines.append("")
        let rate = Int(Double(total.cases) / max(seconds, 0.001))
        let bytes = total.bytesRead / 1_000_000
        lines.append(
            """
            \(grouped(total.cases)) cases in \(duration(seconds)), \(grouped(rate)) a second, \(grouped(bytes)) MB read, \
            seed \(seed)
            """)
        lines += problems.map { "A worker could not go on: \($0)" }
        lines.append(
            failingCases.isEmpty
                ? "No promise was broken."
                : "\(counted(failingCases.count, "case")) failed, of \(counted(findings.count, "cause")):")
        lines += findings.map { "  \($0.finding.identity), \(counted($0.count, "time")): \($0.finding.violation.got)" }
        if unexplained > 0 {
            lines.append(
                "  \(counted(unexplained, "case")) of further causes: of each judge the first few are looked at.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var judgeTable: [String] {
        let width = evidence.keys.map(\.count).max() ?? 0
        return evidence.keys.sorted().map { name in
            padded(name, width) + "  " + leftPadded(grouped(evidence[name]?.cases ?? 0), 14) + " cases"
        }
    }

    /// What became of damage, by the part that it hit. Formats without checksums let much of it go unnoticed.
    private var outcomeTable: [String] {
        let parts = Dictionary(grouping: total.tallies) { PartOfJudge(judge: $0.key.judge, part: $0.key.subject) }
        guard !parts.isEmpty else { return [] }
        let width = parts.keys.map(\.part.count).max() ?? 0
        return ["", "What became of damage, by the part that it hit"]
            + parts.sorted { $0.key < $1.key }.map { key, tallies in
                let all = tallies.reduce(0) { $0 + $1.value }
                let shares = tallies.sorted { $0.value > $1.value }.map { observation, count in
                    "\(Int((100 * Double(count) / Double(max(all, 1))).rounded())) % \(observation.outcome)"
                }
                return "  \(padded(key.judge, 14))  \(padded(key.part, width))  "
                    + "\(shares.joined(separator: ", ")) of \(grouped(all))"
            }
    }

    private struct PartOfJudge: Hashable, Comparable {
        var judge: String
        var part: String

        static func < (a: Self, b: Self) -> Bool { (a.judge, a.part) < (b.judge, b.part) }
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

/// A number of things: "1 case", "2 cases".
public func counted(_ number: Int, _ thing: String) -> String { "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")" }

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
