// What errors say: a kind for programs, an offset for tools, a sentence for people.

import Foundation
import Testing

@testable import SessionFormats

@Suite("Errors")
struct ErrorTests {
    private static let missing = FileSystemError(call: "open", path: "m", errorNumber: ENOENT)
    private static let bincode = BincodeError(offset: 9, .invalidBool(2))

    @Test(
        arguments: [
            (MV2Error.file(missing), "File", nil, "there is no such file"),
            (.encrypted, "Encrypted", 0, "decrypt it"),
            (.tooShort(length: 7), "TooShort", 7, "4096 bytes, and only 7"),
            (.wrongMagic(found: [0, 255]), "InvalidHeader", 0, "not the bytes 00ff"),
            (.unknownVersion(offset: 4, found: 3), "InvalidHeader", 4, "version 513 was expected, not 3"),
            (.wrongSpecification(offset: 6, found: [1, 9]), "InvalidHeader", 6, "not 1.9"),
            (.logInsideHeader(offset: 16, found: 5), "InvalidHeader", 16, "not 5"),
            (.emptyLog(offset: 24), "InvalidHeader", 24, "not 0"),
            (.undecodable(bincode), "InvalidToc", 9, "a Bool"),
            (.noTable(offset: .max), "InvalidToc", .max, "no table of contents at byte 18446744073709551615"),
            (.tableChecksum(offset: 11), "InvalidToc", 11, "its own checksum"),
            (.log(.init(offset: 4_096, problem: "p")), "WalCorruption", 4_096, "damaged: p"),
            (.frames(offset: 3, "Two frames."), "InvalidFrame", 3, "Two frames."),
            (.sessions(.tooShort(length: 1, needed: 32)), "InvalidReplaySegment", 1, "32 bytes, and only 1"),
            (
                .sessionsOutside(MV2Region(offset: 8, length: 9), fileSize: 10), "InvalidReplaySegment", 8,
                "byte 8, 9 long; the file has 10"
            ),
            (.contentOutside(end: 12, fileSize: 10), "InvalidToc", 10, "up to 12, and the file has 10"),
            (.unknownSession(.zero), "UnknownSession", nil, "00000000-0000-0000-0000-000000000000"),
            (.exists("x"), "Exists", nil, "x exists already"),
            (.replaced("x"), "Replaced", nil, "open it again"),
            (.tooLarge, "TooLarge", nil, "larger than can be written"),
        ] as [(MV2Error, String, Int?, String)])
    func `an error of a memory has a kind, a place and a sentence`(
        _ error: MV2Error, _ kind: String, _ offset: Int?, _ sentence: String
    ) {
        #expect(error.kind == kind)
        #expect(error.offset == offset)
        #expect(error.description.contains(sentence), "\(error.description)")
    }

    @Test(
        arguments: [
            (ReplayFormatError.file(missing), "File", nil, "there is no such file"),
            (.tooShort(length: 3, needed: 32), "TooShort", 3, "32 bytes, and only 3"),
            (
                .wrongMagic(expected: "MV2RPLY!", found: [1]), "WrongMagic", 0,
                "\"MV2RPLY!\" was expected, not the bytes 01"
            ),
            (.truncated(offset: 5, needed: 6, available: 7), "Truncated", 5, "6 bytes was read, and only 7 follow"),
            (
                .missingSessions(offset: 5, claimed: 6, found: 7), "Truncated", 5,
                "after 7 sessions; the header counts 6"
            ),
            (.undecodable(bincode), "Undecodable", 9, "a Bool"),
        ] as [(ReplayFormatError, String, Int?, String)])
    func `an error of a segment has a kind, a place and a sentence`(
        _ error: ReplayFormatError, _ kind: String, _ offset: Int?, _ sentence: String
    ) {
        #expect(error.kind == kind)
        #expect(error.offset == offset)
        #expect(error.description.contains(sentence), "\(error.description)")
    }

    @Test(
        arguments: [
            (SessionLogError.file(missing), nil, nil, "there is no such file"),
            (.empty, "UnexpectedEof", 0, "empty session file"),
            (.notUTF8(offset: 4), "InvalidData", 4, "valid UTF-8"),
            (.invalidHeader(offset: 4, reason: "r"), "InvalidData", 4, "r at byte 4"),
            (.unexpectedHeaderType("leaf"), "InvalidData", 0, "got 'leaf'"),
            (.unsupportedVersion(2), "InvalidData", 0, "version 2, expected 1"),
        ] as [(SessionLogError, String?, Int?, String)])
    func `an error of a log has a kind, a place and a sentence`(
        _ error: SessionLogError, _ kind: String?, _ offset: Int?, _ sentence: String
    ) {
        #expect(error.kind == kind)
        #expect(error.offset == offset)
        #expect(error.description.contains(sentence), "\(error.description)")
    }

    @Test func `what does not decode is named with its place`() {
        func text(_ problem: BincodeError.Problem) -> String { BincodeError(offset: 3, problem).description }
        #expect(text(.invalidBool(2)) == "At byte 3, a Bool (0 or 1) was expected, not 2.")
        #expect(text(.trailing(5)) == "At byte 3 the value ends, and 5 bytes are left over.")
        #expect(text(.excess("w")) == "What begins at byte 3 holds w, which is more than is read.")
    }

    @Test func `what the system says is a sentence`() {
        let texts: [(Int32, String)] = [
            (EACCES, "permission denied"), (EPERM, "permission denied"), (EEXIST, "exists already"),
            (ENOSPC, "disk is full"), (EWOULDBLOCK, "another program"), (EIO, "error"),
        ]
        for (number, text) in texts {
            let error = FileSystemError(call: "open", path: "p", errorNumber: number)
            #expect(error.description.hasPrefix("Cannot open p: ") && error.description.contains(text))
        }
    }

    // Each line is refused for a reason of its own; the report names it.
    @Test(arguments: [
        (#"{"type":"leaf","id":"\uD800","timestamp":"t","entry_id":"b"}"#, "half of a surrogate pair"),
        (#"{"type":"leaf","id":"a","timestamp":"t","entry_id":"b","x":1e999}"#, "out of range"),
        (
            #"{"type":"leaf","id":"a","timestamp":"t","entry_id":"b","x":"# + String(repeating: "[", count: 200) + "}",
            "more than 127"
        ),
        (#"{"type":"leaf","id":"a","timestamp":"t","entry_id":"b","id":"a"}"#, "occurs twice"),
        (#"{"type":"tree","id":"a","timestamp":"t","entry_id":"b"}"#, "is unknown"),
        (#"["leaf","a"]"#, "wrong number of elements"),
    ])
    func `a line that is refused is reported with the reason`(_ line: String, _ reason: String) throws {
        let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"#
        let log = try SessionLogReader().read(Array("\(header)\n\(line)\n".utf8))
        #expect(log.entries.isEmpty)
        let finding = try #require(log.findings.report.first)
        #expect(finding.line == 2 && finding.message.contains(reason), "\(finding.message)")
    }
}
