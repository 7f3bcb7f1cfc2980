// Findings on a disk, each a folder that is there as a whole or not at all, whenever the campaign is killed.
//
//     FOLDER/log-truncation-violation-3f2a91c0/
//         case.txt         the choices; what `crashlab replay` takes
//         report.txt       what was expected, what came, how to see it again
//         session.jsonl    the bytes that show it, when there are any
//         stack.txt        what the process said when it died, when it did
//         count            how often the cause was met, in all runs; only `add` writes it, so that none is lost
//
// Each file is put in place in one step, the report last: a folder without one is what a campaign left that was killed, and
// is filled by the next that meets the cause. A folder's name follows from the cause, so that the same cause is one folder,
// also in later runs and on other machines.

import Foundation
import SessionFormats

/// A folder of findings.
public struct FindingsFolder: Sendable {
    /// Where it is.
    public let path: String
    private let disk: any FileSystem

    /// A folder that is made when the first finding is kept.
    public init(_ path: String, on disk: any FileSystem = DiskFileSystem()) { (self.path, self.disk) = (path, disk) }

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
        if try isKept(identity) { return place }
        try disk.makeFolder(place)
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) where name != Self.report {
            try write(bytes, "\(place)/\(name)")
        }
        try disk.syncFolder(path)
        if let report = files[Self.report] { try write(report, "\(place)/\(Self.report)") }
        return place
    }

    /// The last file of a finding, with which it is there.
    private static let report = "report.txt"

    /// Whether a finding of this identity is there as a whole.
    ///
    /// - Throws: What the file system reports.
    public func isKept(_ identity: String) throws -> Bool { try disk.exists("\(path)/\(identity)/\(Self.report)") }

    private func write(_ bytes: Data, _ path: String) throws {
        try AtomicReplacement(of: path, on: disk).write(Array(bytes))
    }

    /// Adds to the count of a cause that is kept.
    ///
    /// - Throws: What the file system reports.
    public func add(_ count: Int, to identity: String) throws {
        guard count > 0 else { return }
        try AtomicReplacement(of: "\(path)/\(identity)/count", on: disk).update { bytes in
            let (sum, overflow) = Self.count(in: bytes).addingReportingOverflow(count)
            return Array("\(overflow ? Int.max : sum)\n".utf8)
        }
    }

    /// How often a cause was met; 0 when that is not known.
    public func count(of identity: String) -> Int {
        Self.count(in: (try? read("\(path)/\(identity)/count")) ?? [])
    }

    private static func count(in bytes: [UInt8]) -> Int {
        max(0, Int(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)) ?? 0)
    }

    private func read(_ path: String) throws -> [UInt8] { try disk.contents(of: path).withBytes { Array($0) } }

    /// The causes that are kept, in the order of their names.
    ///
    /// - Throws: What the file system reports.
    public func identities() throws -> [String] {
        try disk.names(in: path).filter { name in try !name.hasPrefix(".") && isKept(name) }.sorted()
    }

    /// Takes over the findings of another folder: new causes as they are, known ones by their counts.
    ///
    /// - Returns: How many causes were new.
    /// - Throws: What the file system reports.
    public func merge(_ other: FindingsFolder) throws -> Int {
        var added = 0
        for identity in try other.identities() {
            if try !isKept(identity) {
                var files: [String: Data] = [:]
                for name in try other.disk.names(in: "\(other.path)/\(identity)")
                where name != "count" && !name.hasSuffix(AtomicReplacement.suffix) {
                    files[name] = Data(try other.read("\(other.path)/\(identity)/\(name)"))
                }
                _ = try keep(files, as: identity)
                added += 1
            }
            try add(other.count(of: identity), to: identity)
        }
        return added
    }
}
