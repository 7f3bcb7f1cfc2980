// What a segment or sidecar is made of comes out of it.

import SessionFormats

/// Sessions survive encoding and decoding, and the bytes are those that the format's description gives.
public struct ReplayRoundTrip: Judge {
    /// The judge's name.
    public var name: String { "\(kind.rawValue)-round-trip" }
    /// What must hold.
    public let promise = """
        Sessions are written as the format's description says, read with nothing to report, and are then the \
        same sessions.
        """
    private let kind: ReplayScenario.Kind

    /// Makes the judge for one of the two files.
    public init(_ kind: ReplayScenario.Kind) { self.kind = kind }

    /// Looks at one file.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = ReplayScenario(kind, &choices)
        evidence.cases += 1
        evidence.bytesRead += 2 * scenario.bytes.count
        let written = scenario.active?.encoded() ?? ReplaySegment.encode(scenario.sessions)
        if written != scenario.bytes {
            throw scenario.violation(scenario.bytes, expected: "these bytes", got: "\(written)")
        }
        for mode in ReadingMode.allCases {
            let reading = ReplayReading(kind, FileBytes(scenario.bytes), mode)
            guard case .accepted(let layout, let sessions) = reading, sessions == scenario.sessions,
                layout.bytes == scenario.bytes
            else {
                throw scenario.violation(
                    scenario.bytes, expected: "the \(scenario.sessions.count) sessions that were written",
                    got: reading.description)
            }
        }
    }
}
