// Numbers that records carry, which must begin with 0 and leave none out.

struct RecordSequence {
    /// Whether the header says that records are numbered.
    var isNumbered = false
    private var next: UInt64 = 0
    private var hasNumbers = false
    private var missing = (count: 0, first: nil as AgentLogScan.RecordPlace?)
    private var last: AgentLogScan.RecordPlace?
    private var lastIsMissing = false

    mutating func take(
        _ value: JSONView?, _ name: StaticString, _ at: AgentLogScan.RecordPlace, _ findings: inout Findings
    ) {
        last = at
        guard let value, value.kind == .number, let number = UInt64(String(decoding: value.raw, as: UTF8.self)) else {
            missing = (missing.count + 1, missing.first ?? at)
            lastIsMissing = true
            return
        }
        lastIsMissing = false
        hasNumbers = true
        if number < next {
            findings.add(
                .sequenceRepeated, .error, offset: at.place.lowerBound, length: at.place.count, line: at.line,
                "The record's \(name) \(number) was there before; the history is refused for it.")
        } else if number > next {
            findings.add(
                .sequenceGap, .error, offset: at.place.lowerBound, length: at.place.count, line: at.line,
                "The record's \(name) is \(number) where \(next) is next: \(number - next) records are missing.")
        }
        next = max(next, number == .max ? number : number + 1)
    }

    mutating func conclude(_ findings: inout Findings, _ log: AgentLog) {
        guard isNumbered || hasNumbers, let first = missing.first else { return }
        findings.add(
            .sequenceMissing, .error, offset: first.place.lowerBound, length: first.place.count, line: first.line,
            """
            \(missing.count) records have no number among numbered ones\
            \(lastIsMissing ? ", the last one too, for which \(log.agent) does not resume the session" : "").
            """)
    }
}
