// What the agent's own reader would see of a file, in one shape for all agents.

struct AgentView {
    /// A record that is shown.
    struct Shown {
        var place: Range<Int>
        var line: Int
        /// How the reader names it, where that is not the entry's identifier.
        var name: String?
        /// Which of the scan's entries it is; nil for one that stands inside another record, or is no object.
        var entry: UInt32?
    }

    /// Why the reader gives nothing.
    struct Refusal {
        /// The error's name, "Hang" for a walk that never ends.
        var kind: String
        var message: String
    }

    /// What a reader shows, in its order.
    enum Listing {
        /// Entries of the scan as they stand, which are kept as their numbers alone.
        case entries([UInt32])
        /// Records that the reader names itself, some of which may be no entries.
        case records([Shown])

        var count: Int {
            switch self {
            case .entries(let entries): entries.count
            case .records(let records): records.count
            }
        }

        var isEmpty: Bool { count == 0 }

        /// Those that are entries of the scan.
        var entries: [UInt32] {
            switch self {
            case .entries(let entries): entries
            case .records(let records): records.compactMap(\.entry)
            }
        }

        /// Those that are none.
        var others: [Shown] {
            switch self {
            case .entries: []
            case .records(let records): records.filter { $0.entry == nil }
            }
        }
    }

    /// Which entries of the scan a walk comes by.
    struct Chain {
        let count: Int
        private var isOnIt: BitArray

        init(_ entries: [UInt32], of scan: ScannedLog) {
            count = entries.count
            isOnIt = BitArray(count: scan.entries.count)
            for entry in entries { isOnIt[entry] = true }
        }

        func contains(_ entry: UInt32) -> Bool { isOnIt[entry] }
    }

    private(set) var shown = Listing.entries([])
    /// What the walk from the root to the leaf comes by; nil where there is no walk.
    private(set) var chain: Chain?
    var refusal: Refusal?
    /// Whether the whole file is one object, of which records are parts.
    private(set) var isOneObject = false
    /// Whether the agent's list of sessions has the file; nil where that is not known.
    var isListed: Bool?
    /// What else the reader does, or sees.
    var findings = Findings()

    /// What is shown and still there after a compaction; nil when that is all.
    var kept: Set<UInt32>?

    /// The view of the reader of a log.
    ///
    /// - Parameters:
    ///   - bytes: The whole file; nil in a stream.
    ///   - object: The object that it begins with, which was read as lines.
    ///   - listed: Whether it is asked if the list of sessions has the file, which can take longer than reading it.
    init(
        _ scan: ScannedLog, _ source: any LogSource, whole bytes: FileBytes?, _ object: GeminiObject? = nil,
        listed: Bool
    ) {
        switch scan.log.view {
        case .claude: self.init(claude: scan, source, whole: bytes, listed: listed)
        case .pi: if let bytes { self.init(pi: scan, bytes) } else { self.init(chain: scan) }
        case .gemini:
            if let bytes { self.init(gemini: scan, bytes, object) } else { self.init(sequence: scan) }
        case .chain: self.init(chain: scan)
        case .sequence: self.init(sequence: scan)
        }
    }

    // MARK: Measured

    private init(claude scan: ScannedLog, _ source: any LogSource, whole bytes: FileBytes?, listed: Bool) {
        let reading = ClaudeReading(scan, source)
        shown = .entries(reading.shown)
        chain = Chain(reading.chain, of: scan)
        if listed { isListed = bytes.map { ClaudeListing($0).isListed } }
        if let error = reading.error {
            let reason =
                switch error {
                case "UnicodeDecodeError": "the file is not UTF-8 (byte \(scan.firstInvalid ?? 0))"
                case "RecursionError": "a line nests too deep (line \(scan.fatal?.at.line ?? 0))"
                default: "a field has a value of a type that it cannot have (line \(scan.fatal?.at.line ?? 0))"
                }
            refusal = Refusal(
                kind: error, message: "\(scan.log.reader.sentence) gives up on the whole file: \(reason).")
        }
    }

    private init(pi scan: ScannedLog, _ bytes: FileBytes) {
        let reading = PiReading(bytes)
        isListed = reading.isListed
        if let error = reading.error {
            let reason =
                error == "Hang"
                ? "The walk from the last entry to the root comes by an entry twice, and pi never ends it."
                : "pi ends with an error while it opens the file."
            refusal = Refusal(kind: error, message: reason)
        }
        var entries: [Int: UInt32] = [:]
        for (index, entry) in scan.entries.enumerated() { entries[entry.offset] = UInt32(index) }
        shown = .records(
            reading.branch.map { number in
                let value = reading.values[number]
                return Shown(
                    place: value.place, line: value.line, name: reading.name(number) ?? "",
                    entry: entries[value.place.lowerBound])
            })
        chain = Chain(shown.entries, of: scan)
        kept = Set(reading.context.compactMap { entries[reading.values[$0].place.lowerBound] })
        noteEffects(reading, bytes)
    }

    private mutating func noteEffects(_ reading: PiReading, _ bytes: FileBytes) {
        let size = bytes.count
        let header = reading.values.first
        switch reading.effect {
        case .reset where size > 0:
            findings.add(
                .readerOverwrites, .error, offset: 0, length: size, line: 1,
                "The first record is no session header, so pi would overwrite the file with an empty session on opening."
            )
        case .migrated:
            let hadIDs = reading.values.dropFirst().contains { $0.newID != nil && $0.isNewIDForOld }
            findings.add(
                .readerRewrites, hadIDs ? .warning : .note, offset: 0, length: header?.place.count ?? 0, line: 1,
                """
                The header's version is older than 3, so pi rewrites the file on opening, in place\
                \(hadIDs ? ", and hangs all entries in one row, whatever their parents were" : "").
                """)
        default: break
        }
        if reading.effect == .same, !reading.isRecent, let header, size > 0 {
            findings.add(
                .headerTooLong, .warning, offset: header.place.lowerBound, length: header.place.count,
                line: header.line,
                """
                The header is not whole within the first line and the first \(PiReading.recentWindow) bytes, so pi does not \
                find the session when it continues the most recent one.
                """)
        }
        for number in reading.compactionsWithoutKept {
            let value = reading.values[number]
            findings.add(
                .referenceMissing, .error, offset: value.place.lowerBound, length: value.place.count, line: value.line,
                "The entry that the compaction keeps first is not before it on the path, so pi keeps nothing from before."
            )
        }
    }

    private init(gemini scan: ScannedLog, _ bytes: FileBytes, _ object: GeminiObject?) {
        let reading = GeminiReading(bytes)
        isListed = reading.isListed
        isOneObject = reading.isLegacy
        guard reading.loads else {
            refuseNoSession(object)
            return
        }
        var entries: [Int: UInt32] = [:]
        for (index, entry) in scan.entries.enumerated() { entries[entry.offset] = UInt32(index) }
        shown = .records(
            reading.messages.map { message in
                let entry = message.isNested ? nil : entries[message.place.lowerBound]
                return Shown(
                    place: message.place, line: message.line, name: message.id.map(JSONText.string) ?? "", entry: entry)
            })
        for rewind in reading.lostRewinds where rewind.messagesLost > 0 {
            findings.add(
                .referenceMissing, .error, offset: rewind.place.lowerBound, length: rewind.place.count,
                line: rewind.line,
                "A rewind to a message that is not there takes away all \(rewind.messagesLost) messages before it.")
        }
        for (index, message) in reading.messages.enumerated() where message.pendingCalls > 0 {
            let isLast = index == reading.messages.count - 1
            findings.add(
                isLast ? .openCall : .callWithoutResult, isLast ? .note : .error, offset: message.place.lowerBound,
                length: message.place.count, line: message.line,
                isLast
                    ? "\(message.pendingCalls) tool calls have no result yet."
                    : "\(message.pendingCalls) tool calls have no result and stay unanswered, for which the service refuses the turn."
            )
        }
    }

    private mutating func refuseNoSession(_ object: GeminiObject?) {
        guard let object else {
            return refuse(
                "NotASession",
                "No record gives both sessionId and projectHash, so the file is no session for Gemini CLI.")
        }
        if !object.isWhole {
            let end = object.messages.last?.upperBound ?? 0
            findings.add(
                .tornEntry, .error, offset: end, length: object.range.upperBound - end,
                "The session was cut short or damaged: \(object.messages.count) messages of it are whole.")
        }
        refuse(
            "NotASession",
            """
            The session is one object, as older releases write it, which was cut short or has something behind it, so the \
            file is no session for Gemini CLI.
            """)
    }

    // MARK: Read, not measured

    /// From the last record up its parents.
    private init(chain scan: ScannedLog) {
        var last = [UInt32](repeating: .max, count: scan.identifiers.count)
        var leaf: UInt32?
        for (index, entry) in scan.entries.enumerated()
        where entry.isNode && entry.isSeen && entry.id != IdentifierTable.none {
            last[Int(entry.id)] = UInt32(index)
            leaf = UInt32(index)
        }
        var chain: [UInt32] = []
        // Room that nothing is written to costs no memory, and an array that grows takes twice its room.
        chain.reserveCapacity(scan.entries.count)
        var isSeen = BitArray(count: last.count)
        while let index = leaf {
            let entry = scan.entries[Int(index)]
            guard !isSeen[entry.id] else { break }
            isSeen[entry.id] = true
            chain.append(index)
            leaf =
                entry.parent == IdentifierTable.none || last[Int(entry.parent)] == .max ? nil : last[Int(entry.parent)]
        }
        chain.reverse()
        self.chain = Chain(chain, of: scan)
        shown = .entries(chain)
    }

    /// In the order of the file.
    private init(sequence scan: ScannedLog) {
        var entries: [UInt32] = []
        entries.reserveCapacity(scan.entries.count)
        for (index, entry) in scan.entries.enumerated()
        where entry.isNode && entry.isSeen && !entry.flags.contains(.isHeader) {
            entries.append(UInt32(index))
        }
        shown = .entries(entries)
        if let firstInvalid = scan.firstInvalid, scan.log.refusesInvalidUTF8 {
            refuse("InvalidUTF8", "\(scan.log.agent) stops at a byte that is no UTF-8 (byte \(firstInvalid)).")
        } else if scan.log.badLines == .refused, let bad = scan.badLines.first {
            refuse("CorruptedLine", "\(scan.log.agent) refuses the file for line \(bad.line).")
        } else if scan.log.header?.mustBeFirst == true, scan.header == nil || scan.header?.isSalvaged == true {
            refuse("MissingHeader", "\(scan.log.agent) finds no header and refuses the file.")
        }
    }

    private mutating func refuse(_ kind: String, _ message: String) {
        shown = .entries([])
        refusal = Refusal(kind: kind, message: message)
    }
}

extension String {
    /// With a capital letter at its beginning.
    var sentence: String { prefix(1).uppercased() + dropFirst() }
}
