// pi: `~/.pi/agent/sessions/--<folder>--/<time>_<session>.jsonl`, a header, then a tree by id and parentId.
//
// The rules of its view are those of badlogic/pi-mono at 83378aad, which were measured.

extension FormatID {
    /// A session of pi.
    public static let pi = FormatID("pi")
}

extension AgentLog {
    static let pi = AgentLog(
        id: .pi, agent: "pi", reader: "pi", folders: [".pi/agent/sessions"],
        lines: LineRules(trimsText: .ecmaScript),
        keys: [.kind: "type", .id: "id", .parent: "parentId", .time: "timestamp", .body: "message"],
        kinds: [
            Kind("message", .user, needs: ["message"]), Kind("session", .header, needs: ["id"]),
            Kind("thinking_level_change", .link, needs: ["thinkingLevel"]),
            Kind("model_change", .link, needs: ["provider", "modelId"]),
            Kind("compaction", .compaction, needs: ["summary"]), Kind("branch_summary", .link, needs: ["fromId"]),
            Kind("custom", .link, needs: ["customType"]),
            Kind("custom_message", .link, needs: ["customType", "content"]),
            Kind("label", .link, needs: ["targetId"]), Kind("session_info", .link),
        ],
        header: Header(
            kind: "session", id: ["id"], version: (["version"], 3), needsID: true,
            made: { session, time in
                #"{"type":"session","version":3,"id":"\#(session)","timestamp":"\#(time)","cwd":"/"}"#
            }),
        blocks: [
            Block(["message", "content", "*"], where: "type", is: ["toolCall"], .call(id: ["id"])),
            Block(["message"], where: "role", is: ["toolResult"], .result(id: ["toolCallId"])),
        ],
        references: [
            Reference(kind: "label", path: ["targetId"]), Reference(kind: "branch_summary", path: ["fromId"]),
        ],
        closing: Closing(takesChildren: true) { id, parent, call, _ in
            #"{"type":"message","id":"\#(id)","parentId":"\#(parent)","timestamp":"1970-01-01T00:00:00.000Z","#
                + #""message":{"role":"toolResult","toolCallId":"\#(call)","toolName":"unknown","isError":true,"#
                + #""content":[{"type":"text","text":"The result was lost."}],"timestamp":0}}"#
        },
        view: .pi)
}
