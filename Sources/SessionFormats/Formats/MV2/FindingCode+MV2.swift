// What can be found in memories.

extension FindingCode {
    /// There is no whole table of contents.
    public static let missingTable = FindingCode("missing-table")
    /// A table of contents decodes and does not have its checksum.
    public static let tableChecksumMismatch = FindingCode("table-checksum-mismatch")
    /// A whole table of contents has no commit footer.
    public static let missingFooter = FindingCode("missing-footer")
    /// The header points at another table of contents than the last whole one, or copies another checksum.
    public static let headerMismatch = FindingCode("header-mismatch")
    /// The header names a table of contents behind the last whole one.
    public static let commitLost = FindingCode("commit-lost")
    /// The number of the last commit does not follow from the one before it.
    public static let generationJump = FindingCode("generation-jump")
    /// The header counts more records of the log as committed than there are.
    public static let logSequenceMismatch = FindingCode("log-sequence-mismatch")
    /// The log lies outside the file, or a record in it is damaged.
    public static let logDamaged = FindingCode("log-damaged")
    /// A record of the log was not committed.
    public static let pendingRecord = FindingCode("pending-record")
    /// The sessions are not where the table of contents says.
    public static let sessionsUnreadable = FindingCode("sessions-unreadable")
    /// Something that the table of contents points at reaches beyond the file.
    public static let regionOutside = FindingCode("region-outside")
    /// Two things that the table of contents points at share bytes.
    public static let regionOverlap = FindingCode("region-overlap")
    /// The header's padding or legacy lock is not zero.
    public static let paddingNotZero = FindingCode("padding-not-zero")
    /// The manifest counts other sessions or actions than there are.
    public static let manifestMismatch = FindingCode("manifest-mismatch")
    /// The actions or checkpoints of a session are not numbered as they are recorded.
    public static let sequenceBroken = FindingCode("sequence-broken")
    /// A checkpoint's hash is not that of its snapshot.
    public static let stateHashMismatch = FindingCode("state-hash-mismatch")
    /// A frame's payload does not have the hash that the table of contents gives.
    public static let frameHashMismatch = FindingCode("frame-hash-mismatch")
    /// Bytes do not have the hash that the table of contents gives.
    public static let contentHashMismatch = FindingCode("content-hash-mismatch")
}
