import Testing

@testable import SessionFormats

/// What a stream keeps of a log's graph, which is all that grows with the number of its entries.
@Suite struct AgentMemoryTests {
    /// A conversation of Claude Code with identifiers as Anthropic's service makes them, of so many entries.
    private static func log(entries: Int) -> [UInt8] {
        var numbers = SplitMix(seed: 17)
        func digits(_ count: Int, of alphabet: [UInt8]) -> String {
            String(
                decoding: (0..<count).map { _ in alphabet[Int(numbers.next() % UInt64(alphabet.count))] }, as: UTF8.self
            )
        }
        func uuid() -> String {
            [8, 4, 4, 4, 12].map { digits($0, of: Array("0123456789abcdef".utf8)) }.joined(separator: "-")
        }
        func service(_ prefix: String) -> String {
            prefix + digits(22, of: Array("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789".utf8))
        }
        var (lines, parent, call) = ("", "null", "")
        for number in 0..<entries {
            let id = uuid()
            let message: String
            if number % 2 == 0 {
                message = #""type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"\#(call)"}]}"#
            } else {
                call = service("toolu_01")
                message =
                    #""type":"assistant","message":{"id":"\#(service("msg_01"))","content":[{"type":"tool_use","id":"\#(call)"}]}"#
            }
            let text = String(repeating: "x", count: Int(numbers.next() % 400))
            lines += #"{"parentUuid":\#(parent),"uuid":"\#(id)",\#(message),"text":"\#(text)"}"# + "\n"
            parent = #""\#(id)""#
        }
        return Array(lines.utf8)
    }

    private struct SplitMix {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            let a = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            let b = (a ^ a >> 27) &* 0x94D0_49BB_1331_11EB
            return b ^ b >> 31
        }
    }

    /// The bytes of an entry by what they are for, counted by the structures themselves: what a stream's memory was found to
    /// grow by is this and, before it or after it, slots or what the views need.
    @Test func `a stream keeps no more of an entry than this`() throws {
        let count = 1 << 13
        var scan = AgentLogScan(LogPlan(.claudeCode), mode: .recover)
        var lines = RecordLines(AgentLog.claudeCode.lines, textRange: 0..<Int.max)
        FileBytes(Self.log(entries: count)).withBytes { buffer in lines.takeAll(of: buffer) { scan.take($0) } }
        try #require(scan.entries.count == count)
        let (ids, others) = (scan.identifiers.byteCount, scan.otherIdentifiers.byteCount)
        func each(_ bytes: Int) -> Double { Double(bytes) / Double(count) }
        // The rows of the end are not packed yet.
        #expect(each(scan.entries.byteCount) < 13)
        #expect(each(scan.calls.byteCount) < 4)
        // Sixteen bytes and one for a UUID.
        #expect(each(ids.identifiers) < 18)
        // One for each entry here: 28 or 30 characters in 21 or 23 bytes, and one.
        #expect(each(others.identifiers) < 25)
        #expect(each(ids.slots) < 7.2)
        #expect(each(others.slots) < 7.2)
    }

    @Test func `slots are given up when the log has been read`() {
        var table = IdentifierTable()
        for number in 0..<1_000 { _ = Array("id \(number)".utf8).withUnsafeBufferPointer { table.number(of: $0) } }
        table.conclude()
        #expect(table.byteCount.slots == 0)
        let again = Array("id 7".utf8).withUnsafeBufferPointer { table.number(of: $0) }
        #expect(again == 7)
        #expect(table.count == 1_000)
    }

    static let texts = [
        "", "a", "msg_1", "toolu_01A09q90qw90lq917835lq9", "msg_013Zva2CMHLNnXjNJJKqJ2EF", "_____________________",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcde",
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF", "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-00000000000A", "g0000000-0000-4000-8000-000000000001",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "call-with-hyphens-23-xx", "call-with-hyphens-24-xxx",
        "a text that is longer than what is kept beside others", "seventeen_chars\u{0}\u{0}", "ümlaut_and_more_than_16",
    ]

    @Test(arguments: texts) func `an identifier is given back as it was, and found again`(_ text: String) {
        var table = IdentifierTable()
        let filler = (0..<600).map { "filler \($0)" }
        func number(_ text: String) -> UInt32 { Array(text.utf8).withUnsafeBufferPointer { table.number(of: $0) } }
        for other in filler { _ = number(other) }
        let first = number(text)
        for other in Self.texts { _ = number(other) }
        #expect(number(text) == first)
        #expect(table.text(first) == text)
        #expect(table.count == filler.count + Self.texts.count)
        #expect(filler.indices.allSatisfy { table.text(UInt32($0)) == filler[$0] })
    }

    @Test func `rows are given back as they were, whatever stands beside them`() {
        var rows = PackedRows<LogEntry>()
        var expected: [LogEntry] = []
        var numbers = SplitMix(seed: 3)
        for index in 0..<2_000 {
            let isWild = index / 256 % 2 == 1 && numbers.next() % 3 == 0
            func number(_ usual: Int) -> UInt32 {
                isWild ? UInt32(truncatingIfNeeded: numbers.next()) : UInt32(usual)
            }
            var entry = LogEntry(
                offset: isWild ? Int(numbers.next() >> 16) : 1_000 * index, length: number(998),
                line: number(index + 1),
                id: isWild && index % 2 == 0 ? IdentifierTable.none : number(index), parent: number(index),
                group: number(index), kind: UInt8(truncatingIfNeeded: number(3)),
                flags: LogEntry.Flags(rawValue: UInt16(truncatingIfNeeded: number(1))),
                writer: UInt16(truncatingIfNeeded: number(0)))
            entry.firstCall = number(index / 3)
            rows.append(entry)
            expected.append(entry)
        }
        #expect(rows.count == expected.count)
        for (row, entry) in zip(rows, expected) {
            #expect(row.place == entry.place && row.line == entry.line && row.id == entry.id)
            #expect(row.parent == entry.parent && row.group == entry.group && row.kind == entry.kind)
            #expect(row.flags == entry.flags && row.writer == entry.writer && row.firstCall == entry.firstCall)
        }
    }
}
