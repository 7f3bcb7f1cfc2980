import CrashHarness
import Foundation
import SessionFormats

enum AppendCommand: Command {
    static let name = "append"
    static let summary = "Append entries to a session log as an agent does, to be killed or starved of room meanwhile."
    static let help = """
        usage: crashlab append LOG [OPTIONS]

        Appends entries to a session log with the library's writer and prints the identifier of each when it is durable. A
        log that is not there is begun; one that another program has open is waited for. Several of these at once, and
        SIGKILL at any moment, must not cost an entry whose identifier was printed: make kill-writers does that.

          --writer NAME      What identifiers begin with; a unless told otherwise.
          --first N          The number of the first entry; 0 unless told otherwise.
          --entries N        How many; 1000 unless told otherwise.
          --size N           About how many bytes each has; 200 unless told otherwise.
          --batch N          Let the log go after so many, so that others come to write; 0, never, unless told otherwise.
          --file-limit N     Take the disk for full when the log has so many bytes.
          --retries N        How often an entry is tried again; 2 unless told otherwise.
          --pieces N         Write each entry in so many pieces, as the kernel may; 1 unless told otherwise.
          --bug NAME         Plant a bug: \(PlantedBug.allCases.map(\.rawValue).joined(separator: ", ")).

        Exit status: 0 every entry is durable, 1 some were given up; 64 wrong usage; 74 the log cannot be used.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        var run = AppendRun(path: "")
        if let writer = try arguments.option("--writer") { run.writer = writer }
        let first = try arguments.number("--first", in: 0...1_000_000_000 as ClosedRange<Int>) ?? 0
        let count = try arguments.number("--entries", in: 0...1_000_000_000 as ClosedRange<Int>) ?? 1_000
        run.numbers = first..<first + count
        if let size = try arguments.number("--size", in: 0...(1 << 30) as ClosedRange<Int>) { run.size = size }
        if let batch = try arguments.number("--batch", in: 0...Int.max) { run.entriesPerOpening = batch }
        run.fileLimit = try arguments.number("--file-limit", in: 0...Int.max)
        if let retries = try arguments.number("--retries", in: 0...1_000_000 as ClosedRange<Int>) {
            run.retries = retries
        }
        run.pieces = try arguments.number("--pieces", in: 1...1_000_000 as ClosedRange<Int>) ?? 1
        if let name = try arguments.option("--bug") {
            guard let bug = PlantedBug(rawValue: name) else {
                throw UsageError(message: "there is no bug \"\(name)\"; --help lists them.")
            }
            run.bug = bug
        }
        let operands = try arguments.operands()
        guard operands.count == 1 else { throw UsageError(message: "name one log.") }
        run.path = operands[0]
        let outcome = try run.run { Output.print($0 + "\n") }
        for kept in outcome.keptAside { Output.error("What the log's end was torn off is kept in \(kept).\n") }
        Output.error("\(outcome.acknowledged) durable, \(outcome.givenUp) given up, \(outcome.failures) failures\n")
        return outcome.givenUp == 0 ? .success : .damaged
    }
}
