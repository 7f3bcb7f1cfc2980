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

    /// Maps a file by examining it twice for each of its bytes.
    public init(_ file: [UInt8], as format: any SessionFormat) {
        let whole = Content(file, format)
        self.format = format.id.rawValue
        size = file.count
        fields = whole.examination.map.map {
            Field(name: $0.name, offset: $0.range.lowerBound, length: $0.range.count)
        }
        cuts = Self.runs(file.indices.map { whole.outcome(of: Array(file[..<$0])) })
        flips = Self.runs(
            file.indices.map { index in
                var flipped = file
                flipped[index] ^= 1 << UInt8(index % 8)
                return whole.outcome(of: flipped)
            })
    }

    /// The map of a small file of each kit's format.
    public static func samples(_ kits: KitCatalogue = .standard) -> [CrashMap] {
        kits.kits.compactMap { kit in kit.mapSample.map { CrashMap($0, as: kit.format) } }
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
        let examination: Examination
        private let format: any SessionFormat
        private let items: [[UInt8]]

        init(_ file: [UInt8], _ format: any SessionFormat) {
            self.format = format
            examination = format.examine(FileBytes(file), ExaminationOptions(isDeep: true))
            items = examination.items?.map(\.content) ?? []
        }

        func outcome(of file: [UInt8]) -> Outcome {
            let found = Content(file, format)
            let verdict = found.examination.verdict
            if verdict == .unreadable { return .lost }
            if found.items == items { return verdict == .clean ? .clean : .recovered }
            switch verdict {
            case .clean: return .silentlyWrong
            case .recovered: return .recovered
            case .damaged, .unreadable: return .detected
            }
        }
    }
}
