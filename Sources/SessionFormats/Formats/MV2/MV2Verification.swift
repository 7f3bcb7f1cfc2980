// Everything that can be checked in a memory without knowing the payloads' codecs.

extension MV2File {
    /// What opening found, and what there is to say beyond it.
    ///
    /// - Parameter deep: Whether all content that has a hash is hashed too, on all cores. Otherwise the content is not
    ///   touched.
    public func verified(deep: Bool = false) -> Findings {
        var verification = MV2Verification(file: self, findings: findings)
        verification.checkHeader()
        verification.checkGeneration()
        verification.checkRegions()
        verification.checkManifest()
        for session in sessions { verification.check(session) }
        if deep { verification.checkContent() }
        return verification.findings
    }
}

private struct MV2Verification {
    let file: MV2File
    var findings: Findings

    // MARK: Header

    mutating func checkHeader() {
        guard let header = file.header else { return }
        if let table = file.table, header.tableChecksum != table.checksum {
            findings.add(
                .headerMismatch, .warning, offset: 48, length: 32,
                "The header's copy of the table's checksum is another; no program reads it.")
        }
        let unused = [
            (MV2Header.legacyLock, "lock bytes"), (MV2Header.legacyLock.upperBound..<MV2Header.size, "padding"),
        ]
        for (range, name) in unused {
            let bytes = file.bytes.copy(range)
            guard let first = bytes.firstIndex(where: { $0 != 0 }) else { continue }
            findings.add(
                .paddingNotZero, .note, offset: range.lowerBound + first, length: bytes.count - first,
                "The header's \(name) should be zero; no program reads them.")
        }
    }

    // MARK: Commits

    /// Saves that append leave the commits before them behind the content, each one number on. Content is not searched: no
    /// commit is in it, and it may be large.
    mutating func checkGeneration() {
        guard let header = file.header, let table = file.table, let footer = file.footer,
            let contentEnd = Int(exactly: table.contentEnd(log: header.log)), contentEnd < footer.table.lowerBound,
            let before = commit(in: contentEnd..<footer.table.lowerBound), footer.generation != before.generation &+ 1
        else { return }
        findings.add(
            .generationJump, .error, offset: footer.offset + 48, length: 8,
            "This commit has the number \(footer.generation) and the one before it, at byte \(before.offset), the number "
                + "\(before.generation): one of the two was changed, or commits between them were overwritten.")
    }

    private func commit(in range: Range<Int>) -> MV2Footer? {
        var footers = MV2FooterScan(file.bytes, in: range)
        return footers.last(in: file.bytes, SearchBudget(range.count * 4))
    }

    // MARK: Regions

    /// Bytes that something takes.
    private struct Claim {
        var name: String
        var range: Range<Int>
    }

    mutating func checkRegions() {
        guard let table = file.table else { return }
        let frames = table.frames.filter { $0.status == .active && $0.payload.length > 0 }
        var regions = frames.map { ("frame \($0.id)", $0.payload) }
        regions += table.reliableRegions.map { ($0.name, $0.region) }
        var claims: [Claim] = []
        for (name, region) in regions {
            if let range = region.range(in: file.bytes.count) {
                claims.append(Claim(name: name, range: range))
            } else {
                findings.add(
                    .regionOutside, .error, offset: Int(clamping: region.offset), length: 0,
                    "The \(name) should be at byte \(region.offset), \(region.length) long; the file has "
                        + "\(file.bytes.count) bytes.")
            }
        }
        checkOverlaps(claims + fixedClaims())
    }

    private func fixedClaims() -> [Claim] {
        var claims = [Claim(name: "header", range: 0..<min(MV2Header.size, file.bytes.count))]
        if let log = file.header?.log.range(in: file.bytes.count) { claims.append(Claim(name: "log", range: log)) }
        if let table = file.tableRange { claims.append(Claim(name: "table of contents", range: table)) }
        if let footer = file.footer {
            claims.append(Claim(name: "commit footer", range: footer.offset..<footer.offset + MV2Footer.size))
        }
        return claims
    }

    private mutating func checkOverlaps(_ claims: [Claim]) {
        var widest: Claim?
        for claim in claims.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if let before = widest, claim.range.lowerBound < before.range.upperBound {
                let end = min(claim.range.upperBound, before.range.upperBound)
                findings.add(
                    .regionOverlap, .error, offset: claim.range.lowerBound,
                    length: end - claim.range.lowerBound,
                    "The \(claim.name) and the \(before.name) share bytes; at least one of them is not what it was.")
            }
            if claim.range.upperBound > widest?.range.upperBound ?? 0 { widest = claim }
        }
    }

    // MARK: Sessions

    mutating func checkManifest() {
        guard let manifest = file.table?.replayManifest, file.scannedSegments.isEmpty else { return }
        let actions = file.sessions.reduce(0) { $0 + UInt64($1.actionCount) }
        if Int(manifest.sessionCount) != file.sessions.count || manifest.totalActions != actions {
            findings.add(
                .manifestMismatch, .error, offset: Int(clamping: manifest.segment.offset), length: 0,
                "The table of contents counts \(manifest.sessionCount) sessions with \(manifest.totalActions) actions; "
                    + "\(file.sessions.count) with \(actions) are there.")
        }
    }

    mutating func check(_ session: StoredSession) {
        let name = session.name ?? session.id.description
        if let (number, found) = session.firstMisnumberedAction() {
            findings.add(
                .sequenceBroken, .error, offset: session.byteRange.lowerBound, length: session.byteRange.count,
                "Action \(number) of session \(name) has the sequence \(found); recorded actions have their number.")
        }
        // They were validated when the session was read, and are there unless the file was changed since then.
        guard let checkpoints = try? session.checkpoints() else { return }
        for (index, checkpoint) in checkpoints.enumerated() {
            if checkpoint.id != UInt64(index) {
                findings.add(
                    .sequenceBroken, .error, offset: session.byteRange.lowerBound, length: session.byteRange.count,
                    "Checkpoint \(index) of session \(name) has the number \(checkpoint.id).")
            }
            if checkpoint.snapshot.stateHash != checkpoint.stateHash {
                findings.add(
                    .stateHashMismatch, .error, offset: session.byteRange.lowerBound, length: session.byteRange.count,
                    "Checkpoint \(checkpoint.id) of session \(name) does not have the hash of its snapshot: one of the "
                        + "two was changed.")
            }
        }
    }

    // MARK: Content

    mutating func checkContent() {
        for frame in file.table?.frames ?? [] where frame.status == .active && frame.payload.length > 0 {
            check("payload of frame \(frame.id)", frame.payload, frame.checksum, .frameHashMismatch)
        }
        for named in file.table?.reliableRegions ?? [] {
            if let checksum = named.checksum { check(named.name, named.region, checksum) }
        }
    }

    private mutating func check(
        _ name: String, _ region: MV2Region, _ checksum: Digest, _ code: FindingCode = .contentHashMismatch
    ) {
        guard let range = region.range(in: file.bytes.count) else { return }
        let hash = file.bytes.withBytes { BLAKE3.hashOnAllCores(UnsafeRawBufferPointer(rebasing: $0[range])) }
        if hash == checksum { return }
        findings.add(
            code, .error, offset: range.lowerBound, length: range.count,
            "The \(name) does not have its hash: bytes in it were changed.")
    }
}

extension StoredSession {
    /// The first action whose sequence is not its number.
    fileprivate func firstMisnumberedAction() -> (number: Int, found: UInt64)? {
        for (number, sequence) in actionSequences.enumerated() where sequence != UInt64(number) {
            return (number, sequence)
        }
        return nil
    }
}
