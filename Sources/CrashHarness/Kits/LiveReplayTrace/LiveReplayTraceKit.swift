// The kit of traces of live replay stores.

import LiveReplay
import SessionFormats

extension FormatKit {
    static let liveReplayTrace = FormatKit(
        LiveReplayTraceFormat(), fileName: "trace.jsonl", sample: { LiveReplayScenario.trace(&$0, size: 400) },
        generate: { request in
            var files = RealisticFiles(seed: request.seed)
            return files.trace(size: request.size)
        },
        targets: [.liveReplayTrace])
}

extension FuzzTarget {
    fileprivate static let liveReplayTrace = FuzzTarget(
        "live-replay-trace",
        seeds: realisticSeeds { files, _ in files.trace(size: 600) },
        examine: { input in
            let bytes = FileBytes(input)
            _ = LiveReplayTraceFormat().examine(bytes, ExaminationOptions())
            guard let trace = try? LiveReplayTrace.read(bytes) else { return }
            try expect(
                trace.firstDifference() == trace.firstDifference(),
                "A trace that is run twice is answered the same way.")
        })
}
