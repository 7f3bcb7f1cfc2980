// A whole file with what its writer had acknowledged, as the scenario that made it knows; never as a reader sees it.

import SessionFormats

/// A whole file and what has to come back from it.
public struct AcknowledgedFile: Sendable {
    /// Something that the writer acknowledged.
    public struct Item: Sendable {
        /// What it says, in the form of `ExaminedItem.content`.
        public var content: [UInt8]
        /// Its bytes in the file.
        public var range: Range<Int>
        /// The size of the file when it was acknowledged, in bytes: a file that is cut shorter is one of before that.
        public var acknowledgedAt: Int

        /// Makes an item.
        ///
        /// - Parameter acknowledgedAt: 0 when no crash of the writer leaves a shorter file.
        public init(_ content: [UInt8], range: Range<Int>, acknowledgedAt: Int) {
            (self.content, self.range, self.acknowledgedAt) = (content, range, acknowledgedAt)
        }
    }

    /// The file.
    public var bytes: [UInt8]
    /// What was acknowledged, in the order of the file.
    public var items: [Item]
    /// What an examination has to say beside, where the format has facts that are known beforehand.
    public var facts: [Fact]

    /// Makes a file of which this is known.
    public init(_ bytes: [UInt8], _ items: [Item], facts: [Fact] = []) {
        (self.bytes, self.items, self.facts) = (bytes, items, facts)
    }

    /// A file of lines to which each line was acknowledged with its newline.
    ///
    /// - Parameter lines: Where the acknowledged lines stand, without their newlines.
    public init(_ bytes: [UInt8], lines: some Collection<Range<Int>>) {
        self.init(
            bytes, lines.map { Item(Array(bytes[$0]), range: $0, acknowledgedAt: $0.upperBound + 1) })
    }

    /// What had been acknowledged when the file was this, if it is the beginning of the whole; all of it otherwise.
    func required(of damaged: [UInt8]) -> [Item] {
        let isBeginning = damaged.count < bytes.count && bytes.starts(with: damaged)
        return isBeginning ? items.filter { $0.acknowledgedAt <= damaged.count } : items
    }
}
