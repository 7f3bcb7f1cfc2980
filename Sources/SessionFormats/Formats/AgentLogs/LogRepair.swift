// What has to change in a log so that the agent's own reader takes it whole.
//
// Everything else stays byte for byte, so a copy is the input with these places replaced.

struct LogRepair: Equatable {
    enum Kind {
        /// Bytes that belong to nobody are left out.
        case leftOut
        /// Bytes are replaced so that what they belong to is kept.
        case mended
    }

    var kind: Kind
    /// The place in the input; empty where something is put in.
    var place: Range<Int>
    var replacement: [UInt8]
    /// Why, as the end of a sentence.
    var reason: String
}

/// Repairs in the order in which they were found; places do not overlap.
struct LogRepairs {
    private(set) var all: [LogRepair] = []
    /// Whether they are kept: a mere examination has no use for them.
    var areKept = false

    mutating func leaveOut(_ place: Range<Int>, _ reason: @autoclosure () -> String) {
        guard areKept, !place.isEmpty else { return }
        all.append(LogRepair(kind: .leftOut, place: place, replacement: [], reason: reason()))
    }

    mutating func mend(
        _ place: Range<Int>, _ replacement: @autoclosure () -> [UInt8], _ reason: @autoclosure () -> String
    ) {
        guard areKept else { return }
        all.append(LogRepair(kind: .mended, place: place, replacement: replacement(), reason: reason()))
    }

    /// Changes what is put in by the last repair.
    mutating func changeLast(_ change: (inout [UInt8]) -> Void) {
        guard areKept, let last = all.indices.last else { return }
        change(&all[last].replacement)
    }

    /// Replaces bytes of the repaired file, those that a repair put in too.
    ///
    /// - Parameter changes: What comes where, in the order of the repaired file.
    mutating func mend(inOutput changes: [(place: Range<Int>, bytes: [UInt8])], _ reason: String) {
        guard areKept, !changes.isEmpty else { return }
        var rest = changes[...]
        var mended: [LogRepair] = []
        var moved = 0
        func mendInput(_ change: (place: Range<Int>, bytes: [UInt8])) {
            let place = change.place.lowerBound - moved..<change.place.upperBound - moved
            mended.append(LogRepair(kind: .mended, place: place, replacement: change.bytes, reason: reason))
        }
        for var repair in inOrder {
            let start = repair.place.lowerBound + moved
            let end = start + repair.replacement.count
            while let change = rest.first, change.place.upperBound <= start {
                mendInput(change)
                rest.removeFirst()
            }
            let inside = rest.prefix { $0.place.lowerBound < end }
            for change in inside.reversed() where change.place.lowerBound >= start && change.place.upperBound <= end {
                repair.replacement.replaceSubrange(
                    change.place.lowerBound - start..<change.place.upperBound - start, with: change.bytes)
            }
            rest.removeFirst(inside.count)
            moved += end - start - repair.place.count
            mended.append(repair)
        }
        rest.forEach(mendInput)
        all = mended
    }

    /// The input with all repairs made.
    func apply(to bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var copied = 0
        for repair in inOrder {
            output.append(contentsOf: bytes[copied..<repair.place.lowerBound])
            output.append(contentsOf: repair.replacement)
            copied = repair.place.upperBound
        }
        output.append(contentsOf: bytes[copied...])
        return output
    }

    /// A part of the input with the repairs in it made.
    func apply(to bytes: [UInt8], at place: Range<Int>) -> [UInt8] {
        var inside = LogRepairs()
        inside.all = all.filter { place.lowerBound <= $0.place.lowerBound && $0.place.upperBound <= place.upperBound }
            .map { repair in
                var moved = repair
                moved.place = repair.place.lowerBound - place.lowerBound..<repair.place.upperBound - place.lowerBound
                return moved
            }
        return bytes.withUnsafeBytes { inside.apply(to: $0) }
    }

    /// In the order of the file, what is put in at a place before what is replaced from there on; places share no bytes: of two
    /// that would, the first counts, and what is left out besides begins behind it.
    var inOrder: [LogRepair] {
        let sorted = all.enumerated().sorted { a, b in
            let (first, second) = (a.element.place, b.element.place)
            if first.lowerBound != second.lowerBound { return first.lowerBound < second.lowerBound }
            return (first.isEmpty ? 0 : 1, a.offset) < (second.isEmpty ? 0 : 1, b.offset)
        }
        var end = 0
        var disjoint: [LogRepair] = []
        for var repair in sorted.map(\.element) {
            if repair.place.lowerBound < end {
                guard repair.kind == .leftOut, repair.place.upperBound > end else { continue }
                repair.place = end..<repair.place.upperBound
            }
            end = repair.place.upperBound
            disjoint.append(repair)
        }
        return disjoint
    }
}
