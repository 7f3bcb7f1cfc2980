// The sessions of all agents, where each keeps them below a home folder.

import Foundation
import Testing

@Suite("The sessions of all agents")
struct AgentFoldersTests {
    private static let folders = [
        ("claude-code", ".claude/projects/-work"), ("codex", ".codex/sessions/2026/01/02"),
        ("pi", ".pi/agent/sessions/--work--"),
    ]

    private func generate(_ agent: String, to path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #expect(try crashlab("generate", agent, "--size", "2000", "--output", path).status == 0)
    }

    @Test(arguments: folders)
    func `one session in two files is told of both, which name each other`(_ agent: String, _ folder: String) throws {
        try withFolder { home in
            let (first, second) = ("\(home)/\(folder)/first.jsonl", "\(home)/\(folder)/second.jsonl")
            try generate(agent, to: first)
            let alone = try crashlab("check", "--agents", "--home", home)
            #expect(alone.output.contains("1 clean, 0 recovered"), "\(alone.output)\(alone.errors)")
            #expect(!alone.output.contains("session-in-two-files"))

            try generate(agent, to: second)
            let twice = try crashlab("check", "--agents", "--home", home)
            #expect(twice.output.contains("0 clean, 2 recovered, 0 damaged"), "\(twice.output)\(twice.errors)")
            let told = twice.output.split(separator: "\n").filter { $0.contains("warning session-in-two-files") }
            #expect(told.map { $0.contains("is also in \(second);") } == [true, false])
            #expect(told.map { $0.contains("is also in \(first);") } == [false, true])
            #expect(twice.status == 0)
        }
    }

    @Test func `a subagent's file names its parent's session and is no second one of it`() throws {
        try withFolder { home in
            try generate("claude-code", to: "\(home)/.claude/projects/-work/session.jsonl")
            try generate("claude-code", to: "\(home)/.claude/projects/-work/agent-1.jsonl")
            let told = try crashlab("check", "--agents", "--home", home)
            #expect(told.output.contains("2 clean, 0 recovered"), "\(told.output)\(told.errors)")
        }
    }

    @Test func `many files of one session are told in a line each, whatever their number`() throws {
        try withFolder { home in
            let folder = "\(home)/.pi/agent/sessions/--work--"
            for number in 1...4 { try generate("pi", to: "\(folder)/\(number).jsonl") }
            let told = try crashlab("check", "--agents", "--home", home)
            #expect(told.output.contains("is also in \(folder)/1.jsonl and 2 more;"), "\(told.output)")
        }
    }

    @Test func `any folder's check tells at its end of a session in two files`() throws {
        try withFolder { folder in
            try generate("pi", to: "\(folder)/a.jsonl")
            #expect(try !crashlab("check", folder).output.contains("session-in-two-files"))
            try generate("pi", to: "\(folder)/b.jsonl")
            try generate("claude-code", to: "\(folder)/c.jsonl")
            try generate("claude-code", to: "\(folder)/agent-c.jsonl")
            let told = try crashlab("check", folder).output.split(separator: "\n")
            #expect(told.count { $0.contains("session-in-two-files") } == 1)
            #expect(told.last?.contains("is in \(folder)/a.jsonl and in \(folder)/b.jsonl;") == true, "\(told)")
            #expect(try !crashlab("check", "--format", "json", folder).output.contains("session-in-two-files"))
        }
    }
}
