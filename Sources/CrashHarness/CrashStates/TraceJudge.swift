// What must hold of every disk that a crash may leave of another program's work.
//
// What the files held, as their formats' readers see it, when the program acknowledged something has to be there after any
// later crash, unless the program itself removed it before it ended. For formats that are not known a program of the user's
// decides, or the states that the running program had.

import Foundation
import SessionFormats

/// Judges the disks that a trace with acknowledgements may leave.
public struct TraceJudge: Sendable {
    private let trace: WriteTrace
    private let formats: FormatCatalogue
    /// After each acknowledgement: what has to be there from then on.
    private let moments: [Set<String>]

    /// Works out what has to be there when.
    public init(_ trace: WriteTrace, formats: FormatCatalogue = KitCatalogue.standard.formats) {
        self.trace = trace
        self.formats = formats
        let states = CrashStates(trace, .cached, isHashing: false)
        let digests = DigestMemory()
        func held(before index: Int) -> Set<String> {
            states.point(at: index).files.reduce(into: []) { held, file in
                held.formUnion(Self.ids(file.value, name: file.key, formats, digests))
            }
        }
        var moments: [Set<String>] = []
        for (index, operation) in trace.operations.enumerated() {
            guard case .acknowledge = operation else { continue }
            moments.append(held(before: index))
        }
        let end = held(before: trace.operations.count)
        moments = moments.map(end.intersection)
        self.moments = moments
    }

    /// Whether there is anything that can be missed: entries or sessions that were there when something was acknowledged,
    /// and still at the end.
    public var hasEvidence: Bool { moments.contains { !$0.isEmpty } }

    /// Visits the states and asks the readers of the known formats.
    public func explore(_ explorer: CrashStateExplorer) -> Exploration {
        let digests = DigestMemory()
        return explorer.explore(trace) { name, bytes in
            Self.ids(bytes, name: name, formats, digests)
        } _: { files, acknowledged in
            guard var missing = acknowledged.isEmpty ? nil : moments[acknowledged.count - 1] else { return nil }
            let count = missing.count
            for ids in files.values { missing.subtract(ids) }
            if missing.isEmpty { return nil }
            return (
                "\(count) acknowledged entries or sessions",
                "without \(missing.sorted().prefix(5).joined(separator: ", "))"
            )
        }
    }

    /// Visits the states and asks a program of the user's about each: status 0 means that all is well.
    ///
    /// - Parameters:
    ///   - reopen: The program's own recovery, which is run before and has to succeed.
    ///   - jobs: On how many cores.
    public func explore(
        _ explorer: CrashStateExplorer, asking check: DiskCommand, reopen: DiskCommand? = nil,
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) -> Exploration {
        let answers = DiskAnswers<CrashProblem?>(jobs: jobs, heedsAcknowledgements: true) { _, folder in
            if case .failure(let words) = reopen?.run(on: folder) { return ("a recovery that succeeds", words) }
            guard case .failure(let words) = check.run(on: folder) else { return nil }
            return ("status 0", words)
        } failed: {
            ("a folder for the check", "\($0)")
        }
        if explorer.onlyState == nil { _ = answers.collect(explorer, trace) }
        return explorer.explore(trace) { disk, acknowledged in
            answers.answer(DiskAnswers.Question(disk: DiskContent(disk, of: trace), acknowledged: acknowledged))
        }
    }

    /// Visits the states and holds each against those that the running program had: it has to be one of them, with everything
    /// acknowledged.
    ///
    /// - Parameters:
    ///   - reopen: The program's own recovery, which is run on each state before; what it prints is compared, or else the files
    ///     that it leaves.
    ///   - jobs: On how many cores.
    public func exploreRunningStates(
        _ explorer: CrashStateExplorer, reopen: DiskCommand? = nil,
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) -> Exploration {
        RunningStates(trace, explorer, reopen: reopen, jobs: jobs).explore(explorer, trace)
    }

    /// What the reader finds in a file: each item, and what else the format counts as there.
    private static func ids(
        _ bytes: [UInt8], name: String, _ formats: FormatCatalogue, _ digests: DigestMemory
    ) -> Set<String> {
        let examination = formats.examine(FileBytes(bytes, sharing: digests), name: name)
        var ids = Set((examination.items.map(Array.init) ?? []).map { "\(name) \($0.id)" })
        ids.formUnion(examination.evidence.map { "\(name) \($0)" })
        return ids
    }
}

extension SimulatedDisk {
    /// Writes all files to a folder of a real disk.
    ///
    /// - Throws: What the file system reports.
    public func write(below folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let folder = FileName.text(folder.utf8)
        for path in folders.union(contents.keys.flatMap(\.foldersOfPath)).sorted() {
            try FolderListing.makeFolder("\(folder)/\(path)")
        }
        for (name, bytes) in contents { try FolderListing.write(bytes, to: "\(folder)/\(name)", O_TRUNC) }
    }
}
