// Single flipped bits in a segment or sidecar, neither of which has a checksum.

import SessionFormats

/// A flipped bit is either detected or changes the field that the byte belongs to, and no other.
///
/// What no reader can notice is not a violation; it is counted per field, so that people see what the formats lack.
public struct ReplayFlips: Judge {
    private static let flips = 48

    /// The judge's name.
    public var name: String { "\(kind.rawValue)-flips" }
    /// What must hold.
    public let promise = """
        A flipped bit is detected, or changes exactly the field that its byte belongs to; what goes \
        unnoticed is counted per field.
        """
    private let kind: ReplayScenario.Kind

    /// Makes the judge for one of the two files.
    public init(_ kind: ReplayScenario.Kind) { self.kind = kind }

    /// Looks at one file and some of its bits.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let scenario = ReplayScenario(kind, &choices)
        for _ in 0..<Self.flips {
            let place = choices.choose("bit", below: scenario.bytes.count * 8)
            evidence.cases += 1
            evidence.bytesRead += scenario.bytes.count
            try examine(scenario, Damage.flip(offset: place / 8, bit: place % 8), place / 8, &evidence)
        }
    }

    private func examine(
        _ scenario: ReplayScenario, _ flip: Damage, _ offset: Int, _ evidence: inout Evidence
    ) throws(Violation) {
        let bytes = flip.apply(to: scenario.bytes)
        guard let field = scenario.layout.field(at: offset) else { return }
        let reading = ReplayReading(kind, FileBytes(bytes), .recover)
        let fieldKind = ReplayLayout.kind(of: field.path)
        guard case .accepted(let layout, _) = reading else {
            evidence.count(name, fieldKind, "detected")
            return
        }
        evidence.count(name, fieldKind, "unnoticed")
        let changed = Self.differences(scenario.layout, layout)
        let isExplained = field.isStructure ? !changed.isEmpty : changed == [field.path]
        if !isExplained {
            throw scenario.violation(
                bytes, expected: "with \(flip): detected, or a change of \(field.path)",
                got: changed.isEmpty ? "accepted without any change" : "changes of \(changed.joined(separator: ", "))")
        }
    }

    private static func differences(_ a: ReplayLayout, _ b: ReplayLayout) -> [String] {
        guard a.fields.map(\.path) == b.fields.map(\.path) else { return ["the structure"] }
        return zip(a.fields, b.fields).filter { a.bytes[$0.range] != b.bytes[$1.range] }.map(\.0.path)
    }
}
