// The stable names of what can be found; each format adds its own beside its reader.

/// The stable name of a kind of finding, in words joined by hyphens. Names never change their meaning; new ones may come.
public struct FindingCode: RawRepresentable, Sendable, Hashable, Codable {
    /// The name, as `crashlab check` prints it.
    public let rawValue: String

    /// A code of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A code of this name.
    public init(_ name: String) { self.init(rawValue: name) }
}

extension FindingCode {
    /// The file has no bytes at all.
    public static let emptyFile = FindingCode("empty-file")
    /// There were more findings than are kept; this one counts the rest.
    public static let moreFindings = FindingCode("more-findings")
    /// Another program changed the file while it was read.
    public static let changedWhileReading = FindingCode("changed-while-reading")
    /// A search for what is lost in the file was given up, so something may be there that was not found.
    public static let searchEnded = FindingCode("search-ended")
    /// The file does not decode; the message says where and what was expected.
    public static let undecodable = FindingCode("undecodable")
    /// Another format is as likely as the one that the file was read as.
    public static let ambiguousFormat = FindingCode("ambiguous-format")
    /// The content is of no format that this library knows.
    public static let unknownFormat = FindingCode("unknown-format")
}
