// Files that hold one session: an agent goes on in one of them, and what the other has is out of its sight.

import SessionFormats

/// Which sessions stand in which files, of those that say it.
public struct SessionTwins: Sendable {
    /// A session of one agent: others may use the same names.
    public struct Session: Sendable, Hashable {
        fileprivate var format: FormatID
        fileprivate var id: String
    }

    private var paths: [Session: [String]] = [:]

    /// No files yet.
    public init() {}

    /// The session that a file says it holds; nil when it says none. A subagent's file names the session of its parent.
    public static func session(_ path: String, _ examination: Examination) -> Session? {
        guard let fact = examination.facts.first(where: { $0.name == "session" }), case .text(let id) = fact.value,
            !isOfSubagent(path)
        else { return nil }
        return Session(format: examination.format, id: id)
    }

    private static func isOfSubagent(_ path: String) -> Bool {
        let name = path.utf8.lastIndex(of: 0x2F).map { path.utf8[$0...].dropFirst() } ?? path.utf8[...]
        return name.starts(with: "agent-".utf8)
    }

    /// Adds a file.
    public mutating func add(_ path: String, session: Session) { paths[session, default: []].append(path) }

    /// What is to be said of a file whose session is also in others; nil when it is in no other.
    public func finding(_ path: String, session: Session) -> Finding? {
        let twins = paths[session] ?? []
        // All would be a list for each of them.
        guard let other = twins.first(where: { $0 != path }) else { return nil }
        let more = twins.count == 2 ? "" : " and \(twins.count - 2) more"
        return Finding(
            .sessionInTwoFiles, .warning, offset: 0, length: 0,
            message: "The session \(session.id) is also in \(other)\(more); what is said goes to one of them.")
    }

    /// A line for each session that is in several files, in the order of the first of them.
    public var text: String {
        let twins = paths.filter { $0.value.count > 1 }.sorted { $0.value[0] < $1.value[0] }
        return twins.map { session, paths in
            let more = paths.count == 2 ? "" : " and \(paths.count - 2) more"
            return """
                warning \(FindingCode.sessionInTwoFiles.rawValue): The session \(session.id) is in \(paths[0]) and in \(paths[1])\
                \(more); what is said goes to one of them.

                """
        }.joined()
    }
}

extension ExaminedFile {
    /// The same with a word on other files that hold its session.
    public func noting(_ twins: SessionTwins) -> ExaminedFile {
        guard let session = SessionTwins.session(path, examination), let finding = twins.finding(path, session: session)
        else { return self }
        var noted = self
        noted.examination.findings.append(finding)
        noted.examination.verdict = max(noted.examination.verdict, .recovered)
        return noted
    }
}

extension Array<ExaminedFile> {
    /// The same with a word on files that hold the session of another one.
    var notingTwins: [ExaminedFile] {
        var twins = SessionTwins()
        for file in self {
            if let session = SessionTwins.session(file.path, file.examination) {
                twins.add(file.path, session: session)
            }
        }
        return map { $0.noting(twins) }
    }
}
