// Memories whose last commit is damaged: what is said, what is given back, and what is written anew.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

@Suite("Recovering memories")
struct MV2RecoveryTests {
    private func session(_ number: UInt8) -> ReplaySession {
        var session = ReplaySession(
            id: SessionID(high: 1, low: UInt64(number)), name: "session \(number)", createdSeconds: 1_700_000_000)
        session.actions = [
            ReplayAction(sequence: 0, timestampSeconds: 1_700_000_001, type: .put(frameID: UInt64(number)))
        ]
        return session
    }

    /// A memory that was saved into once for each session.
    private func memory(_ count: UInt8) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/memory.mv2"
        let writer = try MV2Writer.create(path: path)
        for number in 1...count { try writer.save((1...number).map { session($0) }) }
        return try DiskFileSystem().contents(of: path).bytes
    }

    private func examine(_ bytes: [UInt8]) -> Examination {
        MV2Format().examine(FileBytes(bytes), ExaminationOptions())
    }

    @Test(arguments: ["overwritten", "cut"])
    func `a last commit that is damaged is said, and its sessions are given back and written anew`(_ how: String) throws
    {
        let whole = try memory(6)
        #expect(examine(whole).verdict == .clean)
        var bytes = whole
        if how == "cut" {
            bytes.removeLast(20)
        } else {
            bytes.replaceSubrange(bytes.count - 200..<bytes.count - 168, with: [UInt8](repeating: 0xAA, count: 32))
        }
        let examination = examine(bytes)
        #expect(examination.verdict == .damaged && examination.items?.count == 6)
        #expect(examination.findings.map(\.code).contains(.commitLost))
        #expect(examination.findings.map(\.code).contains(.sessionsFoundByScan))
        let recovered = try MV2Format().recover(FileBytes(bytes))
        let copy = try MV2File.read(FileBytes(recovered.bytes), mode: .reference)
        #expect(try copy.sessions.map { try $0.decoded() } == (1...6).map(session))
        #expect(examine(recovered.bytes).verdict == .clean && recovered.format == .mv2)
    }

    @Test func `a number of a commit that does not follow from the one before is said`() throws {
        var bytes = try memory(3)
        bytes[bytes.count - 8] ^= 0x40
        let examination = examine(bytes)
        #expect(examination.verdict == .damaged)
        #expect(examination.findings.map(\.code) == [.generationJump])
    }

    /// As memvid-sdk 2.0.160 leaves it when its log grows and everything behind the log moves: the catalogue's segments of kind
    /// "index" still name the old places.
    @Test func `a memory whose log grew is whole, and is recovered as it is`() throws {
        let whole = try DiskFileSystem().contents(of: Fixture.url("mv2/one-session.mv2").path()).bytes
        let memory = try MV2File.read(FileBytes(whole))
        var table = try #require(memory.table)
        let place = try #require(memory.tableRange)
        var stale = MV2IndexEntry()
        stale.common.region = MV2Region(offset: 5_000, length: 70_000)
        table.catalogue.index.append(stale)
        let tableBytes = table.sealed()
        let footer = MV2Footer.encode(table: tableBytes, generation: try #require(memory.generation))
        var bytes = whole[..<place.lowerBound] + tableBytes + footer
        bytes.replaceSubrange(48..<80, with: table.checksum.bytes)
        let examination = MV2Format().examine(FileBytes(Array(bytes)), ExaminationOptions(isDeep: true))
        #expect(examination.verdict == .clean && examination.findings.isEmpty)
        #expect(try MV2Format().recover(FileBytes(Array(bytes))).bytes == Array(bytes))
    }

    @Test func `a damaged record of the log goes, and whole ones behind it stay`() throws {
        var bytes = try DiskFileSystem().contents(of: Fixture.url("mv2/pending-wal-with-sessions.mv2").path()).bytes
        let before = try MV2File.read(FileBytes(bytes))
        let records = try #require(before.log?.records)
        bytes[records[0].offset + 60] ^= 1
        let recovered = try MV2Format().recover(FileBytes(bytes))
        let copy = try MV2File.read(FileBytes(recovered.bytes), mode: .reference)
        #expect(copy.log?.records.map(\.sequence) == records.dropFirst().map(\.sequence))
        #expect(copy.pendingRecords.map(\.sequence) == before.pendingRecords.map(\.sequence))
        #expect(recovered.leftOut.contains { $0.range.contains(records[0].offset + 60) })
    }

    @Test func `without any table the sessions come back as a segment`() throws {
        let path = Fixture.url("mv2/session-end-unsealed.mv2").path()
        let bytes = try DiskFileSystem().contents(of: path)
        let recovered = try MV2Format().recover(bytes)
        #expect(recovered.format == .replaySegment)
        let segment = try ReplaySegment.read(FileBytes(recovered.bytes), mode: .reference)
        #expect(!segment.sessions.isEmpty && segment.findings.all.isEmpty)
    }

    @Test func `a header that is lost is made anew, and everything keeps its place`() throws {
        let path = Fixture.url("mv2/one-session.mv2").path()
        var bytes = try DiskFileSystem().contents(of: path).bytes
        let frames = try MV2File.read(FileBytes(bytes)).table?.frames
        bytes.replaceSubrange(0..<64, with: [UInt8](repeating: 0, count: 64))
        let recovered = try MV2Format().recover(FileBytes(bytes))
        let copy = try MV2File.read(FileBytes(recovered.bytes), mode: .reference)
        #expect(copy.table?.frames == frames && copy.sessions.count == 1)
        #expect(copy.header?.log == MV2Region(offset: 4_096, length: 65_536))
    }
}

extension FileBytes {
    fileprivate var bytes: [UInt8] { copy(0..<count) }
}
