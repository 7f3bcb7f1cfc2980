import CrashHarness
import Foundation

/// What `trace --inject` does: one run for each call that can fail, and the states of each.
struct FaultExploration {
    let kind: InjectedFault.Kind
    /// How many runs there are at most.
    let most: Int
    let exploration: TraceExploration
    let options: ExplorerOptions

    func run(_ runs: FaultyRuns) throws -> ExitStatus {
        TraceCommand.tell(runs.whole)
        var status = exploration.run(runs.whole.trace, options)
        let all = runs.whole.faults(kind)
        let chosen = all.count <= most ? all : (0..<most).map { all[$0 * all.count / most] }
        Output.error(
            "\(counted(all.count, "call")) can fail with \(kind.rawValue), \(counted(chosen.count, "run")):\n")
        do {
            for (index, fault) in chosen.enumerated() {
                status = Self.worse(status, try explore(fault, number: index + 1, runs))
            }
        } catch {
            // The folder is the user's: it holds what the program made of it, whatever happened.
            try runs.end()
            throw error
        }
        try runs.end()
        return status
    }

    /// Something wrong outweighs all that was not judged.
    private static func worse(_ a: ExitStatus, _ b: ExitStatus) -> ExitStatus {
        a == .damaged || b == .damaged ? .damaged : max(a, b)
    }

    private func explore(_ fault: InjectedFault, number: Int, _ runs: FaultyRuns) throws -> ExitStatus {
        guard let run = try runs.run(fault) else {
            say("  \(fault): the program had not ended after \(exploration.deadline) seconds\n")
            return .damaged
        }
        // Threads and other runs may come to another call than the one that was meant.
        if fault.kind != .short, run.injected == 0 {
            say("  \(fault): the program did not come to this call again\n")
            return .unreadable
        }
        let (trace, found) = exploration.explore(run.trace, options)
        try tell(fault, run, found, try keep(run, found, number))
        return exploration.verdict(found, trace)
    }

    /// Says what is no line of JSON.
    private func say(_ text: String) { options.format == .json ? Output.error(text) : Output.print(text) }

    /// Keeps a run in which something is wrong, where it is to be kept.
    ///
    /// - Returns: The command that shows a state of it again, up to the state.
    private func keep(_ run: ForeignRun, _ found: Exploration, _ number: Int) throws -> String {
        guard let folder = options.reportFolder.map({ "\($0)/fault-\(number)" }), found.violationCount > 0 else {
            return exploration.again(nil, options)
        }
        let path = folder + "/trace.jsonl"
        let again = exploration.again(path, options)
        try found.write(into: folder, again: again)
        try run.trace.file.write(to: URL(filePath: path), options: .atomic)
        return again
    }

    private func tell(_ fault: InjectedFault, _ run: ForeignRun, _ found: Exploration, _ again: String) throws {
        if options.format == .json {
            Output.write(Array(try found.json(of: "\(fault)", again: again, unseen: run.trace.unseen)))
            return
        }
        Output.print(
            "  \(fault): status \(run.status), \(grouped(found.visited)) states visited (\(found.coverage.sentence)), "
                + "\(grouped(found.distinct)) distinct, \(grouped(found.violationCount)) wrong\n")
        for cause in found.causes {
            let (expected, got) = (cause.violation.expected, cause.violation.got)
            Output.print(
                "    \(cause.sentence)\n      expected \(expected)\n      got \(got)\n"
                    + "      again \(cause.violation.command(again: again))\n")
        }
    }
}
