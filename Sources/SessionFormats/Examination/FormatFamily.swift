// Formats that are told apart by the same records look at them together.

/// A format whose kin are told by one look at a file.
protocol JointlyRecognised: SessionFormat {
    /// What each of some members claims; nil for one that claims nothing.
    static func recognise(_ members: [Self], in bytes: FileBytes, _ depth: Recognition.Depth) -> [Recognition?]
}

/// Formats of a catalogue that are asked at once for what they claim: one, or all of one type that is recognised jointly.
struct FormatFamily: Sendable {
    /// Appends what members claim, each with its place in the catalogue.
    let recognise: @Sendable (FileBytes, _ name: String?, Recognition.Depth, inout [Claim]) -> Void

    typealias Claim = (place: Int, by: Recognition)

    private init(_ format: any SessionFormat, at place: Int) {
        recognise = { bytes, name, depth, claims in
            if let claim = format.recognise(bytes, name: name, depth) { claims.append((place, claim)) }
        }
    }

    private init<Member: JointlyRecognised>(of _: Member, among formats: [any SessionFormat]) {
        let places = formats.indices.filter { formats[$0] is Member }
        let members = places.compactMap { formats[$0] as? Member }
        recognise = { bytes, _, depth, claims in
            for (place, claim) in zip(places, Member.recognise(members, in: bytes, depth)) {
                if let claim { claims.append((place, claim)) }
            }
        }
    }

    /// Every format of a catalogue in one family.
    static func families(of formats: [any SessionFormat]) -> [FormatFamily] {
        var seen: Set<ObjectIdentifier> = []
        return formats.enumerated().compactMap { place, format in
            guard let member = format as? any JointlyRecognised else { return FormatFamily(format, at: place) }
            return seen.insert(ObjectIdentifier(type(of: member))).inserted
                ? FormatFamily(of: member, among: formats) : nil
        }
    }
}
