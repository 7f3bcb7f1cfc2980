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
          --digest                  Also tell BLAKE3 of a session log's entries as the reference would print them
                                    ("canonicalDigest" in JSON).
          --jobs N                  How many files are looked at side by side; all cores unless told otherwise. The
                                    output is the same, in the order of the names.
          --deep                    Hash all content of memories that has a hash, on all cores; slow for large files.
          --junit FILE              Also write the outcome as JUnit's XML, a test for each file.
          --sarif FILE              Also write the findings as SARIF.
          --cost                    Tell on standard error how long it took and the most memory that it held.
          --stream                  Read session logs as streams: memory for the longest line, entries only counted.

        Exit status: 0 all clean or recovered, 1 some damaged, 2 some unreadable or of unknown format, 64 wrong usage,
        74 a file could not be read.
        """

    /// How each file is looked at.
    private struct Options: Sendable {
        var mode: ReadingMode
        var format: OutputFormat
        var streams: Bool
        var isDeep: Bool
        var digests: Bool
        /// Whether a file is alone and has all cores.
        var usesAllCores = false
        /// Whether reports are kept for a report on all files.
        var keepsReports: Bool
    }

    /// What is said of one file.
    private struct Outcome: Sendable {
        var output: [UInt8] = []
        var error: String?
        var verdict = FileReport.Verdict.clean
        var report: FileReport?
    }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let tellsCost = arguments.flag("--cost")
        let junit = try arguments.option("--junit")
        let sarif = try arguments.option("--sarif")
        let jobs = try arguments.number("--jobs", in: 1...256 as ClosedRange<Int>)
        var options = Options(
            mode: try arguments.choice("--mode", ReadingMode.self) ?? .recover,
            format: try arguments.choice("--format", OutputFormat.self) ?? .text,
            streams: arguments.flag("--stream"), isDeep: arguments.flag("--deep"), digests: arguments.flag("--digest"),
            keepsReports: junit != nil || sarif != nil)
        let operands = try arguments.operands()
        guard !operands.isEmpty else { throw UsageError(message: "name at least one file or directory.") }

        let tree = FileTree(operands)
        for failure in tree.failures { Output.error("\(failure)\n") }
        var hasFailed = !tree.failures.isEmpty
        options.usesAllCores = tree.files.count == 1 && jobs != 1
        let (worst, reports) = check(
            tree.files, options, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, &hasFailed)
        if let junit { try JUnitReport(files: reports).xml.write(to: URL(filePath: junit), options: .atomic) }
        if let sarif { try SarifReport(files: reports).json().write(to: URL(filePath: sarif), options: .atomic) }
        if tellsCost { Output.error(ProcessCost.current().text) }
        return hasFailed ? .inputOutputError : status(of: worst)
    }

    private static func check(
        _ files: [FoundFile], _ options: Options, jobs: Int, _ hasFailed: inout Bool
    ) -> (worst: FileReport.Verdict, reports: [FileReport]) {
        let progress = CheckProgress(files: files.count, bytes: files.reduce(0) { $0 + $1.size })
        defer { progress.end() }
        var worst = FileReport.Verdict.clean
        var reports: [FileReport] = []
        OrderedWork(jobs: jobs).run(files.count) {
            outcome(of: files[$0].path, options)
        } consume: { index, outcome in
            progress.add(bytes: files[index].size)
            progress.interrupted {
                if let error = outcome.error { Output.error(error) }
                Output.write(outcome.output)
            }
            hasFailed = hasFailed || outcome.error != nil
            worst = max(worst, outcome.verdict)
            if let report = outcome.report { reports.append(report) }
        }
        return (worst, reports)
    }

    private static func outcome(of path: String, _ options: Options) -> Outcome {
        do throws(FileSystemError) {
            var report = try report(on: path, options)
            var outcome = Outcome(verdict: report.verdict)
            outcome.output = options.format == .json ? report.json + [0x0A] : Array(report.text.utf8)
            // Entries hold on to their file.
            report.entries = nil
            if options.keepsReports { outcome.report = report }
            return outcome
        } catch {
            return Outcome(error: "\(error)\n")
        }
    }

    private static func report(on path: String, _ options: Options) throws(FileSystemError) -> FileReport {
        if options.streams, path != "-" {
            return try FileReport(streaming: path, mode: options.mode, digests: options.digests)
        }
        return FileReport(
            path: path, bytes: try FileBytes(path: path == "-" ? "/dev/stdin" : path), mode: options.mode,
            deep: options.isDeep, digests: options.digests, usesAllCores: options.usesAllCores)
    }

    private static func status(of verdict: FileReport.Verdict) -> ExitStatus {
        switch verdict {
        case .clean, .recovered: .success
        case .damaged: .damaged
        case .unreadable: .unreadable
        }
    }
}
