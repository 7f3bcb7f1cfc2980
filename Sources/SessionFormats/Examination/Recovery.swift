// What of a damaged file can be written back, and what becomes of every byte of it.
//
// Recovery makes a whole file of the same format from what recover mode finds. It never changes its input, adds nothing that
// was not there but structure, and accounts for the input's bytes: they are kept, or left out for a reason; what had to be
// made anew is told too. Repairs are therefore worked out here, from the places that a format says it kept, and not
// told by each format in its own way.

/// What a recovery is asked to do.
public struct RecoveryOptions: Sendable {
    /// Whether a record whose parent is not in the file is hung on the record before it, in formats of graphs.
    public var rewires: Bool
    /// Whether a result is put in for each tool call that has none, which says that there is none.
    public var closesCalls: Bool

    /// Makes options: nothing but what is certain, unless told otherwise.
    public init(rewires: Bool = false, closesCalls: Bool = false) {
        (self.rewires, self.closesCalls) = (rewires, closesCalls)
    }
}

/// A whole file with everything that could be had of another one.
public struct Recovered: Sendable {
    /// The copy's format: the input's, unless nothing whole of that format could be made.
    public var format: FormatID
    /// The copy.
    public var bytes: [UInt8]
    /// What became of the input, in its order.
    public var repairs: [Repair]

    /// Makes a recovery and works out what was left out: all that is neither kept nor structure.
    ///
    /// - Parameters:
    ///   - kept: Which bytes of the input stand in the copy as they are, in any order.
    ///   - structure: Which bytes of the input say only where others are, and were made anew.
    ///   - blanks: Bytes between parts that mean nothing.
    ///   - mended: What was made anew and is more than structure.
    ///   - findings: What there is to say about the input, which gives the reasons.
    public init(
        _ format: FormatID, _ bytes: [UInt8], of input: FileBytes, kept: [Range<Int>], structure: [Range<Int>] = [],
        blanks: Set<UInt8> = [], mended: [Repair] = [], findings: [Finding]
    ) {
        self.format = format
        self.bytes = bytes
        var account = Account(input: input, blanks: blanks, findings: findings)
        account.add(kept: kept, structure: structure)
        repairs = (account.repairs + mended).sorted { ($0.offset, $0.length) < ($1.offset, $1.length) }
    }

    /// Makes a recovery of which it is known what became of each part.
    public init(_ format: FormatID, _ bytes: [UInt8], repairs: [Repair]) {
        (self.format, self.bytes, self.repairs) = (format, bytes, repairs)
    }

    /// The bytes of the input that the copy does not have.
    public var leftOut: [Repair] { repairs.filter { $0.action == .leftOut } }

    /// Whether the copy has everything of the input, as it stood.
    public var isWhole: Bool { repairs.allSatisfy { $0.action == .kept } }
}

/// What became of a part of a file.
public struct Repair: Sendable, Equatable {
    /// What was done with it.
    public enum Action: String, Sendable, CaseIterable {
        /// It stands in the copy as it is.
        case kept
        /// The copy has something else in its place.
        case mended
        /// The copy does not have it.
        case leftOut = "left-out"
    }

    /// What was done.
    public var action: Action
    /// Where it begins in the input, in bytes.
    public var offset: Int
    /// How many bytes of the input it is about; 0 for something that was not there.
    public var length: Int
    /// Why, in a sentence.
    public var reason: String

    /// Makes a repair.
    public init(_ action: Action, offset: Int, length: Int, _ reason: String) {
        (self.action, self.offset, self.length, self.reason) = (action, offset, length, reason)
    }

    /// Where it stands in the input.
    public var range: Range<Int> { offset..<offset + length }

    /// A line for people.
    public var text: String {
        let extent = length > 0 ? "\(length) bytes at \(offset)" : "byte \(offset)"
        return "\(action.rawValue) \(extent): \(reason)"
    }

    /// One JSON object.
    public var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("action", string: action.rawValue)
        json.field("offset", integer: offset)
        json.field("length", integer: length)
        json.field("reason", string: reason)
        return json.finish()
    }
}

/// Goes through a file once and says what became of each stretch.
private struct Account {
    let input: FileBytes
    let blanks: Set<UInt8>
    private let findings: [Finding]
    private var nextFinding = 0
    private(set) var repairs: [Repair] = []

    init(input: FileBytes, blanks: Set<UInt8>, findings: [Finding]) {
        self.input = input
        self.blanks = blanks
        self.findings = findings.filter { $0.severity > .note && $0.length > 0 }.sorted { $0.offset < $1.offset }
    }

    mutating func add(kept: [Range<Int>], structure: [Range<Int>]) {
        let all = 0..<input.count
        let parts = kept.map { ($0.clamped(to: all), true) } + structure.map { ($0.clamped(to: all), false) }
        var end = 0
        var run: (range: Range<Int>, count: Int)?
        for (range, isKept) in parts.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) where !range.isEmpty {
            if range.lowerBound > end, addGap(end..<range.lowerBound, endingRun: run) { run = nil }
            end = max(end, range.upperBound)
            guard isKept else { continue }
            run = ((run?.range.lowerBound ?? range.lowerBound)..<end, (run?.count ?? 0) + 1)
        }
        if !addGap(end..<input.count, endingRun: run) { close(run) }
    }

    /// Adds what stands between two parts, a repair for each thing that was found about it; false when it is nothing.
    private mutating func addGap(_ gap: Range<Int>, endingRun run: (range: Range<Int>, count: Int)?) -> Bool {
        guard let gap = trimmed(gap.clamped(to: 0..<input.count)) else { return false }
        close(run)
        var at = gap.lowerBound
        while at < gap.upperBound {
            let finding = nextFinding(behind: at)
            let start = min(max(finding?.offset ?? gap.upperBound, at), gap.upperBound)
            addLeftOut(at..<start, "These bytes belong to nothing that was found.")
            guard let finding, start < gap.upperBound else { return true }
            let end = min(finding.offset + finding.length, gap.upperBound)
            addLeftOut(start..<end, finding.message)
            at = end
        }
        return true
    }

    private mutating func addLeftOut(_ range: Range<Int>, _ reason: String) {
        guard let range = trimmed(range) else { return }
        repairs.append(Repair(.leftOut, offset: range.lowerBound, length: range.count, reason))
    }

    /// The range without blanks around it; nil when nothing is left.
    private func trimmed(_ range: Range<Int>) -> Range<Int>? {
        input.withBytes { buffer in
            var range = range
            while let first = range.first, blanks.contains(buffer[first]) { range = range.dropFirst() }
            while let last = range.last, blanks.contains(buffer[last]) { range = range.dropLast() }
            return range.isEmpty ? nil : range
        }
    }

    /// The first finding that ends behind a place; places come in order, so each finding is passed once.
    private mutating func nextFinding(behind at: Int) -> Finding? {
        while nextFinding < findings.count,
            findings[nextFinding].offset + findings[nextFinding].length <= at
        {
            nextFinding += 1
        }
        return nextFinding < findings.count ? findings[nextFinding] : nil
    }

    private mutating func close(_ run: (range: Range<Int>, count: Int)?) {
        guard let run else { return }
        repairs.append(
            Repair(
                .kept, offset: run.range.lowerBound, length: run.range.count,
                run.count == 1 ? "1 part, as it stands." : "\(run.count) parts, as they stand."))
    }
}
