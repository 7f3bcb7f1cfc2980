// A file and what was found in it, for reports on many files.

import SessionFormats

/// A file that was examined.
public struct ExaminedFile: Sendable {
    /// What to call it.
    public var path: String
    /// What was found.
    public var examination: Examination

    /// Puts the two together.
    public init(path: String, examination: Examination) { (self.path, self.examination) = (path, examination) }
}
