import CrashHarness
import Foundation
import SessionFormats

enum RecoverCommand: Command {
    static let name = "recover"
    static let summary = "Write a whole copy of a damaged session file, with everything that can be had of it."
    static let help = """
        usage: crashlab recover [OPTIONS] FILE|DIR…

        Writes a copy in the same format beside each file, in one step and durably, and says what was kept, mended and
        left out, why, and where that stands in the file. What was left out goes into a file beside the copy, a JSON
        object a line with its offset. Never changes the file and never replaces another one.

          --output OUT        Where the copy goes: a file, or a folder that is there. FILE.recovered unless told otherwise;
                              for a folder, another folder, DIR.recovered unless told otherwise.
          --as FORMAT         What to read every file as, whatever it looks like: \(CheckCommand.formatNames).
          --dry-run           Write nothing, only say what would be done.
          --rewire            Hang records whose parent is not in the file on the record before them. That is a guess.
          --close-calls       Put in a result for each tool call that has none, which says that there is none.
          --format text|json  A block of text a file (default), or one JSON object a line.

        A memory whose table of contents is lost comes back as a replay segment of its sessions.

        Exit status: 0 all clean or recovered, 1 some damaged, 2 some unreadable or of unknown format, 64 wrong usage,
        73 a copy could not be made, 74 a file could not be read.
        """

    private static let formats = KitCatalogue.standard.formats

    private struct Options {
        var format: (any SessionFormat)?
        var output: OutputFormat
        var isDry: Bool
        var recovery: RecoveryOptions
    }

    /// A file and where its copy goes.
    private struct Job {
        var input: String
        var output: String
    }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let output = try arguments.option("--output")
        let options = Options(
            format: try arguments.option("--as").map(CheckCommand.format(named:)),
            output: try arguments.choice("--format", OutputFormat.self) ?? .text,
            isDry: arguments.flag("--dry-run"),
            recovery: RecoveryOptions(
                rewires: arguments.flag("--rewire"), closesCalls: arguments.flag("--close-calls")))
        let operands = try arguments.operands()
        guard !operands.isEmpty else { throw UsageError(message: "name at least one file or folder.") }
        if let output, operands.count > 1, !FileManager.default.isFolder(output) {
            throw UsageError(message: "several copies need a folder for --output, and \(output) is none.")
        }
        var worst = ExitStatus.success
        var outputs: Set<String> = []
        for operand in operands {
            for job in try jobs(operand, output, &worst) {
                guard outputs.insert(job.output).inserted else {
                    throw UsageError(message: "two copies would be called \(job.output); name another folder for one.")
                }
                worst = max(worst, recover(job, options))
            }
        }
        return worst
    }

    private static func jobs(_ operand: String, _ output: String?, _ worst: inout ExitStatus) throws -> [Job] {
        let name = operand.split(separator: "/").last.map(String.init) ?? operand
        guard FileManager.default.isFolder(operand) else {
            if operand == "-", output == nil { throw UsageError(message: "standard input needs --output.") }
            guard let output else { return [Job(input: operand, output: operand + ".recovered")] }
            return [Job(input: operand, output: FileManager.default.isFolder(output) ? "\(output)/\(name)" : output)]
        }
        let folder = operand.withoutSlashesAtEnd
        let target = output?.withoutSlashesAtEnd ?? folder + ".recovered"
        if (resolved(target) + "/").hasPrefix(resolved(folder) + "/") {
            throw UsageError(
                message: "copies inside \(folder) would be recovered with it the next time; name another folder.")
        }
        let tree = FileTree([operand])
        for failure in tree.failures {
            Output.error("\(failure)\n")
            worst = max(worst, .inputOutputError)
        }
        return tree.paths.map { path in
            let rest = path.dropFirst(operand.count).drop { $0 == "/" }
            return Job(input: path, output: "\(target)/\(rest)")
        }
    }

    private static func resolved(_ path: String) -> String {
        URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.filePath
    }

    private static func recover(_ job: Job, _ options: Options) -> ExitStatus {
        let bytes: FileBytes
        do throws(FileSystemError) {
            // The copy is made of what was examined, so that must stand still.
            let opened = try FileBytes(path: job.input == "-" ? "/dev/stdin" : job.input)
            bytes = opened.copied() ?? opened
        } catch {
            Output.error("\(error)\n")
            return .inputOutputError
        }
        let examination = formats.examine(bytes, name: job.input, as: options.format)
        var report = RecoveryReport(input: job.input, examination: examination)
        guard let format = formats.format(examination.format) else {
            show(report, options)
            return .unreadable
        }
        do throws(RecoveryError) {
            let recovered = try format.recover(bytes, options.recovery)
            report.recovered = recovered
            report.output = job.output
        } catch {
            report.refusal = error.description
            show(report, options)
            return max(.unreadable, ExitStatus(examination.verdict))
        }
        if ((try? bytes.change()) ?? nil)?.isGrowth == false {
            Output.error(
                "crashlab recover: \(job.input) was changed by another program while it was read; recover it again.\n")
            return .inputOutputError
        }
        do {
            report.leftOutPath = try write(report, of: bytes, job, options)
        } catch {
            Output.error("crashlab recover: \(error.reason)\n")
            return .cannotCreate
        }
        report.isDry = options.isDry
        show(report, options)
        return ExitStatus(examination.verdict)
    }

    /// A dry run fails where the other would for a file that is there.
    private static func write(
        _ report: RecoveryReport, of bytes: FileBytes, _ job: Job, _ options: Options
    ) throws -> String? {
        guard let recovered = report.recovered else { return nil }
        if options.isDry {
            if FileManager.default.fileExists(atPath: job.output) { throw StorageError.exists(job.output) }
            return nil
        }
        let folder = (job.output as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let permissions = try? FileManager.default.attributesOfItem(atPath: job.input)[.posixPermissions] as? NSNumber
        return try RecoveredCopy(recovered, to: job.output).write(
            of: bytes, permissions: permissions.map { UInt32(truncating: $0) & 0o777 })
    }

    private static func show(_ report: RecoveryReport, _ options: Options) {
        switch options.output {
        case .text: Output.print(report.text)
        case .json: Output.write(report.json.printableJSON + [0x0A])
        }
    }
}
