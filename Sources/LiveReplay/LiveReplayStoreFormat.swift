// The file of a live replay store as one of the formats of the catalogue.

import SessionFormats

extension FormatID {
    /// The file of a `FileLiveReplayStore`, JSON Lines.
    public static let liveReplayStore = FormatID("live-replay-store")
}

/// The store's file: recognised by its header. Every event that stands whole in it is told, also behind damage, where the
/// store itself stops reading.
public struct LiveReplayStoreFormat: SessionFormat {
    /// Makes the format.
    public init() {}

    /// "live-replay-store".
    public var id: FormatID { .liveReplayStore }

    /// As in "A live replay store's file".
    public var title: String { "The file of a live replay store" }

    /// The header is the first line.
    public func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        Recognition(headerOfType: LiveReplayRecord.type, in: bytes)
    }

    /// Reads the records line by line.
    public func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        let lines = Lines(bytes)
        guard lines.hasHeader else {
            return Examination(
                refusing: id, of: bytes, "InvalidHeader", "The first line is not the header of a live replay store.",
                .invalidHeader, line: 1, fields: { lines.fields })
        }
        let events = lines.records.filter(\.isRestored).compactMap { line in line.cursor.map { (line, $0) } }
        let items = ExaminedItems("events", count: events.count) { index in
            let (line, cursor) = events[index]
            return ExaminedItem(
                id: cursor, facts: [Fact("cursor", cursor), Fact("line", line.number)], range: line.range,
                content: { line.record.line })
        }
        return Examination(
            id, of: bytes, Verdict(worst: lines.findings.worst), summary: ["\(events.count) events"], items: items,
            findings: lines.findings.report, fields: { lines.fields })
    }

    /// The header and every whole record that does not contradict those before it, in order.
    public func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        let lines = Lines(bytes)
        guard lines.hasHeader else { throw .nothing("the first line is not the header of a live replay store.") }
        let kept = lines.records.filter(\.isRestored)
        let mended = kept.filter { $0.life != nil }.map { line in
            Repair(
                .mended, offset: line.range.lowerBound, length: 0,
                "The record that reserves this event's position is missing and stands before it.")
        }
        return Recovered(
            id, kept.flatMap { ($0.life?.line ?? []) + bytes.copy($0.range) + [0x0A] }, of: bytes,
            kept: kept.map(\.range), blanks: [0x0A], mended: mended, findings: lines.findings.all)
    }

    /// A line that is a record.
    private struct Line {
        var record: LiveReplayRecord
        var number: Int
        var range: Range<Int>
        /// Whether it agrees with all that is restored of the lines before it.
        var isRestored: Bool
        /// What has to stand before it, since it is missing.
        var life: LiveReplayRecord?

        /// The event's cursor; nil for other records.
        var cursor: String? {
            guard case .event(let session, let revision, let position, _, _) = record else { return nil }
            return SessionCursor(sessionID: session, revision: revision, position: position).text
        }

        /// For people.
        var text: String {
            switch record {
            case .header: "header"
            case .life(let first, let through): "positions \(first) to \(through)"
            case .session(let session, _): "positions of \(session)"
            case .event: cursor ?? "event"
            }
        }
    }

    private struct Lines {
        private(set) var records: [Line] = []
        private(set) var findings = Findings()
        /// What the store itself would make of the records so far.
        private var sessions: FileLiveReplaySessions
        private var isCut = false

        init(_ bytes: FileBytes) {
            // Nothing expires, and nobody is forgotten: what the file says counts, not what a store would keep of it.
            var options = FileLiveReplayStore.Options()
            options.bounds = LiveReplayBounds(capacity: .max, maximumAge: .max)
            options.maximumSessions = .max
            sessions = FileLiveReplaySessions(options)
            let all = bytes.copy(0..<bytes.count)
            var (start, number) = (0, 0)
            while start < all.count {
                number += 1
                let newline = all[start...].firstIndex(of: 0x0A)
                take(all[start..<(newline ?? all.count)], number, hasNewline: newline != nil)
                start = (newline ?? all.count) + 1
            }
        }

        private mutating func take(_ line: ArraySlice<UInt8>, _ number: Int, hasNewline: Bool) {
            let range = line.startIndex..<line.endIndex
            if hasNewline, let record = LiveReplayRecord(line), (record == .header) == (number == 1) {
                let agrees = sessions.restore(record, now: 0)
                let life = agrees ? nil : life(for: record)
                records.append(
                    Line(record: record, number: number, range: range, isRestored: agrees || life != nil, life: life))
                if !isCut, !agrees {
                    isCut = true
                    findings.add(
                        .corruptEntry, .error, offset: range.lowerBound, length: range.count, line: number,
                        """
                        The record contradicts those before it; the store drops it and everything behind it when it opens \
                        the file.
                        """)
                }
            } else if hasNewline {
                findings.add(
                    .corruptEntry, .error, offset: range.lowerBound, length: range.count, line: number,
                    "The line is not a record; the store drops it and everything behind it when it opens the file.")
            } else {
                noteEnd(line, range, number)
            }
        }

        private mutating func noteEnd(_ line: ArraySlice<UInt8>, _ range: Range<Int>, _ number: Int) {
            let (severity, message): (Severity, String) =
                if line.allSatisfy({ $0 == 0 }) {
                    (.warning, "The file ends in NUL bytes, as a power loss leaves where data had not been written.")
                } else if JSONFragment.isCutShort(line) {
                    (.warning, "The last record was cut short while it was being written; it was never acknowledged.")
                } else if LiveReplayRecord(line) != nil {
                    (
                        .warning,
                        "The last record is whole but for its newline; the store, which acknowledges both, drops it."
                    )
                } else {
                    (.error, "The last line is not the beginning of a record: it was damaged, not only cut short.")
                }
            findings.add(
                .tornEntry, severity, offset: range.lowerBound, length: range.count, line: number, message)
        }

        /// Restores an event whose position nobody reserved, by a record that does.
        private mutating func life(for record: LiveReplayRecord) -> LiveReplayRecord? {
            guard case .event(_, _, let position, _, _) = record, position > sessions.reservedThrough else {
                return nil
            }
            let life = LiveReplayRecord.life(first: max(1, sessions.lifeFirst), through: position)
            var restored = sessions
            guard restored.restore(life, now: 0), restored.restore(record, now: 0) else { return nil }
            sessions = restored
            return life
        }

        var hasHeader: Bool { records.first?.record == .header }

        var fields: [FieldSpan] {
            records.map { line in
                FieldSpan(path: "line \(line.number)", range: line.range, value: line.text)
            }
        }
    }
}
