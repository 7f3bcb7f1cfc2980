// A memory that sessions were saved into, with what it held after each save.

import SessionFormats

/// What a memory went through.
struct MemoryHistory {
    /// A moment at which everything was durable.
    struct Moment {
        var bytes: [UInt8]
        var sessions: [ReplaySession]
    }

    static let path = "memory.mv2"

    let base: MemoryScenario
    /// The base and then what each save left. Writing the file anew begins the list again.
    private(set) var moments: [Moment]

    var last: Moment { moments[moments.count - 1] }

    /// Chooses a memory and what is saved in it, and judges each save.
    init(_ choices: inout Choices) throws(Violation) {
        base = MemoryScenario(&choices)
        moments = [Moment(bytes: base.bytes, sessions: [])]
        let disk = SimulatedDisk([Self.path: base.bytes])
        let writer: MV2Writer
        do throws(MV2Error) { writer = try MV2Writer.open(path: Self.path, on: disk) } catch {
            throw violation("a memory that opens", error.description)
        }
        for _ in 0..<choices.choose("operations", below: 5) {
            do throws(MV2Error) { try change(writer, disk, &choices) } catch {
                throw violation("an operation that succeeds", error.description)
            }
            try judgeLast()
        }
    }

    private mutating func change(
        _ writer: MV2Writer, _ disk: SimulatedDisk, _ choices: inout Choices
    ) throws(MV2Error) {
        var sessions = last.sessions
        switch choices.choose("operation", below: 4) {
        case 2 where !sessions.isEmpty:
            let gone = sessions.remove(at: choices.choose("session", below: sessions.count))
            try writer.delete(gone.id)
        case 3: try writer.compact()
        default:
            let new = ReplaySession.recorded(&choices)
            if !sessions.contains(where: { $0.id == new.id }) { sessions.append(new) }
            try writer.save(sessions)
        }
        let bytes = disk.contents[Self.path] ?? []
        if bytes.count <= last.bytes.count { moments = [] }
        moments.append(Moment(bytes: bytes, sessions: sessions))
    }

    /// The last save kept what it had to keep.
    private func judgeLast() throws(Violation) {
        for part in base.foreign
        where last.bytes.count < part.range.upperBound
            || last.bytes[part.range] != base.bytes[part.range]
        {
            throw violation("the \(part.name) as it was", "other bytes")
        }
        if moments.count > 1 {
            let (old, new) = (footerOffset(moments[moments.count - 2].bytes), footerOffset(last.bytes))
            if new < old { throw violation("a footer_offset of \(old) or more", "\(new)") }
        }
        for mode in [ReadingMode.reference, .recover] {
            let file = try? MV2File.read(FileBytes(last.bytes), mode: mode)
            let got = file?.sessions.compactMap { try? $0.decoded() }
            if got != last.sessions {
                throw violation("\(last.sessions.count) sessions in \(mode.rawValue) mode", "\(got?.count as Any)")
            }
            if mode == .recover, let finding = file?.verified(deep: true).all.first {
                throw violation("nothing to say", finding.message)
            }
        }
    }

    /// Read by hand: the eight bytes at 8.
    private func footerOffset(_ bytes: [UInt8]) -> UInt64 {
        bytes[8..<16].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The memory as it is last, with its sessions, and where its table of contents is and which commit it belongs to, read by
    /// hand.
    var acknowledged: AcknowledgedFile {
        let bytes = last.bytes
        let items = last.sessions.map { session in
            let content = ReplayLayout(segment: [session])
            let body = Array(content.bytes[content.sessionRanges[0]])
            let place = bytes.places(of: body).last.map { $0..<$0 + body.count } ?? 0..<0
            let first = moments.first { $0.sessions.contains(session) } ?? last
            return AcknowledgedFile.Item(body, range: place, acknowledgedAt: first.bytes.count)
        }
        let generation = bytes.suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        return AcknowledgedFile(
            bytes, items,
            facts: [
                Fact("footerOffset", .integer(Int64(clamping: footerOffset(bytes)))),
                Fact("generation", .unsigned(generation)),
            ])
    }

    func violation(_ expected: String, _ got: String, _ bytes: [UInt8]? = nil) -> Violation {
        Violation(expected: expected, got: got, file: bytes ?? last.bytes, fileName: Self.path)
    }
}
