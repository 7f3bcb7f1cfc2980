// Why a session log could not be read at all.

/// A log that gives no session.
public enum SessionLogError: Error, Equatable, Sendable {
    /// The file could not be opened or read.
    case file(FileSystemError)
    /// The file has no bytes.
    case empty
    /// The byte at this offset is not UTF-8 (reference mode refuses the whole file for it).
    case notUTF8(offset: Int)
    /// The first line is not a header; the offset is where it stops being one.
    case invalidHeader(offset: Int, reason: String)
    /// The first line has another type.
    case unexpectedHeaderType(String)
    /// The first line has another version.
    case unsupportedVersion(UInt32)

    /// The reference's name for the kind of error, nil for errors of the file system.
    public var kind: String? {
        switch self {
        case .file: nil
        case .empty: "UnexpectedEof"
        default: "InvalidData"
        }
    }

    /// Where the problem is, in bytes from the start of the file.
    public var offset: Int? {
        switch self {
        case .notUTF8(let offset), .invalidHeader(let offset, _): offset
        case .empty, .unexpectedHeaderType, .unsupportedVersion: 0
        case .file: nil
        }
    }
}

extension SessionLogError: CustomStringConvertible {
    /// The reference's message; behind "invalid session header: " stand our own words.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .empty: "empty session file"
        case .notUTF8: "stream did not contain valid UTF-8"
        case .invalidHeader(let offset, let reason): "invalid session header: \(reason) at byte \(offset)"
        case .unexpectedHeaderType(let type): "expected header type 'session', got '\(type)'"
        case .unsupportedVersion(let version):
            "unsupported session version \(version), expected \(SessionHeader.currentVersion)"
        }
    }
}
