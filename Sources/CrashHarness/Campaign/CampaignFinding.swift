// A broken promise that a campaign found, made small, and kept as a folder.
//
//     FOLDER/log-truncation-1234/
//         case.txt         the choices; what `crashlab replay` takes
//         report.txt       what was expected, what came, how to see it again
//         session.jsonl    the bytes that show it
//
// The folder is filled under another name and renamed, so that it is whole or not there.

import Foundation
import SessionFormats

/// A finding.
public struct CampaignFinding: Sendable {
    /// The shrunk case.
    public var caseFile: CaseFile
    /// Its choices with their labels.
    public var made: [Choice]
    /// What it shows.
    public var violation: Violation
    /// What had to hold.
    public var promise: String
    /// How many candidates shrinking tried.
    public var shrinkAttempts: Int

    /// Takes a failing case as it is.
    public init(_ judge: any Judge, _ made: [Choice], _ violation: Violation) {
        caseFile = CaseFile(judge: judge.name, values: made.map(\.value))
        self.made = made
        self.violation = violation
        promise = judge.promise
        shrinkAttempts = 0
    }

    /// Shrinks a failing case.
    init(_ judge: any Judge, seed: UInt64, index: UInt64, values: [UInt64], _ violation: Violation, shrinker: Shrinker)
    {
        var smallest = (values: values, violation: violation)
        let (shrunk, tried) = shrinker.shrink(values) { choices in
            var evidence = Evidence()
            do throws(Violation) {
                try judge.examine(&choices, &evidence)
                return false
            } catch { return true }
        }
        let (found, made) = CaseFile(judge: judge.name, values: shrunk).replay(judge)
        if let found { smallest = (made.map(\.value), found) }
        caseFile = CaseFile(judge: judge.name, seed: seed, index: index, values: smallest.values)
        self.violation = smallest.violation
        self.made = made
        promise = judge.promise
        shrinkAttempts = tried
    }

    /// The name of its folder.
    public var folderName: String { "\(caseFile.judge)-\(caseFile.index ?? 0)" }

    /// Writes the folder; one of the same name is replaced.
    ///
    /// - Returns: The folder's path.
    /// - Throws: What the file system reports.
    public func write(into folder: String) throws -> String {
        let path = "\(folder)/\(folderName)"
        let partial = "\(folder)/.\(folderName).partial"
        let manager = FileManager.default
        try? manager.removeItem(atPath: partial)
        try manager.createDirectory(atPath: partial, withIntermediateDirectories: true)
        try Data(caseFile.text(promise: promise, labels: made).utf8).write(to: URL(filePath: "\(partial)/case.txt"))
        try Data(report(at: path).utf8).write(to: URL(filePath: "\(partial)/report.txt"))
        try Data(violation.file).write(to: URL(filePath: "\(partial)/\(violation.fileName)"))
        try? manager.removeItem(atPath: path)
        try manager.moveItem(atPath: partial, toPath: path)
        return path
    }

    /// What was expected, what came, and the command that shows it again.
    public func report(at path: String) -> String {
        """
        \(caseFile.judge): \(promise)

        expected  \(violation.expected)
        got       \(violation.got)
        file      \(path)/\(violation.fileName) (\(violation.file.count) bytes)
        choices   \(caseFile.values.count), after \(shrinkAttempts) attempts to make them fewer
        replay    crashlab replay \(path)

        """
    }
}
