// What people may say to crashlab fuzz.

import CrashHarness
import Foundation

/// The command's options, checked.
struct FuzzOptions {
    /// What the campaign is to do; with targets it has half of the workers.
    let plan: Campaign.Plan
    /// Targets to run beside it.
    let guided: GuidedRun?
    /// Whether every case of the only judge is looked at instead.
    let isExhaustive: Bool
    /// Whether cases are judged without children.
    let isInProcess: Bool
    /// The most memory that a worker may map, in bytes; 0 for no limit.
    let memory: UInt64
    /// After how many seconds without a further choice a case counts as hanging.
    let deadline: Double
    /// Where findings are kept.
    let findings: FindingsFolder
    /// Where the outcome is written.
    let reports: ReportFiles

    init(_ arguments: inout Arguments) throws {
        findings = FindingsFolder(try arguments.option("--findings") ?? ".crashlab/findings")
        memory = (try arguments.number("--memory", in: 0...(1 << 30) as ClosedRange<UInt64>) ?? 2_048) << 20
        deadline = Double(try arguments.number("--deadline", in: 1...86_400 as ClosedRange<Int>) ?? 10)
        reports = try ReportFiles(&arguments)
        isInProcess = arguments.flag("--in-process")
        isExhaustive = arguments.flag("--exhaustive")
        var plan = try Self.plan(&arguments)
        guided = try Self.guided(&arguments, plan, findings)
        if let guided { plan.jobs = max(1, plan.jobs - guided.slots) }
        self.plan = plan
        if isExhaustive, plan.judges.count != 1 { throw UsageError(message: "--exhaustive needs one --judge.") }
    }

    private static func plan(_ arguments: inout Arguments) throws -> Campaign.Plan {
        let seconds = try arguments.number("--seconds", in: 1...(1 << 40) as ClosedRange<Int>)
        let cases = try arguments.number("--cases", in: 1...UInt64.max)
        let jobs = try arguments.number("--jobs", in: 1...1024 as ClosedRange<Int>)
        let seed = try arguments.number("--seed", in: 0...UInt64.max)
        let shard = try arguments.option("--shard").map(shard)
        var judges: [any Judge] = []
        while let name = try arguments.option("--judge") { judges.append(try judge(named: name)) }
        return Campaign.Plan(
            judges: judges.isEmpty ? KitCatalogue.standard.judges : judges,
            seed: seed ?? .random(in: 0..<1_000_000_000),
            cases: cases ?? .max, seconds: seconds.map(Double.init) ?? .infinity,
            jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, shard: shard ?? (0, 1))
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
        guard let judge = KitCatalogue.standard.judge(named: name) else {
            throw UsageError(message: "there is no judge \"\(name)\"; --list lists them.")
        }
        return judge
    }

    private static func guided(
        _ arguments: inout Arguments, _ plan: Campaign.Plan, _ findings: FindingsFolder
    ) throws -> GuidedRun? {
        let corpus = try arguments.option("--corpus") ?? ".crashlab/corpus"
        guard let programs = try arguments.option("--targets") else { return nil }
        let targets = GuidedTarget.all(
            .init(
                programs: programs, corpus: corpus, seeds: "Corpus", findings: findings, logs: logs(beside: corpus)))
        if targets.isEmpty { throw UsageError(message: "there are no targets in \(programs).") }
        return GuidedRun(targets, slots: plan.jobs / 2, seconds: plan.seconds)
    }

    /// Where targets write while they run: beside their corpus, and where that cannot be, in the system's temporary folder.
    private static func logs(beside corpus: String) -> String {
        let logs = "\(corpus)/.logs"
        do {
            try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
            return logs
        } catch {
            return FileManager.default.temporaryDirectory.appending(path: "crashlab-logs").filePath
        }
    }
}
