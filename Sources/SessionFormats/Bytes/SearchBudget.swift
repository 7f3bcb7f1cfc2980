// What a search may cost, so that it takes time proportional to the file whatever stands in it.
//
// Files that were merely damaged cost a search a few times their size. A file made to be searched for ever ends it, which is
// said: what stands where it was not searched was not found.

/// Bytes that a search may look at more than once.
final class SearchBudget {
    private var left: Int
    private var spent = 0
    /// Where the search was given up; nil when it was not.
    private(set) var end: Int?

    /// - Parameter bytes: How many may be looked at.
    init(_ bytes: Int) { left = bytes }

    // The meter is asked for once a search.
    deinit { WorkMeter.add(spent) }

    /// Whether the search was given up.
    var hasEnded: Bool { end != nil }

    /// Pays for looking at so many bytes.
    ///
    /// - Parameter place: Where in the file the search is.
    /// - Returns: Whether it may go on.
    func spend(_ bytes: Int, at place: Int) -> Bool {
        spent += min(bytes, max(0, left))
        left -= bytes
        if left < 0, end == nil { end = place }
        return left >= 0
    }
}
