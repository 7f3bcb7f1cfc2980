// Reads session logs: a whole file at once, as its bytes are asked for, or as a stream with the memory of its longest line.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A reader of session logs. It never changes the file.
public struct SessionLogReader: Sendable {
    /// How much is done for a damaged file.
    public var mode: ReadingMode
    /// The release whose reader this one is: `v0_3_0`, or `reference` for that one and all later.
    public var version: SessionLogVersion
    /// Whether `SessionLog.canonicalDigest` is made while reading, which costs about as much as reading.
    public var digests: Bool
    /// Whether `read` works on all cores for files of several megabytes. The outcome is the same.
    public var usesAllCores: Bool
    /// How many bytes are parsed ahead at once.
    package var aheadPieceSize = LinesAhead.pieceSize

    /// Makes a reader; recover mode is the default.
    public init(
        mode: ReadingMode = .recover, version: SessionLogVersion = .reference, digests: Bool = false,
        usesAllCores: Bool = false
    ) {
        self.mode = mode
        self.version = version
        self.digests = digests
        self.usesAllCores = usesAllCores
    }

    /// Reads a file.
    ///
    /// - Throws: `SessionLogError`. In recover mode only when the file cannot be opened or gives neither a header nor
    ///   an entry.
    public func read(
        path: String, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(SessionLogError) -> SessionLog {
        let bytes: FileBytes
        do throws(FileSystemError) { bytes = try fileSystem.contents(of: path) } catch { throw .file(error) }
        return try read(bytes)
    }

    /// Reads bytes that are in memory or read when they are asked for.
    public func read(_ bytes: FileBytes) throws(SessionLogError) -> SessionLog {
        var interpreter = LogInterpreter(mode: mode, version: version, digests: digests)
        try interpreter.takeLines(of: bytes, fileOffset: 0, aheadPieces: usesAllCores ? aheadPieceSize : nil).get()
        try interpreter.finish()
        return SessionLog(
            header: interpreter.header, recovery: interpreter.recovery,
            entries: SessionLogEntries(
                bytes: bytes, records: interpreter.records, schema: interpreter.schema, fileOffset: 0),
            findings: interpreter.findings, digest: interpreter.digest?.finish(),
            headerRange: interpreter.headerRange)
    }

    /// Reads a file into values, in one pass; `read` is for those who need some of them.
    ///
    /// - Throws: As `read(path:on:)`.
    public func decode(
        path: String, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(SessionLogError) -> DecodedSessionLog {
        let bytes: FileBytes
        do throws(FileSystemError) { bytes = try fileSystem.contents(of: path) } catch { throw .file(error) }
        return try decode(bytes)
    }

    /// Reads bytes that are in memory into values, in one pass.
    public func decode(_ bytes: FileBytes) throws(SessionLogError) -> DecodedSessionLog {
        var interpreter = LogInterpreter(mode: mode, version: version, keepsValues: true)
        try interpreter.takeLines(of: bytes, fileOffset: 0).get()
        try interpreter.finish()
        return DecodedSessionLog(
            header: interpreter.header, recovery: interpreter.recovery, entries: interpreter.values,
            findings: interpreter.findings)
    }

    /// Reads bytes that are in memory.
    public func read(_ bytes: [UInt8]) throws(SessionLogError) -> SessionLog {
        try read(FileBytes(bytes))
    }

    /// Reads a file entry by entry with the memory of its longest line.
    ///
    /// - Parameter pieceSize: How much is read at once, in bytes; at least 1.
    /// - Throws: `SessionLogError.file` when the file cannot be opened.
    public func stream(
        path: String, pieceSize: Int = 1 << 20, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(SessionLogError) -> SessionLogStream {
        do throws(FileSystemError) {
            return SessionLogStream(
                file: try fileSystem.open(path, .read),
                interpreter: LogInterpreter(mode: mode, version: version, digests: digests), pieceSize: pieceSize)
        } catch { throw .file(error) }
    }
}

extension LogInterpreter {
    /// Takes all lines of a buffer; the last one may lack its newline.
    ///
    /// - Parameter aheadPieces: The size of the pieces in which plain lines are parsed ahead on other cores; nil for not.
    mutating func takeLines(
        of bytes: FileBytes, fileOffset: Int, aheadPieces: Int? = nil
    ) -> Result<Void, SessionLogError> {
        schema.withParser { parser in
            bytes.withBytes { buffer in
                // What the digest has not hashed yet stands in this buffer.
                defer { digest?.flush() }
                guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return .success(()) }
                // What goes beyond places is made line by line.
                var ahead = LinesAhead()
                if let aheadPieces, digest == nil, !keepsValues {
                    ahead = LinesAhead(buffer, schema: schema, pieceSize: aheadPieces)
                }
                var start = 0
                while start < buffer.count {
                    if let next = takeLinesAhead(&ahead, at: start) {
                        start = next
                        continue
                    }
                    if let next = takePlainLine(base, start, of: buffer.count, fileOffset: fileOffset, &parser) {
                        start = next
                        continue
                    }
                    let newline = memchr(base + start, 0x0A, buffer.count - start)
                    let end = newline.map { UnsafeRawPointer(base).distance(to: UnsafeRawPointer($0)) }
                    let line = Line(
                        base: base, start: start, end: end ?? buffer.count, loadable: buffer.count,
                        hasNewline: end != nil, fileOffset: fileOffset)
                    do throws(SessionLogError) {
                        try take(line, &parser)
                    } catch { return .failure(error) }
                    start = line.end + 1
                }
                return .success(())
            }
        }
    }
}
