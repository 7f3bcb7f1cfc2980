// Formats that are told apart by the same records look at them together.

/// A family of formats whose members are told by one look at a file.
protocol JointlyRecognised: SessionFormat {
    /// What each of some members claims; nil for one that claims nothing.
    static func recognise(_ members: [Self], in bytes: FileBytes, _ depth: Recognition.Depth) -> [Recognition?]
}

/// What the members of families claim, asked once for each family when the first of its members is asked.
struct JointRecognitions {
    private let formats: [any SessionFormat]
    private let bytes: FileBytes
    private let depth: Recognition.Depth
    private var claims: [FormatID: Recognition?] = [:]

    init(_ formats: [any SessionFormat], _ bytes: FileBytes, _ depth: Recognition.Depth) {
        (self.formats, self.bytes, self.depth) = (formats, bytes, depth)
    }

    /// What a member of a family claims; nil for a format of none.
    mutating func claim(of format: any SessionFormat) -> Recognition?? {
        guard let member = format as? any JointlyRecognised else { return .none }
        if claims[member.id] == nil { ask(familyOf: member) }
        return claims[member.id]
    }

    private mutating func ask<Member: JointlyRecognised>(familyOf _: Member) {
        let members = formats.compactMap { $0 as? Member }
        for (member, claim) in zip(members, Member.recognise(members, in: bytes, depth)) { claims[member.id] = .some(claim) }
    }
}
