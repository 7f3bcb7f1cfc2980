// A stretch of a session's events, written once and shared by all who read them.
//
// Replays hand out chunks instead of copies of events. An event never moves and never changes once it is in its slot, and
// a reader looks only at slots that were filled before it was handed the chunk, so readers need no lock. Where chunks
// begin is a function of the position alone: the first ones are small, so that a session of one event costs little, all
// others hold 64.

import SessionFormats

/// Some consecutive events of a session. `append`, `dropFirst` and the marks belong to the buffer's lock.
final class LiveReplayChunk: @unchecked Sendable {
    /// What differs from event to event, in no more than a cache line.
    struct Slot {
        let cursor: SessionCursor
        let revision: SessionRevision
        /// The store's clock when the event was added.
        let appendedAt: UInt64
        /// How many listeners get this event next.
        var listeners: UInt32
        let payload: SessionObservationPayload
    }

    /// Which chunk a position is in.
    static func number(of position: UInt64) -> UInt64 {
        if position >= 64 { return position / 64 + 2 }
        return position < 4 ? 0 : position < 16 ? 1 : 2
    }

    private static func bounds(of number: UInt64) -> (first: UInt64, count: Int) {
        switch number {
        case 0: (0, 4)
        case 1: (4, 12)
        case 2: (16, 48)
        default: ((number - 2) * 64, 64)
        }
    }

    private static let cacheLine = 64

    private let sessionID: String
    private let first: UInt64
    private let capacity: Int
    private let slots: UnsafeMutablePointer<Slot>
    /// The slots that hold an event.
    private var held: Range<Int>

    /// Makes a chunk that will begin with an event's position.
    init(_ sessionID: String, beginningWith position: UInt64) {
        self.sessionID = sessionID
        (first, capacity) = Self.bounds(of: Self.number(of: position))
        slots = UnsafeMutableRawPointer.allocate(
            byteCount: capacity * MemoryLayout<Slot>.stride, alignment: Self.cacheLine
        ).bindMemory(to: Slot.self, capacity: capacity)
        held = Int(position - first)..<Int(position - first)
    }

    deinit {
        (slots + held.lowerBound).deinitialize(count: held.count)
        UnsafeMutableRawPointer(slots).deallocate()
    }

    var isFull: Bool { held.upperBound == capacity }

    func append(_ slot: consuming Slot) {
        precondition(!isFull)
        (slots + held.upperBound).initialize(to: slot)
        held = held.lowerBound..<held.upperBound + 1
    }

    /// Lets the events up to a position go.
    func drop(through position: UInt64) {
        let end = place(position) + 1
        precondition(end <= held.upperBound)
        (slots + held.lowerBound).deinitialize(count: end - held.lowerBound)
        held = end..<held.upperBound
    }

    /// The event of a position that the caller knows to be here.
    func event(_ position: UInt64) -> SessionObservationEvent {
        let slot = slots + place(position)
        return SessionObservationEvent(
            sessionID: sessionID, revision: slot.pointee.revision, cursor: slot.pointee.cursor,
            payload: slot.pointee.payload)
    }

    func appendedAt(_ position: UInt64) -> UInt64 { slots[place(position)].appendedAt }

    func listeners(_ position: UInt64) -> UInt32 { slots[place(position)].listeners }

    func addListeners(_ count: UInt32, _ position: UInt64) { slots[place(position)].listeners += count }
    func removeListener(_ position: UInt64) { slots[place(position)].listeners -= 1 }

    private func place(_ position: UInt64) -> Int {
        precondition(position >= first && position - first < UInt64(capacity))
        return Int(position - first)
    }
}

/// The chunks of a session, oldest first.
struct LiveReplayChunks {
    private var chunks: ContiguousArray<LiveReplayChunk?> = []
    /// Chunks before this one were let go and their places not yet used up.
    private var head = 0
    /// The number of the chunk at `head`.
    private var firstNumber: UInt64 = 0
    /// The chunk that events are dropped from, and the one that they are added to.
    private var first: LiveReplayChunk?
    private var last: LiveReplayChunk?
    /// Chunks from this number on were never handed out.
    private var firstUnshared: UInt64 = 0

    subscript(position: UInt64) -> LiveReplayChunk? { first == nil ? nil : chunks[index(of: position)] }

    private func index(of position: UInt64) -> Int {
        head + Int(LiveReplayChunk.number(of: position) - firstNumber)
    }

    /// The chunks from that of one position to the last, for readers.
    mutating func share(from position: UInt64) -> [LiveReplayChunk] {
        if first == nil { return [] }
        firstUnshared = firstNumber + UInt64(chunks.count - head)
        return chunks[index(of: position)...].compactMap { $0 }
    }

    @inline(__always)
    mutating func append(_ slot: consuming LiveReplayChunk.Slot, at position: UInt64, _ sessionID: String) {
        if last?.isFull ?? true { addChunk(sessionID, beginningWith: position) }
        last?.append(slot)
    }

    @inline(never)
    private mutating func addChunk(_ sessionID: String, beginningWith position: UInt64) {
        let chunk = LiveReplayChunk(sessionID, beginningWith: position)
        chunks.append(chunk)
        last = chunk
        if first == nil { (first, firstNumber) = (chunk, LiveReplayChunk.number(of: position)) }
    }

    /// Lets the oldest event, which is at this position, go. In a chunk that was handed out it stays with its chunk.
    @inline(__always)
    mutating func dropFirst(_ position: UInt64) {
        if LiveReplayChunk.number(of: position + 1) != firstNumber {
            dropFirstChunk()
        } else if firstNumber >= firstUnshared {
            first?.drop(through: position)
        }
    }

    @inline(never)
    private mutating func dropFirstChunk() {
        chunks[head] = nil
        head += 1
        firstNumber += 1
        if head * 2 > chunks.count {
            chunks.removeFirst(head)
            head = 0
        }
        first = head < chunks.count ? chunks[head] : nil
        if first == nil { last = nil }
    }
}
