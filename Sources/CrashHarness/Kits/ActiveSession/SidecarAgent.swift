// An agent that keeps the session under way in a sidecar, and what a sidecar says.

import SessionFormats

/// Saves, loads and clears the sidecar of a memory.
final class SidecarAgent: WritingAgent {
    static let description = WriterDescription(
        .value, path: SessionRecorder.sidecarPath(forMemory: memory),
        bases: [
            .init("a sidecar", bytes("held"), holds: ["held"]),
            .init("no sidecar", nil, holds: [none]),
            .init("a sidecar that cannot be read", unreadable, holds: [none]),
        ],
        operations: ["save", "clear", "load"], removing: 1,
        programs: [NamedProgram("sidecar-save-clear", on: 1, [0, 0, 0, 1])],
        bugs: [.noFolderSync],
        makeAgent: { _, disk, _ in SidecarAgent(disk) }, observe: observe)

    private static let memory = "folder/memory.mv2"
    private static let none = "none"
    private static let unreadable = Array(bytes("held").prefix(20))

    private let disk: any FileSystem

    private init(_ disk: any FileSystem) { self.disk = disk }

    func perform(_ operation: Int, item: String, attempt: (String) -> Void) throws {
        switch operation {
        case 0:
            attempt(item)
            try Self.recorder(item).saveSidecar(forMemory: Self.memory, on: disk)
        case 1:
            attempt(Self.none)
            try Self.recorder(nil).saveSidecar(forMemory: Self.memory, on: disk)
        default:
            var recorder = Self.recorder(nil)
            _ = try recorder.loadSidecar(forMemory: Self.memory, on: disk)
        }
    }

    func close() {}

    private static func recorder(_ name: String?) -> SessionRecorder {
        var recorder = SessionRecorder(clock: { 1_700_000_000 }, newID: { .numbered(1) })
        if let name { _ = try? recorder.startSession(name: name) }
        return recorder
    }

    private static func bytes(_ name: String) -> [UInt8] { recorder(name).active?.encoded() ?? [] }

    /// By its bytes: those of one of the values, and of nothing else.
    private static func observe(_ disk: SimulatedDisk, _ attempted: [String]) -> Observation {
        let path = SessionRecorder.sidecarPath(forMemory: memory)
        guard let found = try? disk.contents(of: path).withBytes({ Array($0) }) else { return Observation([none]) }
        // What cannot be read is no session, until somebody saves one.
        if found == unreadable { return Observation([none]) }
        let value = attempted.first { bytes($0) == found }
        return Observation([value ?? "\(found.count) bytes that nobody wrote"])
    }
}
