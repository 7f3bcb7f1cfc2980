// How many bytes were looked at, for judges who want to know that work grows with the file and no faster.
//
// Reading a plain line or a whole session looks at each byte once, and is not counted. Searches and attempts are: they are
// what may look at the same bytes again and again. Nothing is counted unless somebody asks.

/// Counts bytes that searches and attempts look at.
package final class WorkMeter: Sendable {
    @TaskLocal private static var current: WorkMeter?

    private let sum = Guarded(0)

    private init() {}

    /// What `body` looks at, in this task.
    package static func measure(_ body: () throws -> Void) rethrows -> Int {
        let meter = WorkMeter()
        try $current.withValue(meter, operation: body)
        return meter.sum.withLock { $0 }
    }

    /// Counts bytes that were looked at.
    package static func add(_ bytes: Int) {
        current?.sum.withLock { $0 += bytes }
    }
}
