// Replay segments as one of the formats of the catalogue.

extension FormatID {
    /// A replay segment outside a memory.
    public static let replaySegment = FormatID("replay-segment")
}

/// The replay segment: recognised by its magic.
public struct ReplaySegmentFormat: SessionFormat {
    /// Makes the format.
    public init() {}

    /// "replay-segment".
    public var id: FormatID { .replaySegment }

    /// As in "A replay segment".
    public var title: String { "A replay segment" }

    /// The magic at the beginning is proof, a part of it where the file ends nearly so; without it a session where the first
    /// one stands will do.
    public func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        if let byMagic = Recognition(magic: ReplaySegment.magic, at: bytes) { return byMagic }
        guard depth == .whole else { return nil }
        let begins = bytes.withBytes { ReplaySegment.beginsWithSession(bytes, $0, 0..<$0.count) }
        return begins ? Recognition(.structure, "a session where the first one of a segment stands") : nil
    }

    /// Reads the segment; see `ReplaySegment`.
    public func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        do throws(ReplayFormatError) {
            let segment = try ReplaySegment.read(bytes, mode: options.mode)
            let hasNothing = segment.sessions.isEmpty && segment.findings.all.contains { $0.code == .undecodable }
            return Examination(
                id, of: bytes, hasNothing ? .unreadable : Verdict(worst: segment.findings.worst),
                summary: segment.sessions.map(\.summary.text), items: ExaminedItems(sessions: segment.sessions),
                findings: segment.findings.report, fields: { segment.fieldSpans(of: bytes) })
        } catch {
            return Examination(
                refusing: id, of: bytes, error.kind, error.description, at: error.offset ?? 0)
        }
    }

    /// A segment of every session that recover mode finds, byte for byte, with lengths and a header that fit.
    public func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        let segment: ReplaySegment
        do throws(ReplayFormatError) { segment = try ReplaySegment.read(bytes) } catch {
            throw .nothing(error.description)
        }
        guard segment.claimedSessionCount == 0 || !segment.sessions.isEmpty else {
            throw .nothing("no session in this segment is whole.")
        }
        return Recovered(segmentOf: segment.sessions, of: bytes, findings: segment.findings.all)
    }
}

extension Recovered {
    /// A segment of sessions as they stand in a file.
    init(segmentOf sessions: [StoredSession], of bytes: FileBytes, findings: [Finding]) {
        let (bodies, mended) = sessions.encoded(in: bytes)
        let structure =
            sessions.map { $0.byteRange.lowerBound - 8..<$0.byteRange.lowerBound } + [0..<ReplaySegment.headerSize]
        self.init(
            .replaySegment, ReplaySegment.encode(bodies: bodies), of: bytes, kept: sessions.map(\.byteRange),
            structure: structure, mended: mended, findings: findings)
    }
}

extension [StoredSession] {
    /// The sessions' bytes as they stand in a file, but for a version that nobody knows, which is told.
    func encoded(in bytes: FileBytes) -> (bodies: [[UInt8]], mended: [Repair]) {
        var mended: [Repair] = []
        let bodies = map { session in
            var body = bytes.copy(session.byteRange)
            guard session.version != ReplaySession.currentVersion else { return body }
            let version = session.byteRange.upperBound - 4
            body.replaceSubrange(body.count - 4..<body.count, with: [UInt8(ReplaySession.currentVersion), 0, 0, 0])
            mended.append(
                Repair(
                    .mended, offset: version, length: 4,
                    "The session's version \(session.version) is not known; it reads as version 1 and says so now."))
            return body
        }
        return (bodies, mended)
    }
}

extension Recognition {
    /// What a magic at the beginning of a file says: fewer bytes than the magic must be its beginning, and more than three.
    init?(magic: String, at bytes: FileBytes) {
        let count = bytes.withBytes(of: 0..<magic.utf8.count) { zip($0, magic.utf8).prefix { $0 == $1 }.count }
        if count == magic.utf8.count {
            self.init(.proof, "its magic")
        } else if count == bytes.count, count > 3 {
            self.init(.header, "the beginning of its magic, where the file ends")
        } else {
            return nil
        }
    }
}

extension ExaminedItems {
    /// Sessions as they stand in a segment.
    init(sessions: [StoredSession]) {
        self.init("sessions", count: sessions.count) { sessions[$0].summary.item(sessions[$0]) }
    }
}

extension SessionSummary {
    /// A line for people.
    var text: String {
        let name = name.map { " \"\($0)\"" } ?? ""
        return "session \(id)\(name): \(actionCount) actions, \(checkpointCount) checkpoints"
    }

    /// The facts under the names that the reference's own list gives them.
    var facts: [Fact] {
        [
            Fact("id", id.description), Fact("name", name.map(Fact.Value.text) ?? .none),
            Fact("actions", actionCount), Fact("checkpoints", checkpointCount),
            Fact("createdSecs", .integer(createdSeconds)),
            Fact("endedSecs", endedSeconds.map(Fact.Value.integer) ?? .none),
        ]
    }

    fileprivate func item(_ session: StoredSession) -> ExaminedItem {
        ExaminedItem(
            id: id.description, facts: facts, range: session.byteRange,
            content: { (try? session.decoded()).map { $0.encoded() } ?? [] })
    }
}
