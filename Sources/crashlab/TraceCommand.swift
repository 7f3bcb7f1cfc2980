import CrashHarness
import Foundation

enum TraceCommand: Command {
    static let name = "trace"
    static let summary = "Run any program under strace and visit every disk that a power cut can leave of its work."
    static let help = """
        usage: crashlab trace --watch FOLDER [OPTIONS] -- COMMAND…

        Runs the command, follows what it and its children write below the folder, and visits the states in which a crash
        may leave the folder. Needs strace.

        What must hold: entries and sessions, in files of known formats, that were there when the program acknowledged
        something. With --check another program decides.

          --ack TEXT                    Lines of the program's output that hold TEXT are acknowledgements; without it each
                                        sync of a file is one.
          --check 'COMMAND {}'          Run this on each state, the folder in place of {}; status 0 means that all is well.
          --model cached|ordered|posix  What a crash may do; posix unless told otherwise.
          --bound N                     With more states than this they are sampled; 200000 unless told otherwise.
          --samples N                   How many are sampled then; 20000 unless told otherwise.

        Exit status: 0 no state is wrong, 1 some are, 64 wrong usage, 74 the program cannot be traced.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let command = arguments.command()
        guard !command.isEmpty else { throw UsageError(message: "name a command behind --.") }
        guard let folder = try arguments.option("--watch") else { throw UsageError(message: "name a folder: --watch.") }
        let mark = try arguments.option("--ack")
        let check = try arguments.option("--check")
        var explorer = CrashStateExplorer()
        explorer.model = try arguments.choice("--model", PersistenceModel.self) ?? explorer.model
        explorer.bound = try arguments.number("--bound", in: 1...10_000_000 as ClosedRange<Int>) ?? explorer.bound
        explorer.samples = try arguments.number("--samples", in: 1...10_000_000 as ClosedRange<Int>) ?? explorer.samples
        try arguments.finish()

        let run = try ForeignRun(watching: folder, command, mark: mark)
        for warning in run.warnings { Output.error("warning: \(warning)\n") }
        if check == nil, !run.hasEvidence {
            Output.error(
                "warning: no entry or session of a known format was there at an acknowledgement, so nothing can be found "
                    + "missing; --check lets another program decide.\n")
        }
        let exploration = try check.map { try run.explore(explorer, asking: $0) } ?? run.explore(explorer)
        let states = exploration.isExhaustive ? "all" : "sampled"
        Output.print(
            "\(exploration.operations) operations, \(grouped(exploration.visited)) states visited (\(states)), "
                + "\(grouped(exploration.distinct)) distinct, \(grouped(exploration.violationCount)) wrong\n")
        if run.status != 0 { Output.print("The program ended with status \(run.status).\n") }
        guard let violation = exploration.violations.first else { return .success }
        Output.print("\n" + violation.report)
        return .damaged
    }
}
