// Files that were made to cost a reader time, of any size.
//
// Readers that search look at bytes again when what they found came to nothing. Each family is something that comes to
// nothing again and again: nested beginnings without an end, magics, counts that promise more than there is.

/// A way to make a hostile file of a size.
public struct HostileFamily: Sendable {
    /// What is in the files, in a few words.
    public let name: String
    private let make: @Sendable (Int) -> [UInt8]

    /// A family.
    ///
    /// - Parameter make: Makes a file of about so many bytes, the same each time.
    public init(_ name: String, make: @escaping @Sendable (Int) -> [UInt8]) {
        self.name = name
        self.make = make
    }

    /// One piece again and again.
    ///
    /// - Parameters:
    ///   - piece: At least one byte.
    ///   - beginning: What stands before.
    ///   - end: What stands behind.
    public init(_ name: String, repeating piece: [UInt8], behind beginning: [UInt8] = [], end: [UInt8] = []) {
        self.init(name) { size in
            var file = beginning
            file.reserveCapacity(beginning.count + size + piece.count + end.count)
            // So many bytes of what costs, whatever stands before: a large beginning would hide the growth of a small file.
            while file.count < beginning.count + size { file += piece }
            return file + end
        }
    }

    /// The same for texts.
    public init(_ name: String, repeating piece: String, behind beginning: String = "", end: String = "") {
        self.init(name, repeating: Array(piece.utf8), behind: Array(beginning.utf8), end: Array(end.utf8))
    }

    /// A file of about so many bytes.
    public func file(size: Int) -> [UInt8] { make(size) }

    private static let pieces: [(String, [UInt8])] = [
        ("NUL bytes", [0]), ("bytes of 255", [255]), ("line ends", [0x0A]), ("brackets", Array("[".utf8)),
        ("quotes", Array("\"".utf8)), ("braces", Array("{".utf8)), ("nested objects", Array("{\"a\":".utf8)),
        ("numbers of one", [1, 0, 0, 0, 0, 0, 0, 0]), ("numbers of sixteen", [16, 0, 0, 0, 0, 0, 0, 0]),
    ]

    /// What is for every format.
    ///
    /// - Parameter whole: A small whole file of the format.
    static func common(behind whole: [UInt8]) -> [HostileFamily] {
        let first = Array(whole.prefix { $0 != 0x0A } + [0x0A])
        let later = whole.dropFirst(first.count)
        return pieces.flatMap { name, piece in
            [
                HostileFamily(name, repeating: piece),
                HostileFamily("\(name) behind a whole file", repeating: piece, behind: whole),
            ]
        } + [
            HostileFamily("whole files", repeating: whole.isEmpty ? [0] : whole),
            HostileFamily("all but the first line", repeating: later.isEmpty ? [0x0A] : Array(later), behind: first),
            HostileFamily("halves of files", repeating: [0] + whole.prefix(whole.count / 2), behind: whole),
        ]
    }
}
