import CrashHarness
import Foundation

/// What `crashlab fuzz` starts as its children; not for people.
enum WorkerCommand: Command {
    static let name = "fuzz-worker"
    static let summary = "Judge cases for crashlab fuzz, which starts this by itself."
    static let help = """
        usage: crashlab fuzz-worker --seed N --judge NAME… [--memory BYTES] [--tracing]

        crashlab fuzz starts this by itself and talks with it; it is of no use otherwise.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let seed = try arguments.number("--seed", in: 0...UInt64.max) ?? 0
        let memory = try arguments.number("--memory", in: 0...UInt64.max) ?? 0
        let isTracing = arguments.flag("--tracing")
        var judges: [any Judge] = []
        while let name = try arguments.option("--judge") {
            guard let judge = KitCatalogue.standard.judge(named: name) else {
                throw UsageError(message: "there is no judge \"\(name)\".")
            }
            judges.append(judge)
        }
        try arguments.finish()
        guard !judges.isEmpty else { throw UsageError(message: "name a judge.") }
        try WorkerLoop.run(.init(judges: judges, seed: seed, memoryLimit: memory, isTracing: isTracing))
        return .success
    }

    /// How a supervisor starts it.
    static func options(_ plan: Campaign.Plan, memory: UInt64, deadline: Double) -> WorkerProcess.Options {
        let judges = plan.judges.flatMap { ["--judge", $0.name] }
        let arguments = [name, "--seed", "\(plan.seed)", "--memory", "\(memory)"] + judges
        return WorkerProcess.Options(
            program: ownPath, arguments: arguments, tracingArguments: arguments + ["--tracing"], deadline: deadline)
    }

    /// This program, also when it was started by a name that the shell looked up.
    private static var ownPath: String {
        let link = "/proc/self/exe"
        return (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? CommandLine.arguments[0]
    }
}
