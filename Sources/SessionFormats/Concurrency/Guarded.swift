// A value that one thread at a time may touch.
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
    private struct Box {
        var mutex = pthread_mutex_t()
        var value: Value
    }

    private let box: UnsafeMutablePointer<Box>

    package init(_ value: Value) {
        // Cache lines of its own, so that neighbours do not slow each other down.
        box = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<Box>.size.roundedUp(toMultipleOf: 64), alignment: 64
        ).bindMemory(to: Box.self, capacity: 1)
        box.initialize(to: Box(value: value))
        pthread_mutex_init(&box.pointee.mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(&box.pointee.mutex)
        box.deinitialize(count: 1)
        UnsafeMutableRawPointer(box).deallocate()
    }

    /// Runs `body` while no other thread does; it must not come back to the same guard.
    @inline(__always)
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(&box.pointee.mutex)
        defer { pthread_mutex_unlock(&box.pointee.mutex) }
        return try body(&box.pointee.value)
    }
}

extension Int {
    fileprivate func roundedUp(toMultipleOf unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
