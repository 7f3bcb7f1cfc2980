import CrashHarness
import Foundation

/// Where a campaign's outcome is written.
struct ReportFiles {
    private let folder: String?
    private let junit: String?
    private let sarif: String?

    init(_ arguments: inout Arguments) throws {
        folder = try arguments.option("--report")
        junit = try arguments.option("--junit")
        sarif = try arguments.option("--sarif")
        // Noticed before a long run rather than behind it.
        if let folder { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
    }

    /// Whether there is to be a page, whose maps take a second.
    var wantsPage: Bool { folder != nil }

    func write(_ report: RunReport) throws {
        if let folder {
            try report.json().write(to: URL(filePath: "\(folder)/report.json"), options: .atomic)
            try report.html().write(to: URL(filePath: "\(folder)/report.html"), options: .atomic)
            Output.print("The report is in \(folder)/report.html.\n")
        }
        if let junit { try report.junit.xml.write(to: URL(filePath: junit), options: .atomic) }
        if let sarif { try report.sarif.json().write(to: URL(filePath: sarif), options: .atomic) }
    }
}
