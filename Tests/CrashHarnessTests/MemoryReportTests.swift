// What `crashlab check` says about memories that the real program wrote.

import Foundation
import SessionFormats
import Testing

@testable import CrashHarness

@Suite("Reports on memories")
struct MemoryReportTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/mv2")

    private struct Expected: Decodable { var state: String }

    @Test func `each fixture has the verdict that its state asks for`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
            .filter { $0.hasSuffix(".mv2") }.sorted()
        #expect(names.count == 17)
        for name in names {
            let beside = name.replacing(".mv2", with: ".expected.json")
            let expected = try JSONDecoder().decode(
                Expected.self, from: Data(contentsOf: Self.folder.appending(path: beside)))
            let bytes = Array(try Data(contentsOf: Self.folder.appending(path: name)))
            let report = MV2Format().examine(FileBytes(bytes), ExaminationOptions(isDeep: true))
            switch expected.state {
            case "whole": #expect(report.verdict == .clean, "\(report.text(path: name))")
            case "log records pending":
                #expect(report.verdict == .recovered, "\(report.text(path: name))")
                #expect(report.findings.map(\.code) == [.pendingRecord])
            default:
                #expect(report.verdict == .damaged, "\(report.text(path: name))")
                #expect(report.items?.isEmpty == false)
            }
        }
    }

    /// Damage to one fixture and what has to be said about it.
    @Test func `each kind of damage has its finding`() throws {
        let whole = Array(try Data(contentsOf: Self.folder.appending(path: "multi-save.mv2")))
        let file = try MV2File.read(FileBytes(whole))
        let table = try #require(file.table)
        let range = try #require(file.tableRange)
        let index = try #require(table.namedRegions.first { $0.checksum != nil && $0.region.length > 0 })
        let log = try #require(file.log?.records.first)

        func codes(_ change: (inout [UInt8]) -> Void) -> Set<FindingCode> {
            var bytes = whole
            change(&bytes)
            return Set(MV2Format().examine(FileBytes(bytes), ExaminationOptions(isDeep: true)).findings.map(\.code))
        }
        #expect(codes { $0[48] ^= 1 } == [.headerMismatch])
        #expect(codes { $0[8] ^= 1 } == [.commitLost])
        #expect(codes { $0[40] ^= 0x40 } == [.logSequenceMismatch])
        #expect(codes { $0[100] = 1 } == [.paddingNotZero])
        #expect(codes { $0[4_000] = 1 } == [.paddingNotZero])
        #expect(codes { $0[0] = 0 } == [.invalidHeader])
        #expect(codes { $0[log.offset + 60] ^= 1 } == [.logDamaged])
        #expect(codes { $0[Int(index.region.offset)] ^= 1 } == [.contentHashMismatch])
        #expect(codes { $0 += [1, 2, 3] } == [.trailingBytes])
        #expect(codes { $0.removeLast(3) } == [.missingFooter, .trailingBytes])
        #expect(codes { $0[range.lowerBound + 40] ^= 1 }.isSuperset(of: [.missingTable, .sessionsFoundByScan]))
        let segment = try #require(table.replayManifest?.segment)
        #expect(codes { $0[Int(segment.offset)] ^= 1 } == [.undecodable])
        #expect(codes { $0[32] ^= 1 } == [.logSequenceMismatch])
        #expect(codes { $0[Int(segment.offset) + 8] ^= 2 } == [.unknownVersion])
    }
}
