// Reads session logs: a whole file at once, mapped, or as a stream with the memory of its longest line.

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

    /// Makes a reader; recover mode is the default.
    public init(mode: ReadingMode = .recover) {
        self.mode = mode
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

    /// Reads bytes that are in memory or mapped.
    public func read(_ bytes: FileBytes) throws(SessionLogError) -> SessionLog {
        var interpreter = LogInterpreter(mode: mode)
        let outcome = interpreter.takeLines(of: bytes, fileOffset: 0)
        try outcome.get()
        try interpreter.finish()
        return SessionLog(
            header: interpreter.header, recovery: interpreter.recovery,
            entries: SessionLogEntries(
                bytes: bytes, records: interpreter.records, schema: .version1, fileOffset: 0),
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
            return SessionLogStream(file: try fileSystem.open(path, .read), mode: mode, pieceSize: pieceSize)
        } catch { throw .file(error) }
    }
}

extension LogInterpreter {
    /// Takes all lines of a buffer; the last one may lack its newline.
    mutating func takeLines(of bytes: FileBytes, fileOffset: Int) -> Result<Void, SessionLogError> {
        EntrySchema.version1.withParser { parser in
            bytes.withBytes { buffer in
                guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return .success(()) }
                var start = 0
                while start < buffer.count {
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
