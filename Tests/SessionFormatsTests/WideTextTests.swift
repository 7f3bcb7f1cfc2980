import Testing
import TestSupport

@testable import SessionFormats

/// What 256-bit vectors see in a text, beside what is seen without them.
@Suite struct WideTextTests {
    /// What a reader concludes from a text.
    private struct Seen: Equatable {
        var nodes: [[UInt32]] = []
        var flags: [Bool] = []
        var fault: JSONFault?
    }

    private static let dialects: [JSONDialect] = [.ecmaScript, .python, .serde]

    private static func seen(_ text: [UInt8], _ dialect: JSONDialect, isWide: Bool) -> Seen {
        // More may be loaded than belongs to the text, as in a file of several lines.
        (text + Array("\n{\"next\":\"größer\"}\n".utf8)).withUnsafeBufferPointer { buffer in
            var seen = Seen()
            var outline = JSONOutline(isWide: isWide)
            guard let base = buffer.baseAddress else { return seen }
            do throws(JSONFault) {
                try outline.read(base, count: text.count, loadable: buffer.count, dialect)
            } catch {
                seen.fault = error
                return seen
            }
            let root = outline.root
            seen.nodes = (0..<Int(root.nodes[0].next)).map { index in
                let node = root.nodes[index]
                return [node.start, node.end, node.next, UInt32(node.kind.rawValue), node.hasEscapes ? 1 : 0]
            }
            // A needless look for separators costs time and nothing else.
            let separator = text.indices.contains { text[$0...].starts(with: [0xE2, 0x80, 0xA8]) }
            seen.flags = [outline.hasLoneSurrogate, outline.hasSpace, !separator || outline.mayHoldSeparators]
            return seen
        }
    }

    private static let texts = [
        #"{"type":"user","uuid":"00c0ffee-0000-4000-8000-000000000001","n":[1,-2.5e+7,0,true,false,null],"o":{}}"#,
        #"{"message":{"content":[{"type":"text","text":"a \"quoted\" line\nand\tmore \\\\ of it, größer → 会議 \#u{2028} \u001b[0m \/ \u00e9"}]}}"#,
        #"[ { "a" : [ ] , "b" : "\ud83d\ude00 and half \ud83d of it" } , "" , -0 , 1E5 ]"#,
        #"{"command":"grep -rn 'x' . | sed 's/\\\\(.*\\\\)/\\1/' > out.txt && echo \"done\" || exit 1","rest":"0123456789012345678901234567890123456789012345678901234567890123456789"}"#,
        String(repeating: "[", count: 70) + String(repeating: "]", count: 70), "NaN",
        "[1234567890123456789012345678901234567890123456789012345678901234567890]",
    ].map { Array($0.utf8) }

    /// A small generator, so that the same texts are read on every run.
    private struct Draws: RandomNumberGenerator {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    @Test func `wide vectors see in a text what is seen without them, wherever it is damaged`() {
        let bytes: [UInt8] =
            Array("\"\\{}[],:nrtubf/ \t\r\u{1}0e-.".utf8) + [0x80, 0xBF, 0xC0, 0xC3, 0xE2, 0xED, 0xF0, 0xF5, 0xFF]
        var draws = Draws()
        var taken = 0
        for text in Self.texts {
            for round in 0..<3_000 {
                var damaged = text
                for _ in 0..<round % 4 where !damaged.isEmpty {
                    let at = Int.random(in: 0..<damaged.count, using: &draws)
                    switch Int.random(in: 0..<4, using: &draws) {
                    case 0: damaged[at] = bytes.randomElement(using: &draws) ?? 0
                    case 1: damaged.remove(at: at)
                    case 2: damaged.insert(bytes.randomElement(using: &draws) ?? 0, at: at)
                    default: damaged.insert(contentsOf: text[(at / 2)..<min(text.count, at)].suffix(80), at: at)
                    }
                }
                if round % 7 == 6 { damaged.removeLast(Int.random(in: 0...damaged.count, using: &draws)) }
                let dialect = Self.dialects[round % 3]
                let (wide, narrow) = (
                    Self.seen(damaged, dialect, isWide: true), Self.seen(damaged, dialect, isWide: false)
                )
                #expect(wide == narrow, "\(String(decoding: damaged, as: UTF8.self))")
                if wide.fault == nil { taken += 1 }
            }
        }
        #expect(taken > 6_000)
    }

    @Test func `a word and zeroes are found where they stand last, with wide vectors and without`() {
        var draws = Draws()
        let magic = Array("MV2FOOT!".utf8)
        for _ in 0..<2_000 {
            var bytes = (0..<Int.random(in: 0..<300, using: &draws)).map { _ in
                UInt8.random(in: 0..<5, using: &draws) / 4 * UInt8.random(in: 0...255, using: &draws)
            }
            for _ in 0..<Int.random(in: 0..<3, using: &draws) {
                let part = magic.prefix(Int.random(in: 1...8, using: &draws))
                bytes.insert(contentsOf: part, at: Int.random(in: 0...bytes.count, using: &draws))
            }
            let end = Int.random(in: 0...bytes.count + 9, using: &draws)
            let word = (0..<end).last { bytes.dropFirst($0).starts(with: magic) }
            let zeroes = (0..<end).last { bytes.dropFirst($0).starts(with: [UInt8](repeating: 0, count: 7)) }
            bytes.withUnsafeBytes { buffer in
                for isWide in [true, false] {
                    #expect(BytePattern.last("MV2FOOT!", in: buffer, before: end, isWide: isWide) == word)
                    #expect(BytePattern.lastZeroes(in: buffer, before: end, isWide: isWide) == zeroes)
                }
            }
        }
    }
}
