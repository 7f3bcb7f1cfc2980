// Another program, run under strace: what it did to the files below a folder.

import Foundation
import SessionFormats

/// A foreign program's work on a folder.
public struct ForeignRun: Sendable {
    /// What it did, and what it said between.
    public var trace: WriteTrace
    /// What could not be followed, in sentences.
    public var warnings: [String]
    /// How the program ended.
    public var status: Int32

    /// A program that cannot be traced.
    public struct Failure: Error, CustomStringConvertible {
        /// One sentence that says what to do.
        public var description: String
    }

    /// Runs a program and follows what it writes below a folder, which must exist.
    ///
    /// - Throws: `Failure`.
    public init(watching folder: String, _ command: [String]) throws {
        let folder = URL(filePath: folder).resolvingSymlinksInPath().standardizedFileURL.path()
            .replacing(/\/+$/, with: "")
        let base = try Self.files(below: folder)
        let log = FileManager.default.temporaryDirectory.appending(path: "crashlab-\(UUID().uuidString).strace").path()
        defer { try? FileManager.default.removeItem(atPath: log) }
        let calls = ForeignTrace.systemCalls.joined(separator: ",")
        let child: ChildProcess
        do {
            child = try ChildProcess.run(
                "strace", ["-f", "-y", "-xx", "-s", "1000000000", "-e", "trace=" + calls, "-o", log, "--"] + command)
        } catch {
            throw Failure(description: "strace is needed and cannot be started; on Debian: apt-get install strace.")
        }
        guard let text = try? Data(contentsOf: URL(filePath: log)), !text.isEmpty else {
            throw Failure(
                description: "strace could not follow the program; tracing may not be permitted here. It said: "
                    + child.errors.suffix(300))
        }
        let directory = FileManager.default.currentDirectoryPath
        let foreign = ForeignTrace([UInt8](text), folder: folder, directory: directory, base: base)
        (trace, warnings, status) = (foreign.trace, foreign.warnings, child.status)
        for (name, bytes) in try Self.files(below: folder) where foreign.files[name] != bytes {
            warnings.append("\(name) is not what the trace leaves; something that wrote to it was missed.")
        }
    }

    private static func files(below folder: String) throws -> [String: [UInt8]] {
        guard FileManager.default.isFolder(folder) else {
            throw Failure(description: "\(folder) is not a folder; make it before it is watched.")
        }
        var files: [String: [UInt8]] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            let path = "\(folder)/\(name)"
            if FileManager.default.isFile(path) { files[name] = Array(try Data(contentsOf: URL(filePath: path))) }
        }
        return files
    }
}
