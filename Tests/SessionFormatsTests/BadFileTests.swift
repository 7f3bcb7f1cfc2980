// Files that cannot be read at all: each reader says so, with the file's name and the reason.

import Foundation
import TestSupport
import Testing

@testable import SessionFormats

@Suite("Files that cannot be read")
struct BadFileTests {
    private func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path()
    }

    private func errors(_ path: String) -> [String] {
        var errors: [String] = []
        do throws(SessionLogError) { _ = try SessionLogReader().read(path: path) } catch { errors.append("\(error)") }
        do throws(SessionLogError) { _ = try SessionLogReader().stream(path: path) } catch { errors.append("\(error)") }
        do throws(ReplayFormatError) { _ = try ReplaySegment.read(path: path) } catch { errors.append("\(error)") }
        do throws(StorageError) { _ = try SessionLogWriter.open(path: path) } catch { errors.append("\(error)") }
        return errors
    }

    @Test func `a missing file is named`() throws {
        let path = try folder() + "/missing"
        #expect(errors(path) == Array(repeating: "Cannot open \(path): there is no such file.", count: 4))
    }

    @Test func `a folder is called a folder`() throws {
        let path = try folder()
        #expect(errors(path).count == 4)
        for error in errors(path) { #expect(error.hasSuffix("it is a folder, not a file."), "\(error)") }
    }

    @Test func `a file without permission is refused with the reason`() async throws {
        let path = try folder() + "/secret"
        try Data("x".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        // The superuser may read everything, so a process of its own gives that up first.
        await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
            if geteuid() == 0, seteuid(65_534) != 0 { exit(1) }
            do throws(SessionLogError) {
                _ = try SessionLogReader().read(path: path)
            } catch {
                exit(error.description.hasSuffix("permission denied.") ? 7 : 2)
            }
            exit(3)
        }
    }

    @Test func `an empty file and one byte get an answer from each reader`() throws {
        let path = try folder() + "/file"
        for bytes in [[], [0x7B], [0x4D], [0x00], [0xFF]] as [[UInt8]] {
            try Data(bytes).write(to: URL(filePath: path))
            #expect(throws: SessionLogError.self) { try SessionLogReader().read(path: path) }
            #expect(throws: SessionLogError.self) { try SessionLogReader(mode: .reference).read(path: path) }
            #expect(throws: ReplayFormatError.self) { try ReplaySegment.read(path: path) }
            #expect(throws: ReplayFormatError.self) { try ActiveSession.read(FileBytes(path: path)) }
            #expect(throws: SessionLogError.self) { try SessionLogReader().stream(path: path).finish() }
        }
    }

    @Test func `a memory whose numbers are lies gets an answer in both modes, and its map and verification too`() throws
    {
        let whole = try Fixture.bytes("mv2/one.mv2")
        let table = try #require(try MV2File.read(FileBytes(whole)).tableRange)
        let lies: [UInt64] = [0, 1, 4_095, UInt64(whole.count), 1 << 31, 1 << 62, UInt64(Int.max), .max - 7, .max]
        // footer_offset, wal_offset, wal_size, wal_sequence; the counts at the table's head; the footer's toc_len.
        let fields =
            [8, 16, 24, 40] + Array(stride(from: table.lowerBound, to: table.lowerBound + 64, by: 4))
            + [table.upperBound + 8]
        for field in fields {
            for lie in lies {
                var bytes = whole
                for index in 0..<8 { bytes[field + index] = UInt8(truncatingIfNeeded: lie >> (8 * UInt64(index))) }
                let file = FileBytes(bytes)
                _ = try? MV2File.read(file, mode: .reference)
                let recovered = try MV2File.read(file)
                _ = (recovered.verified(), recovered.fieldSpans())
                #expect(recovered.sessions.count == 1, "\(lie) at \(field)")
            }
        }
        for length in [0, 1, 4, 4_095, 4_096, 5_000] {
            let file = FileBytes(Array(whole.prefix(length)))
            #expect(throws: MV2Error.self) { try MV2File.read(file, mode: .reference) }
            _ = try? MV2File.read(file).verified()
        }
    }
}
