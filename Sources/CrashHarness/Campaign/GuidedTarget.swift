// A coverage-guided fuzzing target: a program that is linked with libFuzzer, run for a while, again behind each crash.

import Foundation
import SessionFormats

/// One target.
public struct GuidedTarget: Sendable {
    /// Where things are.
    public struct Places: Sendable {
        /// The folder with the programs, `fuzz-NAME`.
        public var programs: String
        /// Where inputs that reach something new are kept, a folder a target. When it cannot be written they are kept in
        /// memory, as long as a target runs.
        public var corpus: String
        /// Inputs to start from, a folder a target; and dictionaries.
        public var seeds: String
        /// Where crashes are kept.
        public var findings: FindingsFolder
        /// Where the programs' output goes while they run.
        public var logs: String

        /// Makes places.
        public init(programs: String, corpus: String, seeds: String, findings: FindingsFolder, logs: String) {
            (self.programs, self.corpus, self.seeds) = (programs, corpus, seeds)
            (self.findings, self.logs) = (findings, logs)
        }
    }

    /// How far a target is, as its program says.
    public struct Status: Sendable, Equatable, Codable {
        /// Inputs that were looked at.
        public var executions = 0
        /// Edges of the code that were reached.
        public var coverage = 0
        /// Inputs that are kept because they reach something new.
        public var corpus = 0
        /// Seconds that it ran.
        public var seconds = 0.0
        /// Crashes, the same one counted each time.
        public var crashes = 0
        /// Why it cannot go on; nil while it can.
        public var problem: String?

        /// Inputs a second.
        public var rate: Int { Int(Double(executions) / max(seconds, 0.001)) }
    }

    /// Its name.
    public let name: String
    private let places: Places

    /// A target by its name.
    public init(_ name: String, _ places: Places) { (self.name, self.places) = (name, places) }

    /// The targets whose programs are in a folder.
    public static func all(_ places: Places) -> [GuidedTarget] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: places.programs)) ?? []
        return names.filter { $0.hasPrefix("fuzz-") && $0 != "fuzz-empty" && !$0.contains(".") }.sorted()
            .map { GuidedTarget(String($0.dropFirst(5)), places) }
    }

    private var log: String { "\(places.logs)/\(name).log" }

    /// Runs for some seconds, whatever crashes meanwhile.
    ///
    /// - Parameter now: Seconds on a clock that only moves forwards.
    /// - Returns: What was done in this time alone.
    public func run(
        seconds: Double, now: () -> Double = { ProcessInfo.processInfo.systemUptime },
        onFinding: (String) -> Void, isStopped: @escaping () -> Bool
    ) -> Status {
        var status = Status()
        let start = now()
        let inputs = prepare(onFinding)
        while status.problem == nil, !isStopped() {
            let left = seconds - (now() - start)
            guard left >= 1 else { break }
            let crashes = "\(places.logs)/\(name)-crashes/"
            let ended = runOnce(seconds: Int(left), inputs, crashes, isStopped)
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            let part = Self.status(said)
            status.executions += part.executions
            status.coverage = max(status.coverage, part.coverage)
            status.corpus = part.corpus
            if part.coverage == 0, !isStopped() { status.problem = blindness(said) }
            if ended == 0 { break }
            let isNew = keepCrashes(in: crashes, said, onFinding)
            status.crashes += isNew
            if isNew == 0, !isStopped() {
                status.problem = "fuzz-\(name) ended with status \(ended) and left no input: \(said.suffix(200))"
            }
        }
        status.seconds = now() - start
        return status
    }

    /// How far the program that is running now is.
    public func statusNow() -> Status { Self.status(Self.tail(of: log)) }

    /// Why a program that says nothing of coverage does not go on.
    private func blindness(_ said: String) -> String {
        said.isEmpty
            ? "fuzz-\(name) left nothing in \(log): it cannot be started, or the disk is full."
            : "fuzz-\(name) says nothing of coverage: it was built without instrumentation, and would find nothing."
    }

    /// What the program is told to start from. Only the first folder named is written by it.
    private func prepare(_ onFinding: (String) -> Void) -> [String] {
        try? FileManager.default.createDirectory(
            atPath: "\(places.logs)/\(name)-crashes", withIntermediateDirectories: true)
        let seeds = "\(places.seeds)/\(name)"
        let seedFiles = ((try? FileManager.default.contentsOfDirectory(atPath: seeds))?.sorted() ?? [])
            .map { "\(seeds)/\($0)" }.filter(FileManager.default.isFile)
        do {
            var corpus = try Corpus("\(places.corpus)/\(name)")
            for seed in KitCatalogue.standard.target(named: name)?.seeds ?? [] { try corpus.add(seed) }
            return [corpus.folder] + (seedFiles.isEmpty ? [] : [seeds])
        } catch {
            onFinding("\(error.reason) fuzz-\(name) keeps the inputs that it finds in memory, as long as it runs.")
            return seedFiles.isEmpty ? [] : ["-seed_inputs=" + seedFiles.joined(separator: ",")]
        }
    }

    private func runOnce(
        seconds: Int, _ inputs: [String], _ crashes: String, _ isStopped: @escaping () -> Bool
    ) -> Int32 {
        var arguments = [
            "-max_total_time=\(seconds)", "-timeout=10", "-rss_limit_mb=2048", "-artifact_prefix=\(crashes)",
            "-print_final_stats=1", "-reload=0",
        ]
        let beside = "\(places.programs)/fuzz-\(name)"
        for dictionary in ["\(beside).dict", "\(places.seeds)/\(name).dict"]
        where FileManager.default.fileExists(atPath: dictionary) {
            arguments.append("-dict=\(dictionary)")
            break
        }
        if let length = maximumLength { arguments.append("-max_len=\(length)") }
        // The shell sends the output to the log, where it can be watched, and is the program then.
        let ended = try? ChildProcess.run(
            "/bin/sh", ["-c", #"log="$1"; shift; exec "$@" 2> "$log""#, "sh", log, beside] + arguments + inputs,
            isStopped: isStopped)
        return ended?.status ?? 127
    }

    /// The largest input that makes sense, as the target's options for clusters say; nil to leave it to libFuzzer.
    private var maximumLength: Int? {
        let options = (try? String(contentsOfFile: "\(places.seeds)/\(name).options", encoding: .utf8)) ?? ""
        return options.split(separator: "\n").first { $0.hasPrefix("max_len = ") }.flatMap { Int($0.dropFirst(10)) }
    }

    /// Keeps what crashed; returns how many inputs there were.
    private func keepCrashes(in folder: String, _ said: String, _ onFinding: (String) -> Void) -> Int {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        for name in names {
            let input = (try? Data(contentsOf: URL(filePath: folder + name))) ?? Data()
            try? FileManager.default.removeItem(atPath: folder + name)
            keep(input, kind: String(name.prefix { $0 != "-" }), said, onFinding)
        }
        return names.count
    }

    private func keep(_ input: Data, kind: String, _ said: String, _ onFinding: (String) -> Void) {
        let lines = said.split(separator: "\n")
        let promise = lines.last { $0.contains("Fatal error: ") }.map(String.init)
        let cause = promise ?? StackText.place(in: said) ?? kind
        let identity = "fuzz-\(name)-\(kind)-\(StackText.hash(cause))"
        let report = """
            fuzz-\(name): \(kind)

            got       \(cause)
            file      \(places.findings.path)/\(identity)/input (\(input.count) bytes)
            replay    \(places.programs)/fuzz-\(name) \(places.findings.path)/\(identity)/input

            """
        do {
            _ = try places.findings.keep(
                ["input": input, "report.txt": Data(report.utf8), "stack.txt": Data(Self.tail(of: log).utf8)],
                as: identity)
            try places.findings.add(1, to: identity)
        } catch { onFinding("This finding cannot be kept. \(error.reason)\n") }
        onFinding(report)
    }

    // MARK: What libFuzzer says

    /// `#1234 NEW cov: 345 ft: 678 corp: 90/12Kb …`, and the statistics at the end.
    static func status(_ said: String) -> Status {
        var status = Status()
        for line in said.split(separator: "\n") {
            if line.hasPrefix("#"), let number = Int(line.dropFirst().prefix { $0.isNumber }) {
                status.executions = max(status.executions, number)
                status.coverage = value(behind: "cov: ", in: line) ?? status.coverage
                status.corpus = value(behind: "corp: ", in: line) ?? status.corpus
            } else if line.hasPrefix("stat::number_of_executed_units:") {
                status.executions = line.split(separator: " ").last.flatMap { Int($0) } ?? status.executions
            }
        }
        return status
    }

    private static func value(behind key: String, in line: Substring) -> Int? {
        line.range(of: key).flatMap { Int(line[$0.upperBound...].prefix { $0.isNumber }) }
    }

    private static func tail(of path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? file.close() }
        let size = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: size > 1 << 14 ? size - 1 << 14 : 0)
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
