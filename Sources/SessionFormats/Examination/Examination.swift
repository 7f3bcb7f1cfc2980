// All that can be said about one file, whatever its format.
//
// Reports for people and for programs, the map of bytes and the crash map are functions of an examination and know no
// format. Lists and maps are made when they are asked for, and until then an examination holds on to the file's bytes.

/// What was found in a file.
public struct Examination: Sendable {
    /// An error that left nothing to read.
    public struct Failure: Sendable, Equatable {
        /// The stable short name of an error, where the reference has one the reference's. New ones may come.
        public struct Kind: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
            /// The name, as `crashlab check` prints it.
            public let rawValue: String

            /// A kind of this name.
            public init(rawValue: String) { self.rawValue = rawValue }

            /// A kind of this name.
            public init(stringLiteral name: String) { rawValue = name }

            /// No known format recognises the content.
            public static let unknownFormat: Kind = "UnknownFormat"
        }

        /// The kind of error.
        public var kind: Kind
        /// A sentence.
        public var message: String

        /// Makes a failure.
        public init(kind: Kind, message: String) {
            self.kind = kind
            self.message = message
        }
    }

    /// The format as which the file was read.
    public var format: FormatID
    /// By what the format was recognised; nil when it was not, or when the caller named it.
    public var recognition: Recognition?
    /// How the file is.
    public var verdict: Verdict
    /// Why there is nothing to read; nil when there is something.
    public var failure: Failure?
    /// Lines for people on what survives.
    public var summary: [String]
    /// What else only this format says.
    public var facts: [Fact]
    /// What survives; nil when it was counted and not kept, as in a stream.
    public var items: ExaminedItems?
    /// What there is to say, in the order of the file. Places that a file only claims, behind its own end, stand at the end.
    public var findings: [Finding]
    private var bytes: FileBytes?
    private var makeEvidence: @Sendable () -> [String]
    private var makeFields: @Sendable () -> [FieldSpan]

    /// Makes an examination.
    ///
    /// - Parameters:
    ///   - bytes: The file; nil when it was read as a stream.
    ///   - evidence: See the property; called when it is asked for.
    ///   - fields: Where each field stands, in any order; called when it is asked for.
    public init(
        _ format: FormatID, of bytes: FileBytes?, _ verdict: Verdict, failure: Failure? = nil, summary: [String] = [],
        facts: [Fact] = [],
        items: ExaminedItems? = nil, findings: [Finding] = [],
        evidence: @escaping @Sendable () -> [String] = { [] },
        fields: @escaping @Sendable () -> [FieldSpan] = { [] }
    ) {
        self.format = format
        self.bytes = bytes
        self.verdict = verdict
        self.failure = failure
        self.summary = summary
        self.facts = facts
        self.items = items
        self.findings = bytes.map { bytes in findings.map { $0.clamped(to: bytes.count) } } ?? findings
        makeEvidence = evidence
        makeFields = fields
    }

    /// An examination of a file from which nothing could be had.
    ///
    /// - Parameters:
    ///   - code: What is wrong.
    ///   - offset: Where, in bytes.
    public init(
        refusing format: FormatID, of bytes: FileBytes?, _ kind: String, _ message: String,
        _ code: FindingCode = .undecodable,
        at offset: Int = 0, length: Int = 0, line: Int? = nil,
        fields: @escaping @Sendable () -> [FieldSpan] = { [] }
    ) {
        self.init(
            format, of: bytes, .unreadable, failure: Failure(kind: Failure.Kind(rawValue: kind), message: message),
            findings: [
                Finding(
                    bytes?.count == 0 ? .emptyFile : code, .error, offset: offset, length: length, line: line,
                    message: message)
            ],
            fields: fields)
    }

    /// The file's size in bytes; nil when it was read as a stream.
    public var size: Int? { bytes?.count }

    /// Where each field of the file stands, in the order of the file; made when asked for. Fields lie inside the file and
    /// share no bytes: of two that would, the second begins where the first ends, and says so.
    public var fields: [FieldSpan] {
        let size = bytes?.count ?? 0
        var end = 0
        var fields: [FieldSpan] = []
        for var field in makeFields().sorted(by: Self.isBefore) {
            if field.range.lowerBound < end { field.value += " (shares bytes with what is above)" }
            field.range = min(max(field.range.lowerBound, end), size)..<min(max(field.range.upperBound, end), size)
            if field.range.isEmpty { continue }
            end = field.range.upperBound
            fields.append(field)
        }
        return fields
    }

    private static func isBefore(_ a: FieldSpan, _ b: FieldSpan) -> Bool {
        (a.range.lowerBound, a.range.upperBound) < (b.range.lowerBound, b.range.upperBound)
    }

    /// What else of the file can be there or lost, beside items: a table that leads to content that is opaque here, or that
    /// the program which wrote the file could open it. Made when asked for; a phrase each.
    public var evidence: [String] { makeEvidence() }

    /// The map of the file's bytes, gaps included.
    public var map: [FileMapRow] { bytes.map { FileMapRow.rows(of: self, $0) } ?? [] }

    /// The same with a word on what happened to the file meanwhile; the verdict is no better for it.
    func adding(_ change: FileChange) -> Examination {
        var sum = self
        let finding = change.finding
        sum.findings.append(bytes.map { finding.clamped(to: $0.count) } ?? finding)
        sum.verdict = max(verdict, Verdict(worst: finding.severity))
        return sum
    }

    /// Whether another program has changed the file since it was opened, so that what is made when it is asked for may be of
    /// another state than the verdict.
    public var isOutdated: Bool {
        guard let bytes else { return false }
        return ((try? bytes.change()) ?? nil) != nil
    }

    /// Lets go of the file's bytes: what is made when it is asked for is gone, what was found stays.
    public mutating func releaseFile() {
        items = nil
        bytes = nil
        makeEvidence = { [] }
        makeFields = { [] }
    }
}

extension Finding {
    /// The finding with a place inside a file of this size.
    package func clamped(to size: Int) -> Finding {
        var clamped = self
        clamped.offset = min(max(offset, 0), size)
        clamped.length = min(max(length, 0), size - clamped.offset)
        return clamped
    }
}
