// Claude Code: `~/.claude/projects/<slug>/<session>.jsonl`, no header, a graph by uuid and parentUuid.
//
// The rules of its view are those of the Claude Agent SDK for Python, release 0.2.187, which were measured; the agent's own
// program is closed and may read otherwise.

extension FormatID {
    /// A session of Claude Code.
    public static let claudeCode = FormatID("claude-code")
}

extension AgentLog {
    static let claudeCode = AgentLog(
        id: .claudeCode, agent: "Claude Code", reader: "the Claude Agent SDK",
        folders: [".claude/projects"],
        lines: LineRules(endsAtReturn: true, trims: .python, blank: .python, dialect: .python),
        refusesInvalidUTF8: true,
        keys: [
            .kind: "type", .id: "uuid", .parent: "parentUuid", .session: "sessionId", .time: "timestamp",
            .body: "message", .sidechain: "isSidechain", .team: "teamName", .meta: "isMeta", .writer: "agentId",
            .source: "sourceToolAssistantUUID", .copied: "forkedFrom",
        ],
        kinds: [
            Kind("user", .user, needs: ["message"]), Kind("assistant", .assistant, needs: ["message"]),
            Kind("progress", .link), Kind("system", .link), Kind("attachment", .link),
            Kind("summary", .aside, needs: ["summary"]), Kind("file-history-snapshot", .aside, needs: ["messageId"]),
            Kind("custom-title", .aside), Kind("ai-title", .aside), Kind("last-prompt", .aside), Kind("tag", .aside),
            Kind("queue-operation", .aside), Kind("agent-name", .aside), Kind("saved_hook_context", .aside),
            Kind("content-replacement", .aside), Kind("permission-mode", .aside), Kind("pr-link", .aside),
        ],
        blocks: [
            Block(["message", "content", "*"], where: "type", is: ["tool_use"], .call(id: ["id"])),
            Block(["message", "content", "*"], where: "type", is: ["tool_result"], .result(id: ["tool_use_id"])),
            Block(["message", "content", "*"], where: "type", is: ["text"], .refusedWhenEmpty("text")),
            Block(
                ["message", "content", "*"], where: "type", is: ["thinking"],
                .refusedWhenEmpty("thinking", with: "signature")),
        ],
        references: [
            Reference(kind: "summary", path: ["leafUuid"]),
            Reference(kind: "file-history-snapshot", path: ["messageId"]),
            Reference(kind: "system", path: ["logicalParentUuid"], isLogicalParent: true),
        ],
        closing: Closing(takesChildren: false) { id, parent, call, session in
            #"{"parentUuid":"\#(parent)","isSidechain":false,"sessionId":"\#(session)","type":"user","uuid":"\#(id)","#
                + #""message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#(call)","#
                + #""is_error":true,"content":"The result was lost."}]}}"#
        },
        view: .claude, hasOneRoot: true, resultsFollowCalls: true, serviceRefusesSurrogates: true)
}
