// The command. Each subcommand has its own file; this one finds it and turns its outcome into an exit status.

import CrashHarness
import Foundation
import SessionFormats
import Synchronization

@main
enum CrashLab {
    static let version = "0.3.0"

    static var commands: [any Command.Type] {
        [
            CheckCommand.self, RecoverCommand.self, InspectCommand.self, ExploreCommand.self, TraceCommand.self,
            FuzzCommand.self,
            ReplayCommand.self,
            GenerateCommand.self,
            DamageCommand.self, AppendCommand.self,
            BenchCommand.self, DifferentialCommand.self, CorpusCommand.self, FindingsCommand.self,
        ]
    }

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        FileBytes.mapsFiles()
        FileBytes.keepsMemory()
        let status = run(Array(CommandLine.arguments.dropFirst()))
        exit(Output.wasLost ? ExitStatus.inputOutputError.rawValue : status.rawValue)
    }

    private static func run(_ arguments: [String]) -> ExitStatus {
        guard let name = arguments.first else {
            Output.error(help)
            return .wrongUsage
        }
        switch name {
        case "--help", "-h", "help":
            Output.print(help)
            return .success
        case "--version":
            Output.print("crashlab \(version)\n")
            return .success
        default: break
        }
        guard let command = (commands + [WorkerCommand.self]).first(where: { $0.name == name }) else {
            Output.error("crashlab: there is no command \"\(name)\"; crashlab --help lists them.\n")
            return .wrongUsage
        }
        return run(command, Array(arguments.dropFirst()))
    }

    private static func run(_ command: any Command.Type, _ arguments: [String]) -> ExitStatus {
        let own = arguments.prefix { $0 != "--" }
        if own.contains("--help") || own.contains("-h") {
            Output.print(command.help + "\n")
            return .success
        }
        do {
            return try command.run(Arguments(arguments))
        } catch let error as UsageError {
            Output.error("crashlab \(command.name): \(error.message)\n")
            return .wrongUsage
        } catch {
            Output.error("crashlab \(command.name): \(error.reason)\n")
            return .inputOutputError
        }
    }

    private static var help: String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let lines = commands.map { "  \($0.name.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.summary)" }
        return """
            crashlab: proves that the files in which AI agents keep their sessions survive crashes.

            usage: crashlab COMMAND [OPTIONS]

            \(lines.joined(separator: "\n"))

            crashlab COMMAND --help tells more; crashlab --version tells the version.

            """
    }
}

/// A subcommand.
protocol Command {
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: String { get }
    static var help: String { get }
    /// - Throws: `UsageError` for wrong usage; anything else is a failure to read or write.
    static func run(_ arguments: Arguments) throws -> ExitStatus
}

/// How the process ends.
enum ExitStatus: Int32, Comparable {
    case success = 0
    /// Some file is damaged, or a promise is broken.
    case damaged = 1
    /// Some file is unreadable or of unknown format.
    case unreadable = 2
    case wrongUsage = 64
    /// What was to be made could not be.
    case cannotCreate = 73
    case inputOutputError = 74

    /// What a file's state means for the process.
    init(_ verdict: Verdict) {
        switch verdict {
        case .clean, .recovered: self = .success
        case .damaged: self = .damaged
        case .unreadable: self = .unreadable
        }
    }

    static func < (a: ExitStatus, b: ExitStatus) -> Bool { a.rawValue < b.rawValue }
}

/// Where everything goes that people read. Text steers no terminal, wherever it comes from: names of files and what stands in
/// them are in nearly every sentence. What is to steer one goes through `control`.
enum Output {
    static func print(_ text: String) { write(Array(text.printableLines.utf8)) }

    /// Text with control characters of our own.
    static func control(_ text: String) { write(Array(text.utf8)) }

    static func write(_ bytes: [UInt8]) {
        do { try FileHandle.standardOutput.write(contentsOf: Data(bytes)) } catch {
            // A reader that went away is no reason to complain; a full disk is one.
            if !error.isBrokenPipe, !failed.exchange(true, ordering: .relaxed) {
                Output.error("crashlab: cannot write the output: \(error.reason)\n")
            }
        }
    }

    /// A message that cannot be told cannot be told of either.
    static func error(_ text: String) { errorControl(text.printableLines) }

    /// The same with control characters of our own.
    static func errorControl(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    /// Whether something of the output was not written, other than to a reader that went away.
    static var wasLost: Bool { failed.load(ordering: .relaxed) }

    private static let failed = Atomic(false)

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// Output of many small pieces, of which a program that reads it gets many at once, and a person each when it is there.
struct OutputPage {
    private var bytes: [UInt8] = []
    private static let size = Output.isTerminal ? 1 : 1 << 15

    mutating func add(_ more: [UInt8]) {
        bytes += more
        if bytes.count >= Self.size { end() }
    }

    /// Writes what is left.
    mutating func end() {
        if !bytes.isEmpty { Output.write(bytes) }
        bytes.removeAll(keepingCapacity: true)
    }
}

extension Error {
    fileprivate var isBrokenPipe: Bool {
        let error = self as NSError
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        return underlying.domain == NSPOSIXErrorDomain && underlying.code == Int(EPIPE)
    }
}
