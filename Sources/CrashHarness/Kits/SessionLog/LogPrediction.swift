// What must come back from a session log, and the comparison with what does.

import SessionFormats

/// The way in which a judge has a log read: the library's reader, or one with a planted bug.
public typealias LogRead = @Sendable (FileBytes, ReadingMode) throws(SessionLogError) -> SessionLog

/// A prediction of what a reader makes of a log.
enum LogPrediction {
    /// No session at all, for a reason of this kind.
    case refused(kind: String)
    /// A log with entries at exactly these places.
    case log(hasHeader: Bool, recovery: CrashRecovery, entries: ArraySlice<Range<Int>>)

    static let read: LogRead = { (bytes, mode) throws(SessionLogError) in
        try SessionLogReader(mode: mode).read(bytes)
    }

    /// Throws when reading does not give what is predicted.
    func check(
        _ bytes: FileBytes, _ mode: ReadingMode, _ read: LogRead, findings: Set<FindingCode>? = nil,
        _ evidence: inout Evidence
    ) throws(Violation) {
        evidence.bytesRead += bytes.count
        let got: SessionLog
        do throws(SessionLogError) { got = try read(bytes, mode) } catch {
            if case .refused(let kind) = self, kind == error.kind { return }
            throw violation(bytes, mode, "refused as \(error.kind ?? "unreadable"): \(error)")
        }
        guard case .log(let hasHeader, let recovery, let entries) = self, (got.header != nil) == hasHeader,
            got.recovery == recovery, Self.stand(got.entries, at: entries)
        else { throw violation(bytes, mode, Self.describe(got)) }
        if let findings, Set(got.findings.all.map(\.code)) != findings {
            let codes = findings.map(\.rawValue).sorted()
            throw Violation(
                expected: "findings \(codes)", got: "findings \(got.findings.all.map(\.code.rawValue))",
                file: bytes.copy(0..<bytes.count), fileName: "session.jsonl")
        }
    }

    private static func stand(_ entries: SessionLogEntries, at ranges: ArraySlice<Range<Int>>) -> Bool {
        guard entries.count == ranges.count else { return false }
        var index = 0
        for range in ranges {
            guard entries[index].byteRange == range else { return false }
            index += 1
        }
        return true
    }

    private func violation(_ bytes: FileBytes, _ mode: ReadingMode, _ got: String) -> Violation {
        let expected =
            switch self {
            case .refused(let kind): "refused as \(kind)"
            case .log(let hasHeader, let recovery, let entries):
                """
                \(recovery.name)\(hasHeader ? "" : ", no header"), \(entries.count) entries\
                \(Self.describe(Array(entries)))
                """
            }
        return Violation(
            expected: "\(mode.rawValue) mode: \(expected)", got: "\(mode.rawValue) mode: \(got)",
            file: bytes.copy(0..<bytes.count), fileName: "session.jsonl")
    }

    static func describe(_ log: SessionLog) -> String {
        let findings = log.findings.all.map(\.code.rawValue).joined(separator: ", ")
        return """
            \(log.recovery.name)\(log.header == nil ? ", no header" : ""), \(log.entries.count) entries\
            \(describe(log.entries.map(\.byteRange))); findings: \(findings.isEmpty ? "none" : findings)
            """
    }

    private static func describe(_ places: [Range<Int>]) -> String {
        places.isEmpty ? "" : " at " + places.map { "\($0)" }.joined(separator: " ")
    }
}
