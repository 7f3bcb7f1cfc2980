// The live replay store against the naive model: every short sequence there is.

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
}
