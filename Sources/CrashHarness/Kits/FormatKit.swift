// All that the harness knows of one format, behind one type.
//
// Targets, campaigns, generation, exploration, reports and crash maps take what they need from kits and know no format. A
// kit needs the format and a way to choose a small whole file; everything else is more than that.

import SessionFormats

/// What the harness can do with files of one format.
public struct FormatKit: Sendable {
    /// A whole file as an agent would have left it.
    public struct Generation: Sendable {
        /// At least so many bytes, where the format lets that be chosen.
        public var size: Int
        /// Where the content follows from.
        public var seed: UInt64
        /// One of the kit's `contents`; nil for the first.
        public var content: String?
        /// A file to build on; nil for a new one.
        public var base: [UInt8]?
        /// How many times something is added and saved, where that is how files of the format grow.
        public var saves: Int

        /// Asks for a file.
        public init(size: Int = 20_000, seed: UInt64 = 1, content: String? = nil, base: [UInt8]? = nil, saves: Int = 3)
        {
            (self.size, self.seed, self.content, self.base, self.saves) = (size, seed, content, base, saves)
        }
    }

    /// The format.
    public let format: any SessionFormat
    /// What a file of the format is called, with its extension.
    public let fileName: String
    /// Chooses a small whole file.
    public let sample: @Sendable (inout Choices) throws -> [UInt8]
    /// Chooses a small whole file of which it is known what was acknowledged; nil when the format's files hold nothing that
    /// a writer acknowledges, or nobody knows. Verdicts are judged by it and crash maps are painted from it.
    public let acknowledged: (@Sendable (inout Choices) throws -> AcknowledgedFile)?
    /// The name of the field in which something changed that no reader of the format can see; nil when a reader has to see it.
    public let blindField: @Sendable (UntoldLoss) -> String?
    /// What is still to be said of a recovered copy, since it is about content, which recovery does not change.
    public let findingsOfContent: Set<FindingCode>
    /// Whether reference mode gives only part of what a whole file holds, or gives it in another order.
    public let referenceShowsPart: Bool
    /// The kinds of content that can be asked for; empty when there is one.
    public let contents: [String]
    /// Whether a file can be built on another one.
    public let buildsOnBase: Bool
    /// Makes a realistic file of any size.
    public let generate: @Sendable (Generation) throws -> [UInt8]
    /// What a campaign asks of this format alone, beside what it asks of every format.
    public let ownJudges: [any Judge]
    /// Judges that are asked only by name: those that must fail, and those whose cases are few enough to look at them all.
    public var specialJudges: [any Judge] {
        namedJudges + (writer.map { $0.plantedBugs(format.id) + $0.interleavings(format.id) } ?? [])
    }
    private let namedJudges: [any Judge]
    /// Files that were made to cost a reader time, beside those that are for every format.
    public let ownHostileFamilies: [HostileFamily]
    /// The format's writers at work. They begin with files that writers made, so they are made when they are asked for.
    public var scenarios: [CrashScenario] { makeScenarios() }
    private let makeScenarios: @Sendable () -> [CrashScenario]
    /// The format's writer, for programs that nobody wrote; nil when the format has none.
    public var writer: WriterDescription? { makeWriter() }
    private let makeWriter: @Sendable () -> WriterDescription?
    /// What a coverage-guided fuzzer runs.
    public let targets: [FuzzTarget]
    /// Measures the format's reader and writer; nil when nothing is measured.
    public let measure: (@Sendable (Benchmark, _ folder: String, _ report: (BenchmarkRow) -> Void) throws -> Void)?

    /// Makes a kit. What is left out follows from the format and the samples; `scenarios` and `writer` are asked for anew each
    /// time, and give the same.
    public init(
        _ format: any SessionFormat, fileName: String? = nil,
        sample: @escaping @Sendable (inout Choices) throws -> [UInt8],
        acknowledged: (@Sendable (inout Choices) throws -> AcknowledgedFile)? = nil,
        blindField: @escaping @Sendable (UntoldLoss) -> String? = { $0.isChangedInPlace ? "content" : nil },
        findingsOfContent: Set<FindingCode> = [], referenceShowsPart: Bool = false,
        contents: [String] = [], buildsOnBase: Bool = false,
        generate: (@Sendable (Generation) throws -> [UInt8])? = nil,
        judges: [any Judge] = [], specialJudges: [any Judge] = [], hostile: [HostileFamily] = [],
        scenarios: @autoclosure @escaping @Sendable () -> [CrashScenario] = [],
        writer: @autoclosure @escaping @Sendable () -> WriterDescription? = nil, targets: [FuzzTarget]? = nil,
        measure: (@Sendable (Benchmark, _ folder: String, _ report: (BenchmarkRow) -> Void) throws -> Void)? = nil
    ) {
        self.format = format
        self.fileName = fileName ?? "file.\(format.id)"
        self.sample = sample
        self.acknowledged = acknowledged
        self.blindField = blindField
        self.findingsOfContent = findingsOfContent
        self.referenceShowsPart = referenceShowsPart
        self.contents = contents
        self.buildsOnBase = buildsOnBase
        self.generate =
            generate
            ?? { request in
                var choices = Choices.seeded(request.seed)
                return try sample(&choices)
            }
        ownJudges = judges
        namedJudges = specialJudges
        ownHostileFamilies = hostile
        (makeScenarios, makeWriter) = (scenarios, writer)
        self.targets = targets ?? [FuzzTarget.promises(of: format, sample: sample)]
        self.measure = measure
    }

    /// All that a campaign asks: what holds for every format, then what holds for this one.
    public var judges: [any Judge] {
        [FormatPromises(self), RecoveryIsTrue(self), WorkIsLinear(self)] + (VerdictIsTrue(self).map { [$0] } ?? [])
            + ownJudges + (writer.map { [WriterPrograms(format.id, $0)] } ?? [])
    }

    /// Files that were made to cost a reader time: those for every format, bare and behind a whole file, and the format's own.
    public var hostileFamilies: [HostileFamily] {
        var choices = Choices.seeded(1)
        return HostileFamily.common(behind: (try? sample(&choices)) ?? []) + ownHostileFamilies
    }

    /// A small file in which a few things were acknowledged, for a map of what damage does to it; nil when there is none.
    var mapSample: AcknowledgedFile? {
        let samples = (0..<40 as Range<UInt64>).compactMap { seed -> AcknowledgedFile? in
            var choices = Choices.seeded(seed)
            return try? acknowledged?(&choices)
        }
        // As many items as any has up to two, and of those the smallest. Without items there is nothing to miss, and the
        // map would say that nothing is missing.
        return samples.filter { !$0.items.isEmpty }.min {
            (-min($0.items.count, 2), $0.bytes.count) < (-min($1.items.count, 2), $1.bytes.count)
        }
    }
}

extension FuzzTarget {
    /// The target of a format that brings none: what every format owes, for any input.
    static func promises(
        of format: any SessionFormat, sample: @escaping @Sendable (inout Choices) throws -> [UInt8]
    ) -> FuzzTarget {
        FuzzTarget(
            format.id.rawValue,
            seeds: {
                (0..<seedCount).compactMap { seed in
                    var choices = Choices.seeded(UInt64(seed))
                    return try? sample(&choices)
                }
            },
            examine: { input in
                if let problem = FormatPromises.problem(format, input) {
                    throw Broken(description: "expected \(problem.expected), got \(problem.got)")
                }
            })
    }
}
