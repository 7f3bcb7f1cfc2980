// A piece of work with a stack of its own, which stops where it is told to and goes on when it is told to.
//
// A writer is an ordinary function; to let another one work between two of its calls to the file system it has to wait
// inside of the call. So it runs on a thread, and the one that drives it waits meanwhile: never do two run at once, and what
// happens follows from the choices alone. Threads are kept for the next piece of work, since beginning one costs more than
// most programs take.

import Foundation
import SessionFormats

/// A piece of work that can be paused.
final class Strand: @unchecked Sendable {
    private let hasWork = DispatchSemaphore(value: 0)
    private let hasStopped = DispatchSemaphore(value: 0)
    private var work: (() -> Void)?
    private var isDone = true

    private static let idle = Guarded<[Strand]>([])

    /// Runs `work` up to its first pause.
    ///
    /// - Returns: The strand when it paused; nil when the work is done.
    static func begin(_ work: @escaping (Strand) -> Void) -> Strand? {
        let strand = idle.withLock { $0.popLast() } ?? Strand()
        strand.isDone = false
        strand.work = { work(strand) }
        return strand.goOn() ? strand : nil
    }

    private init() {
        let thread = Thread { [self] in
            while true {
                hasWork.wait()
                work?()
                work = nil
                isDone = true
                hasStopped.signal()
            }
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Runs to the next pause.
    ///
    /// - Returns: Whether there was one.
    func goOn() -> Bool {
        hasWork.signal()
        hasStopped.wait()
        // Once it is idle, another thread may begin the next piece of work with it.
        let wasDone = isDone
        if wasDone { Self.idle.withLock { $0.append(self) } }
        return !wasDone
    }

    /// Stops until the strand is told to go on; called by the work itself.
    func pause() {
        hasStopped.signal()
        hasWork.wait()
    }
}
