// Sidecars as one of the formats of the catalogue.

extension FormatID {
    /// The sidecar of a session that is being recorded.
    public static let activeSession = FormatID("active-session")
}

/// The sidecar: recognised by its magic.
public struct ActiveSessionFormat: SessionFormat {
    /// Makes the format.
    public init() {}

    /// "active-session".
    public var id: FormatID { .activeSession }

    /// As in "A sidecar".
    public var title: String { "A sidecar of a session that is being recorded" }

    /// The magic at the beginning is proof, a part of it where the file ends nearly so.
    public func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        if let byMagic = Recognition(magic: ActiveSession.magic, at: bytes) { return byMagic }
        return name?.hasSuffix(".mv2.session") == true ? Recognition(.name, "its name") : nil
    }

    /// Reads the sidecar; see `ActiveSession`.
    public func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        do throws(ReplayFormatError) {
            let active = try ActiveSession.read(bytes)
            let summary = SessionSummary(active.session)
            let items = ExaminedItems("sessions", count: 1) { _ in
                ExaminedItem(
                    id: summary.id.description, facts: summary.facts, range: 0..<bytes.count,
                    content: { active.encoded() })
            }
            return Examination(
                id, of: bytes, .clean, summary: [summary.text], items: items,
                fields: { (try? ActiveSession.fieldSpans(of: bytes)) ?? [] })
        } catch {
            return Examination(refusing: id, of: bytes, error.kind, error.description, at: error.offset ?? 0)
        }
    }

    /// The same session, without bytes that belong to nothing.
    public func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        do throws(ReplayFormatError) {
            let copy = try ActiveSession.read(bytes).encoded()
            let fields = try ActiveSession.fieldSpans(of: bytes)
            let end = fields.map(\.range.upperBound).max() ?? bytes.count
            let kept = min(end, bytes.count)
            return Recovered(
                id, copy, of: bytes, kept: [ActiveSession.headerSize..<kept], structure: [0..<ActiveSession.headerSize],
                findings: [])
        } catch { throw .nothing(error.description) }
    }
}
