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
        var following = ForeignRun.Options()
        following.stops = try arguments.choice("--stops", Stops.self).flatMap { $0 == .auto ? nil : $0 == .always }
        following.places = arguments.flag("--places")
        let options = try ExplorerOptions(&arguments)
        let exploration = try TraceExploration(&arguments)
        try arguments.finish()
        guard !command.isEmpty else { throw UsageError(message: "name a command behind --.") }
        guard let folder else { throw UsageError(message: "name a folder: --watch.") }

        let run = try ForeignRun(watching: folder, command, following)
        for note in run.notes { Output.error("note: \(note)\n") }
        if run.status != 0 { Output.error("The program ended with status \(run.status).\n") }
        if let output {
            try run.trace.file.write(to: URL(filePath: output), options: .atomic)
            for sentence in run.trace.unseen { Output.error("not seen: \(sentence)\n") }
            let count = run.trace.operations.count
            Output.print(
                "\(count) operations are in \(output); crashlab explore \(output) visits what a crash leaves.\n")
            return .success
        }
        return exploration.run(run.trace, options)
    }
}
