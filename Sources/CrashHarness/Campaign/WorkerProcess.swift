// A child that judges cases, watched by its supervisor: when it traps, hangs or wants too much memory the case is known, and
// another child goes on behind it.

import Foundation
import Synchronization

/// Judges in children.
public final class WorkerProcess: CampaignWorker {
    /// How children are started and how long they may take.
    public struct Options: Sendable {
        /// The program, which calls `WorkerLoop.run`.
        public var program: String
        /// Its arguments.
        public var arguments: [String]
        /// The arguments of one that leaves traps to Swift's backtracer.
        public var tracingArguments: [String]
        /// After how many seconds without a further choice a case counts as hanging.
        public var deadline: Double

        /// Makes options.
        public init(program: String, arguments: [String], tracingArguments: [String], deadline: Double = 10) {
            (self.program, self.arguments, self.tracingArguments) = (program, arguments, tracingArguments)
            self.deadline = deadline
        }
    }

    private let options: Options
    private let now: @Sendable () -> Double
    private let mark: CaseMark
    private let errors: FileHandle
    private var child: Child?

    private struct Child {
        var process: pid_t
        var input: Int32
        var output: Int32
        var isTracing: Bool
    }

    /// Makes a worker; its first child is started with the first question.
    ///
    /// - Throws: `ChildProcess.StartFailure`.
    public init(
        _ options: Options, now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime }
    ) throws {
        (self.options, self.now) = (options, now)
        mark = try CaseMark()
        errors = FileHandle(fileDescriptor: try temporaryDescriptor(), closeOnDealloc: true)
    }

    deinit { end() }

    func run(_ cases: Range<UInt64>) throws(WorkerStop) -> CaseBatch {
        let before = mark.beats
        do throws(Unanswered) {
            guard case .batch(let batch) = try ask(.run(from: cases.lowerBound, to: cases.upperBound)) else {
                return CaseBatch()
            }
            return batch
        } catch {
            switch error {
            // A worker that died before its first case is to blame on the first.
            case .died(let death): throw .died(at: mark.beats == before ? cases.lowerBound : mark.index, death)
            case .notStarted(let failure): throw .notStarted(failure)
            }
        }
    }

    func examine(_ judge: String, _ values: [UInt64], isShrinking: Bool) -> CaseFate {
        fate(of: .examine(judge: judge, values: values, isShrinking: isShrinking), isTracing: false)
    }

    func choices(ofDying index: UInt64) -> [UInt64] {
        guard case .died(_, let made) = fate(of: .examineNoting(index: index), isTracing: false) else { return [] }
        return made
    }

    func examineTracing(_ judge: String, _ values: [UInt64]) -> CaseFate {
        end()
        defer { end() }
        return fate(of: .examine(judge: judge, values: values, isShrinking: false), isTracing: true)
    }

    private func fate(of request: WorkerRequest, isTracing: Bool) -> CaseFate {
        do throws(Unanswered) {
            if case .violated(let made) = try ask(request, isTracing: isTracing) { return .violated(made: made) }
            return .held
        } catch .died(let death) {
            return .died(death, made: mark.choices)
        } catch {
            // Nobody looked, so nothing was found.
            return .held
        }
    }

    // MARK: Questions and answers

    /// Why a question has no answer.
    private enum Unanswered: Error {
        case died(Death)
        case notStarted(ChildProcess.StartFailure)
    }

    private func ask(_ request: WorkerRequest, isTracing: Bool = false) throws(Unanswered) -> WorkerResponse {
        if child?.isTracing != isTracing { end() }
        let child = if let child { child } else { try startSaying(isTracing: isTracing) }
        self.child = child
        do {
            try FileHandle(fileDescriptor: child.input, closeOnDealloc: false)
                .write(contentsOf: try JSONEncoder().encode(request) + [0x0A])
            let answer = try self.answer(of: child)
            return try JSONDecoder().decode(WorkerResponse.self, from: answer)
        } catch let death as Death { throw .died(death) } catch {
            // The pipe broke, or the answer is no answer: the child is at its end.
            throw .died(bury(isHanging: false))
        }
    }

    /// One line; a `Death` when the child ends or hangs instead.
    private func answer(of child: Child) throws -> Data {
        var answer = Data()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var lastBeats = mark.beats
        var since = now()
        while answer.last != 0x0A {
            var poll = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
            // Time is looked at ten times a second; an answer is read when it is there.
            if Foundation.poll(&poll, 1, 100) == 0 {
                if mark.beats != lastBeats {
                    (lastBeats, since) = (mark.beats, now())
                } else if now() - since > options.deadline {
                    throw bury(isHanging: true)
                }
                continue
            }
            let count = read(child.output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw bury(isHanging: false) }
            answer.append(contentsOf: buffer[..<count])
        }
        return answer
    }

    /// Ends the child and says what it died of.
    private func bury(isHanging: Bool) -> Death {
        guard let child else {
            return Death(cause: .trap(signal: 0), place: 0, stack: "the worker could not be started")
        }
        if isHanging, child.isTracing { waitForBacktrace(child) }
        if isHanging { kill(child.process, SIGKILL) }
        let status = reap(child)
        self.child = nil
        let said = self.said()
        // Where somebody else reaped the child nobody knows the signal; what it said last is known all the same.
        let signal = status.map { $0 & 0x7F } ?? 0
        let cause: Death.Cause =
            isHanging ? .hang : Self.isOutOfMemory(signal, said) ? .outOfMemory : .trap(signal: signal)
        return Death(cause: cause, place: isHanging ? 0 : mark.trapPlace, stack: said)
    }

    /// Has the backtracer print the stack; behind that the child would go on.
    private func waitForBacktrace(_ child: Child) {
        kill(child.process, SIGABRT)
        let start = now()
        while now() - start < 10, !said().contains(Self.backtraceEnd) { poll(nil, 0, 100) }
    }

    private static let backtraceEnd = "\nBacktrace took"

    private static func isOutOfMemory(_ signal: Int32, _ said: String) -> Bool {
        // The kernel kills without a word; the allocators say why they give up.
        signal == SIGKILL
            || ["failed to allocate", "allocate memory", "bad_alloc", "out of memory"].contains { said.contains($0) }
    }

    private func said() -> String {
        try? errors.seek(toOffset: 0)
        let bytes = (try? errors.read(upToCount: 1 << 18)) ?? Data()
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Children

    private func startSaying(isTracing: Bool) throws(Unanswered) -> Child {
        do throws(ChildProcess.StartFailure) { return try start(isTracing: isTracing) } catch {
            throw .notStarted(error)
        }
    }

    private func start(isTracing: Bool) throws(ChildProcess.StartFailure) -> Child {
        let input = try makePipe()
        var isStarted = false
        defer {
            close(input.out)
            if !isStarted { close(input.in) }
        }
        let output = try makePipe()
        defer {
            close(output.in)
            if !isStarted { close(output.out) }
        }
        try? errors.truncate(atOffset: 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.out, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.in, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.fileDescriptor, STDERR_FILENO)
        posix_spawn_file_actions_adddup2(&actions, mark.descriptor, WorkerLoop.markDescriptor)
        let arguments = isTracing ? options.tracingArguments : options.arguments
        var words: [UnsafeMutablePointer<CChar>?] = ([options.program] + arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] =
            Self.environment(isTracing: isTracing).map { strdup($0) } + [nil]
        defer { (words + environment).forEach { free($0) } }
        var process: pid_t = 0
        let problem = posix_spawnp(&process, options.program, &actions, nil, &words, &environment)
        guard problem == 0 else { throw ChildProcess.StartFailure(program: options.program, errorNumber: problem) }
        isStarted = true
        return Child(process: process, input: input.in, output: output.out, isTracing: isTracing)
    }

    /// A pipe that children do not inherit unless told: what is written to `in` comes from `out`.
    private func makePipe() throws(ChildProcess.StartFailure) -> (in: Int32, out: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ChildProcess.StartFailure(program: options.program, errorNumber: errno) }
        ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        return (ends[1], ends[0])
    }

    /// Without the backtracer a child is gone at once, and with it the stack has names and lines.
    private static func environment(isTracing: Bool) -> [String] {
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] =
            isTracing ? "enable=yes,interactive=no,color=no,threads=crashed,images=none" : "enable=no"
        if isTracing, environment["SWIFT_ROOT"] == nil { environment["SWIFT_ROOT"] = toolchain }
        return environment.map { "\($0.key)=\($0.value)" }
    }

    /// The toolchain on the path that has a backtracer. A program with Swift's libraries inside does not find it by itself.
    private static var toolchain: String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let roots = folders.map {
            URL(filePath: "\($0)/swift").resolvingSymlinksInPath().deletingLastPathComponent()
                .deletingLastPathComponent()
        }
        return roots.map(\.filePath).first {
            FileManager.default.isExecutableFile(atPath: "\($0)/libexec/swift/linux/swift-backtrace")
        }
    }

    /// The child's status; nil when it is not to be had, as for a supervisor that ignores SIGCHLD.
    private func reap(_ child: Child) -> Int32? {
        close(child.input)
        close(child.output)
        return try? ChildProcess.wait(for: child.process, options.program)
    }

    private func end() {
        guard let child else { return }
        self.child = nil
        kill(child.process, SIGKILL)
        _ = reap(child)
    }
}
