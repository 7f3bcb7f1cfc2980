// Memories with opaque frames and indexes, laid out by the harness's own hand.
//
// This is a second encoder, written from the format's description and sharing no code with the library's. What saves add
// comes from the library; that the base stays as it was is what is judged.

import SessionFormats

/// A memory without sessions, and where its parts are.
struct MemoryScenario: Sendable {
    /// A part of the file and its name.
    struct Part: Sendable {
        var name: String
        var range: Range<Int>
    }

    /// How many bytes a commit's footer takes.
    static let footerSize = 56

    private(set) var bytes: [UInt8]
    /// The parts that a save must not touch.
    private(set) var foreign: [Part] = []

    /// Chooses a memory.
    init(_ choices: inout Choices) {
        bytes = [UInt8](repeating: 0, count: 4_096)
        let logSize = choices.pick("log size", [4_096, 48, 65_536])
        let log = Self.addLog(&bytes, size: logSize, &choices)
        foreign.append(Part(name: "log", range: 4_096..<4_096 + logSize))

        var frames: [Range<Int>] = []
        for number in 0..<choices.choose("frames", below: 5) {
            addOpaque("frame \(number)", &choices)
            if let last = foreign.last { frames.append(last.range) }
        }
        let indexes = choices.choose("indexes", below: 4)
        for number in 0..<indexes { addOpaque("index \(number)", &choices) }
        if choices.happens("gap", oneIn: 3) { bytes += Self.opaque("gap bytes", &choices) }
        addTable(frames: frames, indexes: foreign.suffix(indexes).map(\.range), logSize: logSize, log: log)
    }

    private mutating func addTable(
        frames: [Range<Int>], indexes: [Range<Int>], logSize: Int, log: (sequence: UInt64, end: Int)
    ) {
        let table = Self.table(frames, indexes, bytes)
        let offset = bytes.count
        bytes += table
        bytes +=
            Array("MV2FOOT!".utf8) + Self.little(UInt64(table.count)) + BLAKE3.hash(table).bytes
            + Self.little(UInt64(1))
        writeHeader(tableAt: offset, logSize: logSize, log: log, Array(table.suffix(32)))
    }

    /// A memory of one index of so many bytes, for measuring.
    init(indexSize: Int) {
        bytes = [UInt8](repeating: 0, count: 8_192)
        bytes.reserveCapacity(indexSize + 16_384)
        var generator = SplitMix64(state: 1)
        while bytes.count < 8_192 + indexSize { bytes += Self.little(generator.next()) }
        foreign = [Part(name: "index 0", range: 8_192..<bytes.count)]
        addTable(frames: [], indexes: [8_192..<bytes.count], logSize: 4_096, log: (0, 0))
    }

    private mutating func addOpaque(_ name: String, _ choices: inout Choices) {
        let content = Self.opaque("content", &choices)
        foreign.append(Part(name: name, range: bytes.count..<bytes.count + content.count))
        bytes += content
    }

    /// At least one byte, so that a part is somewhere.
    private static func opaque(_ label: StaticString, _ choices: inout Choices) -> [UInt8] {
        var generator = SplitMix64(state: choices.choose("seed", below: UInt64(0)))
        return (0...choices.choose(label, below: 2_000)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    /// Adds a log with some records; returns the sequence that the last of them has, and where they end in the log.
    private static func addLog(_ bytes: inout [UInt8], size: Int, _ choices: inout Choices) -> (
        sequence: UInt64, end: Int
    ) {
        let start = bytes.count
        var sequence: UInt64 = 0
        for _ in 0..<choices.choose("log records", below: 4) {
            let payload = opaque("payload", &choices)
            guard bytes.count - start + 96 + payload.count <= size else { break }
            sequence += 1
            bytes +=
                little(sequence) + little(UInt32(payload.count)) + [0, 0, 0, 0] + BLAKE3.hash(payload).bytes + payload
        }
        let end = bytes.count - start
        bytes += [UInt8](repeating: 0, count: start + size - bytes.count)
        return (sequence, end)
    }

    private mutating func writeHeader(
        tableAt offset: Int, logSize: Int, log: (sequence: UInt64, end: Int), _ checksum: [UInt8]
    ) {
        var header = Array("MV2\0".utf8) + [0x01, 0x02, 2, 1]
        for number in [UInt64(offset), 4_096, UInt64(logSize), UInt64(log.end), log.sequence] {
            header += Self.little(number)
        }
        header += checksum
        bytes.replaceSubrange(0..<header.count, with: header)
    }

    // MARK: The table of contents

    private static func table(_ frames: [Range<Int>], _ indexes: [Range<Int>], _ file: [UInt8]) -> [UInt8] {
        var table = little(UInt64(0)) + little(UInt64(0))
        table += little(UInt64(frames.count))
        for (number, range) in frames.enumerated() { table += frame(number, range, file) }
        // No text index; its files; no vector and no image index.
        table += [0] + little(UInt64(indexes.count))
        for (number, range) in indexes.enumerated() {
            table += text("index-\(number)") + region(range) + BLAKE3.hash(Array(file[range])).bytes
        }
        table += [0, 0]
        // No time index, no tracks.
        table += [0, 0, 0, 0, 0]
        // An empty catalogue.
        table += little(UInt64(0)) + little(UInt32(1)) + [0] + [UInt8](repeating: 0, count: 6 * 8)
        table += text("harness") + little(UInt64(1)) + little(UInt64(0)) + little(UInt64(1_000_000)) + [1]
        // No binding, no manifest; an empty queue; the root.
        table += [0, 0] + little(UInt64(0)) + little(UInt64(7)) + [UInt8](repeating: 9, count: 32)
        let unsealed = table + [UInt8](repeating: 0, count: 32)
        return table + BLAKE3.hash(unsealed).bytes
    }

    private static func frame(_ number: Int, _ range: Range<Int>, _ file: [UInt8]) -> [UInt8] {
        var bytes = little(UInt64(number)) + little(UInt64(1_700_000_000))
        bytes += [0, 0, 0, 0] + region(range) + BLAKE3.hash(Array(file[range])).bytes
        bytes += [1] + text("mv2://\(number)") + [0] + little(UInt32(0)) + [0, 0, 0]
        // No tags, labels, pairs or dates; no manifest; a document without relations; active.
        bytes +=
            [UInt8](repeating: 0, count: 4 * 8) + [0] + little(UInt32(0)) + [0, 0, 0] + little(UInt32(0)) + [0, 0]
        return bytes + [0, 0] + little(UInt32(1))
    }

    private static func region(_ range: Range<Int>) -> [UInt8] {
        little(UInt64(range.lowerBound)) + little(UInt64(range.count))
    }

    private static func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + Array(text.utf8) }

    private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}

extension ReplaySession {
    /// A session as it is recorded: numbered actions and checkpoints, with their hashes.
    static func recorded(_ choices: inout Choices) -> ReplaySession {
        var generator = SplitMix64(state: choices.choose("session id", below: UInt64(0)))
        var session = ReplaySession(
            id: .random(using: &generator), name: TextScenario.short("name", &choices), createdSeconds: 1_700_000_000)
        session.endedSeconds = 1_700_000_100
        for sequence in 0..<choices.choose("actions", below: 5) {
            var action = ReplayAction(
                sequence: UInt64(sequence), timestampSeconds: 1_700_000_001, type: .put(frameID: UInt64(sequence)))
            action.setInput(Array(TextScenario.short("input", &choices).utf8))
            session.actions.append(action)
        }
        return session
    }
}
