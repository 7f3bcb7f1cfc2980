// What can be found in session logs, and in other logs of lines.

extension FindingCode {
    /// The first line is not a session header that can be read.
    public static let invalidHeader = FindingCode("invalid-header")
    /// The first line is an entry, so the header was lost.
    public static let missingHeader = FindingCode("missing-header")
    /// The header is whole but describes something other than a version 1 session.
    public static let unexpectedHeader = FindingCode("unexpected-header")
    /// A header stands where an entry is expected, as when two logs were concatenated.
    public static let repeatedHeader = FindingCode("repeated-header")
    /// A line is not an entry, and nothing in it could be saved.
    public static let corruptEntry = FindingCode("corrupt-entry")
    /// The last line was cut short while it was being written.
    public static let tornEntry = FindingCode("torn-entry")
    /// The last entry is whole but its newline is missing.
    public static let missingFinalNewline = FindingCode("missing-final-newline")
    /// Whole entries were found behind or before fragments on the same line.
    public static let weldedLine = FindingCode("welded-line")
    /// A line holds bytes that are not UTF-8.
    public static let invalidUTF8 = FindingCode("invalid-utf8")
    /// A run of NUL bytes, as a power loss leaves where data had not been written.
    public static let nulRun = FindingCode("nul-run")
    /// The file begins with a byte-order mark.
    public static let byteOrderMark = FindingCode("byte-order-mark")
    /// Lines end in CR LF.
    public static let crlfLineEndings = FindingCode("crlf-line-endings")
    /// An entry has a type, field or content of a later release than the reference.
    public static let newerEntry = FindingCode("newer-entry")
    /// The log is of format version 2.
    public static let newerVersion = FindingCode("newer-version")
    /// A line is longer than the reader's limit of 2^31 - 1 bytes.
    public static let lineTooLong = FindingCode("line-too-long")
    /// An entry of a log of format version 2 stands without its envelope.
    public static let missingEnvelope = FindingCode("missing-envelope")
}
