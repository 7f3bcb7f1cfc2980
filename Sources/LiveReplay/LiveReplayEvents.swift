// Consecutive events as a store hands them out: the chunks that the store itself keeps, and from where to where to look.

import SessionFormats

/// Events of one session, in order. Handing them out copies none of them; while this lives, so do they, and with them at
/// most 63 events before them that the store let go meanwhile.
public struct LiveReplayEvents: RandomAccessCollection, Sendable {
    private var chunks: [LiveReplayChunk]
    /// The number of the first chunk.
    private var firstNumber: UInt64
    /// The positions of the first event and behind the last.
    private var firstPosition: UInt64
    private let endPosition: UInt64

    /// No events.
    init() { (chunks, firstNumber, firstPosition, endPosition) = ([], 0, 1, 1) }

    /// The events from `first` up to and without `end`, in chunks that begin with that of `first`.
    init(_ chunks: [LiveReplayChunk], from first: UInt64, to end: UInt64) {
        (self.chunks, firstPosition, endPosition) = (chunks, first, end)
        firstNumber = LiveReplayChunk.number(of: first)
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// How many events there are.
    public var endIndex: Int { Int(endPosition - firstPosition) }

    /// An event.
    public subscript(index: Int) -> SessionObservationEvent {
        precondition(indices.contains(index), "There is no event \(index) among \(count).")
        let position = firstPosition + UInt64(index)
        return chunks[Int(LiveReplayChunk.number(of: position) - firstNumber)].event(position)
    }

    /// Takes the first event, and lets its chunk go when it was the last one there.
    mutating func popFirst() -> SessionObservationEvent? {
        if isEmpty { return nil }
        let event = self[0]
        firstPosition += 1
        let number = LiveReplayChunk.number(of: firstPosition)
        if number != firstNumber || isEmpty {
            chunks.removeFirst()
            firstNumber = number
        }
        return event
    }
}

extension LiveReplayEvents: Equatable {
    /// Whether both hold the same events.
    public static func == (a: LiveReplayEvents, b: LiveReplayEvents) -> Bool { a.elementsEqual(b) }
}
