import CrashHarness
import Foundation

/// What `trace` and `explore` do with another program's trace.
struct TraceExploration {
    static let help = """
          --ack PATTERN                 Lines of the program's output that match this regular expression are
                                        acknowledgements: what entries and sessions files of known formats held then must
                                        be there after any later crash. Without it each sync of a file is one.
          --check 'COMMAND {}'          Run this on each state instead, the folder in place of {}; status 0 means good.
        \(ExplorerOptions.help)
        """

    private let mark: Regex<AnyRegexOutput>?
    private let check: String?
    /// Where the trace is; nil when it is in no file.
    var path: String?

    init(_ arguments: inout Arguments) throws {
        check = try arguments.option("--check")
        guard let pattern = try arguments.option("--ack") else {
            mark = nil
            return
        }
        do { mark = try Regex(pattern) } catch {
            throw UsageError(message: "--ack takes a regular expression, not \"\(pattern)\".")
        }
    }

    /// The trace with what the pattern matches as acknowledgements.
    func marked(_ recorded: WriteTrace) -> WriteTrace {
        guard let mark else { return recorded }
        return recorded.acknowledging { line in line.contains(mark) }
    }

    func run(_ recorded: WriteTrace, _ options: ExplorerOptions) -> ExitStatus {
        let trace = mark == nil ? recorded.acknowledging(nil) : marked(recorded)
        let judge = TraceJudge(trace)
        if check == nil, !judge.hasEvidence {
            Output.error(
                "warning: no entry or session of a known format was there at an acknowledgement, so nothing can be found "
                    + "missing; --check lets another program decide.\n")
        }
        let exploration = check.map { judge.explore(options.explorer, asking: $0) } ?? judge.explore(options.explorer)
        let again = "crashlab explore \(path ?? "TRACE") \(options.text)"
        do {
            if options.format == .text {
                Output.print(exploration.text(again: again))
            } else {
                Output.write(Array(try exploration.json(of: path ?? "TRACE", again: again)))
            }
            if let folder = options.reportFolder { try exploration.write(into: folder, again: again) }
        } catch {
            Output.error("The report cannot be kept. \(error.reason)\n")
            return .inputOutputError
        }
        return exploration.violationCount == 0 ? .success : .damaged
    }
}

/// How states are visited, as `trace` and `explore` take it.
struct ExplorerOptions {
    static let help = """
          --model cached|ordered|journaled|posix
                                        What a crash may do; posix unless told otherwise. cached: a mere kill. ordered: a
                                        prefix of the operations. journaled: bytes in any combination, names as ext4 and
                                        XFS bring them back. posix: only what is promised.
          --sector 512|4096             What a disk writes as a whole; 512 unless told otherwise.
          --torn-sectors                A sector may be half old and half new.
          --garbage                     A sector that was being written may read as noise.
          --bound N                     With no more states than this all are visited, else those that deviate least from
                                        "everything is there" and "only what was synced is there", in all up to this
                                        number; 200000 unless told otherwise.
          --samples N                   How many random ones are visited then; 20000 unless told otherwise.
          --seed N                      Where samples come from; 1 unless told otherwise.
          --state N,N,…                 Visit this state alone, as a report names it.
          --report FOLDER               Write what shows the first cause there, a report and the disk, and the others in
                                        cause-2 and so on below it.
          --format text|json            Text (default), or a line of JSON for each exploration.
        """

    private enum SectorSize: String, CaseIterable {
        case small = "512"
        case large = "4096"
    }

    private(set) var explorer = CrashStateExplorer()
    let reportFolder: String?
    let format: OutputFormat

    init(_ arguments: inout Arguments) throws {
        explorer.model = try arguments.choice("--model", PersistenceModel.self) ?? explorer.model
        explorer.sectors.size = try arguments.choice("--sector", SectorSize.self) == .large ? 4_096 : 512
        explorer.sectors.areTorn = arguments.flag("--torn-sectors")
        explorer.sectors.areGarbage = arguments.flag("--garbage")
        explorer.bound = try arguments.number("--bound", in: 1...10_000_000 as ClosedRange<Int>) ?? explorer.bound
        explorer.samples = try arguments.number("--samples", in: 1...10_000_000 as ClosedRange<Int>) ?? explorer.samples
        explorer.seed = try arguments.number("--seed", in: 0...UInt64.max) ?? explorer.seed
        reportFolder = try arguments.option("--report")
        format = try arguments.choice("--format", OutputFormat.self) ?? .text
        guard let state = try arguments.option("--state") else { return }
        let numbers = state.split(separator: ",").map { UInt64($0) }
        guard !numbers.contains(nil) else {
            throw UsageError(message: "--state takes numbers with commas between them, not \"\(state)\".")
        }
        explorer.onlyState = numbers.compactMap { $0 }
    }

    /// What leads to the same states again.
    var text: String {
        "--model \(explorer.model.rawValue) --sector \(explorer.sectors.size)"
            + (explorer.sectors.areTorn ? " --torn-sectors" : "") + (explorer.sectors.areGarbage ? " --garbage" : "")
    }
}
