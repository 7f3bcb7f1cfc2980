import CrashHarness
import Foundation

/// How far a check of many files is: one line on standard error, written over, from the first second on, and only where
/// a person looks.
final class CheckProgress: @unchecked Sendable {
    private let files: Int
    /// Of each file in bytes, as they were found; none where nobody looks.
    private let sizes: [Int]
    private let bytes: Int
    private let start = ProcessInfo.processInfo.systemUptime
    private let lock = NSLock()
    private var done = (files: 0, bytes: 0)
    private var hasLine = false
    private let timer: (any DispatchSourceTimer)?

    /// - Parameter paths: The files that will be looked at.
    init(_ paths: [String]) {
        files = paths.count
        let isSeen = isatty(STDERR_FILENO) == 1
        sizes = isSeen ? paths.map(Self.size) : []
        bytes = sizes.reduce(0) { $0.addingClamped($1) }
        timer = isSeen ? DispatchSource.makeTimerSource(queue: .global()) : nil
        timer?.schedule(deadline: .now() + 1, repeating: 0.25)
        timer?.setEventHandler { [weak self] in self?.show() }
        timer?.resume()
    }

    /// Of pipes and what cannot be examined 0, which reading will tell.
    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
    }

    /// Takes note that a file was looked at.
    func add(_ index: Int) {
        if sizes.isEmpty { return }
        lock.withLock { done = (done.files + 1, done.bytes.addingClamped(sizes[index])) }
    }

    /// Prints something else, without the line in its way.
    func interrupted(by output: () -> Void) {
        lock.withLock {
            clear()
            output()
        }
    }

    func end() {
        timer?.cancel()
        lock.withLock { clear() }
    }

    private func clear() {
        if hasLine { Output.errorControl("\r\u{1B}[K") }
        hasLine = false
    }

    private func show() {
        lock.withLock {
            // A handler that was waiting while the end came has nothing to show.
            if timer?.isCancelled != false { return }
            let seconds = ProcessInfo.processInfo.systemUptime - start
            Output.errorControl("\r\u{1B}[K" + Self.text(done.files, files, done.bytes, bytes, seconds))
            hasLine = true
        }
    }

    static func text(_ doneFiles: Int, _ files: Int, _ doneBytes: Int, _ bytes: Int, _ seconds: Double) -> String {
        let rate = Double(doneBytes) / seconds
        let rest = doneBytes > 0 ? ", \(duration(Double(max(0, bytes - doneBytes)) / rate)) left" : ""
        return """
            \(grouped(doneFiles)) of \(grouped(files)) files, \(grouped(doneBytes / 1_000_000)) of \
            \(grouped(bytes / 1_000_000)) MB, \(grouped(Int(rate / 1e6))) MB/s\(rest)
            """
    }
}

extension Int {
    /// Adds and stays at the end of the range: sizes are what the system says, and need not make sense.
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
