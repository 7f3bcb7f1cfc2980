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
    @usableFromInline let memory: GuardedMemory<Value>

    package init(_ value: Value) { memory = GuardedMemory(value, count: 1) }

    deinit { memory.deallocate() }

    /// Runs `body` while no other thread does; it must not come back to the same guard.
    @inlinable @inline(__always)
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try memory.withLock(0, body)
    }
}

/// Several values of a kind, each with a lock of its own.
package final class GuardedValues<Value>: @unchecked Sendable {
    @usableFromInline let memory: GuardedMemory<Value>

    package init(_ value: Value, count: Int) { memory = GuardedMemory(value, count: count) }

    deinit { memory.deallocate() }

    @inlinable package var indices: Range<Int> { 0..<memory.count }

    /// Runs `body` on one value while no other thread does; it must not come back to the same guard.
    @inlinable @inline(__always)
    package func withLock<Result, Failure: Error>(
        _ index: Int, _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(indices.contains(index))
        return try memory.withLock(index, body)
    }
}

/// Values and their mutexes, side by side in cache lines of their own, so that neighbours do not slow each other down. A
/// mutex must not move, and to Swift taking one is no access to the value.
@usableFromInline
struct GuardedMemory<Value> {
    @usableFromInline let count: Int
    @usableFromInline let base: UnsafeMutableRawPointer

    init(_ value: Value, count: Int) {
        self.count = count
        base = .allocate(byteCount: count * Self.stride, alignment: max(64, MemoryLayout<Value>.alignment))
        for index in 0..<count {
            let place = base + index * Self.stride
            place.initializeMemory(as: pthread_mutex_t.self, repeating: pthread_mutex_t(), count: 1)
            (place + Self.offset).initializeMemory(as: Value.self, repeating: value, count: 1)
            pthread_mutex_init(mutex(index), nil)
        }
    }

    func deallocate() {
        for index in 0..<count {
            value(index).deinitialize(count: 1)
            pthread_mutex_destroy(mutex(index))
        }
        base.deallocate()
    }

    @inlinable @inline(__always)
    func withLock<Result, Failure: Error>(
        _ index: Int, _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex(index))
        defer { pthread_mutex_unlock(mutex(index)) }
        return try body(&value(index).pointee)
    }

    /// The value stands behind the mutex.
    @inlinable static var offset: Int {
        let alignment = MemoryLayout<Value>.alignment
        return (MemoryLayout<pthread_mutex_t>.size + alignment - 1) / alignment * alignment
    }

    @inlinable static var stride: Int { (offset + MemoryLayout<Value>.size + 63) / 64 * 64 }

    @inlinable @inline(__always)
    func mutex(_ index: Int) -> UnsafeMutablePointer<pthread_mutex_t> {
        (base + index * Self.stride).assumingMemoryBound(to: pthread_mutex_t.self)
    }

    @inlinable @inline(__always)
    func value(_ index: Int) -> UnsafeMutablePointer<Value> {
        (base + index * Self.stride + Self.offset).assumingMemoryBound(to: Value.self)
    }
}
