// The logs of agents as formats of the catalogue: one type for all, a description for each.

/// The session log of an agent, read by its description.
public struct AgentLogFormat: SessionFormat {
    private let plan: LogPlan
    private var log: AgentLog { plan.log }

    init(_ log: AgentLog) { plan = LogPlan(log) }

    /// The agents that are known here.
    public static let all: [AgentLogFormat] = [.claudeCode, .codex, .pi, .copilot, .gemini, .qwen]

    /// Claude Code.
    public static let claudeCode = AgentLogFormat(.claudeCode)
    /// OpenAI's Codex.
    public static let codex = AgentLogFormat(.codex)
    /// pi.
    public static let pi = AgentLogFormat(.pi)
    /// GitHub's Copilot CLI.
    public static let copilot = AgentLogFormat(.copilot)
    /// Gemini CLI.
    public static let gemini = AgentLogFormat(.gemini)
    /// Qwen Code.
    public static let qwen = AgentLogFormat(.qwen)

    /// The agent's name: "claude-code".
    public var id: FormatID { log.id }

    /// As in "A session of Claude Code".
    public var title: String { "A session of \(log.agent)" }

    /// What people call the agent.
    public var agent: String { log.agent }

    /// Where the agent keeps its sessions, below the home folder.
    public var folders: [String] { log.folders }

    /// Whether a file in one of these folders is a session, by its name without folders.
    public func holdsSession(named name: String) -> Bool {
        if name.hasSuffix(".jsonl") { return true }
        return log.objectNames.map { name.hasPrefix($0.beginning) && name.hasSuffix($0.end) } ?? false
    }

    // MARK: Recognition

    /// A record that only this agent writes is nearly sure at the beginning, and structure elsewhere.
    public func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        Self.recognise([self], in: bytes, depth)[0]
    }

    // MARK: Examination

    /// Reads the log, and asks what the agent's own reader would make of it.
    public func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        guard bytes.count > 0 else { return refusalOfEmpty(bytes) }
        let object = log.view == .gemini && options.mode == .recover ? GeminiObject(bytes) : nil
        let lines = object?.asLines(bytes) ?? bytes
        let scan = AgentLogScan.read(lines, plan, mode: options.mode)
        let view = AgentView(scan, bytes, whole: bytes, object, listed: options.mode == .reference)
        let report = AgentLogReport(scan, view, lines, options)
        return report.examination(of: bytes, as: lines)
    }

    /// Reads the log with the memory of its longest line and of its graph; records are counted, not listed. Not for pi
    /// and Gemini CLI, whose views are made from the values of all records.
    public func examineStream(
        path: String, on fileSystem: any FileSystem, _ options: ExaminationOptions
    ) throws(FileSystemError) -> Examination? {
        guard log.view != .pi, log.view != .gemini else { return nil }
        let file = try fileSystem.open(path, .read)
        defer { file.close() }
        var reading = AgentLogScan(plan, mode: options.mode)
        var lines = RecordLines(log.lines, textRange: 0..<Int.max)
        var feed = LineFeed(file)
        while !feed.isAtEnd {
            try feed.fill()
            let (bytes, offset) = feed.take()
            bytes.withBytes { buffer in
                if offset == 0 { reading.noteByteOrderMark(buffer) }
                lines.takeAll(of: buffer, fileOffset: offset) { reading.take($0) }
            }
        }
        let scan = reading.finished(firstInvalid: lines.firstInvalid)
        if scan.entries.isEmpty, scan.badLines.count == 0 { return refusalOfEmpty(nil) }
        let source = OpenFileSource(file)
        let view = AgentView(scan, source, whole: nil, listed: false)
        let seen = AgentLogReport(scan, view, source, options).examination(of: nil)
        return try feed.change().map(seen.adding) ?? seen
    }

    private func refusalOfEmpty(_ bytes: FileBytes?) -> Examination {
        Examination(
            refusing: id, of: bytes, "Empty",
            log.view == .pi
                ? "The file is empty; pi would begin a new session in it." : "The file is empty, which is no session.",
            .emptyFile)
    }

    // MARK: Recovery

    /// The file with fragments out, welds apart and what is certain mended, so that the agent's own reader takes every record.
    public func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        try AgentLogRecovery(plan, bytes, options).recovered()
    }
}

extension AgentLogFormat: JointlyRecognised {
    /// How much of a file is looked at for records, in bytes, and how many lines of it.
    private static let beginning = (size: 1 << 14, lines: 4)
    private static let sample = (size: 1 << 20, lines: 4_096)

    static func recognise(
        _ members: [AgentLogFormat], in bytes: FileBytes, _ depth: Recognition.Depth
    ) -> [Recognition?] {
        let bounds = depth == .ends ? beginning : sample
        let seen = bytes.withBytes(of: 0..<bounds.size) { buffer in
            let part = UnsafeRawBufferPointer(rebasing: buffer.prefix(bounds.size))
            var seen = see(part, atMost: bounds.lines, members.map(\.plan))
            if depth == .whole, let gemini = members.firstIndex(where: { $0.log.view == .gemini }),
                seen.allSatisfy({ $0 == .nothing }), GeminiObject.begins(part)
            {
                seen[gemini] = .record
            }
            return seen
        }
        return zip(members, seen).map { member, seen in
            switch seen {
            case .nothing: nil
            case .record:
                Recognition(depth == .ends ? .header : .structure, "a record as \(member.log.agent) writes them")
            case .header: Recognition(.proof, "the header and version of \(member.log.agent)")
            }
        }
    }

    /// What is seen of each member. Lines are taken as the most lenient of all readers takes them, but that nothing is looked
    /// into that nests deeper than any record does; what the agent's own reader refuses is for the examination to say.
    private static func see(
        _ buffer: UnsafeRawBufferPointer, atMost most: Int, _ plans: [LogPlan]
    ) -> [AgentLog.Seen] {
        var seen = [AgentLog.Seen](repeating: .nothing, count: plans.count)
        // A CR ends lines for some and is white space to others.
        let holdsReturn = buffer.holds(0x0D)
        for endsAtReturn in holdsReturn ? [true, false] : [true] {
            let rules = LineRules(
                endsAtReturn: endsAtReturn, trims: .ecmaScript,
                dialect: JSONDialect(takesNotANumber: true, depthLimit: JSONScanner.depthLimit))
            var lines = RecordLines(rules, textRange: 0..<buffer.count)
            lines.takeAll(of: buffer, atMost: most) { line in
                guard let value = line.value, value.kind == .object else { return }
                let marks = RecordMarks(value)
                for index in plans.indices where !holdsReturn || plans[index].endsAtReturn == endsAtReturn {
                    // A record says all there is to say, but that pi's header says more.
                    if seen[index] == .record, plans[index].view != .pi { continue }
                    seen[index] = max(seen[index], plans[index].recognises(marks))
                }
            }
        }
        return seen
    }
}

/// A file that is read as a stream, to which the reader comes back for a few records.
private struct OpenFileSource: LogSource, @unchecked Sendable {
    private let file: any OpenFile

    init(_ file: any OpenFile) { self.file = file }

    func copy(_ range: Range<Int>) -> [UInt8] {
        // What cannot be read again is judged like a record that is gone.
        (try? file.read(at: range.lowerBound, count: range.count)) ?? []
    }
}
