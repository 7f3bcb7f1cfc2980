// A program run as a child, and what it cost.

import Foundation

/// A child process that has ended.
public struct ChildProcess: Sendable {
    /// What it wrote to its standard output.
    public var output: String
    /// Its exit status; 128 and the signal's number when a signal ended it.
    public var status: Int32
    /// The most memory that it held, in bytes.
    public var peakMemory: Int

    /// A program that could not be started.
    public struct StartFailure: Error, CustomStringConvertible {
        /// The program.
        public var program: String
        /// The system's error number.
        public var errorNumber: Int32
        /// One sentence.
        public var description: String { "Cannot start \(program): \(String(cString: strerror(errorNumber)))." }
    }

    /// Runs a program to its end; its standard error is ours.
    ///
    /// - Throws: `StartFailure`.
    public static func run(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw StartFailure(program: program, errorNumber: errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addclose(&actions, ends[1])

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let problem = posix_spawnp(&child, program, &actions, nil, &words, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard problem == 0 else { throw StartFailure(program: program, errorNumber: problem) }

        let output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: false).readDataToEndOfFile()
        var status: Int32 = 0
        var usage = rusage()
        while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return ChildProcess(
            output: String(decoding: output, as: UTF8.self), status: signal == 0 ? status >> 8 & 0xFF : 128 + signal,
            peakMemory: usage.ru_maxrss * 1024)
    }
}
