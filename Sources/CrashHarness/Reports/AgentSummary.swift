// All sessions of the agents of one person, summed up: a line an agent, the worst files first.

import SessionFormats

/// What was found in the folders in which agents keep their sessions.
public struct AgentSummary: Sendable {
    /// An agent's files.
    private struct Agent: Sendable {
        var name: String
        var files: [ExaminedFile] = []
    }

    private var agents: [Agent] = []

    /// Nothing found yet.
    public init() {}

    /// Adds the files of an agent.
    ///
    /// - Parameter name: What people call it.
    public mutating func add(_ name: String, _ files: [ExaminedFile]) {
        agents.append(Agent(name: name, files: files.notingTwins))
    }

    /// All files, the worst first, each agent's in the order of their names.
    public var worstFirst: [ExaminedFile] {
        agents.flatMap(\.files).enumerated().sorted {
            ($1.element.examination.verdict, $0.offset) < ($0.element.examination.verdict, $1.offset)
        }.map(\.element)
    }

    /// The worst verdict; clean when there is no file.
    public var worst: Verdict { agents.flatMap(\.files).map(\.examination.verdict).max() ?? .clean }

    /// A line an agent.
    public var text: String {
        agents.map { agent in
            let counts = Self.counts(agent.files).map { "\($0.count) \($0.verdict.rawValue)" }
            let kinds = Self.kinds(agent.files).prefix(6).map { "\($0.count) \($0.code.rawValue)" }
            let found = kinds.isEmpty ? "" : "; files with " + kinds.joined(separator: ", ")
            return "\(agent.name): \(agent.files.count) files, \(counts.joined(separator: ", "))\(found)\n"
        }.joined()
    }

    /// One JSON object an agent, a line each.
    public var json: [UInt8] {
        agents.flatMap { agent in
            var json = JSONRecordPrinter()
            json.field("agent", string: agent.name)
            json.field("files", integer: agent.files.count)
            for (verdict, count) in Self.counts(agent.files) { json.field(verdict.rawValue, integer: count) }
            var kinds = JSONRecordPrinter()
            for (code, count) in Self.kinds(agent.files) { kinds.field(code.rawValue, integer: count) }
            json.field("filesWith", json: kinds.finish())
            return json.finish() + [0x0A]
        }
    }

    private static func counts(_ files: [ExaminedFile]) -> [(verdict: Verdict, count: Int)] {
        Verdict.allCases.map { verdict in (verdict, files.count { $0.examination.verdict == verdict }) }
    }

    /// In how many files each kind of finding is, notes apart, the most frequent first.
    private static func kinds(_ files: [ExaminedFile]) -> [(code: FindingCode, count: Int)] {
        var counts: [FindingCode: Int] = [:]
        for file in files {
            for code in Set(file.examination.findings.filter { $0.severity > .note }.map(\.code)) {
                counts[code, default: 0] += 1
            }
        }
        return counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }.map { ($0.key, $0.value) }
    }
}
