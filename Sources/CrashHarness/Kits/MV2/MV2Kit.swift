// The kit of the memory.

import SessionFormats

extension FormatKit {
    static let mv2 = FormatKit(
        MV2Format(), fileName: "memory.mv2", sample: { try memory(&$0, sessions: $0.choose("sessions", below: 3)) },
        acknowledged: { choices in try MemoryHistory(&choices).acknowledged },
        blindField: { blindField($0) },
        findingsOfContent: [.sequenceBroken, .stateHashMismatch, .pendingRecord, .frameHashMismatch],
        buildsOnBase: true,
        generate: { request in
            var files = RealisticFiles(seed: request.seed)
            let disk = SimulatedDisk(request.base.map { ["m": $0] } ?? [:])
            let memory =
                try request.base == nil
                ? MV2Writer.create(path: "m", on: disk) : MV2Writer.open(path: "m", on: disk)
            try files.save(times: request.saves, into: memory)
            return disk.contents["m"] ?? []
        },
        judges: [MemorySaves(), MemoryTruncation(), MemoryDamage()], hostile: HostileFamily.mv2,
        scenarios: MV2Crashes.all, writer: MemoryAgent.description, targets: [.mv2],
        measure: { benchmark, folder, report in try MemoryBenchmark(benchmark).run(in: folder, report: report) })

    /// Sessions and the numbers of commits have no checksum; a table that stands twice says the same twice.
    private static func blindField(_ loss: UntoldLoss) -> String? {
        switch loss.otherFacts.map(\.name) {
        case []: loss.isChangedInPlace ? "a session's bytes" : nil
        case ["generation"] where loss.missing.isEmpty && hasOneCommit(loss): "the number of the only commit"
        case ["footerOffset"] where loss.missing.isEmpty && hasTwoTables(loss): "a second copy of the table of contents"
        case ["footerOffset"] where loss.missing.isEmpty && endsAsBefore(loss): "the place of the table of contents"
        default: nil
        }
    }

    private static func hasOneCommit(_ loss: UntoldLoss) -> Bool {
        loss.file.bytes.places(of: Array("MV2FOOT!".utf8)).count == 1
    }

    private static func hasTwoTables(_ loss: UntoldLoss) -> Bool {
        guard let table = table(of: loss.file) else { return false }
        return loss.stands(table.lowerBound..<table.upperBound - MemoryScenario.footerSize)
    }

    /// Whether the table of contents is whole at the end of the file, wherever that is now, and an earlier one stands where the
    /// header points: a save that did not finish leaves the same.
    private static func endsAsBefore(_ loss: UntoldLoss) -> Bool {
        guard let table = table(of: loss.file), table.lowerBound < loss.damaged.count else { return false }
        let hasEarlier = loss.damaged.places(of: Array("MV2FOOT!".utf8)).contains { footer in
            let size = loss.damaged[min(footer + 8, loss.damaged.count)...].prefix(8).reversed()
            let count = size.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return UInt64(footer) &- count == UInt64(table.lowerBound)
        }
        return hasEarlier && loss.damaged.suffix(table.count).elementsEqual(loss.file.bytes[table])
    }

    /// Where the table of contents stands with its footer.
    private static func table(of file: AcknowledgedFile) -> Range<Int>? {
        guard case .integer(let offset)? = file.facts.first(where: { $0.name == "footerOffset" })?.value else {
            return nil
        }
        return Int(offset)..<file.bytes.count
    }

    fileprivate static func memory(_ choices: inout Choices, sessions count: Int) throws -> [UInt8] {
        let disk = SimulatedDisk(["m": MemoryScenario(&choices).bytes])
        var files = RealisticFiles(seed: UInt64(count))
        if count > 0 {
            try MV2Writer.open(path: "m", on: disk).save((0..<count).map { _ in files.session(actions: 3) })
        }
        return disk.contents["m"] ?? []
    }
}

extension FuzzTarget {
    fileprivate static let mv2 = FuzzTarget(
        "mv2", mend: Mending.memory,
        seeds: {
            (0..<seedCount).compactMap { seed in
                var choices = Choices.seeded(UInt64(seed))
                return try? FormatKit.memory(&choices, sessions: seed % 3)
            }
        },
        examine: { input in
            let bytes = FileBytes(input)
            let reference = try? MV2File.read(bytes, mode: .reference)
            let recovered = try? MV2File.read(bytes)
            try expect(
                reference == nil || recovered != nil, "Recover mode opens every memory that the reference opens.")
            guard let recovered else { return }
            if let reference {
                try expect(
                    recovered.sessions.count >= reference.sessions.count,
                    "Recover mode finds every session of the reference.")
            }
            _ = (recovered.verified(deep: true), recovered.fieldSpans())
            try saveInto(input, recovered)
        })

    /// Whatever a memory claims, a save keeps what was readable and does not trap.
    private static func saveInto(_ input: [UInt8], _ before: MV2File) throws {
        let disk = SimulatedDisk(["m": input])
        guard let writer = try? MV2Writer.open(path: "m", on: disk) else { return }
        let sessions = writer.sessions
        guard (try? writer.save(sessions)) != nil else { return }
        let after = try MV2File.read(try disk.contents(of: "m"))
        try expect(
            after.sessions.compactMap { try? $0.decoded() } == sessions,
            "A save holds what it was given, whatever was there.")
    }
}
