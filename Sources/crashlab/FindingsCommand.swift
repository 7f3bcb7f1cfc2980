import CrashHarness
import Foundation

enum FindingsCommand: Command {
    static let name = "findings"
    static let summary = "Bring the findings of several machines or runs together, each cause once."
    static let help = """
        usage: crashlab findings merge --output FOLDER FOLDER…

        Takes over the findings of the folders: a cause that is new as it is, one that is known by its count.

        Exit status: 0 done, 64 wrong usage, 74 a folder cannot be read or written.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let output = try arguments.option("--output")
        let words = try arguments.operands()
        guard words.first == "merge", words.count >= 2, let output else {
            throw UsageError(message: "say merge --output FOLDER FOLDER…")
        }
        let folder = FindingsFolder(output)
        var added = 0
        for other in words.dropFirst() { added += try folder.merge(FindingsFolder(other)) }
        Output.print("\(output): \(added) new findings, \(try folder.identities().count) in all\n")
        return .success
    }
}
