// What can be found in replay segments.

extension FindingCode {
    /// The version number is not one this library knows.
    public static let unknownVersion = FindingCode("unknown-version")
    /// The total size in the header is not the number of bytes that are there.
    public static let totalSizeMismatch = FindingCode("total-size-mismatch")
    /// The header's session count is smaller than the number of sessions in the bytes that follow.
    public static let sessionCountMismatch = FindingCode("session-count-mismatch")
    /// Bytes are left over inside a session's length.
    public static let trailingSessionBytes = FindingCode("trailing-session-bytes")
    /// Bytes follow the last session.
    public static let trailingBytes = FindingCode("trailing-bytes")
    /// Sessions were found where nothing points.
    public static let sessionsFoundByScan = FindingCode("sessions-found-by-scan")
}
