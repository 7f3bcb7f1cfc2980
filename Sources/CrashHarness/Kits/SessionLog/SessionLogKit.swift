// The kit of the session log.

import SessionFormats

extension FormatKit {
    static let sessionLog = FormatKit(
        SessionLogFormat(), fileName: "session.jsonl", sample: { LogScenario(&$0).bytes },
        acknowledged: { choices in
            let scenario = LogScenario(&choices)
            return AcknowledgedFile(scenario.bytes, lines: scenario.entryLines)
        },
        blindField: \.blindFieldOfLines, findingsOfContent: [.newerEntry],
        contents: RealisticFiles.LogContent.allCases.map(\.rawValue),
        generate: { request in
            var files = RealisticFiles(seed: request.seed)
            let content = request.content.flatMap(RealisticFiles.LogContent.init) ?? .conversation
            return files.log(content, size: request.size)
        },
        judges: [
            LogRoundTrip(), LogTruncation(), LogLineDamage(), LogWeld(), LogBadBytes(), LogNoise(),
            RecoverKeepsReference(), ReadingIsDeterministic(), WriterAfterCut(),
        ],
        specialJudges: [LogTruncation.canary], hostile: HostileFamily.sessionLog, scenarios: SessionLogCrashes.all,
        writer: SessionLogAgent.description,
        targets: [.sessionLog],
        measure: { benchmark, folder, report in try LogBenchmark(benchmark).run(in: folder, report: report) })
}

extension FuzzTarget {
    fileprivate static let sessionLog = FuzzTarget(
        "session-log",
        seeds: realisticSeeds { files, seed in files.log(seed % 2 == 0 ? .short : .conversation, size: 300) },
        examine: { input in
            let bytes = FileBytes(input)
            let recovered = try? SessionLogReader().read(bytes)
            let reference = try? SessionLogReader(mode: .reference).read(bytes)
            if let reference, let recovered {
                let kept = Set(recovered.entries.map(\.id))
                try expect(
                    reference.entries.allSatisfy { kept.contains($0.id) },
                    "Recover mode keeps every entry that the reference keeps.")
            }
            try expect(reference == nil || recovered != nil, "Recover mode reads every log that the reference reads.")
            for mode in ReadingMode.allCases {
                let whole = mode == .recover ? recovered : reference
                let disk = SimulatedDisk(["log": input])
                let streamed = try? SessionLogReader(mode: mode).stream(
                    path: "log", pieceSize: 1 + input.count / 16, on: disk
                ).finish()
                try expect(
                    streamed?.entryCount == whole?.entries.count, "A log read in pieces gives what it gives in one.")
                let values = try? SessionLogReader(mode: mode).decode(bytes)
                try expect(
                    values?.entries.map(\.id) == whole?.entries.map(\.id),
                    "A log read into values has the same entries.")
            }
        })
}
