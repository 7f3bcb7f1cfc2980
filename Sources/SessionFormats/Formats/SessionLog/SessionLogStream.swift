// A session log read piece by piece, for files that are larger than memory or still being written.

/// The entries of a log, one after another.
///
///     let stream = try SessionLogReader().stream(path: path)
///     while let entry = try stream.next() { … }
///     let summary = try stream.finish()
public final class SessionLogStream {
    private var feed: LineFeed
    private var interpreter: LogInterpreter
    private var failure: SessionLogError?
    private var current: SessionLogEntries?
    private var position = 0

    init(file: any OpenFile, interpreter: LogInterpreter, pieceSize: Int) {
        feed = LineFeed(file, pieceSize: pieceSize)
        self.interpreter = interpreter
    }

    deinit { feed.close() }

    /// The next surviving entry; nil at the end. Entries that stand before an error come before it.
    ///
    /// - Throws: `SessionLogError`, and the same again when it is called again.
    public func next() throws(SessionLogError) -> SessionLogEntry? {
        while true {
            if let current, position < current.endIndex {
                defer { position += 1 }
                return current[position]
            }
            if let failure { throw failure }
            guard !feed.isAtEnd else { return nil }
            readPiece()
        }
    }

    /// What the whole file amounts to. Reads what has not been read yet.
    ///
    /// - Throws: `SessionLogError`.
    public func finish() throws(SessionLogError) -> Summary {
        while try next() != nil {}
        try interpreter.finish()
        let change = try change()
        return Summary(
            header: interpreter.header, recovery: interpreter.recovery, entryCount: interpreter.entryCount,
            findings: interpreter.findings, canonicalDigest: interpreter.digest?.finish().description, change: change)
    }

    /// What another program did to the file while it was read so far; nil when what was read is what it holds.
    ///
    /// - Throws: `SessionLogError.file` when the file cannot be read any more.
    public func change() throws(SessionLogError) -> FileChange? {
        do throws(FileSystemError) { return try feed.change() } catch { throw .file(error) }
    }

    /// What is known when a stream has ended.
    public struct Summary: Sendable {
        /// The header, if it survived.
        public let header: SessionHeader?
        /// What reading concluded.
        public let recovery: CrashRecovery
        /// The number of surviving entries.
        public let entryCount: Int
        /// What there is to say; empty in reference mode.
        public let findings: Findings
        /// As `SessionLog.canonicalDigest`, when the reader was asked for it.
        public let canonicalDigest: String?
        /// What another program did to the file while it was read; nil when what was read is what it held.
        public let change: FileChange?
    }

    private func readPiece() {
        do throws(FileSystemError) {
            try feed.fill()
        } catch {
            failure = .file(error)
            feed.end()
        }
        let (bytes, fileOffset) = feed.take()
        interpreter.records = EntryRecords()
        if case .failure(let error) = interpreter.takeLines(of: bytes, fileOffset: fileOffset), failure == nil {
            failure = error
            feed.end()
        }
        current = SessionLogEntries(
            bytes: bytes, records: interpreter.records, schema: interpreter.schema, fileOffset: fileOffset)
        position = 0
    }
}
