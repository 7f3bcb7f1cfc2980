// A program run as a child to its end, with what it printed.

import Foundation

/// A child process that has ended.
public struct ChildProcess: Sendable {
    /// What it wrote to its standard output.
    public var output: String
    /// What it wrote to its standard error.
    public var errors: String
    /// Its exit status; 128 and the signal's number when a signal ended it.
    public var status: Int32

    /// A program that could not be started.
    public struct StartFailure: Error, CustomStringConvertible {
        /// The program.
        public var program: String
        /// The system's error number.
        public var errorNumber: Int32
        /// One sentence.
        public var description: String { "Cannot start \(program): \(String(cString: strerror(errorNumber)))." }
    }

    /// A program of which the system does not tell how it ended, as when its parent ignores `SIGCHLD`.
    public struct EndUnknown: Error, CustomStringConvertible {
        /// The program.
        public var program: String
        /// The system's error number.
        public var errorNumber: Int32
        /// One sentence.
        public var description: String {
            "It is not known how \(program) ended: \(String(cString: strerror(errorNumber)))."
        }
    }

    /// A program that was killed since it took too long.
    public struct Late: Error, CustomStringConvertible {
        /// The program.
        public var program: String
        /// How long it had, in seconds.
        public var seconds: Double
        /// One sentence.
        public var description: String { "\(program) had not ended after \(seconds) seconds and was killed." }
    }

    /// A program that ended with another status than 0.
    public struct Failure: Error, CustomStringConvertible {
        /// The program.
        public var program: String
        /// How it ended.
        public var status: Int32
        /// What it said, shortened.
        public var errors: String
        /// One sentence.
        public var description: String {
            "\(program) ended with status \(status)\(errors.isEmpty ? "" : ": \(errors)")."
        }
    }

    /// Runs a program to its end, which has to be a success.
    ///
    /// - Throws: `StartFailure`, `EndUnknown`, or `Failure` when it ends with another status than 0.
    public static func succeed(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        let child = try run(program, arguments)
        guard child.status == 0 else {
            let lines = child.errors.split(separator: "\n")
            throw Failure(program: program, status: child.status, errors: String((lines.last ?? "").prefix(200)))
        }
        return child
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - environment: What it has in its environment besides what this process has.
    ///   - deadline: After so many seconds it is killed, with all processes that it started in its group; nil for never.
    ///   - isStopped: Asked ten times a second; when it says so the program is asked to end.
    ///   - meanwhile: Done while the program runs, which is waited for afterwards; it gets the program's process.
    /// - Throws: `StartFailure`, `EndUnknown`, `Late`.
    public static func run(
        _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        deadline: Double? = nil, isStopped: (() -> Bool)? = nil, meanwhile: (pid_t) -> Void = { _ in }
    ) throws -> ChildProcess {
        let files = try TemporaryFiles(input: input)
        defer { files.close() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, files.input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, files.output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, files.errors, STDERR_FILENO)

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var variables = environmentWords(environment)
        defer { variables.forEach { free($0) } }
        var child: pid_t = 0
        let problem = withSpawnAttributes(ownGroup: deadline != nil) {
            posix_spawnp(&child, program, &actions, $0, &words, &variables)
        }
        guard problem == 0 else { throw StartFailure(program: program, errorNumber: problem) }
        let start = ProcessInfo.processInfo.systemUptime
        meanwhile(child)
        let status: Int32
        if let deadline {
            status = try wait(for: child, program, since: start, deadline)
        } else {
            status = try wait(for: child, program, isStopped)
        }
        let signal = status & 0x7F
        return ChildProcess(
            output: files.text(files.output), errors: files.text(files.errors),
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal)
    }

    private static func environmentWords(_ added: [String: String]) -> [UnsafeMutablePointer<CChar>?] {
        let all =
            added.isEmpty
            ? ProcessInfo.processInfo.environment
            : ProcessInfo.processInfo.environment.merging(added) { $1 }
        return all.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    }

    /// The status as the system tells it.
    static func wait(for child: pid_t, _ program: String, _ isStopped: (() -> Bool)? = nil) throws -> Int32 {
        var mayGoOn = isStopped != nil
        while true {
            if let status = try ended(child, program, mayGoOn ? WNOHANG : 0) { return status }
            if isStopped?() == true {
                kill(child, SIGTERM)
                mayGoOn = false
            } else {
                poll(nil, 0, 100)
            }
        }
    }

    /// The status of a program that leads its group; the group is killed when it takes longer than allowed.
    private static func wait(for child: pid_t, _ program: String, since start: Double, _ deadline: Double) throws
        -> Int32
    {
        while true {
            if let status = try ended(child, program, WNOHANG) { return status }
            let elapsed = ProcessInfo.processInfo.systemUptime - start
            if elapsed > deadline {
                kill(-child, SIGKILL)
                _ = try wait(for: child, program)
                throw Late(program: program, seconds: deadline)
            }
            // A program that took long so far will not end at once.
            poll(nil, 0, Int32(min(50, max(1, elapsed * 100))))
        }
    }

    /// The status when the program has ended; nil when it has not, or the waiting was interrupted.
    private static func ended(_ child: pid_t, _ program: String, _ options: Int32) throws -> Int32? {
        var status: Int32 = 0
        while true {
            let ended = waitpid(child, &status, options)
            if ended > 0 { return status }
            if ended == 0 { return nil }
            if errno != EINTR { throw EndUnknown(program: program, errorNumber: errno) }
        }
    }
}

/// Files without names for a child's input and output: unlike pipes they never fill up.
private struct TemporaryFiles {
    let input: Int32
    let output: Int32
    let errors: Int32

    init(input bytes: [UInt8]) throws {
        var opened: [Int32] = []
        do {
            for _ in 0..<3 { opened.append(try temporaryDescriptor()) }
            (input, output, errors) = (opened[0], opened[1], opened[2])
            try FileHandle(fileDescriptor: input, closeOnDealloc: false).write(contentsOf: Data(bytes))
            lseek(input, 0, SEEK_SET)
        } catch {
            opened.forEach { _ = Foundation.close($0) }
            throw error
        }
    }

    func text(_ descriptor: Int32) -> String {
        lseek(descriptor, 0, SEEK_SET)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        return String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)
    }

    func close() { [input, output, errors].forEach { _ = Foundation.close($0) } }
}

/// Attributes of a child that takes signals like any program, whatever the thread that starts it blocks or ignores.
///
/// - Parameter ownGroup: Whether it leads a group of processes, which can be killed as one.
private func withSpawnAttributes<Result>(ownGroup: Bool, _ body: (UnsafePointer<posix_spawnattr_t>) -> Result) -> Result
{
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let group = ownGroup ? POSIX_SPAWN_SETPGROUP : 0
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
    return body(&attributes)
}

/// A new file without a name, which children do not inherit unless told.
func temporaryDescriptor() throws -> Int32 {
    var template = Array("\(FileManager.default.temporaryDirectory.filePath)/crashlab-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw ChildProcess.StartFailure(program: "a child", errorNumber: errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    return descriptor
}
