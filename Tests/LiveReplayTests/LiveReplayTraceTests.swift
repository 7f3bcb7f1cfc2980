// Our store against what the reference answered, operation by operation.

import Foundation
import TestSupport
import Testing

@testable import LiveReplay
@testable import SessionFormats

@Suite("Live replay against recorded traces")
struct LiveReplayTraceTests {
    private static func names(_ prefix: String) -> [String] {
        let folder = Fixture.url("live-replay").path()
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix(prefix) }
            .sorted()
    }

    private func trace(_ name: String) throws -> LiveReplayTrace {
        try LiveReplayTrace.read(FileBytes(Fixture.bytes("live-replay/\(name)")))
    }

    @Test func `all fixtures are there`() {
        #expect(Self.names("trace-").count == 110)
        #expect(Self.names("broken-").count == 20)
    }

    @Test func `every trace of the reference conforms`() throws {
        for name in Self.names("trace-") { #expect(try trace(name).firstDifference() == nil, "\(name)") }
    }

    @Test func `every broken trace is reported at its one changed line`() throws {
        for name in Self.names("broken-") {
            let whole = try Fixture.bytes("live-replay/\(name.replacing("broken", with: "trace"))").split(
                separator: 0x0A)
            let broken = try Fixture.bytes("live-replay/\(name)").split(separator: 0x0A)
            let changed = try #require(zip(whole, broken).enumerated().first { $0.element.0 != $0.element.1 })
            #expect(try trace(name).firstDifference()?.line == changed.offset + 1, "\(name)")
        }
    }

    @Test func `every cursor of the reference's list is read or refused in its words`() throws {
        var rows = 0
        for line in try Fixture.bytes("live-replay/cursors.jsonl").split(separator: 0x0A) {
            let row = try JSONValue(line)
            let cursor = SessionCursor(text: try #require(row["cursor"]?.string))
            do throws(SessionCursorError) {
                let parts = try cursor.parts()
                #expect(row["ok"]?.string.map { Array($0.utf8) } == Array(parts.sessionID.utf8), "\(cursor.text)")
            } catch {
                #expect(row["error"]?.string == error.description, "\(cursor.text)")
            }
            rows += 1
        }
        #expect(rows > 50)
    }

    // MARK: What is no trace

    private func problem(_ text: String) -> LiveReplayTrace.Malformed? {
        do throws(LiveReplayTrace.Malformed) {
            _ = try LiveReplayTrace.read(FileBytes(Array(text.utf8)))
            return nil
        } catch { return error }
    }

    @Test func `a file that is no trace is refused with the line and what was expected`() {
        let header = #"{"type":"live_replay_trace","version":1,"capacity":1,"max_age_ms":0}"# + "\n"
        #expect(problem(header) == nil)
        #expect(problem("")?.line == 1)
        #expect(problem("{}")?.expected.hasPrefix("{\"type\"") == true)
        #expect(problem(header.replacing(":1,\"cap", with: ":2,\"cap"))?.expected == "version 1")
        #expect(problem(header + "{\"op\":")?.expected == "JSON")
        #expect(problem(header + "{\"op\":\"jump\",\"at_ms\":0,\"result\":{}}")?.line == 2)
        #expect(problem(header + "{\"op\":\"close\",\"at_ms\":-1,\"result\":{}}")?.expected == "an integer \"at_ms\"")
        let close = #"{"op":"close","at_ms":5,"result":{"ok":true}}"# + "\n"
        #expect(problem(header + close + close)?.expected == "only \"next\" behind \"close\"")
        #expect(problem(header + close.replacing("5", with: "9") + close)?.expected.contains("9 or more") == true)
    }

    @Test func `a flipped bit and a huge number are an answer, never a trap`() throws {
        let bytes = try Fixture.bytes("live-replay/trace-1.jsonl")
        for place in stride(from: 0, to: bytes.count * 8, by: 97) {
            var flipped = bytes
            flipped[place / 8] ^= 1 << UInt8(place % 8)
            _ = try? LiveReplayTrace.read(FileBytes(flipped)).firstDifference()
        }
        let huge = String(decoding: bytes, as: UTF8.self).replacing(
            "\"capacity\": 1", with: "\"capacity\": \(UInt64.max)"
        )
        .replacing("\"max_age_ms\": 0", with: "\"max_age_ms\": \(UInt64.max)")
        #expect(try LiveReplayTrace.read(FileBytes(Array(huge.utf8))).bounds.maximumAge == .max)
        _ = try LiveReplayTrace.read(FileBytes(Array(huge.utf8))).firstDifference()
    }

    @Test func `a cut anywhere is an answer, never a trap`() throws {
        let bytes = try Fixture.bytes("live-replay/trace-1.jsonl")
        for length in 0..<bytes.count {
            guard let trace = try? LiveReplayTrace.read(FileBytes(bytes, prefix: length)) else { continue }
            #expect(trace.firstDifference() == nil)
        }
    }
}
