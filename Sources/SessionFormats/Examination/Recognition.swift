// How sure a format is that a file is its own, and by what.
//
// Every format is asked, and the surest wins. What only a whole file of the format can show, a magic where it belongs or a
// hash that matches, beats a header in words; that beats structure without a hash; that beats text that looks right; and a
// file's name decides only where its content says nothing.

/// A format's claim to a file.
public struct Recognition: Sendable, Equatable {
    /// How sure a claim is, from "cannot be excluded" to proof.
    public enum Certainty: Int, Sendable, Comparable, CaseIterable {
        /// The file is empty, or the content otherwise excludes nothing.
        case possible
        /// Only the file's name says so.
        case name
        /// Something of the format is in it, such as a bare magic or a first byte.
        case hint
        /// Text that reads as the format's.
        case text
        /// Structure that decodes, without a hash.
        case structure
        /// A header in words that names the format, or the first bytes of its magic where the file ends.
        case header
        /// A magic where it belongs, or a hash that matches.
        case proof

        /// Orders by certainty.
        public static func < (a: Certainty, b: Certainty) -> Bool { a.rawValue < b.rawValue }
    }

    /// How much of a file is looked at for a claim.
    public enum Depth: Sendable {
        /// A few kilobytes at either end.
        case ends
        /// The whole content.
        case whole
    }

    /// How sure the format is.
    public var certainty: Certainty
    /// By what, as the end of the sentence "It is recognised by …".
    public var evidence: String

    /// Makes a claim.
    public init(_ certainty: Certainty, _ evidence: String) {
        self.certainty = certainty
        self.evidence = evidence
    }
}
