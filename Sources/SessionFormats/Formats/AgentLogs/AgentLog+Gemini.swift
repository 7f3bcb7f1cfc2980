// Gemini CLI: `~/.gemini/tmp/<project>/chats/session-….jsonl`, records told apart by their keys, updates in place; of older
// releases `session-….json`, one object.
//
// The rules of its view are those of google-gemini/gemini-cli at 5411f113 on Node 20, which were measured.

extension FormatID {
    /// A session of Gemini CLI.
    public static let gemini = FormatID("gemini")
}

extension AgentLog {
    static let gemini = AgentLog(
        id: .gemini, agent: "Gemini CLI", reader: "Gemini CLI", folders: [".gemini/tmp"],
        objectNames: ("session-", ".json"),
        lines: LineRules(endsAtReturn: true),
        keys: [.kind: "type", .id: "id", .session: "sessionId", .time: "timestamp"],
        kindRule: .byKeys,
        kinds: [
            Kind("message", .user, needs: ["type"]), Kind("rewind", .aside), Kind("update", .aside),
            Kind("metadata", .header),
        ],
        header: Header(
            kind: "metadata", id: ["sessionId"], mayRepeat: true, mustBeFirst: false,
            made: { session, time in
                #"{"sessionId":"\#(session)","projectHash":"recovered","startTime":"\#(time)","lastUpdated":"\#(time)","#
                    + #""kind":"main"}"#
            }),
        view: .gemini, repeatsAreUpdates: true, breaksAtSeparators: true)
}
