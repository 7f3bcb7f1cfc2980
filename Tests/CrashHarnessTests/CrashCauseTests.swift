// Why disks are wrong: a cause is shown on a disk that the model allows, and is not hidden behind another.

import Testing

@testable import CrashHarness

@Suite("Causes of wrong disks")
struct CrashCauseTests {
    private struct Disk: Hashable {
        var files: [String: [UInt8]]
        var folders: Set<String>
        var acknowledged: [String]

        /// A number that follows from the disk alone.
        var number: Int {
            let text =
                files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined() + "\(acknowledged.count)"
            return text.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
        }
    }

    /// A trace of a few operations that may overlap, on files with one-byte contents.
    private func trace(_ seed: UInt64) -> WriteTrace {
        var choices = Choices.seeded(18, case: seed)
        var trace = WriteTrace(["a": [1], "b": [2], "c": [3]])
        var (names, files) = (["a": 0, "b": 1, "c": 2], 3)
        for index in 0..<choices.choose("operations", in: 3...7) {
            let name = choices.pick("name", ["a", "b", "c"])
            let other = choices.pick("other name", ["a", "b", "c"])
            switch (choices.choose("kind", below: 12), names[name]) {
            case (0...1, nil):
                trace.operations.append(.create(path: name, file: files))
                names[name] = files
                files += 1
            case (0, let file?): trace.operations.append(.resize(file: file, size: choices.choose("size", below: 3)))
            case (1...2, let file?):
                trace.operations.append(
                    .write(file: file, offset: choices.choose("offset", below: 2), bytes: [UInt8(index + 10)]))
            case (3, let file?): trace.operations.append(.sync(file: file))
            case (4...6, let file?) where names[other] != file:
                trace.operations.append(.rename(from: name, to: other))
                (names[name], names[other]) = (nil, file)
            case (7...8, _): trace.operations.append(.syncFolder(path: "."))
            case (9, _?):
                trace.operations.append(.remove(path: name))
                names[name] = nil
            default: trace.operations.append(.acknowledge("\(index)"))
            }
        }
        let count = trace.operations.count
        for index in 0..<count {
            if case .acknowledge = trace.operations[index] { continue }
            let end = min(count, index + 1 + choices.choose("others that it overlaps", below: 4))
            if end > index + 1 { trace.returned[index] = end }
        }
        return trace
    }

    @Test(arguments: PersistenceModel.allCases)
    func `a cause is shown on a disk that the model allows, also when a disk that it does not allow would be wrong`(
        _ model: PersistenceModel
    ) {
        var explorer = CrashStateExplorer()
        (explorer.model, explorer.sectors.areTorn, explorer.sectors.areGarbage) = (model, true, true)
        func explore(_ trace: WriteTrace, _ isWrong: (Disk) -> Bool) -> [CrashViolation] {
            explorer.explore(trace) { disk, acknowledged in
                let disk = Disk(files: disk.contents, folders: disk.folders, acknowledged: acknowledged)
                return isWrong(disk) ? ("another disk", "\(disk)") : nil
            }.causes.map(\.violation)
        }
        var causes = 0
        // Among these is one whose cause was shown on a disk that there cannot be.
        for seed in 320..<380 as Range<UInt64> {
            let trace = trace(seed)
            var allowed: Set<Disk> = []
            _ = explore(trace) { disk in
                allowed.insert(disk)
                return false
            }
            for one in allowed.sorted(by: { $0.number < $1.number }).prefix(10) {
                for violation in explore(trace, { $0 == one || !allowed.contains($0) }) {
                    causes += 1
                    let disk = Disk(
                        files: violation.disk, folders: Set(violation.folders), acknowledged: violation.acknowledged)
                    #expect(disk == one, "seed \(seed), state \(violation.choices): \(trace.operations)")
                }
            }
        }
        #expect(causes >= 150)
    }

    @Test func `where the order of two renames alone is wrong, the cause keeps what a sync made durable`() throws {
        var trace = WriteTrace([:])
        trace.operations = [
            .create(path: "t1", file: 0), .create(path: "t2", file: 1), .syncAll, .rename(from: "t1", to: "a"),
            .rename(from: "t2", to: "a"), .syncFolder(path: "."), .acknowledge("ok"),
        ]
        trace.returned = [3: 6, 4: 5]
        // The second rename is durable: "t2" is gone, whatever became of the first.
        let exploration = CrashStateExplorer().explore(trace) { disk, acknowledged in
            acknowledged.isEmpty || disk.contents.keys.sorted() == ["a"] ? nil : ("a alone", "\(disk.contents)")
        }
        let violation = try #require(exploration.causes.first?.violation)
        #expect(exploration.causes.count == 1 && violation.disk.keys.sorted() == ["a", "t1"])
    }

    // MARK: The earliest moment

    @Test(arguments: [0, 12, 300])
    func `what is wrong before a program has begun does not hide what goes wrong later`(_ outputs: Int) {
        var trace = WriteTrace([:])
        trace.operations =
            [WriteTrace.Operation](repeating: .output("starting"), count: outputs) + [
                .create(path: "a", file: 0), .write(file: 0, offset: 0, bytes: [1]), .sync(file: 0),
                .syncFolder(path: "."), .acknowledge("1"), .write(file: 0, offset: 0, bytes: [2]), .acknowledge("2"),
            ]
        // A check that wants the file from the beginning.
        let exploration = CrashStateExplorer().explore(trace) { disk, acknowledged in
            disk.contents["a"] == (acknowledged.count == 2 ? [2] : [1]) || disk.contents["a"] == [2]
                ? nil : ("what was acknowledged", "\(disk.contents)")
        }
        let sentences = exploration.causes.map(\.sentence)
        let write = outputs + 6
        #expect(
            sentences.contains(
                "\"2\" must not be acknowledged before operation \(write) (write 1 bytes at 0 of a) is durable"),
            "\(sentences)")
    }
}
