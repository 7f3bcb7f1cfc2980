// Where a field of a file stands, for people who look at bytes and for judges who flip them.

/// A field of a file and the bytes that it takes.
public struct FieldSpan: Sendable, Equatable, Codable {
    /// The field's names from the outermost inwards, joined by dots; items of lists by their number in brackets.
    public var path: String
    /// Its bytes, from the start of the file.
    public var range: Range<Int>
    /// Its value in words, short.
    public var value: String

    /// Makes a span.
    public init(path: String, range: Range<Int>, value: String) {
        self.path = path
        self.range = range
        self.value = value
    }
}
