// The two protocols of writing, on a disk whose calls fail, beside others, and on the real one.

import Foundation
import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Appending and replacing")
struct StorageTests {
    private func append(_ disk: SimulatedDisk) throws -> AppendOnlyFile {
        try AppendOnlyFile.open("d/f", on: disk) { _, size in AppendOnlyFile.Look(.whole, settled: size) }
    }

    private func problem(_ body: () throws -> Void) -> StorageError? {
        do { try body() } catch { return error as? StorageError }
        return nil
    }

    // MARK: Appending

    @Test func `an append that fails is taken back, and the next one stands where it began`() throws {
        let disk = SimulatedDisk(["d/f": [1]])
        let file = try append(disk)
        var full = SimulatedDisk.Fault.fullDisk
        for written in [0, 1, 3] {
            full.written = written
            disk.inject(full)
            guard case .file? = problem({ try file.append([2, 3, 4]) }) else { return #expect(Bool(false)) }
            #expect(disk.contents["d/f"] == [1])
        }
        try file.append([2, 3, 4])
        #expect(disk.contents["d/f"] == [1, 2, 3, 4])
    }

    @Test func `when taking back fails too, or after a failed sync, nothing more is written until it is opened anew`()
        throws
    {
        for operations in [[SimulatedDisk.Fault.fullDisk, .init(.truncate, EIO)], [.failingSync]] {
            let disk = SimulatedDisk(["d/f": [1]])
            let file = try append(disk)
            for fault in operations { disk.add(fault) }
            _ = problem { try file.append([2, 3]) }
            let left = disk.contents
            for _ in 0..<2 {
                guard case .refused? = problem({ try file.append([2, 3]) }) else { return #expect(Bool(false)) }
            }
            #expect(disk.contents == left)
            file.close()
            try append(disk).append([9])
        }
    }

    @Test func `nothing is written to a file that lost its name, nor behind what somebody else wrote`() throws {
        let disk = SimulatedDisk(["d/f": [1]])
        let file = try append(disk)
        try disk.rename("d/f", to: "d/g")
        #expect(problem { try file.append([2]) } == .nameLost("d/f"))
        try disk.rename("d/g", to: "d/f")
        #expect(problem { try file.append([2]) } == .nameLost("d/f"))
        file.close()

        let again = try append(disk)
        try disk.open("d/f", .append).append([7])
        #expect(problem { try again.append([2]) } == .changed("d/f", size: 1, found: 2))
        #expect(disk.contents == ["d/f": [1, 7]])
    }

    @Test func `a second writer is told that there is one, until the first lets go`() throws {
        let disk = SimulatedDisk(["d/f": [1]])
        let file = try append(disk)
        #expect(problem { _ = try append(disk) } == .locked("d/f"))
        #expect(problem { try AtomicReplacement(of: "d/f", on: disk).write([2]) } == .locked("d/f"))
        file.close()
        try append(disk).append([2])
        #expect(problem { try file.append([3]) } != nil && disk.contents == ["d/f": [1, 2]])
    }

    // MARK: Replacing

    @Test func `whatever fails, the old file is whole or the new one is, and nothing is left behind`() throws {
        for fault in SimulatedDisk.Fault.all where fault.operation != .remove && fault.errorNumber != nil {
            for skipped in 0..<4 {
                let disk = SimulatedDisk(["d/f": [1, 2, 3]])
                disk.inject(fault, after: skipped)
                let outcome = problem { try AtomicReplacement(of: "d/f", on: disk).write([4, 5]) }
                if outcome == nil { #expect(disk.contents == ["d/f": [4, 5]]) }
                if case .notDurable? = outcome {
                    #expect(disk.contents == ["d/f": [4, 5]])
                } else if outcome != nil {
                    #expect(disk.contents == ["d/f": [1, 2, 3]], "\(fault) after \(skipped)")
                }
            }
        }
    }

    @Test func `a link stays one, who may read stays, and a name that is taken is not given away`() throws {
        let disk = SimulatedDisk(["e/g": [1]])
        disk.link("d/f", to: "e/g")
        disk.setPermissions(of: "e/g", 0o600)
        try AtomicReplacement(of: "d/f", on: disk).write([2])
        #expect(disk.contents == ["e/g": [2]] && disk.isLink("d/f") && disk.permissions(of: "e/g") == 0o600)
        #expect(problem { try AtomicReplacement(of: "d/f", existing: .refused, on: disk).write([3]) } == .exists("d/f"))
        try AtomicReplacement(of: "d/new", existing: .refused, on: disk).write([3])
        #expect(disk.contents["d/new"] == [3])
    }

    @Test
    func `what a killed program left under the temporary name is no hindrance, and another's work is not touched`()
        throws
    {
        let disk = SimulatedDisk(["d/f": [1], "d/f.crashlab-new": [9, 9, 9]])
        let other = try disk.open("d/f.crashlab-new", .append)
        try other.lock()
        #expect(problem { try AtomicReplacement(of: "d/f", on: disk).write([2]) } == .locked("d/f"))
        #expect(disk.contents == ["d/f": [1], "d/f.crashlab-new": [9, 9, 9]])
        other.close()
        try AtomicReplacement(of: "d/f", on: disk).write([2])
        #expect(disk.contents == ["d/f": [2]])
    }

    @Test func `the real disk keeps modes and links, and gives a name once`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        let disk = DiskFileSystem()
        try disk.makeFolder(folder + "/a/b")
        try disk.makeFolder(folder + "/a/b")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (file, link) = (folder + "/a/b/file", folder + "/link")
        try AtomicReplacement(of: file, existing: .refused).write([1])
        #expect(chmod(file, 0o600) == 0 && symlink("a/b/file", link) == 0)
        try AtomicReplacement(of: link).write([2])
        #expect(problem { try AtomicReplacement(of: link, existing: .refused).write([3]) } == .exists(link))
        #expect(Array(try Data(contentsOf: URL(filePath: file))) == [2])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "a/b/file")
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try disk.names(in: folder).sorted() == ["a", "link"] && disk.names(in: folder + "/a/b") == ["file"])
        #expect(try disk.names(in: folder + "/none").isEmpty)
    }

    // MARK: The campaign's own files

    @Test func `a finding is there as a whole or not at all, whatever fails and wherever power is cut`() throws {
        let files = ["case.txt": Data("judge".utf8), "report.txt": Data("report".utf8)]
        func keep(_ disk: SimulatedDisk) throws { _ = try FindingsFolder("found", on: disk).keep(files, as: "x") }
        let whole = SimulatedDisk()
        try keep(whole)
        whole.acknowledge("x")
        var states = 0
        let exploration = CrashStateExplorer().explore(whole.trace) { disk, acknowledged in
            states += 1
            let folder = FindingsFolder("found", on: disk)
            let kept = (try? folder.identities()) ?? []
            let isWhole = disk.contents["found/x/case.txt"] == Array("judge".utf8)
            if kept == ["x"], !isWhole { return ("a whole finding", "\(disk.contents)") }
            if !acknowledged.isEmpty, kept != ["x"] { return ("the finding", "none") }
            return nil
        }
        #expect(states > 10 && exploration.violationCount == 0, "\(exploration.causes.first?.violation.got ?? "")")
        for fault in SimulatedDisk.Fault.all where fault.errorNumber != nil {
            for skipped in 0..<4 {
                let disk = SimulatedDisk()
                disk.inject(fault, after: skipped)
                try? keep(disk)
                disk.mend()
                try keep(disk)
                try FindingsFolder("found", on: disk).add(2, to: "x")
                #expect(FindingsFolder("found", on: disk).count(of: "x") == 2)
                #expect(disk.contents["found/x/report.txt"] == Array("report".utf8))
            }
        }
    }

    @Test func `what is counted while a finding is being kept stays counted`() throws {
        let disk = SimulatedDisk()
        let folder = FindingsFolder("found", on: disk)
        let files = ["case.txt": Data("judge".utf8), "report.txt": Data("report".utf8)]
        // Another campaign on the same folder is a step behind.
        try disk.makeFolder("found/x")
        try folder.add(3, to: "x")
        #expect(try !folder.isKept("x"))
        _ = try folder.keep(files, as: "x")
        try folder.add(2, to: "x")
        #expect(try folder.isKept("x") && folder.count(of: "x") == 5)
    }

    @Test func `an input of a corpus is there as a whole or not at all`() throws {
        let disk = SimulatedDisk()
        var corpus = try Corpus("corpus", on: disk)
        disk.inject(.fullDisk)
        #expect(throws: StorageError.self) { try corpus.add([1, 2, 3]) }
        #expect(disk.contents.isEmpty && corpus.added == 0)
        try corpus.add([1, 2, 3])
        try corpus.add([1, 2, 3])
        #expect(disk.contents.values.map { $0 } == [[1, 2, 3]] && corpus.added == 1)
    }
}
