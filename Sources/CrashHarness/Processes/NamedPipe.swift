// A pipe that has a name, for programs that write to a file by its name while we read what they write.

import Foundation
import SessionFormats

/// A named pipe that is there as long as this is.
final class NamedPipe {
    /// Where it is.
    let path: String
    private let descriptor: Int32

    /// Makes a pipe.
    ///
    /// - Throws: `FileSystemError`.
    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "crashlab-\(UUID().uuidString).pipe").filePath
        guard mkfifo(path, 0o600) == 0 else {
            throw FileSystemError(call: "make", path: path, errorNumber: errno)
        }
        // Without waiting for a writer, who may never come.
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let problem = errno
            unlink(path)
            throw FileSystemError(call: "open", path: path, errorNumber: problem)
        }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// Reads what a process and its children write, line by line, until they have closed the pipe or the process has ended.
    ///
    /// - Parameter seconds: How long it is read at most; nil for ever.
    func readLines(from writer: pid_t, for seconds: Double?, _ body: (ArraySlice<UInt8>) -> Void) {
        var begun: [UInt8] = []
        var hasEnded = false
        let end = seconds.map { ProcessInfo.processInfo.systemUptime + $0 } ?? .infinity
        while ProcessInfo.processInfo.systemUptime < end {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&state, 1, 100)
            let chunk = read()
            if chunk.isEmpty {
                // What the writer left in the pipe is read before its end counts.
                if hasEnded || state.revents & Int16(POLLHUP) != 0 { break }
                hasEnded = hasProcessEnded(writer)
                continue
            }
            var rest = chunk[...]
            while let end = rest.firstIndex(of: 0x0A) {
                if begun.isEmpty { body(rest[..<end]) } else { body((begun + rest[..<end])[...]) }
                begun = []
                rest = rest[(end + 1)...]
            }
            begun += rest
        }
        if !begun.isEmpty { body(begun[...]) }
    }

    /// What is in the pipe, as much as it holds at once; nothing when there is nothing.
    private func read() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            count = max(0, Foundation.read(descriptor, buffer.baseAddress, buffer.count))
        }
    }

    private func hasProcessEnded(_ process: pid_t) -> Bool {
        var info = siginfo_t()
        // It stays to be waited for.
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
    }
}
