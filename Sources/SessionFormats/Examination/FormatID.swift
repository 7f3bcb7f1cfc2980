// The names of formats.

/// The stable name of a file format, in words joined by hyphens. Each format declares its own beside its reader.
public struct FormatID: RawRepresentable, Sendable, Hashable, CustomStringConvertible, Codable {
    /// The name, as `crashlab check` prints it and `--as` takes it.
    public let rawValue: String

    /// An identifier of this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// An identifier of this name.
    public init(_ name: String) { self.init(rawValue: name) }

    /// Stands for content that no known format recognises.
    public static let unknown = FormatID("unknown")

    /// The name.
    public var description: String { rawValue }
}
