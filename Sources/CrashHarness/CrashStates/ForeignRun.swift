// Another program, run under strace, and what must hold of the disks that a crash may leave of its work.

import Foundation
import SessionFormats

/// A foreign program's work on a folder.
public struct ForeignRun: Sendable {
    /// What it did.
    public var trace: WriteTrace
    /// What could not be followed.
    public var warnings: [String]
    /// How the program ended.
    public var status: Int32

    /// A program that cannot be traced.
    public struct Failure: Error, CustomStringConvertible {
        /// One sentence that says what to do.
        public var description: String
    }

    /// Runs a program and follows what it writes below a folder.
    ///
    /// - Parameters:
    ///   - folder: The folder, which must exist.
    ///   - mark: Lines of its output that hold this are acknowledgements; without it each sync is one.
    /// - Throws: `Failure`.
    public init(watching folder: String, _ command: [String], mark: String?) throws {
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
        guard let text = try? String(contentsOfFile: log, encoding: .utf8), !text.isEmpty else {
            throw Failure(
                description: "strace could not follow the program; tracing may not be permitted here. It said: "
                    + child.errors.suffix(300))
        }
        let directory = FileManager.default.currentDirectoryPath
        let foreign = ForeignTrace(text, folder: folder, directory: directory, base: base, mark: mark)
        (trace, warnings, status) = (foreign.trace, foreign.warnings, child.status)
        for (name, bytes) in try Self.files(below: folder) where foreign.files[name] != bytes {
            warnings.append("\(name) is not what the trace leaves; something that wrote to it was missed.")
        }
    }

    private static func files(below folder: String) throws -> [String: [UInt8]] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw Failure(description: "\(folder) is not a folder; make it before it is watched.")
        }
        var files: [String: [UInt8]] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            var isFolder: ObjCBool = false
            let path = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            files[name] = Array(try Data(contentsOf: URL(filePath: path)))
        }
        return files
    }

    /// Whether there is anything that our readers can miss: entries or sessions that were there when something was
    /// acknowledged, and still at the end.
    public var hasEvidence: Bool { acknowledgedMoments().contains { !$0.isEmpty } }

    /// Visits the states. What was in the files' known formats when something was acknowledged has to be there: entries
    /// and sessions by their ids, unless the program itself removed them before the crash.
    public func explore(_ explorer: CrashStateExplorer) -> Exploration {
        let moments = acknowledgedMoments()
        return explorer.explore(trace) { disk, acknowledged in
            guard let moment = acknowledged.isEmpty ? nil : moments[acknowledged.count - 1] else { return nil }
            let found = Self.ids(disk.contents)
            let missing = moment.subtracting(found).sorted()
            if missing.isEmpty { return nil }
            return (
                "\(moment.count) acknowledged entries or sessions",
                "without \(missing.prefix(5).joined(separator: ", "))"
            )
        }
    }

    /// Visits the states and asks another program about each: it gets the folder as its last argument, or in place of {}.
    ///
    /// - Parameter check: A command for the shell; status 0 means that all is well.
    public func explore(_ explorer: CrashStateExplorer, asking check: String) throws -> Exploration {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crashlab-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let command = check.contains("{}") ? check.replacing("{}", with: folder.path()) : "\(check) \(folder.path())"
        return explorer.explore(trace) { disk, _ in
            try? FileManager.default.removeItem(at: folder)
            for (name, bytes) in disk.contents {
                let file = folder.appending(path: name)
                try? FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try? Data(bytes).write(to: file)
            }
            try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            guard let child = try? ChildProcess.run("/bin/sh", ["-c", command]) else { return ("a check", "none ran") }
            return child.status == 0 ? nil : ("status 0", "status \(child.status): \(child.output.prefix(200))")
        }
    }

    /// After each acknowledgement: what has to be there from then on. What the program removes later is not asked for.
    private func acknowledgedMoments() -> [Set<String>] {
        let states = CrashStates(trace, .cached, sectorSize: 512)
        var ids: [Set<String>] = []
        for (index, operation) in trace.operations.enumerated() {
            guard case .acknowledge = operation else { continue }
            ids.append(Self.ids(states.materialise(states.everything(before: index))))
        }
        let end = Self.ids(states.materialise(states.everything(before: trace.operations.count)))
        return ids.map { $0.intersection(end) }
    }

    private static func ids(_ files: [String: [UInt8]]) -> Set<String> {
        var ids: Set<String> = []
        for (name, bytes) in files {
            let report = FileReport(path: name, bytes: FileBytes(bytes))
            ids.formUnion((report.entries ?? []).map { "\(name) \($0.id)" })
            ids.formUnion((report.sessions ?? []).map { "\(name) \($0.id)" })
            // Without it the program that wrote a memory cannot open it, whatever we still find in there.
            if report.footerOffset != nil { ids.insert("\(name) table of contents") }
        }
        return ids
    }
}
