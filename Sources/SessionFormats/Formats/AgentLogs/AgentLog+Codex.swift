// OpenAI Codex CLI: `~/.codex/sessions/YYYY/MM/DD/rollout-….jsonl`, a `session_meta` first, then records in file order.
//
// Read in the agent's source, not measured.

extension FormatID {
    /// A rollout of Codex.
    public static let codex = FormatID("codex")
}

extension AgentLog {
    static let codex = AgentLog(
        id: .codex, agent: "Codex", reader: "Codex (by its source)",
        folders: [".codex/sessions", ".codex/archived_sessions"],
        lines: LineRules(dialect: .serde), refusesInvalidUTF8: true,
        keys: [.kind: "type", .time: "timestamp", .body: "payload", .sequence: "ordinal"],
        kinds: [
            Kind("response_item", .user, needs: ["payload"]), Kind("session_meta", .header, needs: ["payload"]),
            Kind("compacted", .compaction, needs: ["payload"]), Kind("turn_context", .aside, needs: ["payload"]),
            Kind("event_msg", .aside, needs: ["payload"]), Kind("world_state", .aside),
            Kind("inter_agent_communication", .aside), Kind("inter_agent_communication_metadata", .aside),
            Kind("token_usage_record", .aside), Kind("security_risk_score", .aside), Kind("retained_context", .aside),
            Kind("realtime_item", .aside),
        ],
        header: Header(
            kind: "session_meta", id: ["payload", "id"], mayRepeat: true,
            made: { session, time in
                #"{"timestamp":"\#(time)","type":"session_meta","payload":{"id":"\#(session)","timestamp":"\#(time)","#
                    + #""cwd":"/","originator":"recovered","cli_version":"0.0.0","source":"cli"}}"#
            }),
        blocks: [
            Block(
                ["payload"], where: "type", is: ["function_call"], .call(id: ["call_id"], arguments: "arguments")),
            Block(["payload"], where: "type", is: ["custom_tool_call"], .call(id: ["call_id"])),
            Block(
                ["payload"], where: "type", is: ["function_call_output", "custom_tool_call_output"],
                .result(id: ["call_id"])),
        ],
        closing: Closing(takesChildren: false) { _, _, call, _ in
            #"{"timestamp":"1970-01-01T00:00:00.000Z","type":"response_item","payload":{"type":"function_call_output","#
                + #""call_id":"\#(call)","output":"The result was lost."}}"#
        },
        view: .sequence)
}
