// The disks that the explorer forms of small traces, held against Fixtures/crash-states, where the same were formed by brute force
// in another language from the description of the models alone.

import CrashHarness
import Foundation
import TestSupport
import Testing

@Suite("Crash states of fixtures")
struct CrashStateFixtureTests {
    static let names = try? FileManager.default.contentsOfDirectory(atPath: Fixture.url("crash-states").path)
        .filter { $0.hasSuffix(".jsonl") }.map { String($0.dropLast(6)) }.sorted()

    @Test func `there are traces of every rule`() { #expect((Self.names ?? []).count > 20) }

    @Test(arguments: names ?? [])
    func `a trace leaves the disks that brute force finds, no more and no fewer`(_ name: String) throws {
        let trace = try WriteTrace(file: text("\(name).jsonl"))
        var expected: [String: Set<String>] = [:]
        var options = ""
        for line in try text("\(name).disks").split(separator: "\n") {
            if line.hasPrefix("--") { options = String(line) }
            if line.hasPrefix("--") { expected[options] = [] } else { expected[options]?.insert(String(line)) }
        }
        #expect(expected.count == 5)
        for (options, disks) in expected {
            var found: Set<String> = []
            let coverage = try explorer(options).forEachDisk(of: trace) { disk in
                if let line = try? disk.line(JSONEncoder.lines) { found.insert(String(decoding: line, as: UTF8.self)) }
            }
            #expect(coverage == .all)
            #expect(found == disks, "\(options)")
        }
    }

    private func text(_ name: String) throws -> String {
        String(decoding: try Fixture.bytes("crash-states/\(name)"), as: UTF8.self)
    }

    private func explorer(_ options: String) throws -> CrashStateExplorer {
        var explorer = CrashStateExplorer()
        let words = options.split(separator: " ").map(String.init)
        for (word, value) in zip(words, words.dropFirst() + [""]) {
            switch word {
            case "--model": explorer.model = try #require(PersistenceModel(rawValue: value))
            case "--sector": explorer.sectors.size = try #require(Int(value))
            case "--torn-sectors": explorer.sectors.areTorn = true
            case "--garbage": explorer.sectors.areGarbage = true
            default: break
            }
        }
        return explorer
    }
}
