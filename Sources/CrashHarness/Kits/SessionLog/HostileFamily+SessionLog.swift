// Logs that were made to cost a reader time.

extension HostileFamily {
    private static let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"# + "\n"
    private static let entry = #"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"b"}"#

    /// Nested beginnings, welds, and lines that are nothing.
    static let sessionLog = [
        HostileFamily(
            "nested objects on a line, header missing", repeating: #"{"a":"#, behind: entry + "\n", end: "\n"),
        HostileFamily("nested objects on a line", repeating: #"{"a":"#, behind: header, end: "\n"),
        HostileFamily("nested lists on a line", repeating: #"{"a":["#, behind: header, end: "\n"),
        HostileFamily("nested envelopes", repeating: #"{"type":"entry","entry":"#, behind: header, end: "\n"),
        HostileFamily("nested entries", repeating: #"{"type":"message","message":"#, behind: header, end: "\n"),
        HostileFamily("keys that end in braces", repeating: #""k{":1,"#, behind: header + "{", end: "\n"),
        HostileFamily("nested objects inside strings", repeating: #"":{"k{":{"#, behind: header + #"{"a"#, end: "\n"),
        HostileFamily("objects that are no entries", repeating: #"{"a":1}"#, behind: header, end: "\n"),
        HostileFamily("objects in a list", repeating: #"{"a":1},"#, behind: header + "[", end: "\n"),
        HostileFamily("entries on one line", repeating: entry, behind: header, end: "\n"),
        HostileFamily("entries between NULs on one line", repeating: "\0" + entry, behind: header, end: "\n"),
        HostileFamily("beginnings of entries on one line", repeating: #"{"type":"leaf","id":"a","#, behind: header),
        HostileFamily("lists behind NULs", repeating: "\0[", behind: header, end: "\n"),
        HostileFamily("braces and spaces", repeating: "{        ", behind: header, end: "\n"),
        HostileFamily("lines that are nothing", repeating: "{\"\n", behind: header),
        HostileFamily("headers", repeating: header),
        HostileFamily("escapes", repeating: #"\\\""#, behind: header + "{\"", end: "\n"),
        HostileFamily("a string without an end", repeating: "x", behind: header + #"{"type":""#),
    ]
}
