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
    /// - Parameter isStopped: Asked ten times a second; when it says so the program is asked to end.
    /// - Throws: `StartFailure`, `EndUnknown`.
    public static func run(
        _ program: String, _ arguments: [String], input: [UInt8] = [], isStopped: (() -> Bool)? = nil
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
        var child: pid_t = 0
        let problem = withSpawnAttributes { posix_spawnp(&child, program, &actions, $0, &words, environ) }
        guard problem == 0 else { throw StartFailure(program: program, errorNumber: problem) }
        let status = try wait(for: child, program, isStopped)
        let signal = status & 0x7F
        return ChildProcess(
            output: files.text(files.output), errors: files.text(files.errors),
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal)
    }

    /// The status as the system tells it.
    static func wait(for child: pid_t, _ program: String, _ isStopped: (() -> Bool)? = nil) throws -> Int32 {
        var status: Int32 = 0
        var mayGoOn = isStopped != nil
        while true {
            let ended = waitpid(child, &status, mayGoOn ? WNOHANG : 0)
            if ended > 0 { return status }
            if ended < 0 {
                if errno == EINTR { continue }
                throw EndUnknown(program: program, errorNumber: errno)
            }
            if isStopped?() == true {
                kill(child, SIGTERM)
                mayGoOn = false
            } else {
                poll(nil, 0, 100)
            }
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
private func withSpawnAttributes<Result>(_ body: (UnsafePointer<posix_spawnattr_t>) -> Result) -> Result {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return body(&attributes)
}

/// A new file without a name, which children do not inherit unless told.
func temporaryDescriptor() throws -> Int32 {
    var template = Array("\(FileManager.default.temporaryDirectory.path())/crashlab-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw ChildProcess.StartFailure(program: "a child", errorNumber: errno) }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    return descriptor
}
