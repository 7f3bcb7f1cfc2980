// The kit of the replay segment.

import SessionFormats

extension FormatKit {
    static let replaySegment = FormatKit(
        ReplaySegmentFormat(), fileName: "segment.bin", sample: { ReplayScenario(.segment, &$0).bytes },
        acknowledged: { ReplayScenario(.segment, &$0).acknowledged },
        generate: { request in
            var files = RealisticFiles(seed: request.seed)
            return files.segment(size: request.size)
        },
        judges: [ReplayRoundTrip(.segment), ReplayTruncation(.segment), ReplayFlips(.segment)],
        targets: [.replaySegment],
        measure: { benchmark, folder, report in try SegmentBenchmark(benchmark).run(in: folder, report: report) })
}

extension FuzzTarget {
    fileprivate static let replaySegment = FuzzTarget(
        "replay-segment", mend: Mending.segment,
        seeds: realisticSeeds { files, _ in files.segment(size: 400) },
        examine: { input in
            let bytes = FileBytes(input)
            _ = try? ReplaySegment.read(bytes, in: 0..<bytes.count, mode: .reference)
            guard let segment = try? ReplaySegment.read(bytes) else { return }
            let sessions = segment.sessions.compactMap { try? $0.decoded() }
            try expect(sessions.count == segment.sessions.count, "A session that was read can be decoded.")
            let written = ReplaySegment.encode(sessions)
            let again = try ReplaySegment.read(FileBytes(written)).sessions.compactMap { try? $0.decoded() }
            try expect(ReplaySegment.encode(again) == written, "What was read is the same when it is written and read.")
        })
}
