// A session of a live replay store in a file: its events, and which positions they have.

import SessionFormats

/// A session's buffer counts its events from 1 without a hole; the positions that cursors name have holes, since each
/// life of the store begins at positions of its own.
struct FileLiveReplaySession {
    /// Positions that events have or had, in order, one range or more for each life.
    private(set) var ranges: [ClosedRange<UInt64>]
    var buffer: LiveReplayBuffer
    /// When it was last appended to, in appends to the store.
    var lastUse: UInt64 = 0

    init(_ sessionID: String, dropped ranges: [ClosedRange<UInt64>] = []) {
        self.ranges = ranges
        buffer = LiveReplayBuffer(sessionID: sessionID, tail: ranges.reduce(0) { $0 + UInt64($1.count) })
    }

    /// The position of the last event; 0 before the first.
    var tail: UInt64 { ranges.last?.upperBound ?? 0 }

    /// The number that the buffer has for a cursor's position; nil for a position that this session never had.
    func place(of position: UInt64) -> UInt64? {
        if position == 0 { return 0 }
        var before: UInt64 = 0
        for range in ranges {
            if range.contains(position) { return before + position - range.lowerBound + 1 }
            before += UInt64(range.count)
        }
        return nil
    }

    mutating func append(
        _ revision: SessionRevision, _ position: UInt64, _ payload: SessionObservationPayload,
        _ bounds: LiveReplayBounds, at: UInt64
    ) -> SessionObservationEvent {
        let place = buffer.tail + 1
        if let last = ranges.last, position == last.upperBound + 1 {
            ranges[ranges.count - 1] = last.lowerBound...position
        } else {
            ranges.append(position...position)
        }
        return buffer.append(revision, payload, bounds, now: at, shift: position - place)
    }

    /// The lines that say all this in a new file.
    func records() -> [LiveReplayRecord] {
        let kept = buffer.kept()
        let (dropped, positions) = split(keeping: kept.count)
        let events = zip(positions, kept).map { position, kept in
            LiveReplayRecord.event(
                session: kept.event.sessionID, revision: kept.event.revision, position: position,
                at: kept.appendedAt, kept.event.payload)
        }
        return [.session(buffer.sessionID, ranges: dropped)] + events
    }

    /// The positions without the last ones, and the last ones.
    private func split(keeping count: Int) -> (dropped: [ClosedRange<UInt64>], kept: [UInt64]) {
        var dropped = ranges
        var kept: [UInt64] = []
        while kept.count < count, let last = dropped.popLast() {
            let taken = last.suffix(count - kept.count)
            kept.insert(contentsOf: taken, at: 0)
            if let first = taken.first, first > last.lowerBound { dropped.append(last.lowerBound...first - 1) }
        }
        return (dropped, kept)
    }
}
