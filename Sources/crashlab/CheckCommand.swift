import CrashHarness
import Foundation
import SessionFormats

enum CheckCommand: Command {
    static let name = "check"
    static let summary = "Tell what is in session files, what is damaged, and what can be recovered."
    static let help = """
        usage: crashlab check [OPTIONS] FILE|DIR…
               crashlab check --agents [--home DIR] [OPTIONS]

        Reads each file, whatever program wrote it, and tells its format, its state and what survives. Never changes a
        file. Directories are searched for files; - is standard input. The format is told from the content, and from the
        name only where the content says nothing. At the end text also tells which sessions stand in several files.

          --mode reference|recover  As the reference implementation reads, or (default) everything that can be had.
          --as FORMAT               What to read every file as, whatever it looks like: \(formatNames).
          --format text|json        A block of text a file (default), or one JSON object a line.
          --digest                  Also tell BLAKE3 of what survives as the reference would print it, for formats that
                                    have such a digest.
          --jobs N                  How many files are looked at side by side; all cores unless told otherwise. The
                                    output is the same, in the order of the names.
          --deep                    Hash all content that has a hash, on all cores; slow for large files.
          --agents                  Look at the sessions of all agents that are known, where each keeps them below the home
                                    folder: those that are not clean, the worst first, and a line an agent.
          --home DIR                The home folder for --agents; that of the user unless told otherwise.
          --show-text               Show what people and models said. Without this reports hold names, kinds, places and
                                    counts only.
          --junit FILE              Also write the outcome as JUnit's XML, a test for each file.
          --sarif FILE              Also write the findings as SARIF.
          --cost                    Tell on standard error how long it took and the most memory that it held.
          --stream                  Read files as streams where their format allows that: memory for the longest line
                                    and for how records hang together, items only counted. Sessions of pi and Gemini
                                    CLI are read whole, since what these show depends on the values of all records.

        Exit status: 0 all clean or recovered, 1 some damaged, 2 some unreadable or of unknown format, 64 wrong usage,
        74 a file could not be read.
        """

    static var formatNames: String { formats.formats.map(\.id.rawValue).joined(separator: ", ") }

    private static let formats = KitCatalogue.standard.formats

    /// How each file is looked at.
    private struct Options: Sendable {
        var examination: ExaminationOptions
        var format: (any SessionFormat)?
        var output: OutputFormat
        var streams: Bool
        /// Whether examinations are kept for a report on all files.
        var keepsReports: Bool
        /// Whether nothing is printed file by file.
        var isSilent = false
    }

    /// What is said of one file.
    private struct Outcome: Sendable {
        var output: [UInt8] = []
        var error: String?
        var verdict = Verdict.clean
        var report: ExaminedFile?
        /// The session that it says it holds.
        var session: SessionTwins.Session?
    }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let tellsCost = arguments.flag("--cost")
        let junit = try arguments.option("--junit")
        let sarif = try arguments.option("--sarif")
        let jobs = try arguments.number("--jobs", in: 1...256 as ClosedRange<Int>)
        var options = Options(
            examination: ExaminationOptions(
                mode: try arguments.choice("--mode", ReadingMode.self) ?? .recover, isDeep: arguments.flag("--deep"),
                digests: arguments.flag("--digest"), showsText: arguments.flag("--show-text")),
            format: try arguments.option("--as").map(format(named:)),
            output: try arguments.choice("--format", OutputFormat.self) ?? .text,
            streams: arguments.flag("--stream"), keepsReports: junit != nil || sarif != nil)
        let isForAgents = arguments.flag("--agents")
        let home = try arguments.option("--home")
        let operands = try arguments.operands()
        if home != nil, !isForAgents { throw UsageError(message: "--home is for --agents.") }
        if isForAgents {
            guard operands.isEmpty else { throw UsageError(message: "--agents finds its files itself; name none.") }
            return checkAgents(home ?? NSHomeDirectory(), options, jobs: jobs)
        }
        guard !operands.isEmpty else { throw UsageError(message: "name at least one file or directory.") }
        if operands.count(where: { $0 == "-" }) > 1 {
            throw UsageError(message: "standard input can be read once, so name - once.")
        }

        let tree = FileTree(operands)
        for failure in tree.failures { Output.error("\(failure)\n") }
        var hasFailed = !tree.failures.isEmpty
        options.examination.usesAllCores = tree.paths.count == 1 && jobs != 1
        let (worst, files, twins) = check(
            tree.paths, options, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, &hasFailed)
        if options.output == .text { Output.write(Array(twins.text.utf8)) }
        let reports = files.map { $0.noting(twins) }
        if let junit { try JUnitReport(files: reports).xml.write(to: URL(filePath: junit), options: .atomic) }
        if let sarif { try SarifReport(files: reports).json().write(to: URL(filePath: sarif), options: .atomic) }
        if tellsCost { Output.error(ProcessCost.current().text) }
        return hasFailed ? .inputOutputError : ExitStatus(worst)
    }

    /// Looks where each agent keeps its sessions.
    private static func checkAgents(_ home: String, _ options: Options, jobs: Int?) -> ExitStatus {
        var summary = AgentSummary()
        var hasFailed = false
        for agent in AgentLogFormat.all {
            let folders = agent.folders.map { "\(home)/\($0)" }.filter { FileManager.default.fileExists(atPath: $0) }
            guard !folders.isEmpty else { continue }
            let tree = FileTree(folders)
            for failure in tree.failures { Output.error("\(failure)\n") }
            hasFailed = hasFailed || !tree.failures.isEmpty
            let files = tree.paths.filter { agent.holdsSession(named: URL(filePath: $0).lastPathComponent) }
            var found = options
            (found.format, found.isSilent, found.keepsReports) = (agent, true, true)
            let reports = check(
                files, found, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, &hasFailed
            ).reports
            summary.add(agent.agent, reports)
        }
        for file in summary.worstFirst where file.examination.verdict > .clean {
            Output.write(output(file.examination, file.path, options))
        }
        Output.write(options.output == .json ? summary.json : Array(summary.text.utf8))
        return hasFailed ? .inputOutputError : ExitStatus(summary.worst)
    }

    static func format(named name: String) throws -> any SessionFormat {
        guard let format = formats.format(FormatID(name)) else {
            throw UsageError(message: "--as takes one of \(formatNames), not \"\(name)\".")
        }
        return format
    }

    private static func check(
        _ paths: [String], _ options: Options, jobs: Int, _ hasFailed: inout Bool
    ) -> (worst: Verdict, reports: [ExaminedFile], twins: SessionTwins) {
        let progress = CheckProgress(paths)
        var page = OutputPage()
        defer {
            progress.interrupted { page.end() }
            progress.end()
        }
        var worst = Verdict.clean
        var reports: [ExaminedFile] = []
        var twins = SessionTwins()
        OrderedWork(jobs: jobs).run(paths.count) {
            outcome(of: paths[$0], options)
        } consume: { index, outcome in
            progress.add(index)
            progress.interrupted {
                if let error = outcome.error {
                    page.end()
                    Output.error(error)
                }
                page.add(outcome.output)
            }
            hasFailed = hasFailed || outcome.error != nil
            worst = max(worst, outcome.verdict)
            if let report = outcome.report { reports.append(report) }
            if let session = outcome.session { twins.add(paths[index], session: session) }
        }
        return (worst, reports, twins)
    }

    private static func outcome(of path: String, _ options: Options) -> Outcome {
        do throws(FileSystemError) {
            var examination = try examine(path, options)
            var outcome = Outcome(verdict: examination.verdict)
            if !options.isSilent { outcome.output = output(examination, path, options) }
            if examination.isOutdated {
                // Items are made when they are printed, from a file that is no longer the one that was examined.
                var copying = options
                copying.examination.copies = true
                examination = try examine(path, copying)
                outcome.verdict = examination.verdict
                if !options.isSilent { outcome.output = output(examination, path, options) }
            }
            outcome.session = SessionTwins.session(path, examination)
            if options.keepsReports {
                examination.releaseFile()
                outcome.report = ExaminedFile(path: path, examination: examination)
            }
            return outcome
        } catch {
            return Outcome(error: "\(error)\n")
        }
    }

    private static func output(_ examination: Examination, _ path: String, _ options: Options) -> [UInt8] {
        switch options.output {
        case .json: examination.json(path: path) + [0x0A]
        case .text: Array(examination.text(path: path).utf8)
        }
    }

    private static func examine(_ path: String, _ options: Options) throws(FileSystemError) -> Examination {
        if path == "-" {
            return try formats.examine(path: "/dev/stdin", as: options.format, options.examination)
        }
        if options.streams {
            return try formats.examineStream(path: path, as: options.format, options.examination)
        }
        return try formats.examine(path: path, as: options.format, options.examination)
    }
}
