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

    /// Where bytes of the repaired file stand in the input; nil for bytes that were put in.
    func place(inInput output: Range<Int>) -> Range<Int>? {
        var moved = 0
        for repair in inOrder {
            let start = repair.place.lowerBound + moved
            if output.upperBound <= start { break }
            if output.lowerBound < start + repair.replacement.count { return nil }
            moved += repair.replacement.count - repair.place.count
        }
        return output.lowerBound - moved..<output.upperBound - moved
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
