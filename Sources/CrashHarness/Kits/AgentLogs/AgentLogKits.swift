// The kits of agents' logs: one for each of the formats, made in one way.

import SessionFormats

extension FormatKit {
    /// The kit of each agent's log.
    static let agentLogs: [FormatKit] = AgentLogFormat.all.map(agentLog)

    private static func agentLog(_ format: AgentLogFormat) -> FormatKit {
        FormatKit(
            format, fileName: "\(format.id).jsonl", sample: { AgentScenario(format.id, &$0).bytes },
            acknowledged: { choices in
                let scenario = AgentScenario(format.id, &choices)
                return AcknowledgedFile(scenario.bytes, lines: scenario.lines.filter { !scenario.isHeader($0) })
            },
            blindField: { $0.blindFieldOfLines ?? ($0.isChangedInPlace ? "a value inside a line" : nil) },
            findingsOfContent: structure, referenceShowsPart: true,
            generate: { request in log(of: format, size: request.size, seed: request.seed) },
            judges: [CleanLogIsClean(kit: format), AgentViewIsReaders(kit: format), AgentCopyIsWhole(kit: format)],
            targets: [target(of: format)],
            measure: measure(of: format))
    }

    /// One agent's logs are measured for all: they are read in one way.
    private static func measure(
        of format: AgentLogFormat
    ) -> (@Sendable (Benchmark, String, (BenchmarkRow) -> Void) throws -> Void)? {
        guard format.id == .claudeCode else { return nil }
        return { benchmark, folder, report in try AgentBenchmark(benchmark, format).run(in: folder, report: report) }
    }

    /// A log of texts as people and tools write them.
    static func log(of format: AgentLogFormat, size: Int, seed: UInt64) -> [UInt8] {
        var choices = Choices.seeded(seed)
        return AgentScenario(format.id, size: size, text: realisticText, &choices).bytes
    }

    /// How records hang together is not touched unasked, so a copy still has it.
    private static let structure: Set<FindingCode> = [
        .parentMissing, .duplicateID, .conflictingID, .parentCycle, .interleavedBranches, .severalRoots,
        .callWithoutResult, .resultWithoutCall, .resultBeforeCall, .resultRepeated, .callInterrupted, .pairSplit,
        .foreignLeaf, .referenceMissing, .sequenceGap, .sequenceRepeated, .sequenceMissing, .argumentsNotJSON,
        .emptyCallID, .emptyBlock, .incompleteEntry, .newerVersion, .repeatedHeader, .readerRefuses, .readerShowsLess,
        .readerRewrites, .headerTooLong, .headerNotFirst,
    ]

    /// Prose, and now and then the output of a tool.
    private static func realisticText(_ choices: inout Choices) -> String {
        var files = RealisticFiles(seed: choices.choose("text", below: 1 << 32))
        return "t" + files.prose(choices.pick("length", [100, 300, 900, 3_000]))
    }

    private static func target(of format: AgentLogFormat) -> FuzzTarget {
        FuzzTarget(
            format.id.rawValue,
            seeds: {
                (0..<FuzzTarget.seedCount).map { seed in
                    var choices = Choices.seeded(UInt64(seed))
                    return AgentScenario(format.id, &choices).bytes
                }
            },
            examine: { input in
                if let problem = FormatPromises.problem(format, input) {
                    throw FuzzTarget.Broken(description: "expected \(problem.expected), got \(problem.got)")
                }
                guard let recovered = try? format.recover(FileBytes(input)) else { return }
                let again = try? format.recover(FileBytes(recovered.bytes))
                try FuzzTarget.expect(again?.bytes == recovered.bytes, "What is recovered stays as it is.")
            })
    }
}
