// What is done with one input of a coverage-guided fuzzer, format by format.
//
// A reader must give an answer to any bytes: no trap, no hang, no memory beyond a small multiple of the input. Beyond that
// each target checks what two ways to the same answer owe each other. A broken promise traps, which is what a fuzzer sees.

import CrashHarness
import SessionFormats

/// A target.
public struct FuzzTarget: Sendable {
    /// A stable name: that of the executable, of the corpus folder and of the dictionary.
    public let name: String
    /// Makes an input that was changed at random look whole again, so that readers look at what is behind checksums and
    /// lengths; nil when there is nothing of that kind.
    public let mend: (@Sendable ([UInt8]) -> [UInt8])?
    private let examine: @Sendable ([UInt8]) throws -> Void

    /// A broken promise.
    public struct Broken: Error, CustomStringConvertible {
        /// What had to hold.
        public var description: String
    }

    /// Looks at an input.
    ///
    /// - Throws: `Broken` when a promise does not hold.
    public func examine(_ input: [UInt8]) throws { try examine(input) }

    /// The target of a name.
    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    /// All targets.
    public static let all = [sessionLog, replaySegment, activeSession, memory, liveReplayTrace, cursor, judges, empty]

    private init(
        _ name: String, mend: (@Sendable ([UInt8]) -> [UInt8])? = nil,
        _ examine: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        (self.name, self.mend, self.examine) = (name, mend, examine)
    }

    private static func expect(_ holds: Bool, _ promise: @autoclosure () -> String) throws {
        if !holds { throw Broken(description: promise()) }
    }

    /// A fuzzer's loop with nothing in it, to measure the others by.
    static let empty = FuzzTarget("empty") { _ in }

    static let sessionLog = FuzzTarget("session-log") { input in
        let bytes = FileBytes(input)
        let recovered = try? SessionLogReader().read(bytes)
        let reference = try? SessionLogReader(mode: .reference).read(bytes)
        if let reference, let recovered {
            let kept = Set(recovered.entries.map(\.id))
            try expect(
                reference.entries.allSatisfy { kept.contains($0.id) },
                "Recover mode keeps every entry that the reference keeps.")
        }
        try expect(reference == nil || recovered != nil, "Recover mode reads every log that the reference reads.")
        for mode in ReadingMode.allCases {
            let whole = mode == .recover ? recovered : reference
            let disk = SimulatedDisk(["log": input])
            let streamed = try? SessionLogReader(mode: mode).stream(
                path: "log", pieceSize: 1 + input.count / 16, on: disk
            ).finish()
            try expect(
                streamed?.entryCount == whole?.entries.count, "A log read in pieces gives what it gives in one.")
        }
    }

    static let replaySegment = FuzzTarget("replay-segment", mend: Mending.segment) { input in
        let bytes = FileBytes(input)
        _ = try? ReplaySegment.read(bytes, in: 0..<bytes.count, mode: .reference)
        guard let segment = try? ReplaySegment.read(bytes) else { return }
        let sessions = segment.sessions.compactMap { $0.decoded() }
        try expect(sessions.count == segment.sessions.count, "A session that was read can be decoded.")
        let written = ReplaySegment.encode(sessions)
        let again = try ReplaySegment.read(FileBytes(written)).sessions.compactMap { $0.decoded() }
        try expect(ReplaySegment.encode(again) == written, "What was read is the same when it is written and read.")
    }

    static let activeSession = FuzzTarget("active-session", mend: Mending.sidecar) { input in
        let bytes = FileBytes(input)
        _ = try? ActiveSession.fieldSpans(of: bytes)
        guard let session = try? ActiveSession(decoding: bytes) else { return }
        let again = try ActiveSession(decoding: FileBytes(session.encoded()))
        try expect(
            again.encoded() == session.encoded(), "A sidecar that was read is the same when it is written and read.")
    }

    static let memory = FuzzTarget("mv2", mend: Mending.memory) { input in
        let bytes = FileBytes(input)
        let reference = try? MV2File.open(bytes, mode: .reference)
        let recovered = try? MV2File.open(bytes)
        try expect(reference == nil || recovered != nil, "Recover mode opens every memory that the reference opens.")
        guard let recovered else { return }
        if let reference {
            try expect(
                recovered.sessions.count >= reference.sessions.count,
                "Recover mode finds every session of the reference.")
        }
        _ = (recovered.verified(deep: true), recovered.fieldSpans())
        try saveInto(input, recovered)
    }

    /// Whatever a memory claims, a save keeps what was readable and does not trap.
    private static func saveInto(_ input: [UInt8], _ before: MV2File) throws {
        let disk = SimulatedDisk(["m": input])
        guard let writer = try? MV2Writer.open(path: "m", on: disk) else { return }
        let sessions = writer.sessions
        guard (try? writer.save(sessions)) != nil else { return }
        let after = try MV2File.open(try disk.contents(of: "m"))
        try expect(
            after.sessions.compactMap { $0.decoded() } == sessions,
            "A save holds what it was given, whatever was there.")
    }

    static let liveReplayTrace = FuzzTarget("live-replay-trace") { input in
        let bytes = FileBytes(input)
        _ = FileReport(path: "", bytes: bytes)
        guard let trace = try? LiveReplayTrace(bytes) else { return }
        try expect(
            trace.firstDifference() == trace.firstDifference(), "A trace that is run twice is answered the same way.")
    }

    static let cursor = FuzzTarget("cursor") { input in
        let text = String(decoding: input, as: UTF8.self)
        guard let parts = try? SessionCursor(text: text).parts() else { return }
        let again = SessionCursor(sessionID: parts.sessionID, revision: parts.revision, position: parts.position)
        let twice = try again.parts()
        try expect(
            twice.sessionID == parts.sessionID && twice.position == parts.position
                && twice.revision == parts.revision, "What a cursor says makes a cursor that says the same.")
    }

    /// The bytes are choices, the first of them the judge's number.
    static let judges = FuzzTarget("judges") { input in
        var choices = Choices.bytes(input)
        let judge = choices.pick("judge", JudgeCatalogue.all)
        var evidence = Evidence()
        try judge.examine(&choices, &evidence)
    }
}
