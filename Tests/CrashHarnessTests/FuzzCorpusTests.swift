// Everything that a coverage-guided fuzzer kept, and the seeds from which it starts, looked at once more.

import CrashHarness
import Foundation
import SessionFormats
import Testing

@Suite("The fuzzing targets")
struct FuzzCorpusTests {
    private static let corpus = URL(filePath: #filePath).appending(path: "../../../Corpus").standardized.path()

    /// The inputs of a target: seeds, what reached something of its own, and what once went wrong.
    private func inputs(_ target: String) -> [[UInt8]] {
        let folders = ["\(Self.corpus)/\(target)", "\(Self.corpus)/\(target)/regressions"]
        let kept = folders.flatMap { folder in
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().compactMap { name in
                (try? Data(contentsOf: URL(filePath: "\(folder)/\(name)"))).map { Array($0) }
            }
        }
        return (KitCatalogue.standard.target(named: target)?.seeds ?? []) + kept
    }

    @Test(arguments: KitCatalogue.standard.targets.map(\.name))
    func `a target's promises hold for its corpus`(_ name: String) throws {
        let target = try #require(KitCatalogue.standard.target(named: name))
        for input in inputs(name) {
            #expect(throws: Never.self, "\(name): \(Data(input.prefix(2_000)).base64EncodedString())") {
                try target.examine(input)
            }
        }
    }

    @Test(arguments: KitCatalogue.standard.targets.filter { $0.mend != nil }.map(\.name))
    func `an input that was changed at random is whole again when it is mended`(_ name: String) throws {
        let target = try #require(KitCatalogue.standard.target(named: name))
        let mend = try #require(target.mend)
        for seed in target.seeds {
            // What is whole stays readable, and so does one whose hashes and lengths were overwritten.
            var broken = seed
            for index in broken.indices.suffix(name == "mv2" ? 40 : 0) where index < broken.count - 8 {
                broken[index] = 0
            }
            if name != "mv2" { broken[8] = 0xFF }
            let mended = mend(broken)
            #expect(KitCatalogue.standard.formats.examine(FileBytes(mended)).verdict != .unreadable)
            #expect(mend(mended) == mended)
        }
    }

    @Test func `mending takes any bytes`() {
        for target in KitCatalogue.standard.targets {
            for length in [0, 1, 7, 8, 31, 4_128, 4_200] {
                _ = target.mend?(Array(repeating: 0x4D, count: length) + Array("MV2FOOT!".utf8))
                _ = target.mend?(Array("MV2FOOT!".utf8.prefix(length)))
            }
        }
    }
}
