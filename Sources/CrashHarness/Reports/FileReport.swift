// What `crashlab check` has to say about one file.

import SessionFormats

/// The report on a file.
public struct FileReport: Sendable {
    /// How the file is, in one word.
    public enum Verdict: String, Sendable, Comparable {
        /// There is nothing to say.
        case clean
        /// All acknowledged data is there, after repair.
        case recovered
        /// Something is lost or wrong.
        case damaged
        /// No data could be had.
        case unreadable

        private var rank: Int {
            switch self {
            case .clean: 0
            case .recovered: 1
            case .damaged: 2
            case .unreadable: 3
            }
        }

        /// Orders by how bad it is.
        public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
    }

    /// An error that left nothing to read.
    public struct ReadError: Sendable {
        /// A short name.
        public var kind: String
        /// A sentence.
        public var message: String
    }

    /// The file.
    public var path: String
    /// Its format.
    public var format: FileFormat
    /// How it is.
    public var verdict: Verdict
    /// For session logs: what reading concluded.
    public var recovery: CrashRecovery?
    /// Why there is nothing to read.
    public var error: ReadError?
    /// For session logs that were not streamed: the surviving entries.
    public var entries: SessionLogEntries?
    /// For session logs: how many entries survive.
    public var entryCount: Int?
    /// For session logs that were not streamed: BLAKE3 of the surviving entries as the reference would print them.
    public var canonicalDigest: String?
    /// For binary formats: the sessions.
    public var sessions: [SessionSummary]?
    /// For memories: where the table of contents that was used begins, in bytes.
    public var footerOffset: Int?
    /// For memories: which commit that is.
    public var generation: UInt64?
    /// What there is to say, in the order of the file.
    public var findings: [Finding] = []

    private init(_ path: String, _ format: FileFormat, _ verdict: Verdict) {
        self.path = path
        self.format = format
        self.verdict = verdict
    }

    /// Examines a file's bytes.
    ///
    /// - Parameters:
    ///   - deep: For memories, whether all content that has a hash is hashed.
    ///   - digests: For session logs, whether the canonical digest is made.
    ///   - usesAllCores: Whether a large file is read on all cores.
    public init(
        path: String, bytes: FileBytes, mode: ReadingMode = .recover, deep: Bool = false, digests: Bool = false,
        usesAllCores: Bool = false
    ) {
        let format = FileFormat(of: bytes)
        self.init(path, format, .unreadable)
        let reader = SessionLogReader(mode: mode, digests: digests, usesAllCores: usesAllCores)
        switch format {
        case .sessionLog: examineLog(bytes, reader)
        case .replaySegment: examineSegment(bytes, mode)
        case .activeSession: examineSidecar(bytes)
        case .liveReplayTrace: examineTrace(bytes)
        case .memory: examineMemory(bytes, mode, deep: deep)
        case .unknown:
            refuse("UnknownFormat", "The content is of no format that is known here.", .unknownFormat, bytes.count)
        }
    }

    /// Examines a session log as a stream, with the memory of its longest line; entries are counted, not listed.
    public init(
        streaming path: String, mode: ReadingMode = .recover, digests: Bool = false,
        on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(FileSystemError) {
        self.init(path, .sessionLog, .unreadable)
        do throws(SessionLogError) {
            let reader = SessionLogReader(mode: mode, digests: digests)
            let summary = try reader.stream(path: path, on: fileSystem).finish()
            (recovery, entryCount, canonicalDigest) = (summary.recovery, summary.entryCount, summary.canonicalDigest)
            judge(summary.findings, recovery: summary.recovery)
        } catch .file(let error) {
            throw error
        } catch {
            refuse(error)
        }
    }

    // MARK: Formats

    private mutating func examineLog(_ bytes: FileBytes, _ reader: SessionLogReader) {
        do throws(SessionLogError) {
            let log = try reader.read(bytes)
            (recovery, entryCount) = (log.recovery, log.entries.count)
            if reader.digests { canonicalDigest = log.canonicalDigest }
            entries = log.entries
            judge(log.findings, recovery: log.recovery)
        } catch { refuse(error) }
    }

    private mutating func examineSegment(_ bytes: FileBytes, _ mode: ReadingMode) {
        do throws(ReplayFormatError) {
            let segment = try ReplaySegment.read(bytes, mode: mode)
            sessions = segment.sessions.map(\.summary)
            judge(segment.findings)
            let hasNothing = segment.sessions.isEmpty && segment.findings.all.contains { $0.code == .undecodable }
            if hasNothing { verdict = .unreadable }
        } catch { refuse(error) }
    }

    private mutating func examineMemory(_ bytes: FileBytes, _ mode: ReadingMode, deep: Bool) {
        do throws(MV2Error) {
            let memory = try MV2File.open(bytes, mode: mode)
            sessions = memory.sessions.map(\.summary)
            footerOffset = memory.tableRange?.lowerBound
            generation = memory.generation
            judge(mode == .reference ? memory.findings : memory.verified(deep: deep))
            if memory.table == nil && memory.sessions.isEmpty {
                verdict = .unreadable
                error = ReadError(kind: "InvalidToc", message: "Neither a table of contents nor a session is whole.")
            }
        } catch {
            refuse(error.kind, error.description, .undecodable, 0, at: error.offset ?? 0)
        }
    }

    private mutating func examineSidecar(_ bytes: FileBytes) {
        do throws(ReplayFormatError) {
            sessions = [SessionSummary(try ActiveSession(decoding: bytes).session)]
            verdict = .clean
        } catch { refuse(error) }
    }

    private mutating func examineTrace(_ bytes: FileBytes) {
        do throws(LiveReplayTrace.Malformed) {
            let difference = try LiveReplayTrace(bytes).firstDifference()
            verdict = difference == nil ? .clean : .damaged
            findings = difference.map { [$0.finding] } ?? []
        } catch {
            refuse("Malformed", error.description, .undecodable, 0, at: error.offset)
            findings[0].line = error.line
        }
    }

    private mutating func judge(_ findings: Findings, recovery: CrashRecovery? = nil) {
        self.findings = findings.report
        var worst = findings.worst
        // Reference mode makes no findings; its outcome says as much.
        if let recovery, recovery.corruptCount > 0 { worst = .error }
        if let recovery, recovery.isTorn { worst = max(worst ?? .warning, .warning) }
        switch worst {
        case .error: verdict = .damaged
        case .warning: verdict = .recovered
        case .note, nil: verdict = .clean
        }
    }

    private mutating func refuse(_ error: SessionLogError) {
        refuse(
            error.kind ?? "File", error.description, error == .empty ? .emptyFile : .invalidHeader, 0,
            at: error.offset ?? 0)
    }

    private mutating func refuse(_ error: ReplayFormatError) {
        refuse(error.kind, error.description, .undecodable, 0, at: error.offset ?? 0)
    }

    private mutating func refuse(
        _ kind: String, _ message: String, _ code: FindingCode, _ length: Int, at offset: Int = 0
    ) {
        verdict = .unreadable
        error = ReadError(kind: kind, message: message)
        findings = [Finding(code, .error, offset: offset, length: length, message: message)]
    }
}

extension LiveReplayTrace.Difference {
    fileprivate var finding: Finding {
        Finding(
            .traceDifference, .error, offset: offset, length: 0, line: line,
            message: "The answer had to be \(expected), and \(recorded) is recorded.")
    }
}
