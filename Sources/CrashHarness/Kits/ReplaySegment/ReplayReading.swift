// How judges have a replay segment or sidecar read.

import SessionFormats

/// What reading a replay file gives.
enum ReplayReading {
    /// Refused, with the error.
    case refused(ReplayFormatError)
    /// Read, with something to report: what strict reading calls an error.
    case reported([ReplaySession], [Finding])
    /// Read with nothing to say.
    case accepted(ReplayLayout, [ReplaySession])

    init(_ kind: ReplayScenario.Kind, _ bytes: FileBytes, _ mode: ReadingMode) {
        do throws(ReplayFormatError) {
            switch kind {
            case .segment:
                let segment = try ReplaySegment.read(bytes, mode: mode)
                let sessions = segment.sessions.compactMap { try? $0.decoded() }
                self =
                    segment.findings.worst == .error
                    ? .reported(sessions, segment.findings.all)
                    : .accepted(ReplayLayout(segment: sessions), sessions)
            case .sidecar:
                let active = try ActiveSession.read(bytes)
                self = .accepted(ReplayLayout(sidecar: active), [active.session])
            }
        } catch { self = .refused(error) }
    }

    var description: String {
        switch self {
        case .refused(let error): "refused: \(error)"
        case .reported(let sessions, let findings):
            "\(sessions.count) sessions, with \(findings.map(\.code.rawValue).joined(separator: ", "))"
        case .accepted(_, let sessions): "\(sessions.count) sessions, nothing reported"
        }
    }
}

extension ReplayScenario {
    func violation(_ bytes: [UInt8], expected: String, got: String) -> Violation {
        Violation(expected: expected, got: got, file: bytes, fileName: "\(kind.rawValue).bin")
    }
}
