// A session log: its entries as values, and the bytes that a writer leaves of them.
//
// The bytes are spelled by the harness itself, in the writer's own style and in others that the reference accepts too,
// so that reader and writer are not measured against themselves.

import SessionFormats

/// A session log and where its lines stand.
public struct LogScenario: Sendable {
    /// The header.
    public var header: SessionHeader
    /// The entries, in order.
    public var entries: [SessionEntry]
    /// The file.
    public var bytes: [UInt8]
    /// The header's line and each entry's, without their newlines.
    public var lines: [Range<Int>]

    /// How large a scenario gets.
    public enum Size: Sendable {
        /// Up to 12 entries of a few hundred bytes.
        case small
        /// About 2 KB, for measuring.
        case twoKilobytes
    }

    /// Chooses a log.
    ///
    /// - Parameter styled: Whether its lines may be spelled differently from how the writer spells them.
    public init(size: Size = .small, styled: Bool = false, _ choices: inout Choices) {
        header = EntryScenario.header(&choices)
        entries = []
        bytes = []
        lines = []
        append(EntryScenario.tree(of: header), .compact)
        switch size {
        case .small:
            for number in 0..<choices.choose("number of entries", below: 13) {
                appendEntry(number, styled: styled, &choices)
            }
        case .twoKilobytes:
            while bytes.count < 2_000 { appendEntry(entries.count, styled: styled, &choices) }
        }
    }

    /// The entries' lines.
    public var entryLines: ArraySlice<Range<Int>> { lines.dropFirst() }

    private mutating func appendEntry(_ number: Int, styled: Bool, _ choices: inout Choices) {
        let entry = EntryScenario.entry(number, &choices)
        let style = styled ? JSONStyle.allCases[choices.choose("style", below: JSONStyle.allCases.count)] : .compact
        entries.append(entry)
        append(EntryScenario.tree(of: entry), style)
    }

    private mutating func append(_ tree: JSONTree, _ style: JSONStyle) {
        var printer = JSONTreePrinter(style: style)
        printer.print(tree)
        lines.append(bytes.count..<bytes.count + printer.bytes.count)
        bytes += printer.bytes
        bytes.append(0x0A)
    }
}
