// What each model allows, trace by trace: the rules in PersistenceModel that a writer's author is most likely to have wrong.

import Testing

@testable import CrashHarness

@Suite("Persistence models")
struct PersistenceModelTests {
    /// A disk and how much had been acknowledged.
    private struct Disk: Hashable {
        var files: [String: [UInt8]]
        var folders: Set<String> = []
        var acknowledged = 0
    }

    private func trace(
        _ base: [String: [UInt8]] = [:], _ operations: [WriteTrace.Operation], returned: [Int: Int] = [:]
    ) -> WriteTrace {
        var trace = WriteTrace(base)
        (trace.operations, trace.returned) = (operations, returned)
        return trace
    }

    private func disks(
        _ model: PersistenceModel, _ trace: WriteTrace, _ change: (inout SectorFaults) -> Void = { _ in }
    ) -> Set<Disk> {
        var explorer = CrashStateExplorer()
        explorer.model = model
        change(&explorer.sectors)
        var disks: Set<Disk> = []
        let exploration = explorer.explore(trace) { disk, acknowledged in
            disks.insert(Disk(files: disk.contents, folders: disk.folders, acknowledged: acknowledged.count))
            return nil
        }
        #expect(exploration.isExhaustive)
        return disks
    }

    private func files(_ model: PersistenceModel, _ trace: WriteTrace) -> Set<[String: [UInt8]]> {
        Set(disks(model, trace).map(\.files))
    }

    private func files(acknowledging model: PersistenceModel, _ trace: WriteTrace) -> Set<[String: [UInt8]]> {
        Set(disks(model, trace).filter { $0.acknowledged > 0 }.map(\.files))
    }

    // MARK: Names

    /// What LevelDB did: CURRENT is renamed, then the old manifest is removed, with no sync of the folder between.
    @Test func `posix: a removal may outlive an earlier rename of another name; on a journal it may not`() {
        let trace = trace(
            ["current": [1], "current.new": [2], "manifest-1": [9]],
            [.rename(from: "current.new", to: "current"), .remove(path: "manifest-1")])
        let lost: [String: [UInt8]] = ["current": [1], "current.new": [2]]
        #expect(files(.posix, trace).contains(lost))
        #expect(!files(.journaled, trace).contains(lost))
        #expect(!files(.ordered, trace).contains(lost))
    }

    @Test func `posix: a name goes through its own history`() {
        let trace = trace(
            ["a": [1]], [.rename(from: "a", to: "b"), .rename(from: "b", to: "c"), .link(from: "c", to: "a")])
        // The link touches "a" alone, and so rests on the first rename.
        #expect(
            files(.posix, trace) == [
                ["a": [1]], ["b": [1]], ["c": [1]], ["a": [1], "c": [1]], ["a": [1], "b": [1]],
            ])
    }

    @Test func `a folder that was made is durable with its parent, not when it is synced itself`() {
        let made: [WriteTrace.Operation] = [
            .makeFolder(path: "d"), .create(path: "d/f", file: 1), .syncFolder(path: "d"), .acknowledge("done"),
        ]
        let lost = disks(.posix, trace([:], made)).filter { $0.acknowledged == 1 }
        #expect(lost == [Disk(files: [:], acknowledged: 1), Disk(files: ["d/f": []], folders: ["d"], acknowledged: 1)])
        var kept = made
        kept.insert(.syncFolder(path: "."), at: 3)
        #expect(
            disks(.posix, trace([:], kept)).filter { $0.acknowledged == 1 }
                == [Disk(files: ["d/f": []], folders: ["d"], acknowledged: 1)])
    }

    @Test func `a renamed folder takes its names along, and an exchange is one step`() {
        let renamed = trace(
            ["d/f": [1]], [.rename(from: "d", to: "e"), .create(path: "e/g", file: 2), .syncFolder(path: "e")])
        #expect(files(.ordered, renamed) == [["d/f": [1]], ["e/f": [1]], ["e/f": [1], "e/g": []]])
        #expect(files(.posix, renamed).contains(["d/f": [1], "d/g": []]))
        let exchanged = trace(["a": [1], "b": [2]], [.exchange(path: "a", with: "b")])
        #expect(files(.posix, exchanged) == [["a": [1], "b": [2]], ["a": [2], "b": [1]]])
    }

    @Test func `journaled: a sync of a file brings the names before it along`() {
        let trace = trace(
            [:],
            [
                .create(path: "a", file: 0), .create(path: "b", file: 1), .create(path: "c", file: 2), .sync(file: 1),
                .acknowledge("b"),
            ])
        #expect(files(acknowledging: .journaled, trace) == [["a": [], "b": []], ["a": [], "b": [], "c": []]])
        #expect(files(acknowledging: .posix, trace).contains([:]))
    }

    // MARK: Overlapping calls

    @Test(arguments: [PersistenceModel.posix, .journaled, .ordered])
    func `a write that is under way while a file is synced is not durable`(_ model: PersistenceModel) {
        let operations: [WriteTrace.Operation] = [
            .write(file: 0, offset: 0, bytes: [2]), .sync(file: 0), .acknowledge("saved"),
        ]
        let overlapping = trace(["f": [1]], operations, returned: [0: 2])
        #expect(files(acknowledging: model, overlapping) == [["f": [1]], ["f": [2]]])
        #expect(files(acknowledging: model, trace(["f": [1]], operations)) == [["f": [2]]])
    }

    @Test(arguments: [PersistenceModel.posix, .journaled])
    func `what is written while a sync runs may be there though the sync never came to its end`(
        _ model: PersistenceModel
    ) {
        let operations: [WriteTrace.Operation] = [
            .write(file: 0, offset: 0, bytes: [2]), .sync(file: 0), .write(file: 1, offset: 0, bytes: [2]),
            .acknowledge("synced"),
        ]
        let overlapping = trace(["f": [1], "g": [1]], operations, returned: [1: 3])
        #expect(files(model, overlapping).contains(["f": [1], "g": [2]]))
        #expect(files(acknowledging: model, overlapping) == [["f": [2], "g": [1]], ["f": [2], "g": [2]]])
        #expect(!files(model, trace(["f": [1], "g": [1]], operations)).contains(["f": [1], "g": [2]]))
    }

    @Test func `what overlaps may have happened in either order, and a running call not at all`() {
        let trace = trace(
            ["f": [1]],
            [.write(file: 0, offset: 0, bytes: [2]), .write(file: 0, offset: 0, bytes: [3]), .sync(file: 0), .syncAll],
            returned: [0: 2])
        #expect(files(.cached, trace) == [["f": [1]], ["f": [2]], ["f": [3]]])
        #expect(files(.posix, trace) == [["f": [1]], ["f": [2]], ["f": [3]]])
    }

    // MARK: Bytes and sizes

    private let old = [UInt8](repeating: 1, count: 512)
    private let new = [UInt8](repeating: 2, count: 512)

    @Test(arguments: [PersistenceModel.posix, .journaled])
    func `a torn sector is half old and half new, when that is asked for`(_ model: PersistenceModel) {
        let trace = trace(["f": old], [.write(file: 0, offset: 0, bytes: new)])
        let halves = [new.prefix(256) + old.suffix(256), old.prefix(256) + new.suffix(256)]
        #expect(files(model, trace) == [["f": old], ["f": new]])
        let torn = Set(disks(model, trace) { $0.areTorn = true }.map(\.files))
        #expect(torn == Set(([old, new] + halves.map { Array($0) }).map { ["f": $0] }))
    }

    @Test(arguments: [PersistenceModel.posix, .journaled, .ordered])
    func `a sector that was being written may read as noise, cut where the file ends`(_ model: PersistenceModel) {
        let trace = trace(["f": [1, 1]], [.write(file: 0, offset: 1, bytes: [2, 2])])
        let noise = Set(disks(model, trace) { $0.areGarbage = true }.map(\.files))
        #expect(noise.contains(["f": [13, 180, 91]]))
        #expect(!files(model, trace).contains(["f": [13, 180, 91]]))
    }

    @Test func `a write that syncs itself makes its own bytes and size durable, and no others`() {
        let trace = trace(
            ["f": [1]],
            [
                .write(file: 0, offset: 0, bytes: [7]), .write(file: 0, offset: 1, bytes: [8]), .syncWrite(of: 1),
                .acknowledge("saved"),
            ])
        #expect(files(acknowledging: .posix, trace) == [["f": [1, 8]], ["f": [7, 8]]])
        #expect(files(acknowledging: .ordered, trace) == [["f": [7, 8]]])
    }

    @Test func `a sync of everything makes everything durable`() {
        let trace = trace(
            [:],
            [
                .makeFolder(path: "d"), .create(path: "d/f", file: 0), .write(file: 0, offset: 0, bytes: [1]), .syncAll,
                .acknowledge("saved"),
            ])
        for model in PersistenceModel.allCases {
            #expect(files(acknowledging: model, trace) == [["d/f": [1]]])
        }
    }

    // MARK: Which states are visited

    /// A log that grows by whole sectors, and is never synced.
    private func growing(_ sectors: Int) -> WriteTrace {
        trace(
            ["f": []],
            (0..<sectors).map {
                .write(file: 0, offset: $0 * 512, bytes: [UInt8](repeating: UInt8($0 + 1), count: 512))
            })
    }

    @Test func `with more states than the bound, all with few deviations are visited, and it is said how many`() {
        var explorer = CrashStateExplorer()
        (explorer.bound, explorer.samples) = (5_000, 0)
        var lost: Set<Set<Int>> = []
        let exploration = explorer.explore(growing(12)) { disk, _ in
            let bytes = disk.contents["f"] ?? []
            if bytes.count == 12 * 512 { lost.insert(Set((0..<12).filter { bytes[$0 * 512] == 0 })) }
            return nil
        }
        guard case .deviations(let complete?, _) = exploration.coverage else {
            Issue.record("\(exploration.coverage)")
            return
        }
        #expect(complete >= 2 && exploration.visited <= 5_000)
        // Whatever up to so many sectors are lost was there.
        for first in 0..<12 { for second in 0..<12 { #expect(lost.contains([first, second])) } }
        #expect(exploration.coverage.sentence.hasPrefix("all states with at most \(complete) deviations, then"))
    }

    @Test func `of many names that are not synced no more is kept than fits, however many of their sets are visited`() {
        let names = trace([:], (0..<200).map { .create(path: "n\($0)", file: $0) })
        let point = CrashStates(names, .posix).point(at: 200)
        var (sets, most) = (0, 0)
        #expect(
            !point.visit(deviation: nil) {
                (sets, most) = (sets + 1, max(most, point.treesSize))
                return sets < 1_000
            })
        #expect(most > CrashPoint.mostTreesSize / 2 && most <= CrashPoint.mostTreesSize)
    }

    @Test func `folders in folders have their paths, and one that came into itself is shown once`() {
        var names: [FolderName: NamedNode] = [:]
        for folder in 0..<1_500 { names[FolderName(folder: folder, component: "a")] = .folder(folder + 1) }
        names[FolderName(folder: 1_500, component: "f")] = .file(7)
        names[FolderName(folder: 2, component: "b")] = .folder(1)
        let tree = DiskTree(names)
        let deepest = String(repeating: "a/", count: 1_500)
        #expect(tree.fileNumbers == [deepest + "f": 7] && tree.numbers == [7])
        #expect(tree.folders.count == 1_501 && tree.folders.contains("a/a/b"))
        #expect(tree.folders.max { $0.count < $1.count } == String(deepest.dropLast()))
    }

    @Test func `few states are visited all, each once`() {
        let exploration = CrashStateExplorer().explore(growing(5)) { _, _ in nil }
        #expect(exploration.isExhaustive)
        #expect(exploration.visited == 6 * 32)
    }

    @Test(arguments: PersistenceModel.allCases)
    func `a state is found again by its numbers, samples among them`(_ model: PersistenceModel) {
        let trace = trace(
            ["a": old + old, "b": [1]],
            [
                .write(file: 0, offset: 100, bytes: new + new), .write(file: 0, offset: 0, bytes: [9]),
                .resize(file: 0, size: 700), .rename(from: "a", to: "c"), .create(path: "a", file: 5),
                .write(file: 5, offset: 0, bytes: new), .remove(path: "b"),
            ], returned: [0: 2, 3: 5])
        var sectors = SectorFaults()
        (sectors.areTorn, sectors.areGarbage) = (true, true)
        let states = CrashStates(trace, model, sectors)
        for number in 0..<300 {
            var choices = Choices.seeded(1, case: UInt64(number))
            let point = states.point(at: choices.choose("point", below: states.count + 1))
            point.choose(&choices)
            let again = states.point(in: CrashState(numbers: point.state.numbers))
            #expect(again.files == point.files && again.key == point.key && again.tree.folders == point.tree.folders)
        }
    }

    @Test func `equal bytes have equal keys, and others have others`() {
        var keys: [BlockSum: [String: [UInt8]]] = [:]
        var disks: Set<[String: [UInt8]]> = []
        var explorer = CrashStateExplorer()
        explorer.sectors.areTorn = true
        let trace = trace(
            ["a": old],
            [
                .write(file: 0, offset: 300, bytes: new), .resize(file: 0, size: 200),
                .write(file: 0, offset: 600, bytes: [3]),
                .create(path: "b", file: 4), .write(file: 4, offset: 0, bytes: old),
            ])
        _ = explorer.forEachState(of: CrashStates(trace, .posix, explorer.sectors)) { point in
            let files = point.files
            #expect(keys[point.key] ?? files == files)
            keys[point.key] = files
            disks.insert(files)
            return true
        }
        #expect(keys.count == disks.count && disks.count > 100)
    }

    // MARK: Causes

    @Test func `a loop that always does the same wrong is one cause, with the operations and their place`() throws {
        var operations: [WriteTrace.Operation] = []
        var places: [Int: String] = [:]
        for round in 0..<20 {
            places[operations.count + 1] = "save (store.c:120)"
            operations += [
                .create(path: "a.new", file: 10 + round),
                .write(file: 10 + round, offset: 0, bytes: [UInt8](repeating: UInt8(round + 1), count: 8)),
                .rename(from: "a.new", to: "a"), .syncFolder(path: "."), .acknowledge("saved \(round)"),
            ]
        }
        var trace = trace(["a": [UInt8](repeating: 99, count: 8)], operations)
        trace.places = places
        let exploration = CrashStateExplorer().explore(trace) { disk, _ in
            let bytes = disk.contents["a"] ?? []
            return bytes.count == 8 && bytes.allSatisfy { $0 == bytes[0] && $0 != 0 }
                ? nil : ("a whole file", "\(bytes)")
        }
        #expect(exploration.violationCount >= 40)
        let cause = try #require(exploration.causes.first)
        #expect(
            cause.sentence
                == "operation 3 (rename a.new to a) must not be durable before operation 2 (write 8 bytes at 0 of a.new, called at save (store.c:120))"
        )
        #expect(exploration.causes.count == 1 && cause.count == exploration.violationCount)
    }

    @Test func `something acknowledged and lost says what was not durable`() throws {
        let trace = trace(
            ["f": []],
            [.write(file: 0, offset: 0, bytes: [1]), .write(file: 0, offset: 1, bytes: [2]), .acknowledge("saved")])
        let exploration = CrashStateExplorer().explore(trace) { disk, acknowledged in
            acknowledged.isEmpty || disk.contents["f"]?.last == 2 ? nil : ("2", "\(disk.contents)")
        }
        let sentences = exploration.causes.map(\.sentence)
        #expect(
            sentences == ["\"saved\" must not be acknowledged before operation 2 (write 1 bytes at 1 of f) is durable"])
    }

    @Test func `planted bugs are found with a hundredth of the states that it took to visit all`() throws {
        var visited = 0
        for scenario in KitCatalogue.standard.scenarios where scenario.expectation.isMutant {
            let exploration = try scenario.explore(CrashStateExplorer())
            let first = try #require(exploration.firstWrong, "\(scenario.name)")
            #expect(first <= 60, "\(scenario.name)")
            visited += first
        }
        // What visiting in the order of choices took for the six: 20,591 states.
        #expect(visited <= 205)
    }
}
