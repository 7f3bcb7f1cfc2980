// Saving, deleting and writing anew.

import SessionFormats

/// Saves keep all that is not theirs, and what they save is there.
public struct MemorySaves: Judge {
    /// The judge's name.
    public let name = "mv2-saves"
    /// What must hold.
    public let promise = """
        A save never moves footer_offset backwards, never touches bytes that are not its own, and what was saved is read \
        back in both modes with nothing to say.
        """

    /// Makes the judge.
    public init() {}

    /// Looks at one history.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        evidence.cases += 1
        evidence.bytesRead += try MemoryHistory(&choices).last.bytes.count
    }
}
