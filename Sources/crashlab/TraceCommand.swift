import CrashHarness
import Foundation

enum TraceCommand: Command {
    static let name = "trace"
    static let summary = "Run any program under strace and visit every disk that a power cut can leave of its work."
    static let help = """
        usage: crashlab trace --watch FOLDER [OPTIONS] -- COMMAND…

        Runs the command, follows what it and its children write below the folder, and visits the states in which a crash
        may leave the folder. Needs strace. With --output the trace is kept in a file instead, which crashlab explore
        takes: there, later, or on another machine.

          --output FILE                 Keep the trace in this file and visit nothing.
          --stops auto|always|never     Whether the program is stopped at each of its calls, so that stores into files that it
                                        maps are seen. auto: when a first run shows that it maps files for writing, it is run
                                        a second time, on the folder as it was before.
          --inject ENOSPC|EIO|EINTR|short
                                        Run the program anew with one call after the other failing so, each time on the folder
                                        as it was before, and visit the states of each run. ENOSPC: writes and calls that
                                        make names; EIO: all that change or sync something; EINTR: those that may be
                                        interrupted. The call is not made, only its error is seen, and its process goes on.
                                        short: a write takes half of its bytes and the file grows no further (prlimit,
                                        EFBIG); a single short write cannot be had from strace.
          --faults N                    With more calls than this that can fail, so many of them, evenly spread; 100 unless
                                        told otherwise. With --report the trace of each run with something wrong is kept in
                                        fault-1 and so on below that folder, with what shows its causes.
          --places                      Note with each operation where in the program it was called (strace -k); slower.
        \(TraceExploration.help)

        Exit status: 0 no state is wrong, 1 some are, 2 none is but something was not seen, 64 wrong usage, 74 the program
        cannot be traced.
        """

    private enum Stops: String, CaseIterable {
        case auto
        case always
        case never
    }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let command = arguments.command()
        let folder = try arguments.option("--watch")
        let output = try arguments.option("--output")
        let fault = try arguments.choice("--inject", InjectedFault.Kind.self)
        let faults = try arguments.number("--faults", in: 1...1_000_000 as ClosedRange<Int>) ?? 100
        var following = ForeignRun.Options()
        following.stops = try arguments.choice("--stops", Stops.self).flatMap { $0 == .auto ? nil : $0 == .always }
        following.places = arguments.flag("--places")
        let options = try ExplorerOptions(&arguments)
        let exploration = try TraceExploration(&arguments)
        try arguments.finish()
        guard !command.isEmpty else { throw UsageError(message: "name a command behind --.") }
        guard let folder else { throw UsageError(message: "name a folder: --watch.") }
        if let fault {
            if output != nil {
                throw UsageError(message: "--inject visits the states of many runs, --output keeps one.")
            }
            following.deadline = exploration.deadline
            return try FaultExploration(kind: fault, most: faults, exploration: exploration, options: options)
                .run(FaultyRuns(watching: folder, command, following))
        }

        let run = try ForeignRun(watching: folder, command, following)
        tell(run)
        if let output {
            try run.trace.file.write(to: URL(filePath: output), options: .atomic)
            TraceExploration.tellUnseen(run.trace)
            let count = run.trace.operations.count
            Output.print(
                "\(count) operations are in \(output); crashlab explore \(output) visits what a crash leaves.\n")
            return .success
        }
        return exploration.run(run.trace, options)
    }

    /// Says what has to be known of a run.
    static func tell(_ run: ForeignRun) {
        for note in run.notes { Output.error("note: \(note)\n") }
        if run.status != 0 { Output.error("The program ended with status \(run.status).\n") }
    }
}
