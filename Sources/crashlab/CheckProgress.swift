import CrashHarness
import Foundation

/// How far a check of many files is: one line on standard error, written over, from the first second on, and only where
/// a person looks.
final class CheckProgress: @unchecked Sendable {
    private let files: Int
    private let bytes: Int
    private let start = ProcessInfo.processInfo.systemUptime
    private let lock = NSLock()
    private var done = (files: 0, bytes: 0)
    private var hasLine = false
    private let timer: (any DispatchSourceTimer)?

    /// - Parameters:
    ///   - files: How many will be looked at.
    ///   - bytes: How many bytes they have together.
    init(files: Int, bytes: Int) {
        self.files = files
        self.bytes = bytes
        timer = isatty(STDERR_FILENO) == 1 ? DispatchSource.makeTimerSource(queue: .global()) : nil
        timer?.schedule(deadline: .now() + 1, repeating: 0.25)
        timer?.setEventHandler { [weak self] in self?.show() }
        timer?.resume()
    }

    func add(bytes: Int) {
        lock.withLock { done = (done.files + 1, done.bytes + bytes) }
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
