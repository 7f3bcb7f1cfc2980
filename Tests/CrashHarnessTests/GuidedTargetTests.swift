// Coverage-guided targets as their supervisor sees them. The programs are scripts that say what libFuzzer would.

import Foundation
import Testing

@testable import CrashHarness

@Suite("Guided targets")
struct GuidedTargetTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()

    private var findings: FindingsFolder { FindingsFolder(folder + "/findings") }

    /// Runs a target that is a shell script; the prefix of artifacts is in $prefix.
    private func run(
        _ script: String, corpus: String = "/corpus", onFinding: (String) -> Void = { _ in },
        isStopped: @escaping () -> Bool = { false }
    ) throws -> GuidedTarget.Status {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let program = folder + "/fuzz-cursor"
        let text = """
            #!/bin/sh
            for word in "$@"; do case "$word" in -artifact_prefix=*) prefix="${word#-artifact_prefix=}";; esac; done
            \(script)
            """
        try Data(text.utf8).write(to: URL(filePath: program))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let places = GuidedTarget.Places(
            programs: folder, corpus: folder + corpus, seeds: folder + "/seeds", findings: findings,
            logs: folder + "/logs")
        #expect(GuidedTarget.all(places).map(\.name) == ["cursor"])
        return GuidedTarget("cursor", places).run(
            seconds: 5, now: { 0 }, onFinding: onFinding, isStopped: isStopped)
    }

    private func clean() { try? FileManager.default.removeItem(atPath: folder) }

    @Test func `a target that runs its time tells how far it came, and starts from seeds`() throws {
        defer { clean() }
        let status = try run(
            "echo '#9 DONE cov: 12 ft: 20 corp: 4/9b' >&2; echo 'stat::number_of_executed_units: 11' >&2")
        #expect(status.problem == nil && status.executions == 11 && status.coverage == 12 && status.crashes == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/corpus/cursor").count == 21)
    }

    @Test func `a target that is not instrumented is refused, since it would find nothing and look clean`() throws {
        defer { clean() }
        let status = try run("echo '#23000000 DONE corp: 1/1b exec/s: 900000' >&2")
        #expect(status.problem?.contains("without instrumentation") == true)
    }

    @Test func `inputs that crash are kept once for each cause, and the target goes on`() throws {
        defer { clean() }
        let status = try run(
            """
            count=$(cat "\(folder)/runs" 2>/dev/null || echo 0); echo $((count + 1)) > "\(folder)/runs"
            echo "#$count NEW cov: 12 ft: 20 corp: 4/9b" >&2
            if [ "$count" -ge 4 ]; then exit 0; fi
            echo "x/A.swift:1: Fatal error: promise $((count % 2))" >&2
            printf "input $count" > "${prefix}crash-$count"; exit 77
            """)
        #expect(status.crashes == 4 && status.problem == nil)
        let kept = try findings.identities()
        #expect(kept.count == 2 && kept.allSatisfy { $0.hasPrefix("fuzz-cursor-crash-") })
        #expect(kept.map { findings.count(of: $0) } == [2, 2])
        let inputs = try kept.map { try String(contentsOfFile: "\(findings.path)/\($0)/input", encoding: .utf8) }
        #expect(inputs.sorted() == ["input 0", "input 1"])
    }

    @Test func `a target that ends without a word is a problem, not a success`() throws {
        defer { clean() }
        #expect(try run("echo '#1 INITED cov: 3' >&2; exit 1").problem?.contains("left no input") == true)
        #expect(try run("exec /nonexistent").problem != nil)
        #expect(try run("exit 0").problem?.contains("the disk is full") == true)
    }

    @Test func `a target that is stopped ends at once, and that is no problem of its own`() throws {
        defer { clean() }
        let ready = folder + "/ready"
        let status = try run(
            "echo '#9 NEW cov: 12' >&2; : > \(ready); exec sleep 60",
            isStopped: { FileManager.default.fileExists(atPath: ready) })
        #expect(status.problem == nil && status.executions == 9 && status.crashes == 0)
    }

    @Test func `where the corpus cannot be written that is said, and the target runs without touching its seeds`()
        throws
    {
        defer { clean() }
        try FileManager.default.createDirectory(atPath: folder + "/seeds/cursor/old", withIntermediateDirectories: true)
        for name in ["a", "b"] { try Data().write(to: URL(filePath: "\(folder)/seeds/cursor/\(name)")) }
        var said: [String] = []
        // A program is in the way of the folder.
        let status = try run(
            "echo '#9 DONE cov: 12 corp: 4/9b' >&2; echo \"$@\" > \(folder)/arguments", corpus: "/fuzz-cursor",
            onFinding: { said.append($0) })
        #expect(status.problem == nil && status.executions == 9)
        #expect(said.count == 1 && said[0].contains("/fuzz-cursor/cursor: Not a directory."), "\(said)")
        let arguments = try String(contentsOfFile: folder + "/arguments", encoding: .utf8)
        #expect(arguments.contains("-seed_inputs=\(folder)/seeds/cursor/a,\(folder)/seeds/cursor/b"))
        #expect(arguments.split(separator: " ").allSatisfy { $0.hasPrefix("-") })
    }
}
