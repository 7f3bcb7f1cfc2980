// Where each field of a memory stands.

extension MV2File {
    /// Every field that is known, in the order of the file. Content that is opaque here is one field each.
    public func fieldSpans() -> [FieldSpan] {
        let spans =
            headerSpans() + logSpans() + contentSpans() + sessions.flatMap { sessionSpans($0) } + segmentSpans()
            + tableSpans() + footerSpans()
        return spans.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
    }

    private func headerSpans() -> [FieldSpan] {
        guard let header else { return [] }
        func span(_ name: String, _ range: Range<Int>, _ value: String) -> FieldSpan {
            FieldSpan(path: "header." + name, range: range, value: value)
        }
        return [
            span("magic", 0..<4, "MV2"), span("version", 4..<6, "0x0201"), span("spec", 6..<8, "2.1"),
            span("footer_offset", 8..<16, "\(header.footerOffset)"), span("wal_offset", 16..<24, "\(header.logOffset)"),
            span("wal_size", 24..<32, "\(header.logSize)"),
            span("wal_checkpoint_pos", 32..<40, "\(header.logCheckpoint)"),
            span("wal_sequence", 40..<48, "\(header.logSequence)"),
            span("toc_checksum", 48..<80, header.tableChecksum.description),
            span("legacy_lock", MV2Header.legacyLock, summary(of: MV2Header.legacyLock)),
            span(
                "padding", MV2Header.legacyLock.upperBound..<MV2Header.size,
                summary(of: MV2Header.legacyLock.upperBound..<MV2Header.size)),
        ]
    }

    private func logSpans() -> [FieldSpan] {
        guard let header, let log else { return [] }
        var spans = log.records.map { record in
            FieldSpan(
                path: "log.record \(record.sequence)",
                range: record.offset..<record.offset + MV2LogRegion.headerSize + record.length,
                value: "\(record.length) bytes, \(record.sequence > header.logSequence ? "pending" : "committed")")
        }
        let end = min(Int(clamping: header.log.end ?? .max), bytes.count)
        if log.end < end {
            spans.append(FieldSpan(path: "log.rest", range: log.end..<end, value: summary(of: log.end..<end)))
        }
        return spans
    }

    private func contentSpans() -> [FieldSpan] {
        guard let table else { return [] }
        let frames = table.frames.map {
            MV2NamedRegion(name: "frame \($0.id) (\($0.status))", region: $0.payload, checksum: nil)
        }
        let others = table.distinctRegions.filter { $0.region != table.replayManifest?.segment }
        return (frames.filter { $0.region.length > 0 } + others).compactMap { named in
            guard let range = named.region.range(in: bytes.count)
            else { return nil }
            return FieldSpan(path: "content.\(named.name)", range: range, value: "\(range.count) bytes")
        }
    }

    private func segmentSpans() -> [FieldSpan] {
        let manifested = sessions.isEmpty ? nil : table?.replayManifest?.segment.range(in: bytes.count)?.lowerBound
        let starts = manifested.map { [$0] } ?? scannedSegments.map(\.lowerBound)
        return starts.flatMap { ReplaySegment.headerSpans(of: bytes, at: $0) }
    }

    private func sessionSpans(_ session: StoredSession) -> [FieldSpan] {
        ReplaySegment.sessionSpans(session, prefix: "replay.session \(session.id)")
    }

    private func tableSpans() -> [FieldSpan] {
        guard let table, let tableRange else { return [] }
        return bytes.withBytes(of: tableRange) { buffer in
            var mapper = BincodeMapper(cursor: BincodeCursor(buffer, in: tableRange), path: ["toc"])
            var scratch = MV2TableOfContents(shape: table.shape)
            return (try? scratch.code(with: &mapper)) == nil ? [] : mapper.spans
        }
    }

    private func footerSpans() -> [FieldSpan] {
        guard let footer else { return [] }
        func span(_ name: String, _ from: Int, _ to: Int, _ value: String) -> FieldSpan {
            FieldSpan(path: "footer." + name, range: footer.offset + from..<footer.offset + to, value: value)
        }
        return [
            span("magic", 0, 8, MV2Footer.magic), span("toc_len", 8, 16, "\(footer.table.count)"),
            span("toc_hash", 16, 48, "matches"), span("generation", 48, 56, "\(footer.generation)"),
        ]
    }

    private func summary(of range: Range<Int>) -> String {
        let bytes = bytes.copy(range)
        return bytes.allSatisfy { $0 == 0 } ? "\(bytes.count) zeroes" : "\(bytes.count) bytes, not all zero"
    }
}

extension ReplaySegment {
    /// Where each field of a file that is a segment stands.
    public func fieldSpans(of bytes: FileBytes) -> [FieldSpan] {
        Self.headerSpans(of: bytes, at: 0) + sessions.flatMap { Self.sessionSpans($0, prefix: "session \($0.id)") }
    }

    static func headerSpans(of bytes: FileBytes, at start: Int) -> [FieldSpan] {
        bytes.withBytes(of: start..<start + headerSize) { buffer in
            guard buffer.count - start >= headerSize else { return [] }
            var cursor = BincodeCursor(buffer, in: start + 8..<start + headerSize)
            guard let version = try? cursor.integer(UInt32.self), let count = try? cursor.integer(UInt32.self),
                let size = try? cursor.integer(UInt64.self)
            else { return [] }
            return [
                FieldSpan(path: "segment.magic", range: start..<start + 8, value: magic),
                FieldSpan(path: "segment.version", range: start + 8..<start + 12, value: "\(version)"),
                FieldSpan(path: "segment.session_count", range: start + 12..<start + 16, value: "\(count)"),
                FieldSpan(path: "segment.total_size", range: start + 16..<start + 24, value: "\(size)"),
            ]
        }
    }

    /// A session's fields and the length before them.
    static func sessionSpans(_ session: StoredSession, prefix: String) -> [FieldSpan] {
        let start = session.byteRange.lowerBound
        let length = FieldSpan(
            path: prefix + ".length", range: max(0, start - 8)..<start, value: "\(session.byteRange.count)")
        return [length]
            + session.fieldSpans().map { FieldSpan(path: "\(prefix).\($0.path)", range: $0.range, value: $0.value) }
    }
}
