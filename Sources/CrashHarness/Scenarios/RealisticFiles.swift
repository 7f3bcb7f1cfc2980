// Files as agents leave them: for measuring, for demonstrations, and to have something to damage.
//
// Unlike the judges' scenarios these do not look for trouble; lengths, mixtures and escapes are those of real sessions.

/// Makes realistic files of any size, the same for the same seed.
public struct RealisticFiles: Sendable {
    var generator: SplitMix64
    var number = 0

    /// Starts from a seed.
    public init(seed: UInt64) { generator = SplitMix64(state: seed) }

    // MARK: Text

    static let words = [
        "the", "session", "file", "was", "read", "and", "then", "written", "again", "because", "a", "test", "failed",
        "when", "line", "two", "of", "function", "returns", "nil", "in", "`main`", "src/lib.rs:42",
    ]
    /// One text in eight is in another language.
    private static let foreignWords = ["der", "größte", "naïve", "Fehler", "über", "会議", "メモ", "été", "→", "straße"]

    mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

    mutating func prose(_ length: Int) -> String {
        let target = length / 2 + below(length)
        let words = below(8) == 0 ? Self.foreignWords : Self.words
        var text = ""
        while text.utf8.count < target {
            text += words[below(words.count)]
            text += below(24) == 0 ? ".\n" : " "
        }
        return text
    }
}
