// What a reader gets of a file that is cut, or has a flipped bit, at each of its bytes.
//
// What has to be there is known from the scenario that made the file, never from the reader: a reader that says that all is
// well while something is missing is painted as the liar that it is.

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
    public init(_ file: AcknowledgedFile, as format: any SessionFormat) {
        self.format = format.id.rawValue
        let bytes = file.bytes
        size = bytes.count
        fields = format.examine(FileBytes(bytes), ExaminationOptions()).map.map {
            Field(name: $0.name, offset: $0.range.lowerBound, length: $0.range.count)
        }
        cuts = Self.runs(bytes.indices.map { Self.outcome(of: Array(bytes[..<$0]), file, format) })
        flips = Self.runs(
            bytes.indices.map { index in
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(index % 8)
                return Self.outcome(of: flipped, file, format)
            })
    }

    /// The map of a small file of each kit's format.
    public static func samples(_ kits: KitCatalogue = .standard) -> [CrashMap] {
        kits.kits.compactMap { kit in kit.mapSample.map { CrashMap($0, as: kit.format) } }
    }

    private static func outcome(
        of damaged: [UInt8], _ file: AcknowledgedFile, _ format: any SessionFormat
    ) -> Outcome {
        let examination = format.examine(FileBytes(damaged), ExaminationOptions(isDeep: true))
        if examination.verdict == .unreadable { return .lost }
        let found = Set(examination.items?.map(\.content) ?? [])
        if file.required(of: damaged).allSatisfy({ found.contains($0.content) }) {
            return examination.verdict == .clean ? .clean : .recovered
        }
        return examination.verdict == .damaged ? .detected : .silentlyWrong
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
}
