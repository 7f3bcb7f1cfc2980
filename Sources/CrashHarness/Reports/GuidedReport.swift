// What coverage-guided targets came to, as text.

/// A table of targets.
public enum GuidedReport {
    /// One line a target; empty without any.
    public static func text(_ results: [String: GuidedTarget.Status]) -> String {
        guard !results.isEmpty else { return "" }
        let width = results.keys.map(\.count).max() ?? 0
        let lines = results.sorted { $0.key < $1.key }.map { name, status in
            padded(name, width) + leftPadded(grouped(status.executions), 14) + " inputs"
                + leftPadded(grouped(status.rate), 10) + " a second, coverage" + leftPadded(grouped(status.coverage), 7)
                + ", corpus" + leftPadded(grouped(status.corpus), 6) + ", \(status.crashes) crashes"
                + (status.problem.map { "\n  \($0)" } ?? "")
        }
        return "\nCoverage-guided targets\n" + lines.joined(separator: "\n") + "\n"
    }
}
