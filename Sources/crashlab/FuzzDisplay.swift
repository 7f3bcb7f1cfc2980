import CrashHarness

/// A line that is written over on a terminal; a line every ten seconds elsewhere.
struct FuzzDisplay {
    private let isTerminal = Output.isTerminal
    private var lastLine = 0.0
    private var hasLine = false

    mutating func show(_ progress: Campaign.Progress, _ targets: [(name: String, status: GuidedTarget.Status)]) {
        let rate = Int(Double(progress.cases) / max(progress.seconds, 0.001))
        let left = progress.secondsLeft.isFinite ? ", \(duration(progress.secondsLeft)) left" : ""
        let text =
            "\(grouped(progress.cases)) cases, \(grouped(rate)) a second, \(progress.failures) failing\(left)"
            + targets.map {
                "; \($0.name): \(grouped($0.status.executions)) inputs, coverage \(grouped($0.status.coverage))"
            }
            .joined()
        if isTerminal {
            Output.control("\r\u{1B}[K\(text)")
            hasLine = true
        } else if progress.seconds - lastLine >= 10 {
            lastLine = progress.seconds
            Output.print(text + "\n")
        }
    }

    func end() {
        if hasLine { Output.control("\r\u{1B}[K") }
    }
}
