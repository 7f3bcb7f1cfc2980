// What a reader has to say about a file, for people and for programs.
//
// A finding points at bytes. Its code is stable (programs match on it), its severity decides the verdict, and its
// message is a sentence that a person can act on.

/// One thing to say about a file.
public struct Finding: Sendable, Equatable, Codable {
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
