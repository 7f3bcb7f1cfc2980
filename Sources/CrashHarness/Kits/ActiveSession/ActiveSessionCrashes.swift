// Writers of sidecars at work, and what must hold after a crash.

import SessionFormats

enum ActiveSessionCrashes {
    static var all: [CrashScenario] { [reference] + mutants }

    private static let memory = "folder/memory.mv2"
    private static let sidecar = "folder/memory.mv2.session"

    private static func recorder(actions: Int) throws -> SessionRecorder {
        var recorder = SessionRecorder(clock: { 1_700_000_000 }, newID: { .numbered(1) })
        try recorder.startSession(name: "recorded")
        for number in 0..<actions {
            recorder.recordPut(
                frameID: UInt64(number), input: Array("input \(number)".utf8), snapshot: StateSnapshot(frameIDs: []))
        }
        return recorder
    }

    private static func workAsReference(on disk: SimulatedDisk) throws {
        for actions in [1, 4, 9] {
            try recorder(actions: actions).saveSidecar(forMemory: memory, .reference, on: disk)
            disk.acknowledge("\(actions)")
        }
        disk.acknowledge(clearing)
        try SessionRecorder.clearSidecar(forMemory: memory, on: disk)
        disk.acknowledge(cleared)
    }

    /// From here on the session may be gone, and from there on it has to be.
    private static let clearing = "clearing"
    private static let cleared = "cleared"

    static func checkSidecar(_ disk: SimulatedDisk, _ acknowledged: [String]) -> CrashProblem? {
        if acknowledged.last == cleared {
            return (try? disk.exists(sidecar)) == false ? nil : ("no sidecar", "one")
        }
        guard let last = acknowledged.last.flatMap({ Int($0) }) else { return nil }
        var recorder = SessionRecorder(clock: { 0 })
        do {
            _ = try recorder.loadSidecar(forMemory: memory, on: disk)
            let actions = recorder.active?.session.actions.count ?? -1
            return actions >= last ? nil : ("a session of \(last) actions or more", "\(actions)")
        } catch { return ("a session of \(last) actions or more", "\(error)") }
    }

    private static let reference = CrashScenario(
        name: "sidecar-save-clear", writing: "reference", expectation: .knownWindow(showing: ["a session of"]),
        base: [:], work: workAsReference, check: checkSidecar)

    private static func replaceSidecar(
        _ disk: SimulatedDisk, syncsFile: Bool, syncsFolder: Bool, ignoresFailure: Bool = false
    ) throws {
        for actions in [1, 4] {
            if ignoresFailure { disk.inject(.failingSync) }
            let file = try disk.open(sidecar + ".new", .createOrTruncate)
            try file.append(recorder(actions: actions).active?.encoded() ?? [])
            if ignoresFailure { try? file.sync() } else if syncsFile { try file.sync() }
            try disk.rename(sidecar + ".new", to: sidecar)
            if syncsFolder { try disk.syncFolder("folder") }
            disk.acknowledge("\(actions)")
        }
    }

    private static let mutants = [
        CrashScenario(
            name: "mutant-rename-unsynced", writing: "no sync before the rename",
            expectation: .mutant(showing: ["a session of"]), base: [:],
            work: { try replaceSidecar($0, syncsFile: false, syncsFolder: true) }, check: checkSidecar),
        CrashScenario(
            name: "mutant-folder-unsynced", writing: "no sync of the folder",
            expectation: .mutant(showing: ["a session of"]), base: [:],
            work: { try replaceSidecar($0, syncsFile: true, syncsFolder: false) }, check: checkSidecar),
        CrashScenario(
            name: "mutant-sync-ignored", writing: "a failed sync is ignored",
            expectation: .mutant(showing: ["a session of"]), base: [:],
            work: { try replaceSidecar($0, syncsFile: true, syncsFolder: true, ignoresFailure: true) },
            check: checkSidecar),
    ]
}
