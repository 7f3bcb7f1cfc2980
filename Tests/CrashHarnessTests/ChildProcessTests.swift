// Children that cannot be started, and those of which nobody knows how they ended.

import Foundation
import Testing

@testable import CrashHarness

@Suite("Children")
struct ChildProcessTests {
    private var openDescriptors: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count) ?? 0 }

    @Test func `a child whose end is not known did not end well`() {
        // A process that is no child of this one.
        #expect(throws: ChildProcess.EndUnknown.self) { try ChildProcess.wait(for: getpid(), "other") }
    }

    @Test func `a program that cannot be started is to blame, and no case`() throws {
        let options = WorkerProcess.Options(program: "/nowhere/crashlab", arguments: [], tracingArguments: [])
        let judge = LogTruncation.canary
        var plan = Campaign.Plan(judges: [judge], seed: 1)
        (plan.cases, plan.jobs, plan.seconds) = (10, 1, 60)
        let summary = Campaign(plan, in: options).run()
        #expect(summary.findings.isEmpty && summary.failingCases.isEmpty)
        #expect(summary.problems.count == 1 && summary.problems[0].contains("Cannot start /nowhere/crashlab"))
    }

    @Test func `a child that cannot be started leaves no descriptor open`() throws {
        let worker = try WorkerProcess(.init(program: "/nowhere/crashlab", arguments: [], tracingArguments: []))
        _ = worker.examine("x", [], isShrinking: false)
        let before = openDescriptors
        for _ in 0..<50 {
            _ = worker.examine("x", [], isShrinking: false)
            #expect(throws: ChildProcess.StartFailure.self) { try ChildProcess.run("/nowhere/crashlab", []) }
        }
        // Other tests open and close files meanwhile; each leak of fifty would show.
        #expect(openDescriptors < before + 50)
    }
}
