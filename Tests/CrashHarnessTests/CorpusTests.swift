// Everything that once went wrong, replayed.

import Foundation
import Testing

@testable import CrashHarness
@testable import SessionFormats

@Suite("The corpus")
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Corpus/session-log/regressions")

    private static let names: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []).sorted()
        .filter { $0.hasSuffix(".jsonl") }.map { String($0.dropLast(6)) }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: Self.folder.appending(path: name)))
    }

    @Test func `it is there`() { #expect(Self.names.count >= 3) }

    @Test(arguments: names)
    func `reference mode says what the reference says`(_ name: String) throws {
        let peers = PeerComparison.normalised(try bytes("\(name).reference.json"))
        #expect(PeerComparison.verdict(on: try bytes("\(name).jsonl")) == peers)
    }

    @Test(arguments: names)
    func `read in pieces of one byte it gives the same`(_ name: String) throws {
        let disk = SimulatedDisk(["log": try bytes("\(name).jsonl")])
        for mode in ReadingMode.allCases {
            let reader = SessionLogReader(mode: mode)
            let whole = try? reader.read(path: "log", on: disk)
            let streamed = try? reader.stream(path: "log", pieceSize: 1, on: disk).finish()
            #expect(streamed?.findings.report == whole?.findings.report)
            #expect(streamed?.entryCount == whole?.entries.count)
        }
    }

    @Test(arguments: names)
    func `recover mode says what it said when it was mended`(_ name: String) throws {
        let examination = SessionLogFormat().examine(
            FileBytes(try bytes("\(name).jsonl")), ExaminationOptions(digests: true))
        let expected = try bytes("\(name).recover.json")
        let json = String(decoding: examination.json(path: ""), as: UTF8.self).replacing("\"path\":\"\",", with: "")
        #expect(json + "\n" == String(decoding: expected, as: UTF8.self))
    }
}
