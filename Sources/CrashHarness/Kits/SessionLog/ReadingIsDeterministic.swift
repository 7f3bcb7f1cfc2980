// The same bytes give the same outcome, however they are read, and are left as they are.

import SessionFormats

/// Reading twice, and reading as a stream in pieces of any size, gives the same; the file is not changed.
public struct ReadingIsDeterministic: Judge {
    /// The judge's name.
    public let name = "reading-is-deterministic"
    /// What must hold.
    public let promise = """
        Whatever the damage, reading twice gives the same, reading as a stream in small pieces gives the \
        same, and the file stays as it is.
        """

    /// Makes the judge.
    public init() {}

    /// Looks at one damaged log.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let damaged = DamagedLog(&choices)
        let pieceSize = 1 + choices.choose("size of a piece", below: 700)
        evidence.cases += 1
        evidence.bytesRead += 8 * damaged.bytes.count
        for mode in ReadingMode.allCases {
            let disk = SimulatedDisk(["log": damaged.bytes])
            let reader = SessionLogReader(mode: mode, digests: true)
            let first = Outcome { () throws(SessionLogError) in try Outcome.Log(reader.read(path: "log", on: disk)) }
            let second = Outcome { () throws(SessionLogError) in try Outcome.Log(reader.read(path: "log", on: disk)) }
            let streamed = Outcome { () throws(SessionLogError) in
                try Outcome.Log(try reader.stream(path: "log", pieceSize: pieceSize, on: disk))
            }
            if first != second {
                throw damaged.violation(expected: "\(mode.rawValue): \(first)", got: "the second time: \(second)")
            }
            if first != streamed {
                throw damaged.violation(
                    expected: "\(mode.rawValue): \(first)", got: "as a stream in pieces of \(pieceSize): \(streamed)")
            }
            var parallel = reader
            (parallel.usesAllCores, parallel.aheadPieceSize, parallel.digests) = (true, pieceSize, false)
            let ahead = Outcome { () throws(SessionLogError) in try Outcome.Log(parallel.read(path: "log", on: disk)) }
            if first != ahead {
                throw damaged.violation(
                    expected: "\(mode.rawValue): \(first)", got: "on all cores in pieces of \(pieceSize): \(ahead)")
            }
            if disk.contents != ["log": damaged.bytes] {
                throw damaged.violation(expected: "the file as it was", got: "a changed disk")
            }
        }
    }
}

/// Everything that reading a log gives, comparable.
private enum Outcome: Equatable {
    struct Log: Equatable {
        var header: SessionHeader?
        var recovery: CrashRecovery
        var places: [Range<Int>] = []
        var ids: [String] = []
        var lines: [Int] = []
        /// Of what was read, as made by the reader or afterwards.
        var digest: String?
        var findings: [Finding]

        init(_ log: SessionLog) {
            (header, recovery, findings) = (log.header, log.recovery, log.findings.report)
            digest = log.canonicalDigest
            log.entries.forEach { add($0) }
        }

        init(_ stream: SessionLogStream) throws(SessionLogError) {
            var read: [SessionLogEntry] = []
            while let entry = try stream.next() { read.append(entry) }
            let summary = try stream.finish()
            (header, recovery, findings) = (summary.header, summary.recovery, summary.findings.report)
            digest = summary.canonicalDigest
            read.forEach { add($0) }
        }

        private mutating func add(_ entry: SessionLogEntry) {
            places.append(entry.byteRange)
            ids.append(entry.id)
            lines.append(entry.line)
        }
    }

    case read(Log)
    case refused(SessionLogError)

    init(_ body: () throws(SessionLogError) -> Log) {
        do throws(SessionLogError) { self = .read(try body()) } catch { self = .refused(error) }
    }
}
