// An agent that saves finished sessions in a memory, and what a memory holds.

import SessionFormats

/// Saves, deletes and compacts, in a memory that it opens when it has to.
final class MemoryAgent: WritingAgent {
    static let description = WriterDescription(
        .members, path: path,
        bases: [
            .init("a memory", holding(["held"]), holds: ["held"]),
            .init("no memory", nil),
            .init("a memory of many saves", savedOften, holds: ["held"]),
            .init(
                "a memory whose table was changed", changedTable, holds: [unreadable],
                evidence: changedTable.suffix(200),
                isRefused: true),
        ],
        operations: ["save", "delete", "compact"],
        bugs: [.noSync],
        makeAgent: { _, disk, _ in MemoryAgent(disk) }, observe: observe)

    private static let path = "folder/memory.mv2"
    private static let unreadable = "a table without its checksum"

    private let disk: any FileSystem
    private var writer: MV2Writer?

    private init(_ disk: any FileSystem) { self.disk = disk }

    func perform(_ operation: Int, item: String, attempt: (String) -> Void) throws {
        let writer = try self.writer ?? open()
        self.writer = writer
        do throws(MV2Error) {
            let sessions = writer.sessions
            switch operation {
            case 0:
                attempt(item)
                try writer.save(sessions + [Self.session(item)])
            case 1:
                guard let first = sessions.first else { break }
                attempt((first.name ?? "").asRemoval)
                try writer.delete(first.id)
            default: try writer.compact()
            }
        } catch {
            // An agent opens the memory anew after whatever failed.
            close()
            throw error
        }
    }

    private func open() throws(MV2Error) -> MV2Writer {
        do throws(MV2Error) { return try MV2Writer.open(path: Self.path, on: disk) } catch .file(let problem) {
            guard problem.isMissing else { throw .file(problem) }
        }
        do throws(MV2Error) { return try MV2Writer.create(path: Self.path, on: disk) } catch .exists {
            return try MV2Writer.open(path: Self.path, on: disk)
        }
    }

    func close() { writer = nil }

    private static func session(_ name: String) -> ReplaySession {
        let number = name.utf8.reduce(UInt64(7)) { $0 &* 131 &+ UInt64($1) }
        var session = ReplaySession(id: .numbered(number), name: name, createdSeconds: 1_700_000_000)
        session.endedSeconds = 1_700_000_001
        session.actions = [ReplayAction(sequence: 0, timestampSeconds: 1_700_000_000, type: .put(frameID: 1))]
        return session
    }

    private static func holding(_ names: [String], saves: Int = 1) -> [UInt8] {
        let disk = SimulatedDisk()
        guard let writer = try? MV2Writer.create(path: path, on: disk) else { return [] }
        for _ in 0..<saves { try? writer.save(names.map(session)) }
        return disk.contents[path] ?? []
    }

    private static let savedOften = holding(["held"], saves: 4)

    /// A byte of the table of contents that changes nothing but its checksum.
    private static let changedTable: [UInt8] = {
        var bytes = holding(["held"])
        // The checksum is the last of the table, before the footer.
        if bytes.count > 57 { bytes[bytes.count - 57] ^= 1 }
        return bytes
    }()

    private static func observe(_ disk: SimulatedDisk, _ attempted: [String]) -> Observation {
        guard let bytes = try? disk.contents(of: path) else { return Observation([]) }
        guard let memory = try? MV2File.read(bytes), memory.table != nil else {
            return Observation(["nothing that can be read"])
        }
        if memory.findings.all.contains(where: { $0.code == .tableChecksumMismatch }) {
            return Observation([unreadable])
        }
        let names = memory.sessions.map { $0.name ?? "" }
        let isFound = memory.findings.all.contains { $0.code == .sessionsFoundByScan }
        return Observation(names, problem: isFound ? "sessions found by searching" : nil)
    }
}

extension FileSystemError {
    /// Whether there is no such file.
    fileprivate var isMissing: Bool { errorNumber == 2 }
}
