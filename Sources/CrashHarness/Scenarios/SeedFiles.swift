// Small whole files of each format, from which a coverage-guided fuzzer starts.

import SessionFormats

/// The seeds of fuzzing targets.
public enum SeedFiles {
    /// Whole inputs for a target; none for a name that is not known.
    public static func seeds(for target: String) -> [[UInt8]] {
        (0..<count).map { seed in
            var choices = Choices.seeded(UInt64(seed))
            var files = RealisticFiles(seed: UInt64(seed))
            return switch target {
            case "session-log": files.log(seed % 2 == 0 ? .short : .conversation, size: 300)
            case "replay-segment": files.segment(size: 400)
            case "active-session": files.sidecar(size: 400)
            case "mv2": memory(&choices, sessions: seed % 3)
            case "live-replay-trace": files.trace(size: 600)
            case "cursor":
                Array(SessionCursor(sessionID: "s\(seed):é", revision: SessionRevision(7), position: 9).text.utf8)
            case "judges": [UInt8(seed * JudgeCatalogue.all.count / count)] + Array(repeating: UInt8(seed), count: 40)
            default: []
            }
        }.filter { !$0.isEmpty && $0.count <= largest }
    }

    /// Larger ones would only be slow: half of the memories have a log of 64 KB of zeroes.
    private static let largest = 16_384

    private static let count = 21

    private static func memory(_ choices: inout Choices, sessions count: Int) -> [UInt8] {
        let disk = SimulatedDisk(["m": MemoryScenario(&choices).bytes])
        var files = RealisticFiles(seed: UInt64(count))
        if count > 0, let writer = try? MV2Writer.open(path: "m", on: disk) {
            try? writer.save((0..<count).map { _ in files.session(actions: 3) })
        }
        return disk.contents["m"] ?? []
    }
}
