import CrashHarness
import Foundation

enum ExploreCommand: Command {
    static let name = "explore"
    static let summary = "Visit every disk that a power cut can leave of a writer's work."
    static let help = """
        usage: crashlab explore [OPTIONS] [SCENARIO…]

        Lets the library's writers work on a simulated disk and visits the states in which a crash may leave it, each of
        them judged after recovery. Protocols of the upstream and planted bugs are there to be found; safe protocols must
        have no violation. Without a name all scenarios are explored.

          --model cached|ordered|posix  What a crash may do; posix unless told otherwise.
          --sector 512|4096             What a disk writes as a whole; 512 unless told otherwise.
          --bound N                     With more states than this they are sampled; 200000 unless told otherwise.
          --samples N                   How many are sampled then; 20000 unless told otherwise.
          --seed N                      Where samples come from; 1 unless told otherwise.
          --report FOLDER               Write the first violation of each scenario there: a report, and the disk.
          --list                        List the scenarios.

        Exit status: 0 safe protocols are safe and all else was found, 1 otherwise.
        """

    private enum SectorSize: String, CaseIterable {
        case small = "512"
        case large = "4096"
    }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        var explorer = CrashStateExplorer()
        explorer.model = try arguments.choice("--model", PersistenceModel.self) ?? explorer.model
        explorer.sectorSize = try arguments.choice("--sector", SectorSize.self) == .large ? 4_096 : 512
        explorer.bound = try arguments.number("--bound", in: 1...10_000_000 as ClosedRange<Int>) ?? explorer.bound
        explorer.samples = try arguments.number("--samples", in: 1...10_000_000 as ClosedRange<Int>) ?? explorer.samples
        explorer.seed = try arguments.number("--seed", in: 0...UInt64.max) ?? explorer.seed
        let folder = try arguments.option("--report")
        let lists = arguments.flag("--list")
        let names = try arguments.operands()
        if let unknown = names.first(where: { name in !CrashScenario.all.contains { $0.name == name } }) {
            throw UsageError(message: "there is no scenario \"\(unknown)\"; --list lists them.")
        }
        let scenarios = CrashScenario.all.filter { names.isEmpty || names.contains($0.name) }
        if lists {
            for scenario in scenarios { Output.print("\(scenario.name), \(scenario.writing)\n") }
            return .success
        }
        Output.print("model \(explorer.model.rawValue), sectors of \(explorer.sectorSize) bytes\n\n")
        Output.print(ExplorationReport.head)
        var isAsExpected = true
        for scenario in scenarios {
            let start = ProcessInfo.processInfo.systemUptime
            let report = ExplorationReport(
                scenario: scenario, exploration: try scenario.explore(explorer),
                seconds: ProcessInfo.processInfo.systemUptime - start, model: explorer.model)
            Output.print(report.line)
            isAsExpected = isAsExpected && report.isAsExpected
            if let folder { try report.writeFirstViolation(below: folder) }
        }
        return isAsExpected ? .success : .damaged
    }
}
