// The embedded write-ahead log. Its payloads are the writing program's own; here they are opaque.
//
//     u64 sequence  u32 length  4 reserved bytes  32 bytes BLAKE3 of the payload  payload
//
// Records follow one another from the region's start. A header of sequence 0 and length 0 ends them, and so does the end of
// the region.

/// What stands in a memory's log.
public struct MV2LogRegion: Sendable, Equatable {
    /// A record.
    public struct Record: Sendable, Equatable {
        /// Where it begins, from the start of the file.
        public var offset: Int
        /// Its number; larger than the header's means pending.
        public var sequence: UInt64
        /// The payload's length in bytes.
        public var length: Int

        /// Its bytes in the file.
        var range: Range<Int> { offset..<offset + MV2LogRegion.headerSize + length }
    }

    /// A record that cannot be used; all behind it are lost with it.
    public struct Damage: Sendable, Equatable, CustomStringConvertible {
        /// Where the record begins, from the start of the file.
        public var offset: Int
        /// What is wrong.
        public var problem: String
        /// One sentence.
        public var description: String { "The log's record at byte \(offset) is damaged: \(problem)." }
    }

    static let headerSize = 48

    /// Where it is in the file, as far as it is inside.
    let region: Range<Int>
    /// The records up to the end or to the first damaged one.
    public private(set) var records: [Record] = []
    /// What is wrong with the record behind them; nil when nothing is.
    public private(set) var damage: Damage?
    /// Where the records end, from the start of the file.
    public private(set) var end: Int

    /// Scans the part of a region that is inside the file.
    init(_ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ region: Range<Int>) {
        self.region = region
        end = region.lowerBound
        while damage == nil {
            bytes.load(end..<min(end + Self.headerSize, region.upperBound))
            guard let header = Self.header(buffer, at: end, region) else { return }
            if header.sequence == 0 && header.length == 0 { return }
            let payload = end + Self.headerSize..<end + Self.headerSize + header.length
            if header.length == 0 || payload.upperBound > region.upperBound {
                damage = Damage(
                    offset: end, problem: "its length is \(header.length) of \(region.upperBound - end) bytes left")
                return
            }
            bytes.load(payload)
            if bytes.hash(payload, in: buffer) != header.hash {
                damage = Damage(offset: end, problem: "its payload does not have its hash")
            } else {
                records.append(Record(offset: end, sequence: header.sequence, length: header.length))
                end = payload.upperBound
            }
        }
    }

    /// The whole records of a region, also those behind damaged ones whose length leads on.
    static func wholeRecords(
        _ bytes: FileBytes, _ buffer: UnsafeRawBufferPointer, _ region: Range<Int>
    ) -> [Record] {
        var records: [Record] = []
        var at = region.lowerBound
        while let header = header(buffer, at: at, region), header.length > 0,
            header.length <= region.upperBound - at - headerSize
        {
            let payload = at + headerSize..<at + headerSize + header.length
            if bytes.hash(payload, in: buffer) == header.hash {
                records.append(Record(offset: at, sequence: header.sequence, length: header.length))
            }
            at = payload.upperBound
        }
        return records
    }

    private static func header(
        _ buffer: UnsafeRawBufferPointer, at offset: Int, _ region: Range<Int>
    ) -> (sequence: UInt64, length: Int, hash: Digest)? {
        guard region.upperBound - offset >= headerSize else { return nil }
        var cursor = BincodeCursor(buffer, in: offset..<offset + headerSize)
        guard let sequence = try? cursor.integer(UInt64.self), let length = try? cursor.integer(UInt32.self),
            (try? cursor.integer(UInt32.self)) != nil, let hash = try? cursor.digest()
        else { return nil }
        return (sequence, Int(length), hash)
    }

    /// The records that no commit has taken over.
    public func pending(after sequence: UInt64) -> [Record] { records.filter { $0.sequence > sequence } }
}
