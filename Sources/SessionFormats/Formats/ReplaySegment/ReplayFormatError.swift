// Why a replay segment or a sidecar could not be read.

/// A replay segment or sidecar that cannot be read as the reference reads it.
public enum ReplayFormatError: Error, Equatable, Sendable {
    /// The file could not be opened or read.
    case file(FileSystemError)
    /// Fewer bytes than the header takes.
    case tooShort(length: Int, needed: Int)
    /// The first eight bytes are not the format's magic.
    case wrongMagic(expected: String, found: [UInt8])
    /// At `offset` a length of `needed` bytes was read, and only `available` follow.
    case truncated(offset: Int, needed: UInt64, available: Int)
    /// The header counts more sessions than there are bytes for.
    case missingSessions(offset: Int, claimed: UInt32, found: Int)
    /// The payload does not decode.
    case undecodable(BincodeError)

    /// Where the problem is, in bytes from the start of the file; nil when the file could not be read at all.
    public var offset: Int? {
        switch self {
        case .file: nil
        case .tooShort(let length, _): length
        case .wrongMagic: 0
        case .truncated(let offset, _, _), .missingSessions(let offset, _, _): offset
        case .undecodable(let error): error.offset
        }
    }

    /// A short name for the kind of error.
    public var kind: String {
        switch self {
        case .file: "File"
        case .tooShort: "TooShort"
        case .wrongMagic: "WrongMagic"
        case .truncated, .missingSessions: "Truncated"
        case .undecodable: "Undecodable"
        }
    }
}

extension ReplayFormatError: CustomStringConvertible {
    /// One sentence with the offset and what was expected.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .tooShort(let length, let needed):
            "The header takes \(needed) bytes, and only \(length) are there."
        case .wrongMagic(let expected, let found):
            "At byte 0, \"\(expected)\" was expected, not the bytes \(Hex.string(found))."
        case .truncated(let offset, let needed, let available):
            "At byte \(offset), a length of \(needed) bytes was read, and only \(available) follow."
        case .missingSessions(let offset, let claimed, let found):
            "The bytes end at \(offset) after \(found) sessions; the header counts \(claimed)."
        case .undecodable(let error): error.description
        }
    }
}

extension ReplayFormatError {
    /// Throws when a format's header is not there.
    static func checkMagic(
        _ magic: String, in buffer: UnsafeRawBufferPointer, _ range: Range<Int>, headerSize: Int
    ) throws(ReplayFormatError) {
        let start = buffer[range].prefix(8)
        guard start.count < 8 || start.elementsEqual(magic.utf8) else {
            throw .wrongMagic(expected: magic, found: Array(start))
        }
        guard range.count >= headerSize else { throw .tooShort(length: range.count, needed: headerSize) }
    }
}
