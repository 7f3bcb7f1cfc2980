// What a reader has to say about a file, for people and for programs.
//
// A finding points at bytes. Its code is stable (programs match on it), its severity decides the verdict, and its
// message is a sentence that a person can act on. Readers collect findings instead of failing on the first problem.

/// How bad a finding is.
public enum Severity: String, Sendable, Comparable {
    /// Worth knowing; nothing was lost or repaired.
    case note
    /// Something was repaired; all acknowledged data is there.
    case warning
    /// Something is lost or wrong.
    case error

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }

    /// Orders by how bad it is: note, warning, error.
    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// The stable name of a kind of finding. The raw values are part of the output contract of `crashlab check`.
public enum FindingCode: String, Sendable, CaseIterable {
    // Session logs.
    /// The file has no bytes at all.
    case emptyFile = "empty-file"
    /// The first line is not a session header that can be read.
    case invalidHeader = "invalid-header"
    /// The first line is an entry, so the header was lost.
    case missingHeader = "missing-header"
    /// The header is whole but describes something other than a version 1 session.
    case unexpectedHeader = "unexpected-header"
    /// A header stands where an entry is expected, as when two logs were concatenated.
    case repeatedHeader = "repeated-header"
    /// A line is not an entry, and nothing in it could be saved.
    case corruptEntry = "corrupt-entry"
    /// The last line was cut short while it was being written.
    case tornEntry = "torn-entry"
    /// The last entry is whole but its newline is missing.
    case missingFinalNewline = "missing-final-newline"
    /// Whole entries were found behind or before fragments on the same line.
    case weldedLine = "welded-line"
    /// A line holds bytes that are not UTF-8.
    case invalidUTF8 = "invalid-utf8"
    /// A run of NUL bytes, as a power loss leaves where data had not been written.
    case nulRun = "nul-run"
    /// The file begins with a byte-order mark.
    case byteOrderMark = "byte-order-mark"
    /// Lines end in CR LF.
    case crlfLineEndings = "crlf-line-endings"
    /// An entry has a type, field or content of a later release than the reference.
    case newerEntry = "newer-entry"
    /// The log is of format version 2.
    case newerVersion = "newer-version"
    /// A line is longer than the reader's limit of 2^31 - 1 bytes.
    case lineTooLong = "line-too-long"
    /// There were more findings than are kept; this one counts the rest.
    case moreFindings = "more-findings"

    // Binary formats.
    /// The file does not decode; the message says where and what was expected.
    case undecodable = "undecodable"
    /// The version number is not one this library knows.
    case unknownVersion = "unknown-version"
    /// The total size in the header is not the number of bytes that are there.
    case totalSizeMismatch = "total-size-mismatch"
    /// The header's session count is smaller than the number of sessions in the bytes that follow.
    case sessionCountMismatch = "session-count-mismatch"
    /// Bytes are left over inside a session's length.
    case trailingSessionBytes = "trailing-session-bytes"
    /// Bytes follow the last session.
    case trailingBytes = "trailing-bytes"

    // Memories.
    /// There is no whole table of contents.
    case missingTable = "missing-table"
    /// A table of contents decodes and does not have its checksum.
    case tableChecksumMismatch = "table-checksum-mismatch"
    /// A whole table of contents has no commit footer.
    case missingFooter = "missing-footer"
    /// The header points at another table of contents than the last whole one, or copies another checksum.
    case headerMismatch = "header-mismatch"
    /// The log lies outside the file, or a record in it is damaged.
    case logDamaged = "log-damaged"
    /// A record of the log was not committed.
    case pendingRecord = "pending-record"
    /// The sessions are not where the table of contents says.
    case sessionsUnreadable = "sessions-unreadable"
    /// Sessions were found by their magic.
    case sessionsFoundByScan = "sessions-found-by-scan"
    /// Something that the table of contents points at reaches beyond the file.
    case regionOutside = "region-outside"
    /// Two things that the table of contents points at share bytes.
    case regionOverlap = "region-overlap"
    /// The header's padding or legacy lock is not zero.
    case paddingNotZero = "padding-not-zero"
    /// The manifest counts other sessions or actions than there are.
    case manifestMismatch = "manifest-mismatch"
    /// The actions or checkpoints of a session are not numbered as they are recorded.
    case sequenceBroken = "sequence-broken"
    /// A checkpoint's hash is not that of its snapshot.
    case stateHashMismatch = "state-hash-mismatch"
    /// Bytes do not have the hash that the table of contents gives.
    case contentHashMismatch = "content-hash-mismatch"

    // Traces.
    /// An answer in a trace is not the one that had to come.
    case traceDifference = "trace-difference"
    /// The content is of no format that this library knows.
    case unknownFormat = "unknown-format"
}

/// One thing to say about a file.
public struct Finding: Sendable, Equatable {
    /// The stable kind.
    public var code: FindingCode
    /// How bad it is.
    public var severity: Severity
    /// Where the bytes begin that it is about, from the start of the file.
    public var offset: Int
    /// How many bytes it is about; 0 for a place between bytes.
    public var length: Int
    /// The 1-based line, in formats that have lines.
    public var line: Int?
    /// A sentence that says what was found and what became of it.
    public var message: String

    /// Makes a finding.
    public init(
        _ code: FindingCode, _ severity: Severity, offset: Int, length: Int, line: Int? = nil, message: String
    ) {
        self.code = code
        self.severity = severity
        self.offset = offset
        self.length = length
        self.line = line
        self.message = message
    }
}

/// The findings of one file, bounded so that a hostile file cannot make its report larger than itself.
public struct Findings: Sendable {
    /// The most findings that are kept one by one. The rest are counted.
    public static let limit = 10_000

    /// The findings in the order in which they were made.
    public private(set) var all: [Finding] = []
    /// How many findings were made beyond `limit`.
    public private(set) var dropped = 0
    /// The worst severity of all findings made, kept or not.
    public private(set) var worst: Severity?

    /// No findings.
    public init() {}

    /// Adds a finding; beyond the limit it is only counted, and its message is never built.
    public mutating func add(
        _ code: FindingCode, _ severity: Severity, offset: Int, length: Int, line: Int? = nil,
        _ message: @autoclosure () -> String
    ) {
        worst = max(worst ?? severity, severity)
        guard all.count < Findings.limit else {
            dropped += 1
            return
        }
        all.append(Finding(code, severity, offset: offset, length: length, line: line, message: message()))
    }

    /// All findings, with one at the end that counts those beyond the limit.
    public var report: [Finding] {
        guard dropped > 0, let last = all.last else { return all }
        let rest = Finding(
            .moreFindings, .note, offset: last.offset, length: 0,
            message: "\(dropped) more findings are not listed; the first \(Findings.limit) are.")
        return all + [rest]
    }
}
