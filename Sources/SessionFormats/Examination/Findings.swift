// Readers collect findings instead of failing on the first problem.

/// The findings of one file, bounded so that a hostile file cannot make its report larger than itself.
public struct Findings: Sendable {
    /// The most findings that are kept one by one. The rest are counted.
    public static let limit = 10_000

    /// The findings in the order in which they were made.
    public private(set) var all: [Finding] = []
    /// How many findings were made beyond `limit`.
    public private(set) var dropped = 0
    /// The worst severity of all findings made, kept or not.
    public private(set) var worst: Severity?

    /// No findings.
    public init() {}

    /// Adds a finding; beyond the limit it is only counted, and its message is never built.
    public mutating func add(
        _ code: FindingCode, _ severity: Severity, offset: Int, length: Int, line: Int? = nil,
        _ message: @autoclosure () -> String
    ) {
        worst = max(worst ?? severity, severity)
        guard all.count < Findings.limit else {
            dropped += 1
            return
        }
        all.append(Finding(code, severity, offset: offset, length: length, line: line, message: message()))
    }

    /// Adds the findings of another part of a reader.
    public mutating func add(_ other: Findings) {
        for finding in other.all {
            add(
                finding.code, finding.severity, offset: finding.offset, length: finding.length, line: finding.line,
                finding.message)
        }
        dropped += other.dropped
        if let worst = other.worst { self.worst = max(self.worst ?? worst, worst) }
    }

    /// All findings, with one at the end that counts those beyond the limit.
    public var report: [Finding] {
        guard dropped > 0, let last = all.last else { return all }
        let rest = Finding(
            .moreFindings, .note, offset: last.offset, length: 0,
            message: "\(dropped) more findings are not listed; the first \(Findings.limit) are.")
        return all + [rest]
    }
}
