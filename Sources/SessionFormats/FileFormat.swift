// Which format a file has, told from its content: names are not to be relied on in a damaged folder.

/// A format that this library knows.
public enum FileFormat: String, Sendable, CaseIterable {
    /// A session log, JSON Lines.
    case sessionLog = "session-log"
    /// A memory, `.mv2`.
    case memory = "mv2"
    /// A replay segment outside a memory.
    case replaySegment = "replay-segment"
    /// The sidecar of a session that is being recorded.
    case activeSession = "active-session"
    /// A recorded run of a live replay store, JSON Lines.
    case liveReplayTrace = "live-replay-trace"
    /// None of these.
    case unknown

    /// Tells the format of a file.
    ///
    /// Binary formats are told by their magic, also when the file ends inside it, and traces by their header. What else
    /// begins with an object or array,
    /// or holds a header or an entry that can be recovered, is a session log; so is an empty file, since a log is the
    /// only format that gives an empty file a meaning.
    public init(of bytes: FileBytes) {
        let start = bytes.copy(0..<8)
        if start.isEmpty {
            self = .sessionLog
        } else if Self.begins(start, ReplaySegment.magic) {
            self = .replaySegment
        } else if Self.begins(start, ActiveSession.magic) {
            self = .activeSession
        } else if Self.begins(start, "MV2\0") || Self.begins(start, "MV2E") {
            self = .memory
        } else {
            self = Self.ofContent(bytes)
        }
    }

    private static func ofContent(_ bytes: FileBytes) -> FileFormat {
        if isTrace(bytes) { return .liveReplayTrace }
        if isSessionLog(bytes) { return .sessionLog }
        // A memory whose header is gone still has what stands behind it.
        let isMemory = bytes.withBytes { buffer in
            BytePattern.last(MV2Footer.magic, in: buffer, before: buffer.count) != nil
                || BytePattern.first(ReplaySegment.magic, in: buffer, from: 0) != nil
        }
        return isMemory ? .memory : .unknown
    }

    /// Whether bytes begin with a magic; fewer bytes than that must be the beginning of it, and more than "M".
    private static func begins(_ start: [UInt8], _ magic: String) -> Bool {
        let magic = Array(magic.utf8)
        return start.count < magic.count ? start.count > 3 && magic.starts(with: start) : start.starts(with: magic)
    }

    /// Whether the first line is a trace's header, which is short.
    private static func isTrace(_ bytes: FileBytes) -> Bool {
        let line = bytes.copy(0..<4096).prefix { $0 != 0x0A }
        guard line.first == 0x7B, let header = try? JSONValue(line) else { return false }
        return header["type"]?.string == LiveReplayTrace.type
    }

    private static func isSessionLog(_ bytes: FileBytes) -> Bool {
        let first = bytes.copy(0..<4096).first { ![0xEF, 0xBB, 0xBF, 0x00, 0x09, 0x0A, 0x0D, 0x20].contains($0) }
        if first == 0x7B || first == 0x5B { return true }
        return (try? SessionLogReader().read(bytes)) != nil
    }
}
