// What the recorder does, operation by operation, and the sidecar on a real folder.

import Foundation
import Testing

@testable import SessionFormats

@Suite("Recording sessions")
struct SessionRecorderTests {
    private func recorder() -> SessionRecorder {
        SessionRecorder(clock: { 1000 }, newID: { SessionID(high: 7, low: 7) })
    }

    private let snapshot = StateSnapshot(frameIDs: [1, 2], logSequence: 3, generation: 4)

    @Test func `a session starts once, ends once and is then listed`() throws {
        var recorder = recorder()
        #expect(!recorder.isRecording)
        let id = try recorder.startSession(name: "work")
        #expect(recorder.activeSessionID == id)
        #expect(throws: SessionRecorderError.alreadyActive(id)) { try recorder.startSession(name: nil) }
        recorder.recordFind(query: "fox", mode: "lexical", resultCount: 2, resultFrames: [1, 2])
        let ended = try recorder.endSession()
        #expect(ended.endedSeconds == 1000)
        #expect(throws: SessionRecorderError.notActive) { try recorder.endSession() }
        #expect(recorder.listSessions() == [SessionSummary(ended)])
        #expect(recorder.session(id) == ended)
        try recorder.deleteSession(id)
        #expect(recorder.session(id) == nil)
        #expect(throws: SessionRecorderError.unknownSession(id)) { try recorder.deleteSession(id) }
    }

    @Test func `a checkpoint stands behind the last action and is an action itself`() throws {
        var recorder = recorder()
        try recorder.startSession(name: nil)
        #expect(try recorder.createCheckpoint(snapshot) == 0)
        #expect(try recorder.createCheckpoint(snapshot) == 1)
        let session = try recorder.endSession()
        #expect(session.checkpoints.map(\.atSequence) == [0, 0])
        #expect(session.checkpoints.map(\.stateHash) == [snapshot.stateHash, snapshot.stateHash])
        #expect(session.actions.map(\.type) == [.checkpoint(id: 0), .checkpoint(id: 1)])
        #expect(session.actions.map(\.sequence) == [0, 1])
    }

    @Test func `a put makes a checkpoint when one is due, finds and asks do not`() throws {
        var recorder = recorder()
        try recorder.startSession(name: nil, configuration: RecordingConfiguration(autoCheckpointInterval: 2))
        recorder.recordFind(query: "a", mode: "m", resultCount: 0, resultFrames: [])
        recorder.recordAsk(
            query: "b", provider: "p", model: "m", response: [UInt8]("answer".utf8), durationMilliseconds: 5,
            retrievedFrames: [9])
        #expect(recorder.active?.session.checkpoints.count == 0)
        recorder.recordPut(frameID: 1, input: [UInt8]("text".utf8), snapshot: snapshot)
        #expect(recorder.active?.session.checkpoints.count == 1)
        // The checkpoint's own action counts towards the next one, as upstream.
        #expect(recorder.active?.actionsSinceCheckpoint == 1)
        recorder.recordPut(frameID: 2, input: [], snapshot: snapshot)
        #expect(recorder.active?.session.checkpoints.map(\.atSequence) == [2, 4])
    }

    @Test func `nothing is recorded while no session is active`() throws {
        var recorder = recorder()
        recorder.recordPut(frameID: 1, input: [1], snapshot: snapshot)
        recorder.recordFind(query: "a", mode: "m", resultCount: 0, resultFrames: [])
        #expect(throws: SessionRecorderError.notActive) { try recorder.createCheckpoint(snapshot) }
        #expect(recorder.active == nil)
    }

    @Test func `inputs are hashed and previewed as upstream does`() {
        func action(_ input: [UInt8]) -> ReplayAction {
            var action = ReplayAction(sequence: 0, timestampSeconds: 0, type: .put(frameID: 0))
            action.setInput(input)
            return action
        }
        #expect(action([]).inputHash == .zero)
        #expect(action([]).inputPreview == "")
        #expect(action(Array("a\u{1}\u{7F}\u{85}\n\tb\r".utf8)).inputPreview == "a\n\tb")
        let long = Array("é".utf8) + [UInt8](repeating: 0x78, count: 600)
        #expect(action(long).inputPreview.unicodeScalars.count == 511)
        #expect(action(long).inputHash == BLAKE3.hash(long))
        let cutCharacter = [UInt8](repeating: 0x78, count: 511) + Array("é".utf8)
        #expect(action(cutCharacter).inputPreview.unicodeScalars.last == "\u{FFFD}")
        let huge = action([UInt8](repeating: 0, count: Preview.maximumSize + 1))
        #expect(huge.inputHash == .allOnes)
        #expect(huge.inputPreview == "[ERROR: Input size 10485761 exceeds maximum 10485760]")
    }

    // MARK: The sidecar

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path())
    }

    @Test(arguments: SessionRecorder.SidecarProtocol.allCases)
    func `a saved sidecar gives the session back`(_ writing: SessionRecorder.SidecarProtocol) throws {
        try withFolder { folder in
            let memory = folder + "/memory.mv2"
            var first = recorder()
            let id = try first.startSession(name: "é")
            first.recordPut(frameID: 1, input: [1, 2], snapshot: snapshot)
            try first.saveSidecar(forMemory: memory, writing)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["memory.mv2.session"])

            var second = recorder()
            #expect(try second.loadSidecar(forMemory: memory, writing) == .loaded(id))
            #expect(second.active == first.active)

            try second.endSession()
            try second.saveSidecar(forMemory: memory, writing)
            #expect(try second.loadSidecar(forMemory: memory) == .absent)
        }
    }

    @Test func `an unreadable sidecar is kept by the safe protocol and removed by the reference's`() throws {
        try withFolder { folder in
            let memory = folder + "/m.mv2"
            func write() throws { try Data([1, 2, 3]).write(to: URL(filePath: memory + ".session")) }
            let error = ReplayFormatError.tooShort(length: 3, needed: 16)
            var recorder = recorder()
            for kept in [memory + ".session.corrupt", memory + ".session.corrupt-2"] {
                try write()
                #expect(try recorder.loadSidecar(forMemory: memory) == .unreadable(error, keptAs: kept))
                #expect(try Data(contentsOf: URL(filePath: kept)) == Data([1, 2, 3]))
            }
            try write()
            #expect(try recorder.loadSidecar(forMemory: memory, .reference) == .unreadable(error, keptAs: nil))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }

    private func sample() throws -> [UInt8] {
        var recorder = recorder()
        try recorder.startSession(name: "n", configuration: RecordingConfiguration(maximumActions: 5))
        recorder.recordFind(query: "q", mode: "m", resultCount: 1, resultFrames: [3])
        return try #require(recorder.active).encoded()
    }

    private func error(_ bytes: [UInt8]) -> ReplayFormatError? {
        do throws(ReplayFormatError) {
            _ = try ActiveSession.read(FileBytes(bytes))
            return nil
        } catch { return error }
    }

    @Test func `each way for a sidecar to be broken has its own error`() throws {
        let bytes = try sample()
        #expect(error(bytes) == nil)
        #expect(error(bytes + [1, 2]) == nil)
        #expect(error([]) == .tooShort(length: 0, needed: 16))
        #expect(error([0x4D]) == .tooShort(length: 1, needed: 16))
        #expect(error(Array("MV2ACTIW".utf8) + bytes[8...])?.kind == "WrongMagic")
        #expect(error(Array(bytes[..<bytes.count.advanced(by: -1)]))?.kind == "Truncated")
        // 16 + length overflows here.
        let overflow = Array(bytes[..<8]) + [UInt8](repeating: 0xFF, count: 8) + bytes[16...]
        #expect(error(overflow) == .truncated(offset: 8, needed: .max, available: bytes.count - 16))
        var badBool = bytes
        badBool[badBool.count - 1] = 2
        #expect(error(badBool) == .undecodable(BincodeError(offset: bytes.count - 1, .invalidBool(2))))
    }

    @Test func `every proper prefix of a sidecar is an error`() throws {
        let bytes = try sample()
        for length in 0..<bytes.count { #expect(error(Array(bytes[..<length])) != nil, "\(length) bytes") }
    }

    @Test func `spans of fields cover a sidecar without gaps`() throws {
        let bytes = try sample()
        var at = 0
        for span in try ActiveSession.fieldSpans(of: FileBytes(bytes)) {
            #expect(span.range.lowerBound == at, "\(span.path)")
            at = span.range.upperBound
        }
        #expect(at == bytes.count)
    }

    @Test func `a session identifier is printed and read as a UUID`() {
        let id = SessionID("1620076c-0d76-4660-acf5-38d0f2ea440c")
        #expect(id?.description == "1620076c-0d76-4660-acf5-38d0f2ea440c")
        #expect(SessionID("1620076c-0d76-4660-acf5-38d0f2ea440") == nil)
        #expect(SessionID("+620076c-0d76-4660-acf5-38d0f2ea440c") == nil)
        var generator = SystemRandomNumberGenerator()
        let random = SessionID.random(using: &generator).bytes
        #expect(random[6] >> 4 == 4 && random[8] >> 6 == 2)
    }
}
