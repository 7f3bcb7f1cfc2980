// Every judge on a few seeded cases, most of which sweep over hundreds of cuts; `make fuzz` does the same for hours.

import Testing

@testable import CrashHarness

@Suite("Judges")
struct JudgeTests {
    @Test(arguments: KitCatalogue.standard.judges.map(\.name))
    func `a judge finds nothing against its promise`(_ name: String) throws {
        let judge = try #require(KitCatalogue.standard.judge(named: name))
        var evidence = Evidence()
        for index in 0..<6 as Range<UInt64> {
            var choices = Choices.seeded(42, case: index)
            do throws(Violation) { try judge.examine(&choices, &evidence) } catch {
                let worker = InProcessWorker([judge], seed: 42)
                let failure = CaseBatch.Failure(index: index, values: choices.values, kind: error.kind)
                let finding = CampaignFinding(judge, seed: 42, failure, by: worker)
                let text = String(decoding: finding.violation.file, as: UTF8.self)
                Issue.record("\(finding.report(at: "case"))\n\(text)")
                return
            }
        }
        #expect(evidence.cases > 0)
    }
}
