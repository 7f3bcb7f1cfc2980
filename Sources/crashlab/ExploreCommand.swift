import CrashHarness
import Foundation

enum ExploreCommand: Command {
    static let name = "explore"
    static let summary = "Visit every disk that a power cut can leave of a writer's work."
    static let help = """
        usage: crashlab explore [OPTIONS] [SCENARIO…]
               crashlab explore [OPTIONS] TRACE
               crashlab explore [OPTIONS] --disks TRACE…

        Lets the library's writers work on a simulated disk and visits the states in which a crash may leave it, each of
        them judged after recovery. Protocols of the upstream and planted bugs are there to be found; safe protocols must
        have no violation. Without a name all scenarios are explored. A TRACE is a file that crashlab trace --output wrote:
        what another program did to a folder; one whose name ends in .gz is unpacked with gzip.

          --list                        List the scenarios.
          --disks                       Judge nothing: print each different disk that a crash may leave, as a JSON line
                                        {"acknowledged":n,"files":{"name":{"blake3":"…","size":n}},"folders":["…"]}; of
                                        several traces, each behind a line {"trace":"…"}. Without --ack what the trace
                                        itself acknowledges counts alone. Status 2 when these are not all.
        \(TraceExploration.help)
        --ack, --judge, --reopen, --check, --deadline and --jobs are for traces.

        Exit status: 0 safe protocols are safe and all else was found, or no state of the trace is wrong; 1 otherwise; 2 none
        is wrong but something was not seen; 64 wrong usage; 74 the trace cannot be read.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let options = try ExplorerOptions(&arguments)
        var exploration = try TraceExploration(&arguments)
        let lists = arguments.flag("--list")
        let printsDisks = arguments.flag("--disks")
        let names = try arguments.operands()
        if lists {
            for scenario in KitCatalogue.standard.scenarios {
                Output.print("\(scenario.reference), \(scenario.writing)\n")
            }
            return .success
        }
        if printsDisks { return try printDisks(names, exploration, options) }
        if names.count == 1, FileManager.default.fileExists(atPath: names[0]) {
            exploration.path = names[0]
            return exploration.run(try trace(in: names[0]), options)
        }
        for name in names where !KitCatalogue.standard.scenarios.contains(where: { $0.isMeant(by: name) }) {
            throw UsageError(message: "there is no scenario and no file \"\(name)\"; --list lists the scenarios.")
        }
        return try explore(
            KitCatalogue.standard.scenarios.filter { scenario in
                names.isEmpty || names.contains { scenario.isMeant(by: $0) }
            },
            options)
    }

    private static func printDisks(
        _ paths: [String], _ exploration: TraceExploration, _ options: ExplorerOptions
    ) throws -> ExitStatus {
        if paths.isEmpty { throw UsageError(message: "--disks needs a trace.") }
        let encoder = JSONEncoder.lines
        var status = ExitStatus.success
        for path in paths {
            let trace = exploration.marked(try trace(in: path))
            if paths.count > 1 { Output.write(Array(try encoder.encode(["trace": path])) + [0x0A]) }
            var (lines, problem): ([UInt8], (any Error)?) = ([], nil)
            let coverage = options.explorer.forEachDisk(of: trace) { disk in
                do { lines += Array(try disk.line(encoder)) + [0x0A] } catch { problem = error }
                if lines.count > 1 << 16 {
                    Output.write(lines)
                    lines = []
                }
            }
            if let problem { throw problem }
            Output.write(lines)
            TraceExploration.tellUnseen(trace)
            if coverage.leavesOut { Output.error("Not all: of \(path) \(coverage.sentence) were visited.\n") }
            if coverage.leavesOut || !trace.unseen.isEmpty { status = .unreadable }
        }
        return status
    }

    private static func trace(in path: String) throws -> WriteTrace {
        if path.hasSuffix(".gz") {
            let unpacked = try ChildProcess.run("gzip", ["-dc", path])
            guard unpacked.status == 0 else {
                throw UsageError(message: "\(path) cannot be unpacked: \(unpacked.errors)")
            }
            return try WriteTrace(file: unpacked.output)
        }
        return try WriteTrace(file: try String(contentsOfFile: path, encoding: .utf8))
    }

    private static func explore(_ scenarios: [CrashScenario], _ options: ExplorerOptions) throws -> ExitStatus {
        let explorer = options.explorer
        if options.format == .text {
            Output.print("model \(explorer.model.rawValue), sectors of \(explorer.sectors.size) bytes\n\n")
            Output.print(ExplorationReport.head)
        }
        var isAsExpected = true
        for scenario in scenarios {
            let start = ProcessInfo.processInfo.systemUptime
            let report = ExplorationReport(
                scenario: scenario, exploration: try scenario.explore(explorer),
                seconds: ProcessInfo.processInfo.systemUptime - start, model: explorer.model)
            if options.format == .text {
                Output.print(report.line)
            } else {
                Output.write(Array(try report.json(options: options.text)))
            }
            isAsExpected = isAsExpected && report.isAsExpected
            if let folder = options.reportFolder { try report.write(below: folder, options: options.text) }
            if scenarios.count == 1 || explorer.onlyState != nil, options.format == .text,
                report.exploration.violationCount > 0
            {
                Output.print("\n" + report.exploration.text(again: report.again(options.text)))
            }
        }
        return isAsExpected ? .success : .damaged
    }
}

extension CrashScenario {
    fileprivate func isMeant(by name: String) -> Bool { name == self.name || name == reference }
}
