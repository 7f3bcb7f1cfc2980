// What a reader gets of a file that is cut, or has a flipped bit, at each of its bytes.

import SessionFormats

/// The crash map of a sample file.
public struct CrashMap: Sendable, Codable {
    /// What a reader gets.
    public enum Outcome: String, Sendable, Codable, CaseIterable {
        /// What was there before, and nothing to say.
        case clean
        /// Whatever was acknowledged, after repair.
        case recovered
        /// Something is missing or wrong, and that is said.
        case detected
        /// Something is missing or wrong, and nothing is said.
        case silentlyWrong = "silently wrong"
        /// Nothing.
        case lost
    }

    /// Bytes next to each other with the same outcome.
    public struct Run: Sendable, Codable, Equatable {
        /// How many bytes.
        public var length: Int
        /// What a reader gets.
        public var outcome: Outcome
    }

    /// A part of the format's structure.
    public struct Field: Sendable, Codable {
        /// Its name.
        public var name: String
        /// Where it begins, in bytes.
        public var offset: Int
        /// How many bytes it takes.
        public var length: Int
    }

    /// The format's name.
    public var format: String
    /// The file's size in bytes.
    public var size: Int
    /// The structure, in the order of the file.
    public var fields: [Field]
    /// The file cut before each byte.
    public var cuts: [Run]
    /// One bit of each byte flipped: the lowest of the first, the second of the next, and so on.
    public var flips: [Run]

    /// Maps a file by reading it twice for each of its bytes.
    public init(_ file: [UInt8]) {
        let bytes = FileBytes(file)
        let whole = Content(file)
        format = FileFormat(of: bytes).rawValue
        size = file.count
        fields = FileMap(bytes).rows.map { Field(name: $0.name, offset: $0.range.lowerBound, length: $0.range.count) }
        cuts = Self.runs(file.indices.map { whole.outcome(of: Array(file[..<$0])) })
        flips = Self.runs(
            file.indices.map { index in
                var flipped = file
                flipped[index] ^= 1 << UInt8(index % 8)
                return whole.outcome(of: flipped)
            })
    }

    /// A small file of each format.
    public static func samples() -> [CrashMap] {
        var files = RealisticFiles(seed: 1)
        let memories = SeedFiles.seeds(for: "mv2").filter { Content($0).hasData }
        return [
            files.log(.short, size: 700), ReplaySegment.encode((0..<3).map { _ in files.session(actions: 2) }),
            files.sidecar(size: 500),
            memories.min { $0.count < $1.count } ?? [],
        ].map { CrashMap($0) }
    }

    private static func runs(_ outcomes: [Outcome]) -> [Run] {
        var runs: [Run] = []
        for outcome in outcomes {
            if runs.last?.outcome == outcome {
                runs[runs.count - 1].length += 1
            } else {
                runs.append(Run(length: 1, outcome: outcome))
            }
        }
        return runs
    }

    /// What a file holds, for comparing.
    private struct Content {
        private let data: [[UInt8]]
        private let verdict: FileReport.Verdict

        init(_ file: [UInt8]) {
            let bytes = FileBytes(file)
            verdict = FileReport(path: "", bytes: bytes, deep: true).verdict
            data =
                switch FileFormat(of: bytes) {
                case .sessionLog: (try? SessionLogReader().read(bytes)).map(Self.entries) ?? []
                case .memory: Self.sessions((try? MV2File.open(bytes))?.sessions ?? [])
                case .replaySegment: Self.sessions((try? ReplaySegment.read(bytes))?.sessions ?? [])
                case .activeSession: (try? ActiveSession(decoding: bytes)).map { [$0.encoded()] } ?? []
                case .liveReplayTrace, .unknown: []
                }
        }

        private static func entries(_ log: SessionLog) -> [[UInt8]] {
            log.entries.isEmpty ? [] : [Array(log.canonicalDigest.utf8)]
        }

        private static func sessions(_ stored: [StoredSession]) -> [[UInt8]] {
            stored.map { $0.decoded().map { ReplaySegment.encode([$0]) } ?? [] }
        }

        var hasData: Bool { !data.isEmpty }

        func outcome(of file: [UInt8]) -> Outcome {
            let found = Content(file)
            if found.verdict == .unreadable { return .lost }
            if found.data == data { return found.verdict == .clean ? .clean : .recovered }
            switch found.verdict {
            case .clean: return .silentlyWrong
            case .recovered: return .recovered
            case .damaged, .unreadable: return .detected
            }
        }
    }
}
