// A log with any damage at all, for the promises that hold whatever happened.

import SessionFormats

struct DamagedLog {
    let bytes: [UInt8]
    let damages: [Damage]

    /// Chooses a log and up to three damages.
    init(_ choices: inout Choices) {
        var bytes = LogScenario(styled: true, &choices).bytes
        var damages: [Damage] = []
        for _ in 0...choices.choose("further damages", below: 3) {
            let isMixed = choices.happens("second log", oneIn: 4)
            let other = isMixed ? LogScenario(&choices).bytes : Array(bytes.prefix(bytes.count / 2))
            damages.append(Damage.choose(for: bytes, other: other, &choices))
            bytes = damages[damages.count - 1].apply(to: bytes)
        }
        self.bytes = bytes
        self.damages = damages
    }

    /// The damages in words.
    var story: String { damages.map(\.description).joined(separator: "; then ") }

    func violation(expected: String, got: String) -> Violation {
        Violation(expected: expected, got: "\(got) (after: \(story))", file: bytes, fileName: "session.jsonl")
    }
}
