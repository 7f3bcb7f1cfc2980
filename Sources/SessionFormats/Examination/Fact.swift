// Something that only some formats have to say about a file or an item.

/// A named value; programs find it under its name in the JSON.
public struct Fact: Sendable, Equatable {
    /// A value as JSON knows it.
    public enum Value: Sendable, Equatable {
        /// A text.
        case text(String)
        /// An integer.
        case integer(Int64)
        /// A number from 0 to 2^64 - 1.
        case unsigned(UInt64)
        /// There is none, which is said.
        case none
    }

    /// The name, in camel case.
    public var name: String
    /// The value.
    public var value: Value

    /// Makes a fact.
    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// A text.
    public init(_ name: String, _ text: String) { self.init(name, .text(text)) }

    /// A number.
    public init(_ name: String, _ number: Int) { self.init(name, .integer(Int64(number))) }
}
