// GitHub Copilot CLI: `~/.copilot/session-state/<session>/events.jsonl`, a `session.start` first, then linear events.
//
// Concluded from reports and parsers of others; the agent's own program is closed.

extension FormatID {
    /// The events of a session of Copilot CLI.
    public static let copilot = FormatID("copilot")
}

extension AgentLog {
    static let copilot = AgentLog(
        id: .copilot, agent: "Copilot CLI", reader: "Copilot CLI (by reports)", folders: [".copilot/session-state"],
        lines: LineRules(endsAtReturn: true), badLines: .refused,
        keys: [.kind: "type", .id: "id", .parent: "parentId", .time: "timestamp", .body: "data"],
        kinds: [
            Kind("user.message", .user, needs: ["data"]), Kind("assistant.message", .assistant, needs: ["data"]),
            Kind("session.start", .link, needs: ["data"]), Kind("session.resume", .link),
            Kind("session.shutdown", .link), Kind("session.error", .link), Kind("session.info", .link),
            Kind("session.model_change", .link), Kind("session.truncation", .link),
            Kind("session.compaction_start", .link), Kind("session.compaction_complete", .compaction),
            Kind("session.snapshot_rewind", .link), Kind("session.handoff", .link),
            Kind("assistant.turn_start", .link), Kind("assistant.turn_end", .link),
            Kind("tool.execution_start", .link, needs: ["data"]),
            Kind("tool.execution_complete", .toolResult, needs: ["data"]),
            Kind("hook.start", .link), Kind("hook.end", .link), Kind("abort", .link), Kind("system.message", .link),
            Kind("subagent.started", .link), Kind("subagent.completed", .link), Kind("subagent.failed", .link),
        ],
        header: Header(
            kind: "session.start", id: ["data", "sessionId"], version: (["data", "version"], 1),
            made: { session, time in
                #"{"type":"session.start","data":{"sessionId":"\#(session)","version":1,"producer":"copilot-agent","#
                    + #""copilotVersion":"0.0.0","startTime":"\#(time)"},"id":"\#(session)","timestamp":"\#(time)","#
                    + #""parentId":null}"#
            }),
        blocks: [
            Block(["data", "toolRequests", "*"], .call(id: ["toolCallId"])),
            Block([], where: "type", is: ["tool.execution_complete"], .result(id: ["data", "toolCallId"])),
        ],
        view: .sequence, breaksAtSeparators: true)
}
