// Findings on a disk, each a folder that is there as a whole or not at all, whenever the campaign is killed.
//
//     FOLDER/log-truncation-violation-3f2a91c0/
//         case.txt         the choices; what `crashlab replay` takes
//         report.txt       what was expected, what came, how to see it again
//         session.jsonl    the bytes that show it, when there are any
//         stack.txt        what the process said when it died, when it did
//         count            how often the cause was met, in all runs
//
// A folder is filled under another name and renamed. Its name follows from the cause, so that the same cause is one folder,
// also in later runs and on other machines.

import Foundation

/// A folder of findings.
public struct FindingsFolder: Sendable {
    /// Where it is.
    public let path: String

    /// A folder that is made when the first finding is kept.
    public init(_ path: String) { self.path = path }

    /// Where a finding is kept, whether it is there or not.
    public func path(of finding: CampaignFinding) -> String { "\(path)/\(finding.identity)" }

    /// Keeps a finding. One that is there already is left as it is.
    ///
    /// - Returns: The finding's folder.
    /// - Throws: What the file system reports.
    @discardableResult
    public func keep(_ finding: CampaignFinding) throws -> String {
        let place = path(of: finding)
        var files: [String: Data] = [
            "case.txt": Data(finding.caseFile.text(promise: finding.promise, labels: finding.made).utf8),
            "report.txt": Data(finding.report(at: place).utf8),
        ]
        if !finding.violation.fileName.isEmpty { files[finding.violation.fileName] = Data(finding.violation.file) }
        if !finding.stack.isEmpty { files["stack.txt"] = Data(finding.stack.utf8) }
        return try keep(files, as: finding.identity)
    }

    /// Keeps the files of a finding. One of this identity that is there already is left as it is.
    func keep(_ files: [String: Data], as identity: String) throws -> String {
        let place = "\(path)/\(identity)"
        if !FileManager.default.fileExists(atPath: place) {
            try put(files.merging(["count": Data("0\n".utf8)]) { $1 }, at: identity)
        }
        return place
    }

    /// Adds to the count of a cause that is kept.
    ///
    /// - Throws: What the file system reports.
    public func add(_ count: Int, to identity: String) throws {
        guard count > 0 else { return }
        let (sum, overflow) = self.count(of: identity).addingReportingOverflow(count)
        try Data("\(overflow ? Int.max : sum)\n".utf8)
            .write(to: URL(filePath: "\(path)/\(identity)/count"), options: .atomic)
    }

    /// How often a cause was met; 0 when that is not known.
    public func count(of identity: String) -> Int {
        let text = (try? String(contentsOfFile: "\(path)/\(identity)/count", encoding: .utf8)) ?? ""
        return max(0, Int(text.prefix { $0 != "\n" }) ?? 0)
    }

    /// The causes that are kept, in the order of their names.
    ///
    /// - Throws: What the file system reports.
    public func identities() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path).filter { name in
            !name.hasPrefix(".") && FileManager.default.fileExists(atPath: "\(path)/\(name)/report.txt")
        }.sorted()
    }

    /// Removes what earlier runs left half-written when they were killed.
    public func sweep() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasPrefix(".") && name.hasSuffix(Self.partial) {
            try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
    }

    /// Takes over the findings of another folder: new causes as they are, known ones by their counts.
    ///
    /// - Returns: How many causes were new.
    /// - Throws: What the file system reports.
    public func merge(_ other: FindingsFolder) throws -> Int {
        var added = 0
        for identity in try other.identities() {
            let place = "\(other.path)/\(identity)"
            if !FileManager.default.fileExists(atPath: "\(path)/\(identity)") {
                var files: [String: Data] = [:]
                for name in try FileManager.default.contentsOfDirectory(atPath: place) {
                    files[name] = try Data(contentsOf: URL(filePath: "\(place)/\(name)"))
                }
                files["count"] = nil
                _ = try keep(files, as: identity)
                added += 1
            }
            try add(other.count(of: identity), to: identity)
        }
        return added
    }

    private static let partial = ".partial"

    private func put(_ files: [String: Data], at identity: String) throws {
        let manager = FileManager.default
        let half = "\(path)/.\(identity)-\(ProcessInfo.processInfo.processIdentifier)\(Self.partial)"
        try? manager.removeItem(atPath: half)
        try manager.createDirectory(atPath: half, withIntermediateDirectories: true)
        for (name, bytes) in files { try bytes.write(to: URL(filePath: "\(half)/\(name)")) }
        // Fails when another process was first, which kept the same cause.
        if rename(half, "\(path)/\(identity)") != 0 {
            let problem = errno
            try? manager.removeItem(atPath: half)
            if problem != EEXIST, problem != ENOTEMPTY {
                throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: "\(path)/\(identity)"])
            }
        }
    }
}
