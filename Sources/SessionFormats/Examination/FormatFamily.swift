// Formats that are told apart by the same records look at them together.

/// A format whose kin are told by one look at a file.
protocol JointlyRecognised: SessionFormat {
    /// What each of some members claims; nil for one that claims nothing.
    static func recognise(_ members: [Self], in bytes: FileBytes, _ depth: Recognition.Depth) -> [Recognition?]
}

/// Formats of a catalogue that are asked at once for what they claim: one, or all of one type that is recognised jointly.
struct FormatFamily: Sendable {
    /// What members claim, each with its place in the catalogue.
    let recognise: @Sendable (FileBytes, _ name: String?, Recognition.Depth) -> [(place: Int, claim: Recognition)]

    private init(_ format: any SessionFormat, at place: Int) {
        recognise = { bytes, name, depth in format.recognise(bytes, name: name, depth).map { [(place, $0)] } ?? [] }
    }

    private init<Member: JointlyRecognised>(of _: Member, among formats: [any SessionFormat]) {
        let places = formats.indices.filter { formats[$0] is Member }
        let members = places.compactMap { formats[$0] as? Member }
        recognise = { bytes, _, depth in
            zip(places, Member.recognise(members, in: bytes, depth)).compactMap { place, claim in
                claim.map { (place, $0) }
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
