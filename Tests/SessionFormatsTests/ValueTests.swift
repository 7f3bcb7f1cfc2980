// Values as JSON, and beside Foundation's own.

import Foundation
import SessionFormatsFoundation
import Testing

@testable import SessionFormats

@Suite("Values as others have them")
struct ValueTests {
    @Test func `an identifier is a UUID, and back`() throws {
        let uuid = UUID()
        #expect(SessionID(uuid).uuid == uuid)
        #expect(SessionID(uuid).description == uuid.uuidString.lowercased())
    }

    @Test func `a session survives JSON with everything in it`() throws {
        var session = ReplaySession(id: SessionID(UUID()), name: "é", createdSeconds: 5)
        session.actions = [
            ReplayAction(
                sequence: 1, timestampSeconds: 7, type: .find(query: "q", mode: "m", resultCount: 3),
                affectedFrames: [1], durationMilliseconds: 1_500)
        ]
        session.actions[0].setInput("input".utf8)
        session.checkpoints = [
            Checkpoint(id: 0, atSequence: 1, timestampSeconds: 7, snapshot: StateSnapshot(frameIDs: [1], generation: 2))
        ]
        let decoded = try JSONDecoder().decode(ReplaySession.self, from: JSONEncoder().encode(session))
        #expect(decoded == session)
        #expect(decoded.actions[0].timestamp == Date(timeIntervalSince1970: 7))
        #expect(decoded.actions[0].duration == .milliseconds(1_500))
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Digest.self, from: Data("\"0g\"".utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SessionID.self, from: Data("\"\"".utf8)) }
    }

    @Test func `a finding survives JSON under the names that check prints`() throws {
        let finding = Finding(.tornEntry, .warning, offset: 1, length: 2, line: 3, message: "m")
        let json = String(decoding: try JSONEncoder().encode(finding), as: UTF8.self)
        #expect(json.contains("\"torn-entry\"") && json.contains("\"warning\""))
        #expect(try JSONDecoder().decode(Finding.self, from: Data(json.utf8)) == finding)
    }
}
