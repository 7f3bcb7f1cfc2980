// A segment or sidecar cut at any byte.

import SessionFormats

/// Every proper prefix is an error, never a shorter list; recover mode gives the whole sessions and says so.
public struct ReplayTruncation: Judge {
    /// The judge's name.
    public var name: String { "\(kind.rawValue)-truncation" }
    /// What must hold.
    public let promise = """
        A cut at any byte is an error in reference mode; in recover mode exactly the whole sessions before \
        it are given, with an error finding.
        """
    private let kind: ReplayScenario.Kind

    /// Makes the judge for one of the two files.
    public init(_ kind: ReplayScenario.Kind) { self.kind = kind }

    /// Looks at one file, cut everywhere.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = ReplayScenario(kind, &choices)
        var seen = evidence
        defer { evidence = seen }
        guard scenario.bytes.count > LogTruncation.everyByteUpTo else {
            try choices.sweep("cut", below: scenario.bytes.count) { (cut) throws(Violation) in
                try examine(scenario, cut, &seen)
            }
            return
        }
        for _ in 0..<64 { try examine(scenario, choices.choose("cut", below: scenario.bytes.count), &seen) }
    }

    private func examine(_ scenario: ReplayScenario, _ cut: Int, _ evidence: inout Evidence) throws(Violation) {
        let bytes = FileBytes(scenario.bytes, prefix: cut)
        evidence.cases += 1
        evidence.bytesRead += 2 * cut
        let reference = ReplayReading(kind, bytes, .reference)
        guard case .refused(let error) = reference, (error.offset ?? 0) <= cut else {
            throw scenario.violation(
                bytes.copy(0..<cut), expected: "an error at or before byte \(cut)", got: reference.description)
        }
        let whole = scenario.layout.sessionRanges.count { $0.upperBound <= cut }
        let recovered = ReplayReading(kind, bytes, .recover)
        switch recovered {
        case .refused where kind == .sidecar || cut < 24: return
        case .reported(let sessions, _) where sessions.elementsEqual(scenario.sessions.prefix(whole)): return
        default:
            throw scenario.violation(
                bytes.copy(0..<cut), expected: "\(whole) sessions and an error finding", got: recovered.description)
        }
    }
}
