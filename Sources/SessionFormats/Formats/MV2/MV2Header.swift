// The first 4,096 bytes of a memory.

/// A memory's header.
public struct MV2Header: Sendable, Equatable {
    /// The first four bytes.
    public static let magic: [UInt8] = Array("MV2\0".utf8)
    /// How many bytes the header takes, padding included.
    public static let size = 4_096
    /// The version and the specification's numbers that must be there.
    static let version: UInt16 = 0x0201
    static let specification: [UInt8] = [2, 1]
    /// Where the first program to lock a memory left who it was; zeroed since.
    static let legacyLock = 80..<140

    /// Where the table of contents begins.
    public var footerOffset: UInt64
    /// Where the log begins.
    public var logOffset: UInt64
    /// How many bytes the log takes.
    public var logSize: UInt64
    /// A position in the log that the reference keeps; it does not matter on open.
    public var logCheckpoint: UInt64
    /// Records with a larger sequence are pending.
    public var logSequence: UInt64
    /// The table of contents' checksum when the header was written; the reference never checks this copy.
    public var tableChecksum: Digest

    /// The bytes of the log, as the header claims them.
    public var log: MV2Region { MV2Region(offset: logOffset, length: logSize) }

    /// Reads a header.
    ///
    /// - Throws: `MV2Error` for what the reference refuses.
    init(_ buffer: UnsafeRawBufferPointer) throws(MV2Error) {
        if buffer.starts(with: "MV2E".utf8) { throw .encrypted }
        guard buffer.count >= Self.size else { throw .tooShort(length: buffer.count) }
        guard buffer.starts(with: Self.magic) else { throw .wrongMagic(found: Array(buffer.prefix(4))) }
        let version = UInt16(littleEndian: buffer.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        guard version == Self.version else { throw .unknownVersion(offset: 4, found: version) }
        guard buffer[6..<8].elementsEqual(Self.specification) else {
            throw .wrongSpecification(offset: 6, found: Array(buffer[6..<8]))
        }
        var cursor = BincodeCursor(buffer, in: 8..<80)
        do throws(BincodeError) {
            footerOffset = try cursor.integer(UInt64.self)
            logOffset = try cursor.integer(UInt64.self)
            logSize = try cursor.integer(UInt64.self)
            logCheckpoint = try cursor.integer(UInt64.self)
            logSequence = try cursor.integer(UInt64.self)
            tableChecksum = try cursor.digest()
        } catch { throw .undecodable(error) }
        guard logOffset >= UInt64(Self.size) else { throw .logInsideHeader(offset: 16, found: logOffset) }
        guard logSize > 0 else { throw .emptyLog(offset: 24) }
    }

    init(footerOffset: UInt64, log: MV2Region, tableChecksum: Digest) {
        self.footerOffset = footerOffset
        (logOffset, logSize) = (log.offset, log.length)
        (logCheckpoint, logSequence) = (0, 0)
        self.tableChecksum = tableChecksum
    }

    /// The bytes up to the legacy lock: all that a save changes.
    func encodedFields() -> [UInt8] {
        var encoder = BincodeEncoder()
        encoder.append(raw: Self.magic)
        encoder.append(Self.version)
        encoder.append(raw: Self.specification)
        for number in [footerOffset, logOffset, logSize, logCheckpoint, logSequence] { encoder.append(number) }
        encoder.append(raw: tableChecksum.bytes)
        return encoder.bytes
    }
}

/// Why a memory cannot be opened.
public enum MV2Error: Error, Equatable, Sendable {
    /// The file could not be read, written or locked.
    case file(FileSystemError)
    /// The file is an encrypted capsule.
    case encrypted
    /// Fewer bytes than the header takes.
    case tooShort(length: Int)
    /// The first four bytes are not the format's magic.
    case wrongMagic(found: [UInt8])
    /// The version is not 0x0201.
    case unknownVersion(offset: Int, found: UInt16)
    /// The specification's numbers are not 2 and 1.
    case wrongSpecification(offset: Int, found: [UInt8])
    /// The log would begin inside the header.
    case logInsideHeader(offset: Int, found: UInt64)
    /// The log has no bytes.
    case emptyLog(offset: Int)
    /// Something does not decode.
    case undecodable(BincodeError)
    /// No table of contents could be found anywhere.
    case noTable(offset: UInt64)
    /// A table's checksum is not that of its bytes.
    case tableChecksum(offset: Int)
    /// A record of the log is damaged.
    case log(MV2LogRegion.Damage)
    /// Two active frames share bytes, or one reaches beyond the file.
    case frames(offset: UInt64, String)
    /// The sessions cannot be read.
    case sessions(ReplayFormatError)
    /// The manifest points beyond the file.
    case sessionsOutside(MV2Region, fileSize: Int)
    /// There is no session of this identifier.
    case unknownSession(SessionID)
    /// There is something of this name already.
    case exists(String)
    /// Another program put another file in place of the one that is open.
    case replaced(String)
    /// The table of contents names bytes that the file does not have, so it cannot be written over or anew.
    case contentOutside(end: UInt64, fileSize: Int)
    /// What has to be written does not fit into 2^63 bytes.
    case tooLarge

    /// A short name for the kind of error.
    public var kind: String {
        switch self {
        case .file: "File"
        case .encrypted: "Encrypted"
        case .tooShort: "TooShort"
        case .wrongMagic, .unknownVersion, .wrongSpecification, .logInsideHeader, .emptyLog: "InvalidHeader"
        case .undecodable, .noTable, .tableChecksum: "InvalidToc"
        case .log: "WalCorruption"
        case .frames: "InvalidFrame"
        case .sessions, .sessionsOutside: "InvalidReplaySegment"
        case .contentOutside: "InvalidToc"
        case .unknownSession: "UnknownSession"
        case .exists: "Exists"
        case .replaced: "Replaced"
        case .tooLarge: "TooLarge"
        }
    }

    /// Where, in bytes from the start of the file; nil when that means nothing.
    public var offset: Int? {
        switch self {
        case .file, .unknownSession, .exists, .replaced, .tooLarge: nil
        case .encrypted, .wrongMagic: 0
        case .tooShort(let length): length
        case .unknownVersion(let offset, _), .wrongSpecification(let offset, _), .logInsideHeader(let offset, _),
            .emptyLog(let offset), .tableChecksum(let offset):
            offset
        case .undecodable(let error): error.offset
        case .noTable(let offset), .frames(let offset, _): Int(clamping: offset)
        case .log(let damage): damage.offset
        case .sessions(let error): error.offset
        case .sessionsOutside(let region, _): Int(clamping: region.offset)
        case .contentOutside(_, let size): size
        }
    }
}

extension MV2Error: CustomStringConvertible {
    /// One sentence with the offset and what was expected.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .encrypted: "This is an encrypted capsule (MV2E); decrypt it with the program that wrote it."
        case .tooShort(let length): "The header takes \(MV2Header.size) bytes, and only \(length) are there."
        case .wrongMagic(let found): "At byte 0, \"MV2\" and a zero were expected, not the bytes \(Hex.string(found))."
        case .unknownVersion(let offset, let found):
            "At byte \(offset), version \(MV2Header.version) was expected, not \(found)."
        case .wrongSpecification(let offset, let found):
            "At byte \(offset), the specification 2.1 was expected, not \(found.map(String.init).joined(separator: "."))."
        case .logInsideHeader(let offset, let found):
            "At byte \(offset), the log's offset (\(MV2Header.size) or more) was expected, not \(found)."
        case .emptyLog(let offset): "At byte \(offset), the log's size was expected, which is not 0."
        case .undecodable(let error): error.description
        case .noTable(let offset):
            "There is no table of contents at byte \(offset), where the header says it is, nor before any commit footer."
        case .tableChecksum(let offset): "The table of contents at byte \(offset) does not have its own checksum."
        case .log(let damage): damage.description
        case .frames(_, let what): what
        case .sessions(let error): error.description
        case .sessionsOutside(let region, let size):
            "The sessions should be at byte \(region.offset), \(region.length) long; the file has \(size) bytes."
        case .contentOutside(let end, let size):
            "The table of contents names bytes up to \(end), and the file has \(size): part of it is lost. Sessions can be "
                + "saved behind what is there, but the file cannot be written anew."
        case .unknownSession(let id): "There is no session \(id) in this memory."
        case .exists(let path): "\(path) exists already."
        case .replaced(let path):
            "Another program has put another file in place of \(path) since it was opened; open it again."
        case .tooLarge: "The file would become larger than can be written."
        }
    }
}
