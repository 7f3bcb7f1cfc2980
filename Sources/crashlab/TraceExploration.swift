import CrashHarness
import Foundation

/// What `trace` and `explore` do with another program's trace.
struct TraceExploration {
    static let help = """
          --ack PATTERN                 Lines of the program's output that match this regular expression are
                                        acknowledgements: what was there then must be there after any later crash. Without
                                        it each sync of a file is one.
          --judge formats|states        How states are judged. formats: the entries and sessions that files of known formats
                                        held at an acknowledgement must be there. states: what is there must be what the
                                        running program had at some point of its run, with all that was acknowledged; files
                                        and bytes are compared. formats when such files are there or there is no --ack.
          --reopen 'COMMAND {}'         Run the program's own recovery on each state first, the folder in place of {}. One that
                                        fails, or takes too long, is wrong. What it prints is compared with what it prints
                                        for the states of the running program; when it prints nothing for any of those, what
                                        it leaves is.
          --check 'COMMAND {} {acks}'   Run this on each state instead of comparing: the folder in place of {}, a file with
                                        what had been acknowledged, one line each, in place of {acks} and as
                                        $CRASHLAB_ACKNOWLEDGED; status 0 means good. With --reopen that is run before.
          --deadline SECONDS            How long --reopen and --check may take for a state, and a program with --inject for
                                        its run; 10 unless told otherwise.
          --jobs N                      On how many cores they run; all unless told otherwise.
        \(ExplorerOptions.help)
        """

    private enum Judging: String, CaseIterable {
        case formats
        case states
    }

    private let mark: Regex<AnyRegexOutput>?
    /// The options that tell how it is judged, as they were given.
    private let judgeOptions: String
    private let judging: Judging?
    private let check: DiskCommand?
    private let reopen: DiskCommand?
    private let jobs: Int
    /// In seconds.
    let deadline: Double
    /// Where the trace is; nil when it is in no file.
    var path: String?

    init(_ arguments: inout Arguments) throws {
        let deadline = Double(try arguments.number("--deadline", in: 1...86_400 as ClosedRange<Int>) ?? 10)
        let (check, reopen) = (try arguments.option("--check"), try arguments.option("--reopen"))
        self.check = check.map { DiskCommand($0, deadline: deadline) }
        self.reopen = reopen.map { DiskCommand($0, deadline: deadline) }
        self.deadline = deadline
        judging = try arguments.choice("--judge", Judging.self)
        jobs = try arguments.number("--jobs", in: 1...1_024) ?? ProcessInfo.processInfo.activeProcessorCount
        if check != nil, judging != nil { throw UsageError(message: "--check judges alone, without --judge.") }
        if reopen != nil, judging == .formats {
            throw UsageError(message: "--reopen is for --check and --judge states, not for --judge formats.")
        }
        let pattern = try arguments.option("--ack")
        judgeOptions = [
            ("--ack", pattern), ("--judge", judging?.rawValue), ("--reopen", reopen), ("--check", check),
        ].map { name, value in value.map { " \(name) '\($0.replacing("'", with: #"'\''"#))'" } ?? "" }.joined()
        guard let pattern else {
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
        if let crashPoint = options.explorer.onlyState?.first, crashPoint > acknowledging(recorded).operations.count {
            Output.error(
                "There is no such state: the trace has \(acknowledging(recorded).operations.count) operations.\n")
            return .wrongUsage
        }
        let (trace, exploration) = explore(recorded, options)
        let again = again(path, options)
        do {
            if options.format == .text {
                Output.print(exploration.text(again: again))
            } else {
                Output.write(Array(try exploration.json(of: path ?? "TRACE", again: again, unseen: trace.unseen)))
            }
            if let folder = options.reportFolder { try exploration.write(into: folder, again: again) }
        } catch {
            Output.error("The report cannot be kept. \(error.reason)\n")
            return .inputOutputError
        }
        return verdict(exploration, trace)
    }

    /// The command that shows a state of a trace again, up to the state; TRACE stands for one that is in no file.
    func again(_ path: String?, _ options: ExplorerOptions) -> String {
        "crashlab explore \(path ?? "TRACE")\(judgeOptions) \(options.text)"
    }

    /// Tells what could not be seen of a trace.
    static func tellUnseen(_ trace: WriteTrace) {
        for sentence in trace.unseen { Output.error("not seen: \(sentence)\n") }
    }

    /// What an exploration is worth, whose doubts are told.
    func verdict(_ exploration: Exploration, _ trace: WriteTrace) -> ExitStatus {
        Self.tellUnseen(trace)
        for sentence in exploration.unjudged { Output.error("\(sentence)\n") }
        if !exploration.unjudged.isEmpty {
            Output.error("Not judged.\n")
            return .unreadable
        }
        if exploration.violationCount > 0 { return .damaged }
        // Where something could not be seen, no wrong state is not the same as none.
        if trace.unseen.isEmpty { return .success }
        Output.error("Not judged: no state that was visited is wrong, but others may be.\n")
        return .unreadable
    }

    /// Visits the states, with acknowledgements in the trace.
    func explore(_ recorded: WriteTrace, _ options: ExplorerOptions) -> (WriteTrace, Exploration) {
        let trace = acknowledging(recorded)
        var exploration = visit(trace, options)
        // What was never acknowledged cannot be found missing.
        if exploration.violationCount == 0, mark != nil, !trace.hasAcknowledgement {
            exploration.unjudged.append("No line of the program's output matches --ack, so nothing was acknowledged.")
        }
        return (trace, exploration)
    }

    private func acknowledging(_ recorded: WriteTrace) -> WriteTrace {
        mark == nil ? recorded.acknowledging(nil) : marked(recorded)
    }

    private func visit(_ trace: WriteTrace, _ options: ExplorerOptions) -> Exploration {
        let judge = TraceJudge(trace)
        if check != nil || reopen != nil {
            for link in trace.linksLeadingOut {
                Output.error(
                    "warning: the link \(link) leads out of the folder; the folders that are checked lack it.\n")
            }
        }
        if let check { return judge.explore(options.explorer, asking: check, reopen: reopen, jobs: jobs) }
        if judging == .states || reopen != nil || judging == nil && mark != nil && !judge.hasEvidence {
            return judge.exploreRunningStates(options.explorer, reopen: reopen, jobs: jobs)
        }
        if !judge.hasEvidence {
            Output.error(
                "warning: no entry or session of a known format was there at an acknowledgement, so nothing can be found "
                    + "missing; --ack, --reopen or --check tell how it is judged.\n")
        }
        return judge.explore(options.explorer)
    }
}

extension WriteTrace {
    fileprivate var hasAcknowledgement: Bool {
        operations.contains { if case .acknowledge = $0 { true } else { false } }
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
        guard !numbers.contains(nil), numbers.count % 3 == 1 else {
            throw UsageError(
                message:
                    "--state takes a crash point and three numbers for each difference, with commas between them, not "
                    + "\"\(state)\".")
        }
        explorer.onlyState = numbers.compactMap { $0 }
    }

    /// What leads to the same states again.
    var text: String {
        "--model \(explorer.model.rawValue) --sector \(explorer.sectors.size)"
            + (explorer.sectors.areTorn ? " --torn-sectors" : "") + (explorer.sectors.areGarbage ? " --garbage" : "")
    }
}
