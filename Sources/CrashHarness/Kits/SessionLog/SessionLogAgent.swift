// An agent that keeps its session in a log, and what a log holds by its bytes alone.

import SessionFormats

/// Appends to a log, which it opens when it has to.
final class SessionLogAgent: WritingAgent {
    static let description = WriterDescription(
        .items(keeping: .max), path: "folder/session.jsonl",
        bases: [
            .init("a log", headerLine + line("held"), holds: ["held"]),
            .init(
                "a log with a torn line", headerLine + line("held") + line("torn").prefix(60), holds: ["held"],
                evidence: Array(line("torn").prefix(60))),
            .init("a log whose header is torn", Array(headerLine.prefix(20)), evidence: Array(headerLine.prefix(20))),
            .init("no log", nil),
            .init("a log that is empty", []),
            .init("a log without its last newline", headerLine + line("held").dropLast(), holds: ["held"]),
            .init(
                "a log whose header was damaged",
                [UInt8](repeating: 0, count: 20) + headerLine.dropFirst(20) + line("held"),
                holds: ["held"], isRefused: true),
            .init(
                "a log of a version that no reader knows", laterHeader + line("held"), holds: ["held"],
                evidence: laterHeader, isRefused: true),
        ],
        operations: ["append"],
        programs: [
            NamedProgram("log-create-append", on: 3, [0, 0, 0]), NamedProgram("log-reopen-append", on: 1, [0, 0, 0]),
        ],
        bugs: [
            .noLock, .lockAfterLook, .newlineApart, .noAppendMode, .noTakeBack, .failedSyncIgnored, .headerAssumed,
        ],
        makeAgent: { _, disk, bug in SessionLogAgent(disk, assumesHeader: bug == .headerAssumed) },
        observe: observe)

    private static let path = "folder/session.jsonl"
    private static let header = SessionHeader(id: "s", timestamp: "t", cwd: "/")
    private static let headerLine = header.encoded() + [0x0A]
    private static let laterHeader = Array(
        String(decoding: headerLine, as: UTF8.self).replacing("\"version\":1", with: "\"version\":7").utf8)

    private let disk: any FileSystem
    private let assumesHeader: Bool
    private var writer: SessionLogWriter?

    private init(_ disk: any FileSystem, assumesHeader: Bool) {
        (self.disk, self.assumesHeader) = (disk, assumesHeader)
    }

    func perform(_ operation: Int, item: String, attempt: (String) -> Void) throws {
        let writer = try self.writer ?? open()
        self.writer = writer
        attempt(item)
        do throws(StorageError) { try writer.append(Self.entry(item)) } catch {
            // What was taken back is tried again on the same writer; after all else an agent opens the log anew.
            if case .file = error {} else { close() }
            throw error
        }
    }

    private func open() throws(StorageError) -> SessionLogWriter {
        guard assumesHeader else {
            return try SessionLogWriter.open(path: Self.path, orBeginningWith: Self.header, on: disk)
        }
        do throws(StorageError) { return try SessionLogWriter.open(path: Self.path, on: disk) } catch .headless {
            return try SessionLogWriter.open(path: Self.path, repair: .reference, on: disk)
        }
    }

    func close() {
        writer?.close()
        writer = nil
    }

    private static func entry(_ item: String) -> SessionEntry {
        // Some lie in more than one sector.
        let text = item.hasSuffix("2") ? String(repeating: item, count: 250) : item
        return .leaf(LeafEntry(id: item, parentID: nil, timestamp: "t", entryID: text))
    }

    private static func line(_ item: String) -> [UInt8] { entry(item).encoded() + [0x0A] }

    /// Line by line, each either one that somebody tried to write or none.
    private static func observe(_ disk: SimulatedDisk, _ attempted: [String]) -> Observation {
        guard let bytes = try? disk.contents(of: path).withBytes({ Array($0) }), !bytes.isEmpty else {
            return Observation([])
        }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        let known = Dictionary(
            attempted.map { (line($0).dropLast(), $0) }, uniquingKeysWith: { first, _ in first })
        // What stands behind the last newline is not a line yet, and zeroes at its end are a newline that is not there yet.
        let last = lines.popLast() ?? []
        let torn = last[...((last.lastIndex { $0 != 0 } ?? last.startIndex - 1))]
        guard let first = lines.popFirst() else { return Observation(known[torn].map { [$0] } ?? []) }
        var observation = Observation([])
        if !first.elementsEqual(headerLine.dropLast()) { observation.problem = "a first line that is not the header" }
        for line in lines + (torn.isEmpty ? [] : [torn]) {
            if let item = known[line] {
                observation.items.append(item)
            } else if !line.isEmpty {
                let noise = String(decoding: line.prefix(100), as: UTF8.self)
                observation.noise.append(noise)
                if known.keys.contains(where: { line.count > $0.count && line.contains($0) }) {
                    observation.problem = "an entry that is welded to another: \(noise)"
                }
            }
        }
        return observation
    }
}
