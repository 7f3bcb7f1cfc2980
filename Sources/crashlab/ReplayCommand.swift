import CrashHarness
import Foundation

enum ReplayCommand: Command {
    static let name = "replay"
    static let summary = "Look at a saved case again."
    static let help = """
        usage: crashlab replay CASE

        Runs a case that a campaign saved: a finding's folder, or the case.txt in it. The file may be edited: what
        counts are the judge and the first number of each line behind "choices:".

        Exit status: 0 the promise holds now, 1 it is broken, 64 the file is no case, 74 it could not be read.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        let operands = try arguments.operands()
        guard operands.count == 1 else { throw UsageError(message: "name one case.") }
        let caseFile = try read(operands[0])
        guard let judge = KitCatalogue.standard.judge(named: caseFile.judge) else {
            throw UsageError(message: "there is no judge \"\(caseFile.judge)\"; crashlab fuzz --list lists them.")
        }
        guard let violation = caseFile.replay(judge).violation else {
            Output.print("\(judge.name): the promise holds.\n")
            return .success
        }
        Output.print(
            """
            \(judge.name): \(judge.promise)

            expected  \(violation.expected)
            got       \(violation.got)

            """)
        return .damaged
    }

    private static func read(_ path: String) throws -> CaseFile {
        let file = FileManager.default.isFolder(path) ? "\(path)/case.txt" : path
        let bytes = try Data(contentsOf: URL(filePath: file))
        do throws(CaseFile.Malformed) {
            return try CaseFile(text: String(decoding: bytes, as: UTF8.self))
        } catch { throw UsageError(message: "\(error)") }
    }
}
