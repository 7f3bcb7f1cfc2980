// A command of the user's that is run on a disk that a crash has left: his check, or his program's own recovery.

import Foundation
import SessionFormats

/// A command for the shell, run on a folder.
public struct DiskCommand: Sendable {
    /// The command; `{}` stands for the folder and `{acks}` for a file with what was acknowledged, one line each. Without `{}`
    /// the folder is its last argument. The file is also in the environment, as CRASHLAB_ACKNOWLEDGED.
    public var text: String
    /// After so many seconds it is killed.
    public var deadline: Double

    /// How it ended.
    enum Outcome: Sendable {
        /// With status 0, having printed this.
        case success(String)
        /// Otherwise, in words.
        case failure(String)
    }

    /// Makes a command.
    public init(_ text: String, deadline: Double = 10) { (self.text, self.deadline) = (text, deadline) }

    /// Runs the command on what a folder holds.
    func run(on folder: JudgedFolder) -> Outcome {
        let placed = text.contains("{}") ? text.replacing("{}", with: folder.path) : "\(text) \(folder.path)"
        let command = placed.replacing("{acks}", with: folder.acknowledgements)
        do {
            let child = try ChildProcess.run(
                "/bin/sh", ["-c", command], environment: ["CRASHLAB_ACKNOWLEDGED": folder.acknowledgements],
                deadline: deadline)
            // Which of several folders it was must make no difference.
            let output = child.output.replacing(folder.path, with: "{}")
            if child.status == 0 { return .success(output) }
            let errors = child.errors.replacing(folder.path, with: "{}")
            return .failure("status \(child.status): \((output.isEmpty ? errors : output).shortened)")
        } catch is ChildProcess.Late {
            return .failure("no end after \(deadline) seconds")
        } catch { return .failure("\(error)") }
    }
}

extension String {
    /// The beginning, without white space at the ends.
    var shortened: String {
        let text = drop { $0.isWhitespace }.prefix(200)
        let end = text.lastIndex { !$0.isWhitespace }
        return end.map { String(text[...$0]) } ?? ""
    }
}
