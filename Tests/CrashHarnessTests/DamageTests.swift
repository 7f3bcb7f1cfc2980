// Each damage on a small example, and on anything at all.

import Testing

@testable import CrashHarness

@Suite("Damage")
struct DamageTests {
    private let text = Array("ab\ncdé\n".utf8)

    private func damaged(_ damage: Damage) -> String { String(decoding: damage.apply(to: text), as: UTF8.self) }

    @Test func `each damage does what its name says`() {
        #expect(damaged(.cut(at: 4)) == "ab\nc")
        #expect(damaged(.flip(offset: 0, bit: 1)) == "cb\ncdé\n")
        #expect(damaged(.overwrite(offset: 1, bytes: Array("XY".utf8))) == "aXYcdé\n")
        #expect(damaged(.insert(offset: 2, bytes: Array("!".utf8))) == "ab!\ncdé\n")
        #expect(damaged(.delete(1..<4)) == "adé\n")
        #expect(damaged(.duplicate(0..<2)) == "abab\ncdé\n")
        #expect(damaged(.swap(0..<1, 3..<5)) == "cdb\naé\n")
        #expect(damaged(.append(Array("?".utf8))) == "ab\ncdé\n?")
        #expect(damaged(.weld(offset: 0)) == "abcdé\n")
        #expect(Damage.splitCharacter(offset: 0).apply(to: text) == Array("ab\ncd".utf8) + [0xC3])
        #expect(damaged(.nulRun(offset: 1, count: 2)) == "a\0\0cdé\n")
        #expect(damaged(.crlf) == "ab\r\ncdé\r\n")
        #expect(Damage.byteOrderMark.apply(to: text).prefix(3) == [0xEF, 0xBB, 0xBF])
        #expect(damaged(.staleHead(of: Array("XYZ".utf8), length: 2)) == "XY\ncdé\n")
        #expect(damaged(.staleTail(of: Array("12345".utf8), from: 3)) == "ab\n45")
        #expect(damaged(.interleave(with: Array("123".utf8), turns: [1, 2])) == "a12b\ncdé\n3")
    }

    @Test func `a zeroed block is aligned and keeps the size`() {
        let bytes = [UInt8](repeating: 7, count: 1_300)
        let zeroed = Damage.zeroBlock(number: 1, size: 512).apply(to: bytes)
        #expect(zeroed.count == 1_300)
        #expect(zeroed.indices.filter { zeroed[$0] == 0 } == Array(512..<1_024))
        #expect(Damage.zeroBlock(number: 2, size: 512).apply(to: bytes).count { $0 == 0 } == 276)
    }

    @Test(arguments: Damage.names)
    func `a chosen damage is applied to any bytes, none at all included`(_ name: String) {
        for seed in 0..<200 as Range<UInt64> {
            var choices = Choices.seeded(seed)
            let bytes = [UInt8](repeating: 0xC3, count: choices.choose("size", below: 5))
            let damage = Damage.choose(name, for: bytes, other: [1, 2], &choices)
            #expect(damage.apply(to: bytes).count <= 2 * bytes.count + 30)
            #expect(!damage.description.isEmpty)
        }
    }
}
