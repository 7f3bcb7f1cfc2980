// Qwen Code: `~/.qwen/projects/<slug>/chats/<session>.jsonl`, no header, a graph like Claude Code's.
//
// Read in the agent's source, not measured.

extension FormatID {
    /// A session of Qwen Code.
    public static let qwen = FormatID("qwen")
}

extension AgentLog {
    static let qwen = AgentLog(
        id: .qwen, agent: "Qwen Code", reader: "Qwen Code (by its source)", folders: [".qwen/projects"],
        lines: LineRules(endsAtReturn: true), badLines: .splitWelds,
        keys: [
            .kind: "type", .id: "uuid", .parent: "parentUuid", .session: "sessionId", .time: "timestamp",
            .body: "message",
        ],
        kinds: [
            Kind("user", .user, needs: ["message"]), Kind("assistant", .assistant, needs: ["message"]),
            Kind("tool_result", .toolResult, needs: ["message"]), Kind("system", .link),
        ],
        blocks: [
            Block(["message", "parts", "*", "functionCall"], .call(id: ["id"])),
            Block(["message", "parts", "*", "functionResponse"], .result(id: ["id"])),
        ],
        view: .chain, breaksAtSeparators: true)
}
