import CrashHarness
import Foundation

enum FuzzCommand: Command {
    static let name = "fuzz"
    static let summary = "Generate sessions, damage them, and judge what comes back, for a time or a number of cases."
    static let help = """
        usage: crashlab fuzz [OPTIONS]

        Asks every judge, case after case, on all cores. A broken promise is made small and kept as a folder with the
        case, the damaged file, what was expected and what came, and the command that shows it again. Cases are judged in
        child processes: one that traps, hangs or takes too much memory is a finding, and the campaign goes on behind it.
        Of one cause one finding is kept; how often it was met is counted.

          --seconds N       Stop after so many seconds; without this or --cases it goes on until Ctrl-C.
          --cases N         Stop after so many cases.
          --jobs N          Workers; all cores unless told otherwise.
          --seed N          Where the cases follow from; a random one, which is printed, unless told otherwise.
          --shard I/N       Take up the I-th of N parts of the cases, for N machines that share a seed.
          --judge NAME      Ask only this judge; may be repeated. "canary" must fail.
          --exhaustive      Look at every case that there is, one after another, instead of random ones; for one judge
                            whose cases are few, such as live-replay-all-6.
          --findings DIR    Where findings are kept; .crashlab/findings unless told otherwise.
          --memory MB       The most memory that a worker may map; 2048 unless told otherwise, 0 for no limit.
          --deadline N      After how many seconds a case counts as hanging; 10 unless told otherwise.
          --targets DIR     Also run the coverage-guided targets whose programs are there, on half of the cores, each for
                            its share of the time; make fuzz builds them.
          --corpus DIR      Where the targets keep inputs that reach something new; .crashlab/corpus unless told otherwise.
          --report DIR      Where report.html and report.json go at the end; nowhere unless told.
          --junit FILE      Write the outcome as JUnit's XML.
          --sarif FILE      Write the findings as SARIF.
          --in-process      Judge in this process, without children.
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
        let jobs =
            try arguments.number("--jobs", in: 1...1024 as ClosedRange<Int>)
            ?? ProcessInfo.processInfo.activeProcessorCount
        let seed = try arguments.number("--seed", in: 0...UInt64.max) ?? UInt64.random(in: 0..<1_000_000_000)
        let shard = try arguments.option("--shard").map(shard) ?? (0, 1)
        let folder = FindingsFolder(try arguments.option("--findings") ?? ".crashlab/findings")
        let memory = try arguments.number("--memory", in: 0...(1 << 30) as ClosedRange<UInt64>) ?? 2_048
        let deadline = try arguments.number("--deadline", in: 1...86_400 as ClosedRange<Int>) ?? 10
        let targets = try arguments.option("--targets")
        let corpus = try arguments.option("--corpus") ?? ".crashlab/corpus"
        let reports = try ReportFiles(&arguments)
        let isInProcess = arguments.flag("--in-process")
        var judges: [any Judge] = []
        while let name = try arguments.option("--judge") { judges.append(try judge(named: name)) }
        let isExhaustive = arguments.flag("--exhaustive")
        try arguments.finish()
        if isExhaustive {
            guard judges.count == 1 else { throw UsageError(message: "--exhaustive needs one --judge.") }
            return try exhaust(judges[0], limit: cases.map { Int(clamping: $0) } ?? .max, folder)
        }

        let slots = targets == nil ? 0 : max(1, jobs / 2)
        let plan = Campaign.Plan(
            judges: judges.isEmpty ? JudgeCatalogue.all : judges, seed: seed, cases: cases ?? .max,
            seconds: seconds.map(Double.init) ?? .infinity, jobs: max(1, jobs - slots), shard: shard)
        let guided = try targets.map { programs in
            let found = GuidedTarget.all(
                .init(programs: programs, corpus: corpus, seeds: "Corpus", findings: folder, logs: logs(beside: corpus))
            )
            if found.isEmpty { throw UsageError(message: "there are no targets in \(programs).") }
            return GuidedRun(found, slots: slots, seconds: plan.seconds)
        }
        let campaign =
            isInProcess
            ? Campaign(plan)
            : Campaign(plan, in: WorkerCommand.options(plan, memory: memory << 20, deadline: Double(deadline)))
        return try run(campaign, plan, guided, folder, reports)
    }

    /// Where targets write while they run: beside their corpus, and where that cannot be, in the system's temporary folder.
    private static func logs(beside corpus: String) -> String {
        let logs = "\(corpus)/.logs"
        do {
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
            return logs
        } catch {
            return FileManager.default.temporaryDirectory.appending(path: "crashlab-logs").path()
        }
    }

    /// "2/5": the second of five.
    private static func shard(_ text: String) throws -> (number: UInt64, count: UInt64) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { UInt64($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], number >= 1, number <= count else {
            throw UsageError(message: "--shard takes I/N with I from 1 to N, not \"\(text)\".")
        }
        return (number - 1, count)
    }

    private static func judge(named name: String) throws -> any Judge {
        guard let judge = JudgeCatalogue.judge(named: name) else {
            throw UsageError(message: "there is no judge \"\(name)\"; --list lists them.")
        }
        return judge
    }

    private static func exhaust(_ judge: any Judge, limit: Int, _ folder: FindingsFolder) throws -> ExitStatus {
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
            Output.print(finding.report(at: try folder.keep(finding)))
            return .damaged
        }
    }

    private static func run(
        _ campaign: Campaign, _ plan: Campaign.Plan, _ guided: GuidedRun?, _ folder: FindingsFolder,
        _ reports: ReportFiles
    ) throws -> ExitStatus {
        Output.print("seed \(plan.seed), \(plan.judges.count) judges, \(plan.jobs) workers\n")
        folder.sweep()
        let interrupt = InterruptWatch {
            campaign.stop()
            guided?.stop()
        }
        defer { interrupt.cancel() }
        var display = FuzzDisplay()
        var ledger = CountLedger(folder)
        guided?.begin { Output.print("\n\($0)\n") }
        let summary = campaign.run(
            reportEvery: 1,
            onFinding: { finding in
                do {
                    Output.print("\n" + finding.report(at: try folder.keep(finding)) + "\n")
                } catch {
                    Output.print("\n" + finding.report(at: "(not saved: \(error.localizedDescription))") + "\n")
                }
            },
            report: {
                display.show($0, guided?.current() ?? [])
                ledger.note(campaign.counts)
            })
        display.end()
        ledger.note(campaign.counts)
        guided?.wait()
        let results = guided?.results ?? [:]
        Output.print(summary.text(seed: plan.seed) + GuidedReport.text(results))
        try reports.write(
            RunReport(
                summary, plan, targets: results, findings: folder, maps: reports.wantsPage ? CrashMap.samples() : []))
        let isQuiet = summary.failingCases.isEmpty && summary.problems.isEmpty
        return isQuiet && results.values.allSatisfy { $0.crashes == 0 && $0.problem == nil } ? .success : .damaged
    }
}

/// Brings the counts on the disk up to date.
private struct CountLedger {
    private let folder: FindingsFolder
    private var written: [String: Int] = [:]
    private var hasComplained = false

    init(_ folder: FindingsFolder) { self.folder = folder }

    mutating func note(_ counts: [String: Int]) {
        for (identity, count) in counts where count > written[identity, default: 0] {
            do {
                try folder.add(count - written[identity, default: 0], to: identity)
                written[identity] = count
            } catch {
                // Findings go on being counted in memory, and are in the summary.
                if !hasComplained {
                    Output.error("\nCounts cannot be kept in \(folder.path): \(error.localizedDescription)\n")
                }
                hasComplained = true
            }
        }
    }
}
