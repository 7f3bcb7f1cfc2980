// A memory cut at any byte of its tails.

import SessionFormats

/// What was saved last before the cut is there.
public struct MemoryTruncation: Judge {
    /// The judge's name.
    public let name = "mv2-truncation"
    /// What must hold.
    public let promise = """
        A memory that was cut at any byte gives back the sessions of the last save that ended before the cut, and behind \
        them none but sessions of later saves that are whole before the cut.
        """

    /// Makes the judge.
    public init() {}

    private static let nearEnd = 10_240
    /// How many cuts in a row a case looks at.
    private static let run = 64

    /// Looks at one memory, cut at each byte of a stretch near its end and at some places elsewhere.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let history = try MemoryHistory(&choices)
        let size = history.last.bytes.count
        var seen = evidence
        defer { evidence = seen }
        for _ in 0..<4 { try examine(history, choices.choose("cut", below: size), &seen) }
        let fromEnd = choices.choose("stretch from the end", below: min(Self.nearEnd, size) / Self.run + 1) * Self.run
        let start = max(0, size - fromEnd - Self.run)
        try choices.sweep("cut in the stretch", below: min(Self.run, size - start)) { (cut) throws(Violation) in
            try examine(history, start + cut, &seen)
        }
    }

    private func examine(_ history: MemoryHistory, _ cut: Int, _ evidence: inout Evidence) throws(Violation) {
        evidence.cases += 1
        evidence.bytesRead += cut
        let bytes = FileBytes(history.last.bytes, prefix: cut)
        let got = try? MV2File.read(bytes).sessions.map(\.id)
        // Nothing is known to have been saved before the first moment; all that counts there is that this returned.
        guard let index = history.moments.lastIndex(where: { $0.bytes.count <= cut }) else { return }
        let whole = history.moments[index].sessions.map(\.id)
        let later = Set(history.moments[index...].flatMap(\.sessions).map(\.id))
        guard let got, got.starts(with: whole), got.dropFirst(whole.count).allSatisfy(later.contains) else {
            throw history.violation(
                "the \(whole.count) sessions of the save that ended at byte \(history.moments[index].bytes.count)",
                "\(got?.count.description ?? "none") with a cut at \(cut)", bytes.copy(0..<cut))
        }
    }
}
