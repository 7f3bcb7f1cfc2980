import CrashHarness
import Foundation
import Synchronization

enum FuzzCommand: Command {
    static let name = "fuzz"
    static let summary = "Generate sessions, damage them, and judge what comes back, for a time or a number of cases."
    static let help = """
        usage: crashlab fuzz [OPTIONS]

        Asks every judge, case after case, on all cores. A broken promise is made small and kept as a folder with the
        case, the damaged file, what was expected and what came, and the command that shows it again.

          --seconds N       Stop after so many seconds; without this or --cases it goes on until Ctrl-C.
          --cases N         Stop after so many cases.
          --jobs N          Workers; all cores unless told otherwise.
          --seed N          Where the cases follow from; a random one, which is printed, unless told otherwise.
          --judge NAME      Ask only this judge; may be repeated. "canary" must fail.
          --exhaustive      Look at every case that there is, one after another, instead of random ones; for one judge
                            whose cases are few, such as live-replay-all-6.
          --findings DIR    Where findings are kept; .crashlab/findings unless told otherwise.
          --list            List the judges and their promises.

        The same seed gives the same cases, whatever the number of workers. Ctrl-C ends with the summary.
        Exit status: 0 no findings, 1 findings.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        if arguments.flag("--list") {
            for judge in JudgeCatalogue.all + JudgeCatalogue.special {
                Output.print("\(judge.name)\n    \(judge.promise)\n")
            }
            return .success
        }
        let seconds = try arguments.number("--seconds", in: 1...(1 << 40) as ClosedRange<Int>)
        let cases = try arguments.number("--cases", in: 1...UInt64.max)
        let jobs = try arguments.number("--jobs", in: 1...1024 as ClosedRange<Int>)
        let seed = try arguments.number("--seed", in: 0...UInt64.max) ?? UInt64.random(in: 0..<1_000_000_000)
        let folder = try arguments.option("--findings") ?? ".crashlab/findings"
        var judges: [any Judge] = []
        while let name = try arguments.option("--judge") { judges.append(try judge(named: name)) }
        let isExhaustive = arguments.flag("--exhaustive")
        try arguments.finish()
        if isExhaustive {
            guard judges.count == 1 else { throw UsageError(message: "--exhaustive needs one --judge.") }
            return try exhaust(judges[0], limit: cases.map { Int(clamping: $0) } ?? .max, findingsIn: folder)
        }

        let plan = Campaign.Plan(
            judges: judges.isEmpty ? JudgeCatalogue.all : judges, seed: seed, cases: cases ?? .max,
            seconds: seconds.map(Double.init) ?? .infinity,
            jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        return run(plan, findingsIn: folder)
    }

    private static func judge(named name: String) throws -> any Judge {
        guard let judge = JudgeCatalogue.judge(named: name) else {
            throw UsageError(message: "there is no judge \"\(name)\"; --list lists them.")
        }
        return judge
    }

    private static func exhaust(_ judge: any Judge, limit: Int, findingsIn folder: String) throws -> ExitStatus {
        let start = ProcessInfo.processInfo.systemUptime
        var evidence = Evidence()
        var made: [Choice] = []
        do throws(Violation) {
            let coverage = try ExhaustiveChoices.forEach(limit: limit) { (choices) throws(Violation) in
                defer { made = choices.made }
                try judge.examine(&choices, &evidence)
            }
            let seconds = duration(ProcessInfo.processInfo.systemUptime - start)
            let extent = coverage.isComplete ? "all there are" : "not all there are"
            Output.print("\(judge.name): \(grouped(coverage.cases)) cases, \(extent), in \(seconds) on one core\n")
            return .success
        } catch {
            let finding = CampaignFinding(judge, made, error)
            Output.print(finding.report(at: try finding.write(into: folder)))
            return .damaged
        }
    }

    private static func run(_ plan: Campaign.Plan, findingsIn folder: String) -> ExitStatus {
        Output.print("seed \(plan.seed), \(plan.judges.count) judges, \(plan.jobs) workers\n")
        let campaign = Campaign(plan)
        let interrupt = InterruptWatch { campaign.stop() }
        defer { interrupt.cancel() }
        var display = ProgressDisplay()
        let summary = campaign.run(
            reportEvery: 1,
            onFinding: { finding in
                do {
                    Output.print("\n" + finding.report(at: try finding.write(into: folder)) + "\n")
                } catch {
                    Output.print("\n" + finding.report(at: "(not saved: \(error.localizedDescription))") + "\n")
                }
            },
            report: { display.show($0) })
        display.end()
        Output.print(summary.text(seed: plan.seed))
        return summary.failingCases.isEmpty && summary.hanging == nil ? .success : .damaged
    }
}

/// Calls back on Ctrl-C and on a polite request to end.
private final class InterruptWatch {
    private let sources: [any DispatchSourceSignal]

    init(_ onInterrupt: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: onInterrupt)
            source.resume()
            return source
        }
    }

    func cancel() { sources.forEach { $0.cancel() } }
}

/// A line that is written over on a terminal; a line every ten seconds elsewhere.
private struct ProgressDisplay {
    private let isTerminal = Output.isTerminal
    private var lastLine = 0.0
    private var hasLine = false

    mutating func show(_ progress: Campaign.Progress) {
        let rate = Int(Double(progress.cases) / max(progress.seconds, 0.001))
        let left = progress.secondsLeft.isFinite ? ", \(duration(progress.secondsLeft)) left" : ""
        let text = "\(grouped(progress.cases)) cases, \(grouped(rate)) a second, \(progress.failures) failing\(left)"
        if isTerminal {
            Output.print("\r\u{1B}[K\(text)")
            hasLine = true
        } else if progress.seconds - lastLine >= 10 {
            lastLine = progress.seconds
            Output.print(text + "\n")
        }
    }

    func end() {
        if hasLine { Output.print("\r\u{1B}[K") }
    }
}
