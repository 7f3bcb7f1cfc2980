// What must hold of every disk that a crash may leave of another program's work.
//
// What the files held, as their formats' readers see it, when the program acknowledged something has to be there after any
// later crash, unless the program itself removed it before it ended. For formats that are not known another program decides.

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
        func held(before index: Int) -> Set<String> { Self.ids(states.point(at: index).files, formats) }
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
        explorer.explore(trace) { disk, acknowledged in
            guard let moment = acknowledged.isEmpty ? nil : moments[acknowledged.count - 1] else { return nil }
            let missing = moment.subtracting(Self.ids(disk.contents, formats)).sorted()
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
    public func explore(_ explorer: CrashStateExplorer, asking check: String) -> Exploration {
        let folder = FileManager.default.temporaryDirectory.appending(path: "crashlab-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let command = check.contains("{}") ? check.replacing("{}", with: folder) : "\(check) \(folder)"
        return explorer.explore(trace) { disk, _ in
            do {
                try? FileManager.default.removeItem(atPath: folder)
                try disk.write(below: folder)
                let child = try ChildProcess.run("/bin/sh", ["-c", command])
                return child.status == 0 ? nil : ("status 0", "status \(child.status): \(child.output.prefix(200))")
            } catch { return ("a check", "\(error)") }
        }
    }

    /// What readers find in the files: each item, and what else the format counts as there.
    private static func ids(_ files: [String: [UInt8]], _ formats: FormatCatalogue) -> Set<String> {
        var ids: Set<String> = []
        for (name, content) in files {
            let examination = formats.examine(FileBytes(content), name: name)
            ids.formUnion((examination.items.map(Array.init) ?? []).map { "\(name) \($0.id)" })
            ids.formUnion(examination.evidence.map { "\(name) \($0)" })
        }
        return ids
    }
}

extension SimulatedDisk {
    /// Writes all files to a folder of a real disk.
    ///
    /// - Throws: What the file system reports.
    public func write(below folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for path in folders {
            try FileManager.default.createDirectory(
                at: URL(filePath: folder).appending(path: path), withIntermediateDirectories: true)
        }
        for (name, bytes) in contents {
            let file = URL(filePath: folder).appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
    }
}
