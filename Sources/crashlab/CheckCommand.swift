import CrashHarness
import Foundation
import SessionFormats

enum CheckCommand: Command {
    static let name = "check"
    static let summary = "Tell what is in session files, what is damaged, and what can be recovered."
    static let help = """
        usage: crashlab check [OPTIONS] FILE|DIR…

        Reads each file, whatever program wrote it, and tells its format, its state and what survives. Never changes a
        file. Directories are searched for files; - is standard input. The format is told from the content.

          --mode reference|recover  As the reference implementation reads, or (default) everything that can be had.
          --format text|json        A block of text a file (default), or one JSON object a line.
          --deep                    Hash all content of memories that has a hash, on all cores; slow for large files.
          --junit FILE              Also write the outcome as JUnit's XML, a test for each file.
          --sarif FILE              Also write the findings as SARIF.
          --cost                    Tell on standard error how long it took and the most memory that it held.
          --stream                  Read session logs as streams: memory for the longest line, entries only counted.

        Exit status: 0 all clean or recovered, 1 some damaged, 2 some unreadable or of unknown format, 64 wrong usage,
        74 a file could not be read.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let mode = try arguments.choice("--mode", ReadingMode.self) ?? .recover
        let format = try arguments.choice("--format", OutputFormat.self) ?? .text
        let streams = arguments.flag("--stream")
        let isDeep = arguments.flag("--deep")
        let tellsCost = arguments.flag("--cost")
        let junit = try arguments.option("--junit")
        let sarif = try arguments.option("--sarif")
        let operands = try arguments.operands()
        guard !operands.isEmpty else { throw UsageError(message: "name at least one file or directory.") }

        var worst = FileReport.Verdict.clean
        var hasFailed = false
        var reports: [FileReport] = []
        for operand in operands {
            for path in files(of: operand, &hasFailed) {
                do throws(FileSystemError) {
                    let report = try report(on: path, mode, streams: streams, deep: isDeep)
                    worst = max(worst, report.verdict)
                    if junit != nil || sarif != nil { reports.append(report) }
                    Output.write(format == .json ? report.json + [0x0A] : Array(report.text.utf8))
                } catch {
                    hasFailed = true
                    Output.error("\(error)\n")
                }
            }
        }
        if let junit { try JUnitReport(files: reports).xml.write(to: URL(filePath: junit), options: .atomic) }
        if let sarif { try SarifReport(files: reports).json().write(to: URL(filePath: sarif), options: .atomic) }
        if tellsCost { Output.error(ProcessCost.current().text) }
        return hasFailed ? .inputOutputError : status(of: worst)
    }

    private static func report(
        on path: String, _ mode: ReadingMode, streams: Bool, deep: Bool
    ) throws(FileSystemError) -> FileReport {
        if path == "-" {
            return FileReport(path: "-", bytes: try FileBytes(path: "/dev/stdin"), mode: mode, deep: deep)
        }
        if streams { return try FileReport(streaming: path, mode: mode) }
        return FileReport(path: path, bytes: try FileBytes(path: path), mode: mode, deep: deep)
    }

    private static func status(of verdict: FileReport.Verdict) -> ExitStatus {
        switch verdict {
        case .clean, .recovered: .success
        case .damaged: .damaged
        case .unreadable: .unreadable
        }
    }

    /// The file itself, or all files below a directory in the order of their names. Links to directories are not
    /// followed, since they may lead in circles.
    private static func files(of operand: String, _ hasFailed: inout Bool) -> [String] {
        guard FileManager.default.isFolder(operand) else { return [operand] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: operand).sorted().flatMap { name in
                filesBelow(operand.hasSuffix("/") ? operand + name : "\(operand)/\(name)", &hasFailed)
            }
        } catch {
            hasFailed = true
            Output.error("Cannot list \(operand): \(error.reason)\n")
            return []
        }
    }

    private static func filesBelow(_ path: String, _ hasFailed: inout Bool) -> [String] {
        let type = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
        switch type {
        case .typeDirectory?: return files(of: path, &hasFailed)
        case .typeSymbolicLink?: return FileManager.default.isFolder(path) ? [] : [path]
        case .typeRegular?, nil: return [path]
        default: return []
        }
    }
}
