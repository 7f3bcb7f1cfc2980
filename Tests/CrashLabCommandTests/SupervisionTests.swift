// Campaigns whose cases trap, hang and eat memory, campaigns that are killed, and campaigns on several machines.

import CrashHarness
import Foundation
import Testing

@Suite(
    "Supervised campaigns",
    .disabled(
        if: isSanitized, "hundreds of processes start here, which takes minutes under a sanitizer and shows it nothing")
)
struct SupervisionTests {
    private func findings(_ folder: String) throws -> [String] { try FindingsFolder(folder).identities() }

    @Test func `cases that trap are one finding, small, counted, with a stack, and the campaign goes on`() throws {
        try withFolder { folder in
            let run = try fuzz("--judge", "canary-trap", "--cases", "60", "--seed", "1", "--findings", folder)
            #expect(run.status == 1)
            let kept = try findings(folder)
            try #require(kept.count == 1, "\(run.output)")
            #expect(kept[0].hasPrefix("canary-trap-trap-"))
            let count = FindingsFolder(folder).count(of: kept[0])
            #expect(count > 3 && run.output.contains("\(60 - count) cases in"))
            let text = try String(contentsOfFile: "\(folder)/\(kept[0])/case.txt", encoding: .utf8)
            #expect(try CaseFile(text: text).values == [3, 0, 800])
            let stack = try String(contentsOfFile: "\(folder)/\(kept[0])/stack.txt", encoding: .utf8)
            #expect(stack.contains("PlantedFault.swift"))
            #expect(try crashlab("replay", "\(folder)/\(kept[0])").status > 128)

            // The same again adds to the count, and to nothing else.
            _ = try fuzz("--judge", "canary-trap", "--cases", "60", "--seed", "1", "--findings", folder)
            #expect(try findings(folder) == kept && FindingsFolder(folder).count(of: kept[0]) == 2 * count)
        }
    }

    @Test func `a case that wants 100 GB is called that`() throws {
        try withFolder { folder in
            let run = try fuzz("--judge", "canary-memory", "--cases", "24", "--seed", "1", "--findings", folder)
            #expect(run.status == 1)
            #expect(try findings(folder).map { $0.hasPrefix("canary-memory-out-of-memory-") } == [true])
        }
    }

    @Test func `a case that hangs is ended at its deadline, and found`() throws {
        try withFolder { folder in
            // Case 4 is the first that hangs; one more stands behind it.
            let run = try fuzz(
                "--judge", "canary-hang", "--cases", "6", "--seed", "1", "--deadline", "1", "--jobs", "1", "--findings",
                folder)
            #expect(run.status == 1)
            #expect(try findings(folder).map { $0.hasPrefix("canary-hang-hang-") } == [true])
            #expect(run.output.contains("5 cases in"))
        }
    }

    @Test func `children judge as this process does`() throws {
        try withFolder { folder in
            func lines(_ run: ChildProcess) -> [Substring] {
                run.output.split(separator: "\n").filter {
                    $0.contains(" cases  ") || $0.hasSuffix(" cases") || $0.contains("failed")
                }
            }
            func judged(_ how: String...) throws -> ChildProcess {
                let judges = ["--judge", "canary", "--judge", "log-weld", "--cases", "30", "--seed", "3"]
                return try ChildProcess.run(program, ["fuzz", "--deadline", "600"] + judges + how)
            }
            let children = try judged("--findings", folder + "/a", "--jobs", "2")
            let here = try judged("--findings", folder + "/b", "--jobs", "1", "--in-process")
            #expect(lines(children) == lines(here) && lines(here).count > 2)
            #expect(try findings(folder + "/a") == findings(folder + "/b"))
        }
    }

    @Test func `two machines share the cases of one`() throws {
        try withFolder { folder in
            func failing(_ shard: String) throws -> (cases: Int, failed: Int) {
                let run = try fuzz(
                    "--judge", "canary-trap", "--cases", "192", "--seed", "9", "--shard", shard, "--findings",
                    folder + "/" + shard.prefix(1))
                let text = run.output
                let held = text.split(separator: "\n").first { $0.hasPrefix("canary-trap ") }?.split(separator: " ")
                    .dropFirst().first
                let failed = text.split(separator: "\n").first { $0.contains("cases failed") }?.split(separator: " ")
                    .first
                return (held.flatMap { Int($0) } ?? 0, failed.flatMap { Int($0) } ?? 0)
            }
            let (whole, first, second) = (try failing("1/1"), try failing("1/2"), try failing("2/2"))
            #expect(whole.cases + whole.failed == 192)
            #expect(first.failed + second.failed == whole.failed && first.cases + second.cases == whole.cases)
            #expect(first.failed > 0 && second.failed > 0)

            let merged = try crashlab("findings", "merge", "--output", folder + "/m", folder + "/1", folder + "/2")
            #expect(merged.output == "\(folder)/m: 1 new findings, 1 in all\n")
            #expect(try fuzz("--shard", "3/2").status == 64)
        }
    }

    @Test func `corpora are merged by content`() throws {
        try withFolder { folder in
            #expect(try crashlab("corpus", "seed", "cursor", folder + "/a").status == 0)
            #expect(try crashlab("corpus", "seed", "cursor", folder + "/b").status == 0)
            let merged = try crashlab("corpus", "merge", "--output", folder + "/m", folder + "/a", folder + "/b")
            #expect(merged.output == "\(folder)/m: 21 new inputs\n")
            #expect(try crashlab("corpus", "seed", "nothing", folder).status == 64)
        }
    }

    @Test func `where findings cannot be kept that is said, and they are still counted`() throws {
        try withFolder { folder in
            let file = folder + "/file"
            try Data().write(to: URL(filePath: file))
            let run = try fuzz("--judge", "canary", "--cases", "20", "--seed", "1", "--findings", file)
            #expect(run.status == 1)
            #expect(run.output.contains("(not saved: ") && run.output.contains("cases failed, of 1 cause"))
            #expect(run.errors.contains("Counts cannot be kept"))
        }
    }

    @Test func `killed at any moment, a campaign leaves whole findings, and all that it told of`() throws {
        for moment in 0..<20 {
            try withFolder { folder in
                let told = try Self.killCampaign(after: moment, findings: folder)
                for identity in try findings(folder) {
                    let text = try String(contentsOfFile: "\(folder)/\(identity)/case.txt", encoding: .utf8)
                    #expect(throws: Never.self) { try CaseFile(text: text) }
                    #expect(FileManager.default.fileExists(atPath: "\(folder)/\(identity)/report.txt"))
                }
                let kept = try Set(findings(folder))
                #expect(kept.isSuperset(of: told), "\(Set(told).subtracting(kept)) of \(told)")
                // The next campaign sweeps up what was half-written.
                _ = try fuzz("--judge", "log-weld", "--cases", "1", "--findings", folder)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.hasPrefix(".") })
            }
        }
    }

    /// Starts a campaign, and kills it when so many changes of its findings' folder were seen; returns what it told of.
    private static func killCampaign(after changes: Int, findings folder: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = [
            "fuzz", "--memory", "0", "--judge", "canary", "--judge", "canary-trap", "--judge", "log-truncation",
            "--seconds", "60",
            "--seed", "\(changes)", "--findings", folder,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var seen: Set<String> = []
        // Looked at as often as possible: the moments are in the midst of writing and renaming.
        while seen.count <= changes % 10, process.isRunning {
            for name in (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? [] { seen.insert(name) }
        }
        kill(process.processIdentifier, SIGKILL)
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // A line that the kill cut short tells of nothing.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .filter { $0.hasPrefix("replay    crashlab replay ") }
            .compactMap { $0.split(separator: "/").last.map(String.init) }
    }
}
