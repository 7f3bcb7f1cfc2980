// Every disk that a power cut may leave: the rules, our writers under them, and bugs that have to be found.

import LiveReplay
import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Crash states")
struct CrashStateTests {
    /// The different disks that a model allows for what a writer did.
    private func disks(
        _ model: PersistenceModel, base: [String: [UInt8]] = [:], sectorSize: Int = 512,
        _ work: (SimulatedDisk) throws -> Void
    ) throws -> Set<[String: [UInt8]]> {
        let disk = SimulatedDisk(base)
        try work(disk)
        var explorer = CrashStateExplorer()
        (explorer.model, explorer.sectors.size) = (model, sectorSize)
        var disks: Set<[String: [UInt8]]> = []
        let exploration = explorer.explore(disk.trace) { disk, _ in
            disks.insert(disk.contents)
            return nil
        }
        #expect(exploration.isExhaustive && exploration.distinct >= disks.count)
        return disks
    }

    private let sectors = [UInt8](repeating: 1, count: 512) + [UInt8](repeating: 2, count: 512)

    // MARK: The rules

    @Test func `cached: nothing that was written is lost, at any moment`() throws {
        let disks = try disks(.cached) { disk in
            let file = try disk.open("f", .createNew)
            try file.append([1, 2])
            try file.append([3])
        }
        #expect(disks == [[:], ["f": []], ["f": [1, 2]], ["f": [1, 2, 3]]])
    }

    @Test
    func `ordered: a prefix is there, the last write torn between sectors, and nothing later without what is before`()
        throws
    {
        let disks = try disks(.ordered) { disk in
            let file = try disk.open("f", .createNew)
            try file.append(sectors)
            try file.append([3])
        }
        #expect(
            disks == [
                [:], ["f": []], ["f": Array(sectors.prefix(512))], ["f": sectors], ["f": sectors + [3]],
            ])
    }

    @Test func `ordered: what a sync made durable is there`() throws {
        let disks = try disks(.ordered) { disk in
            let file = try disk.open("f", .createNew)
            try file.append([1])
            try file.sync()
            try disk.rename("f", to: "g")
            disk.acknowledge("done")
        }
        #expect(disks == [[:], ["f": []], ["f": [1]], ["g": [1]]])
    }

    @Test func `posix: any sectors may be there, and a size without bytes reads as zeroes`() throws {
        let disks = try disks(.posix, base: ["f": []]) { disk in try disk.open("f", .append).append(sectors) }
        let zeroes = [UInt8](repeating: 0, count: 512)
        let (first, second) = (Array(sectors.prefix(512)), Array(sectors.suffix(512)))
        let whole = [first + second, first + zeroes, zeroes + second, zeroes + zeroes]
        #expect(disks == Set(([[], first, zeroes] + whole).map { ["f": $0] }))
    }

    @Test func `posix: a sector is never torn, and larger sectors leave fewer states`() throws {
        let disks = try disks(.posix, base: ["f": []], sectorSize: 4_096) { disk in
            try disk.open("f", .append).append(sectors)
        }
        #expect(disks == [["f": []], ["f": sectors], ["f": [UInt8](repeating: 0, count: 1_024)]])
    }

    @Test func `posix: a synced file is whole, but its name only when the folder is synced`() throws {
        let unsynced = try disks(.posix) { disk in
            let file = try disk.open("d/f", .createNew)
            try file.append([1])
            try file.sync()
        }
        #expect(unsynced.contains([:]) && unsynced.contains(["d/f": [1]]))

        let disk = SimulatedDisk()
        let file = try disk.open("d/f", .createNew)
        try file.append([1])
        try file.sync()
        try disk.syncFolder("d")
        disk.acknowledge("done")
        var afterwards: Set<[String: [UInt8]]> = []
        _ = CrashStateExplorer().explore(disk.trace) { disk, acknowledged in
            if !acknowledged.isEmpty { afterwards.insert(disk.contents) }
            return nil
        }
        #expect(afterwards == [["d/f": [1]]])
    }

    @Test func `posix: a name may be there before its bytes, and a rename is one step`() throws {
        let disks = try disks(.posix, base: ["f": [9]]) { disk in
            try disk.open("g", .createNew).append([1])
            try disk.rename("g", to: "f")
        }
        #expect(disks.contains(["f": []]) && disks.contains(["f": [0]]) && disks.contains(["f": [1]]))
        #expect(disks.contains(["f": [9], "g": [1]]))
        #expect(!disks.contains { $0["f"] == nil })
    }

    @Test func `posix: a file that moves across folders is there with its old name, its new one, or both, never gone`()
        throws
    {
        for syncsFirst in [nil, "a", "b"] {
            let disks = try disks(.posix, base: ["a/f": [9]]) { disk in
                try disk.rename("a/f", to: "b/f")
                if let syncsFirst { try disk.syncFolder(syncsFirst) }
            }
            #expect(disks.contains(["b/f": [9]]))
            #expect(disks.allSatisfy { $0["a/f"] == [9] || $0["b/f"] == [9] })
        }
        let disk = SimulatedDisk()
        try disk.open("a/f", .createNew).append([1])
        try disk.rename("a/f", to: "b/f")
        try disk.syncFolder("b")
        disk.acknowledge("done")
        _ = CrashStateExplorer().explore(disk.trace) { disk, acknowledged in
            if !acknowledged.isEmpty { #expect(disk.contents["b/f"] != nil) }
            return nil
        }
    }

    @Test func `a write in two steps can be killed between them`() throws {
        let disks = try disks(.cached, base: ["f": []]) { disk in
            disk.inject(.shortWrite)
            try disk.open("f", .append).append([1, 2, 3, 4])
        }
        #expect(disks == [["f": []], ["f": [1, 2]], ["f": [1, 2, 3, 4]]])
    }

    @Test func `the state that a report names is the one that breaks the promise`() throws {
        let mutant = try #require(KitCatalogue.standard.scenarios.first { $0.name == "mutant-newline-apart" })
        var explorer = explorer(512)
        let violation = try #require(try mutant.explore(explorer).causes.first?.violation)
        explorer.onlyState = violation.choices
        let again = try mutant.explore(explorer)
        #expect(again.visited == 1 && again.causes.first?.violation.disk == violation.disk)
        explorer.onlyState = [0]
        #expect(try mutant.explore(explorer).violationCount == 0)
    }

    @Test func `posix: after a failed sync no later sync brings the bytes back for sure`() throws {
        let disk = SimulatedDisk(["f": []])
        let file = try disk.open("f", .append)
        try file.append([1])
        disk.inject(.failingSync)
        #expect(throws: FileSystemError.self) { try file.sync() }
        try file.sync()
        disk.acknowledge("done")
        var afterwards: Set<[UInt8]?> = []
        _ = CrashStateExplorer().explore(disk.trace) { disk, acknowledged in
            if !acknowledged.isEmpty { afterwards.insert(disk.contents["f"]) }
            return nil
        }
        #expect(afterwards == [[0], [1]])
    }

    // MARK: Writers

    private func explorer(_ sectorSize: Int) -> CrashStateExplorer {
        var explorer = CrashStateExplorer()
        (explorer.sectors.size, explorer.bound, explorer.samples) = (sectorSize, 5_000, 1_500)
        return explorer
    }

    @Test(arguments: [
        (FormatID.sessionLog, PlantedBug.noSync), (.sessionLog, .noFolderSync),
        (.activeSession, .noFolderSync), (.activeSession, .noSync), (.liveReplayStore, .noSync),
    ])
    func `a bug of a writer shows in its named programs`(_ format: FormatID, _ bug: PlantedBug) throws {
        let writer = try #require(KitCatalogue.standard.kit(named: format.rawValue)?.writer)
        let violations = try writer.programs.map { program in
            try writer.scenario(program, bug: bug).explore(explorer(512)).violationCount
        }
        #expect(violations.contains { $0 > 0 })
    }

    @Test(arguments: KitCatalogue.standard.scenarios.indices, [512, 4_096])
    func `safe protocols lose nothing, known windows and planted bugs are found`(_ index: Int, _ sectorSize: Int) throws
    {
        let scenario = KitCatalogue.standard.scenarios[index]
        let exploration = try scenario.explore(explorer(sectorSize))
        let report = ExplorationReport(scenario: scenario, exploration: exploration, seconds: 1, model: .posix)
        let isAsExpected = report.isAsExpected
        #expect(isAsExpected, "\(report.line)\(exploration.causes.first?.violation.report(again: "explore") ?? "")")
    }

    @Test func `there are six planted bugs and a window for each of the upstream's protocols`() {
        #expect(KitCatalogue.standard.scenarios.count { $0.expectation.isMutant } == 6)
        #expect(KitCatalogue.standard.scenarios.count { !$0.expectation.isMutant && !$0.expectation.isSafe } == 3)
    }

    @Test func `the upstream's save leaves a memory that cannot be opened, by a mere kill`() throws {
        let scenario = try #require(
            KitCatalogue.standard.scenarios.first { $0.name == "memory-save-delete-save" && $0.writing == "reference" })
        var explorer = explorer(512)
        explorer.model = .cached
        let exploration = try scenario.explore(explorer)
        let window = try #require(
            exploration.causes.first { $0.violation.got.contains("without a table of contents") }?.violation)
        #expect(throws: MV2Error.self) {
            try MV2File.read(FileBytes(window.disk["folder/memory.mv2"] ?? []), mode: .reference)
        }
    }

    @Test(arguments: SimulatedDisk.Fault.all)
    func `an operation that fails, or is done in two steps, leaves what a crash may leave`(_ fault: SimulatedDisk.Fault)
        throws
    {
        var explored = 0
        var explorer = explorer(4_096)
        (explorer.bound, explorer.samples) = (1_000, 300)
        for scenario in KitCatalogue.standard.scenarios where scenario.expectation.isSafe {
            for skipped in 0..<8 {
                guard let exploration = scenario.explore(explorer, fault, after: skipped) else { continue }
                explored += 1
                #expect(
                    exploration.violationCount == 0,
                    "\(scenario.name), \(fault) after \(skipped): \(exploration.causes.first?.violation.report(again: "explore") ?? "")"
                )
            }
        }
        #expect(explored > 0)
    }

    @Test func `after a failed sync a memory is not written again: nobody knows what is on the disk`() throws {
        let disk = SimulatedDisk()
        let memory = try MV2Writer.create(path: "m.mv2", on: disk)
        let session = ReplaySession(
            id: try #require(SessionID("00000000-0000-0000-0000-000000000001")), name: nil, createdSeconds: 0)
        disk.inject(.failingSync)
        #expect(throws: MV2Error.self) { try memory.save([session]) }
        let left = disk.contents
        #expect(throws: MV2Error.self) { try memory.save([session]) }
        #expect(disk.contents == left)
        #expect(try MV2Writer.open(path: "m.mv2", on: SimulatedDisk(left)).sessions.isEmpty)
    }

    @Test func `after a failed sync a live replay store takes no further event, and is whole when it is opened again`()
        throws
    {
        let disk = SimulatedDisk()
        var options = FileLiveReplayStore.Options()
        options.syncsEachAppend = true
        func append(_ store: FileLiveReplayStore) throws {
            _ = try store.append(
                sessionID: "s", revision: SessionRevision(0), payload: .agentFrameSwitched(frameID: "f"))
        }
        let store = try FileLiveReplayStore(path: "l", options: options, on: disk, now: { 0 }, origin: { 0 })
        try append(store)
        disk.inject(.failingSync)
        #expect(throws: LiveReplayStoreError.self) { try append(store) }
        let left = disk.contents
        #expect(throws: LiveReplayStoreError.self) { try append(store) }
        #expect(disk.contents == left)
        let again = try FileLiveReplayStore(
            path: "l", options: options, on: SimulatedDisk(left), now: { 0 }, origin: { 0 })
        #expect(again.repair == .none && again.heldCount(sessionID: "s") == 1 && again.heldCount(sessionID: "t") == 0)
    }
}
