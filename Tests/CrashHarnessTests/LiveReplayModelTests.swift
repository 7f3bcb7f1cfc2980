// The live replay store against the naive model: every short sequence there is.

import LiveReplay
import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Live replay against the model")
struct LiveReplayModelTests {
    @Test func `every sequence of 3 operations over 2 sessions, 4 capacities and 3 ages`() throws {
        var evidence = Evidence()
        let coverage = try ExhaustiveChoices.forEach { (choices) throws(Violation) in
            try LiveReplayMatchesModel(.all(length: 3)).examine(&choices, &evidence)
        }
        #expect(coverage.isComplete)
        #expect(coverage.cases > 2_000)
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `a generated trace conforms, and one changed answer in it is found at its line`(_ seed: UInt64) throws {
        var files = RealisticFiles(seed: seed)
        let bytes = files.trace(size: 6_000)
        let trace = try LiveReplayTrace.read(FileBytes(bytes))
        #expect(trace.steps.count > 20)
        #expect(trace.firstDifference() == nil)

        var lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        let changed = try #require(lines.lastIndex { $0.contains(#""result":{"cursor":"lashsc1:"#) })
        lines[changed] = lines[changed].replacing(
            #""result":{"cursor":"lashsc1:"#, with: #""result":{"cursor":"lashsc1:9"#)
        let broken = try LiveReplayTrace.read(FileBytes(Array((lines.joined(separator: "\n") + "\n").utf8)))
        #expect(broken.firstDifference()?.line == changed + 1)
    }
}
