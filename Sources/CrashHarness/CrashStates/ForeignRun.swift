// Another program, run under strace: what it did to the files below a folder.
//
// strace writes into a pipe with a name, so that its lines are read while the program runs. That matters when the program maps
// files: strace stops it at the return of each call, the files are compared, and it goes on. Only programs that map files for
// writing need that, so such a program is run a second time, on the folder as it was.

import Foundation
import SessionFormats

/// A foreign program's work on a folder.
public struct ForeignRun: Sendable {
    /// How a program is followed.
    public struct Options: Sendable {
        /// Whether the program is stopped at each call to compare the files that it maps; nil to find out in a first run.
        public var stops: Bool?
        /// Whether each operation's place in the program is wanted.
        public var places = false

        /// After so many seconds the program is killed, with what it started in its group of processes; nil for never.
        public var deadline: Double?

        /// Finds out whether the program maps files, and asks for no places.
        public init() {}
    }

    /// What it did, and what it said between; with what could not be seen.
    public var trace: WriteTrace
    /// What has to be known to read the result, in sentences.
    public var notes: [String]
    /// How the program ended: its status, or 128 and the signal's number.
    public var status: Int32
    /// Whether strace stopped the program so that its mapped files could be compared.
    fileprivate var isStopped: Bool
    /// The calls that changed or synced something.
    fileprivate var points: [InjectedFault.Point]
    /// How many calls failed as strace was told to let them.
    public var injected: Int

    /// A program that cannot be traced.
    public struct Failure: Error, CustomStringConvertible {
        /// One sentence that says what to do.
        public var description: String
    }

    /// Runs a program and follows what it writes below a folder, which must exist.
    ///
    /// - Throws: `Failure`, or what the file system reports.
    public init(watching folder: String, _ command: [String], _ options: Options = Options()) throws {
        let watch = try Watch(folder)
        if let stops = options.stops {
            self = try watch.run(command, options, stops: stops).run
            return
        }
        let copy = try FolderCopy(of: watch.folder)
        let first = try watch.run(command, options, stops: false)
        self = first.run
        guard first.wantsStops else { return }
        try copy.restore()
        self = try watch.run(command, options, stops: true).run
        notes.append("The program maps files for writing, so it was run a second time, stopped at each of its calls.")
    }

    fileprivate init(_ foreign: ForeignTrace, status: Int32, isStopped: Bool) {
        (trace, notes, self.status, self.isStopped) = (foreign.trace, foreign.notes, status, isStopped)
        trace.unseen = foreign.unseen
        (points, injected) = (foreign.points, foreign.injected)
    }

    /// The faults of a kind that its calls can meet, in their order.
    public func faults(_ kind: InjectedFault.Kind) -> [InjectedFault] {
        points.compactMap { InjectedFault(kind, at: $0) }
    }
}

/// Runs a program again and again on the same folder, each time with another fault.
public final class FaultyRuns {
    /// The run without faults.
    public let whole: ForeignRun
    private let watch: Watch
    private let command: [String]
    private let options: ForeignRun.Options
    private let before: FolderCopy
    private let after: FolderCopy

    /// Runs the program without faults.
    ///
    /// - Throws: `ForeignRun.Failure`, or what the file system reports.
    public init(watching folder: String, _ command: [String], _ options: ForeignRun.Options) throws {
        (watch, self.command, self.options) = (try Watch(folder), command, options)
        before = try FolderCopy(of: watch.folder)
        whole = try ForeignRun(watching: folder, command, options)
        after = try FolderCopy(of: watch.folder)
    }

    /// Runs the program with a fault on the folder as it was; nil when it did not end in time.
    ///
    /// - Throws: `ForeignRun.Failure`, or what the file system reports.
    public func run(_ fault: InjectedFault) throws -> ForeignRun? {
        try before.restore()
        do { return try watch.run(command, options, stops: whole.isStopped, fault).run } catch is ChildProcess.Late {
            return nil
        }
    }

    /// Leaves the folder as the run without faults did.
    ///
    /// - Throws: What the file system reports.
    public func end() throws { try after.restore() }
}

/// A folder that is watched.
private struct Watch {
    /// Its path, links resolved.
    let folder: String
    /// Its path as it was given.
    private let alias: String

    init(_ path: String) throws {
        let given = URL(filePath: path).standardizedFileURL
        alias = given.filePath
        folder = given.resolvingSymlinksInPath().filePath
        guard FileManager.default.isFolder(folder) else {
            throw ForeignRun.Failure(description: "\(path) is not a folder; make it before it is watched.")
        }
    }

    func run(
        _ command: [String], _ options: ForeignRun.Options, stops: Bool, _ fault: InjectedFault? = nil
    ) throws -> (run: ForeignRun, wantsStops: Bool) {
        let base = try DiskContent(below: folder)
        var foreign = ForeignTrace(
            folder: folder, alias: alias, directory: FileManager.default.currentDirectoryPath, base: base.files,
            folders: base.folders, links: base.links, stops: stops, reader: { try? FolderListing.bytes(of: $0, $1, $2) }
        )
        let child = try Self.trace(command, options, stops: stops, fault, into: &foreign)
        var run = ForeignRun(foreign, status: child.status, isStopped: stops)
        run.trace.unseen += try DiskContent(below: folder).differences(from: foreign.watched)
        if stops, foreign.severalProcesses {
            run.notes.append(
                "The program has several threads or processes: stores that one made while another's call ran count as made "
                    + "before that call.")
        }
        return (run, foreign.wantsStops)
    }

    private static func trace(
        _ command: [String], _ options: ForeignRun.Options, stops: Bool, _ fault: InjectedFault?,
        into foreign: inout ForeignTrace
    ) throws -> ChildProcess {
        let log = try NamedPipe()
        var arguments = ["-f", "-y", "-xx", "-s", "1000000000", "-e", "trace=" + list(ForeignTrace.systemCalls)]
        if options.places { arguments.append("-k") }
        if stops { arguments.append("--inject=\(list(ForeignTrace.comparingCalls)):signal=SIGSTOP") }
        if let injection = fault?.injection { arguments.append(injection) }
        arguments += ["-o", log.path, "--"] + limited(command, fault?.sizeLimit)
        var isEmpty = true
        let child: ChildProcess
        do {
            func readLog(_ strace: pid_t) {
                log.readLines(from: strace, for: options.deadline) { line in
                    isEmpty = false
                    foreign.read(line)
                    if stops, let process = StraceLog.stopped(line) { kill(pid_t(process), SIGCONT) }
                }
            }
            child = try ChildProcess.run("strace", arguments, deadline: options.deadline, meanwhile: readLog)
        } catch is ChildProcess.StartFailure {
            throw ForeignRun.Failure(
                description: "strace is needed and cannot be started; on Debian: apt-get install strace.")
        }
        guard !isEmpty else {
            throw ForeignRun.Failure(
                description: "strace could not follow the program; tracing may not be permitted here. It said: "
                    + child.errors.suffix(300))
        }
        foreign.finish()
        return child
    }

    /// The same with a limit of the size of files. What it says goes to no file, which the limit would cut.
    private static func limited(_ command: [String], _ size: Int?) -> [String] {
        guard let size else { return command }
        let script = "trap '' XFSZ; exec prlimit --fsize=\(size) \"$@\" >/dev/null 2>&1"
        return ["/bin/sh", "-c", script, "sh"] + command
    }

    /// Not every kernel has every call; those that it lacks are passed over.
    private static func list(_ calls: [String]) -> String { calls.map { "?" + $0 }.joined(separator: ",") }
}

extension DiskContent {
    /// What is not as the trace leaves it, in sentences.
    fileprivate func differences(from watched: WatchedFolder) -> [String] {
        let followed = watched.files
        let names = Set(files.keys).union(followed.keys).filter { files[$0] != followed[$0] }.sorted()
        let folders = folders.symmetricDifference(watched.folders).sorted()
        return names.map { "\($0) is not what the trace leaves; something that wrote to it was missed." }
            + folders.map { "The folder \($0) is not as the trace leaves it; a call that made or moved it was missed." }
    }
}
