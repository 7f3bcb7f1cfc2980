import CrashHarness
import Foundation

enum CorpusCommand: Command {
    static let name = "corpus"
    static let summary = "Make the first inputs of a fuzzing target, or bring the inputs of several machines together."
    static let help = """
        usage: crashlab corpus targets
               crashlab corpus seed TARGET FOLDER
               crashlab corpus merge --output FOLDER FOLDER…

        targets lists the fuzzing targets, a name a line. seed writes small whole files of a target's format into the folder, for a coverage-guided fuzzer to start from.
        merge copies every input of the folders into one, each once: an input's name is the hash of its bytes. What the
        inputs reach of the code is not looked at; make corpus keeps only those that reach something of their own.

        Exit status: 0 done, 64 wrong usage, 74 a folder cannot be read or written.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let output = try arguments.option("--output")
        let words = try arguments.operands()
        switch (words.first, output) {
        case ("targets", nil) where words.count == 1:
            for target in KitCatalogue.standard.targets { Output.print("\(target.name)\n") }
            return .success
        case ("seed", nil) where words.count == 3: return try seed(words[1], words[2])
        case ("merge", let output?) where words.count >= 2: return try merge(Array(words.dropFirst()), into: output)
        default: throw UsageError(message: "say targets, seed TARGET FOLDER, or merge --output FOLDER FOLDER…")
        }
    }

    private static func seed(_ target: String, _ folder: String) throws -> ExitStatus {
        guard let found = KitCatalogue.standard.target(named: target) else {
            throw UsageError(message: "there is no target \"\(target)\"; crashlab corpus targets lists them.")
        }
        var corpus = try Corpus(folder)
        for seed in found.seeds { try corpus.add(seed) }
        Output.print("\(folder): \(corpus.added) new inputs\n")
        return .success
    }

    private static func merge(_ folders: [String], into output: String) throws -> ExitStatus {
        var corpus = try Corpus(output)
        for folder in folders { try corpus.addAll(in: folder) }
        Output.print("\(output): \(corpus.added) new inputs\n")
        return .success
    }
}
