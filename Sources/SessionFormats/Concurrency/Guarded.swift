// Values that one thread at a time may touch.
//
// The standard library's Mutex would do the same, but the thread sanitizer cannot see into it: where two threads contend
// for one, it reports races that are none. It knows the system's own mutex.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

package final class Guarded<Value>: @unchecked Sendable {
    private let box: UnsafeMutablePointer<GuardedBox<Value>>

    package init(_ value: Value) { box = GuardedBox.allocate(value, count: 1) }

    deinit { GuardedBox.deallocate(box, count: 1) }

    /// Runs `body` while no other thread does; it must not come back to the same guard.
    @inline(__always)
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try box.pointee.withLock(body)
    }
}

/// Several values of a kind, each with a lock of its own.
package final class GuardedValues<Value>: @unchecked Sendable {
    private let boxes: UnsafeMutablePointer<GuardedBox<Value>>
    private let count: Int

    package init(_ value: Value, count: Int) {
        self.count = count
        boxes = GuardedBox.allocate(value, count: count)
    }

    deinit { GuardedBox.deallocate(boxes, count: count) }

    package var indices: Range<Int> { 0..<count }

    /// Runs `body` on one value while no other thread does; it must not come back to the same guard.
    @inline(__always)
    package func withLock<Result, Failure: Error>(
        _ index: Int, _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(indices.contains(index))
        return try boxes[index].withLock(body)
    }
}

/// A value behind its mutex. It never moves, since a mutex must not.
private struct GuardedBox<Value> {
    private var mutex = pthread_mutex_t()
    private var value: Value

    private init(_ value: Value) { self.value = value }

    static func allocate(_ value: Value, count: Int) -> UnsafeMutablePointer<Self> {
        // Cache lines of their own, so that neighbours do not slow each other down.
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: (count * MemoryLayout<Self>.stride + 63) / 64 * 64, alignment: 64)
        let boxes = memory.bindMemory(to: Self.self, capacity: count)
        boxes.initialize(repeating: Self(value), count: count)
        for index in 0..<count { pthread_mutex_init(&boxes[index].mutex, nil) }
        return boxes
    }

    static func deallocate(_ boxes: UnsafeMutablePointer<Self>, count: Int) {
        for index in 0..<count { pthread_mutex_destroy(&boxes[index].mutex) }
        boxes.deinitialize(count: count)
        UnsafeMutableRawPointer(boxes).deallocate()
    }

    @inline(__always)
    mutating func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(&mutex)
        defer { pthread_mutex_unlock(&mutex) }
        return try body(&value)
    }
}
