// What can be wrong with bincode, always with the byte where it is wrong.

/// Bytes that do not decode.
public struct BincodeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Problem: Equatable, Sendable {
        /// A value needs this many bytes, and only so many are left.
        case truncated(needed: UInt64, available: Int)
        /// A count of items that the bytes left cannot hold.
        case impossibleCount(UInt64, available: Int)
        /// A Bool byte other than 0 and 1.
        case invalidBool(UInt8)
        /// The byte before an optional value is neither 0 nor 1.
        case invalidOption(UInt8)
        /// The number of an enum's variant is not below `count`.
        case unknownVariant(UInt32, count: Int)
        /// A string that is not UTF-8; the offset is that of its first bad byte.
        case invalidUTF8
        /// The byte count before a UUID is not 16.
        case invalidUUIDLength(UInt64)
        /// Bytes are left over where the value should end.
        case trailing(Int)
        /// More of something than the reference reads.
        case excess(String)
    }

    /// Where, in bytes from the start of the file.
    public var offset: Int
    /// What is wrong.
    public var problem: Problem

    /// Makes an error.
    public init(offset: Int, _ problem: Problem) {
        self.offset = offset
        self.problem = problem
    }

    /// One sentence with the offset and what was expected.
    public var description: String {
        switch problem {
        case .truncated(let needed, let available):
            "At byte \(offset), \(needed) bytes are needed and \(available) are left."
        case .impossibleCount(let count, let available):
            "At byte \(offset), a count of \(count) items was read, which the \(available) bytes left cannot hold."
        case .invalidBool(let byte): "At byte \(offset), a Bool (0 or 1) was expected, not \(byte)."
        case .invalidOption(let byte): "At byte \(offset), an option's tag (0 or 1) was expected, not \(byte)."
        case .unknownVariant(let number, let count):
            "At byte \(offset), a variant number below \(count) was expected, not \(number)."
        case .invalidUTF8: "At byte \(offset), a string stops being UTF-8."
        case .invalidUUIDLength(let length): "At byte \(offset), a UUID's length (16) was expected, not \(length)."
        case .trailing(let count): "At byte \(offset) the value ends, and \(count) bytes are left over."
        case .excess(let what): "What begins at byte \(offset) holds \(what), which is more than is read."
        }
    }
}
