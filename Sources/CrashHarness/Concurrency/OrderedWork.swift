// Pieces of work done on several threads, their results taken in order.
//
// A thread takes the next piece only while fewer than a few are waiting to be taken over, so the memory that results
// hold is bounded by what is in flight, and the outcome is the same on any number of threads.

import Foundation

/// Work whose results are consumed in the order of the pieces.
public struct OrderedWork: Sendable {
    /// How many threads work, at least 1.
    public var jobs: Int
    /// How many results a thread may be ahead, for each thread.
    static let window = 4

    /// Makes the threads' number known; they begin with `run`.
    public init(jobs: Int) { self.jobs = max(1, jobs) }

    /// Does pieces 0 to `count` - 1 and returns when all results were consumed.
    ///
    /// - Parameters:
    ///   - body: Does a piece; called on any thread.
    ///   - consume: Takes a result; called on any thread, one at a time, in order.
    public func run<Result: Sendable>(
        _ count: Int, _ body: @Sendable (Int) -> Result, consume: (Int, Result) -> Void
    ) {
        guard jobs > 1, count > 1 else {
            for index in 0..<max(0, count) { consume(index, body(index)) }
            return
        }
        withoutActuallyEscaping(consume) { consume in
            let line = WaitingLine(count: count, window: jobs * Self.window, consume)
            DispatchQueue.concurrentPerform(iterations: min(jobs, count)) { _ in line.work(body) }
        }
    }
}

/// The results that are there but whose turn has not come. What is not constant is touched under the lock only.
private final class WaitingLine<Result: Sendable>: @unchecked Sendable {
    private let count: Int
    private let window: Int
    private let consume: (Int, Result) -> Void
    private let condition = NSCondition()
    private var taken = 0
    private var consumed = 0
    private var waiting: [Int: Result] = [:]

    init(count: Int, window: Int, _ consume: @escaping (Int, Result) -> Void) {
        self.count = count
        self.window = window
        self.consume = consume
    }

    func work(_ body: (Int) -> Result) {
        while let index = next() { put(body(index), at: index) }
    }

    private func next() -> Int? {
        condition.withLock {
            // The thread whose result is next in turn never waits here, so the line moves on.
            while taken < count, taken - consumed >= window { condition.wait() }
            guard taken < count else { return nil }
            defer { taken += 1 }
            return taken
        }
    }

    private func put(_ result: Result, at index: Int) {
        condition.withLock {
            waiting[index] = result
            while let ready = waiting.removeValue(forKey: consumed) {
                consume(consumed, ready)
                consumed += 1
            }
            condition.broadcast()
        }
    }
}
