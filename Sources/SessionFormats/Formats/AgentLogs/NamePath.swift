// The names on a way into a record, held so that nothing is counted or allocated when the way is gone, which is done for every
// record.

struct NamePath: Sendable {
    private let first: StaticString?
    private let second: StaticString?

    /// No description has longer ways.
    static let longest = 2

    /// - Parameter names: No more than `longest`.
    init(_ names: some Collection<StaticString>) {
        precondition(names.count <= Self.longest, "a description has a way that is longer than \(Self.longest) names")
        first = names.first
        second = names.dropFirst().first
    }

    /// The value to which the way leads from another.
    @inline(__always)
    func value(from start: JSONView) -> JSONView? {
        guard let first else { return start }
        let next = start.member(first)
        guard let second else { return next }
        return next?.member(second)
    }

    /// Whether a text is one of the names.
    @inline(__always)
    func holds(_ text: JSONView) -> Bool {
        if let first, text.isText(first) { return true }
        if let second, text.isText(second) { return true }
        return false
    }
}
