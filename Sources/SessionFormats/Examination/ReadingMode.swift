// How closely a reader follows the reference implementation.

/// How much a reader does for a damaged file.
public enum ReadingMode: String, Sendable, CaseIterable {
    /// Exactly the outcome of the reference implementation.
    case reference
    /// At least that; says what it repaired and where.
    case recover
}
