import CrashHarness
import Foundation
import SessionFormats

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
          --deadline N      After how many seconds without a further choice a case counts as hanging; 10 unless told
                            otherwise.
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
            for judge in KitCatalogue.standard.judges + KitCatalogue.standard.specialJudges {
                Output.print("\(judge.name)\n    \(judge.promise)\n")
            }
            return .success
        }
        let options = try FuzzOptions(&arguments)
        try arguments.finish()
        return options.isExhaustive ? try exhaust(options) : try fuzz(options)
    }

    private static func exhaust(_ options: FuzzOptions) throws -> ExitStatus {
        let judge = options.plan.judges[0]
        let start = ProcessInfo.processInfo.systemUptime
        var evidence = Evidence()
        var made: [Choice] = []
        var nextLine = start + 10
        do throws(Violation) {
            let coverage = try ExhaustiveChoices.forEach(limit: Int(clamping: options.plan.cases)) {
                (choices) throws(Violation) in
                defer { made = choices.made }
                try judge.examine(&choices, &evidence)
                let now = ProcessInfo.processInfo.systemUptime
                if now < nextLine { return }
                nextLine = now + 10
                Output.print("\(grouped(evidence.cases)) cases in \(duration(now - start))\n")
            }
            let seconds = duration(ProcessInfo.processInfo.systemUptime - start)
            let extent = coverage.isComplete ? "all there are" : "not all there are"
            Output.print("\(judge.name): \(grouped(coverage.cases)) cases, \(extent), in \(seconds) on one core\n")
            return .success
        } catch {
            let finding = CampaignFinding(judge, made, error)
            Output.print(finding.report(at: try options.findings.keep(finding)))
            return .damaged
        }
    }

    private static func campaign(_ options: FuzzOptions) -> Campaign {
        options.isInProcess
            ? Campaign(options.plan)
            : Campaign(
                options.plan,
                in: WorkerCommand.options(options.plan, memory: options.memory, deadline: options.deadline))
    }

    private static func fuzz(_ options: FuzzOptions) throws -> ExitStatus {
        let (plan, folder, guided) = (options.plan, options.findings, options.guided)
        Output.print(
            "seed \(plan.seed), \(counted(plan.judges.count, "judge")), \(counted(plan.jobs, "worker"))\n")
        let campaign = campaign(options)
        let interrupt = InterruptWatch {
            campaign.stop()
            guided?.stop()
        }
        defer { interrupt.cancel() }
        var display = FuzzDisplay()
        var ledger = CountLedger(folder)
        guided?.begin { Output.print("\n\($0)\n") }
        let summary = campaign.run(
            reportEvery: 1, onFinding: { Output.print("\n\(report($0, kept: folder))\n") },
            report: {
                display.show($0, guided?.current() ?? [])
                ledger.note(campaign.counts)
            })
        display.end()
        ledger.finish(campaign.counts)
        guided?.wait()
        let results = guided?.results ?? [:]
        Output.print(summary.text(seed: plan.seed) + GuidedReport.text(results))
        try options.reports.write(
            RunReport(
                summary, plan, targets: results, findings: folder,
                maps: options.reports.wantsPage ? CrashMap.samples() : []))
        let isQuiet = summary.failingCases.isEmpty && summary.problems.isEmpty
        return isQuiet && results.values.allSatisfy { $0.crashes == 0 && $0.problem == nil } ? .success : .damaged
    }

    /// Keeps a finding, and says what it is and where.
    private static func report(_ finding: CampaignFinding, kept folder: FindingsFolder) -> String {
        do {
            return finding.report(at: try folder.keep(finding))
        } catch { return finding.report(at: "(not saved: \(error.reason))") }
    }
}

/// Brings the counts on the disk up to date.
private struct CountLedger {
    private let folder: FindingsFolder
    private var written: [String: Int] = [:]
    private var hasComplained = false

    init(_ folder: FindingsFolder) { self.folder = folder }

    /// Adds what was counted since the last time to the findings that are kept; tells whether another campaign has one of
    /// the counts just now.
    @discardableResult
    mutating func note(_ counts: [String: Int]) -> Bool {
        var isBusy = false
        for (identity, count) in counts where count > written[identity, default: 0] {
            do {
                // One that is being kept at this moment is counted the next time.
                guard try folder.isKept(identity) else { continue }
                try folder.add(count - written[identity, default: 0], to: identity)
                written[identity] = count
            } catch StorageError.locked {
                isBusy = true
            } catch StorageError.notDurable {
                // It is there, though a power cut may take it away: once more would count twice.
                written[identity] = count
            } catch {
                // Findings go on being counted in memory, and are in the summary.
                complain(error.reason)
            }
        }
        return isBusy
    }

    /// The last time. A count that another campaign has is waited for, up to two seconds.
    mutating func finish(_ counts: [String: Int]) {
        var (isBusy, turns) = (note(counts), 0)
        while isBusy, turns < 100 {
            usleep(20_000)
            (isBusy, turns) = (note(counts), turns + 1)
        }
        let isAll = counts.allSatisfy { written[$0.key, default: 0] >= $0.value }
        if !isAll {
            hasComplained = false
            complain(isBusy ? "Another campaign has them." : "Their findings could not be kept.")
        }
    }

    private mutating func complain(_ reason: String) {
        if !hasComplained { Output.error("\nCounts cannot be kept. \(reason)\n") }
        hasComplained = true
    }
}
