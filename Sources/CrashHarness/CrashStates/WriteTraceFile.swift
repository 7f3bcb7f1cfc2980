// A write trace as a file, so that what one machine recorded can be explored on another, later, or again.
//
//     {"type":"write-trace","version":1}
//     {"op":"base","path":"a.jsonl","file":0,"bytes":"…"}
//     {"op":"write","file":0,"offset":120,"bytes":"…"}
//     {"op":"sync","file":0}
//     {"op":"output","text":"saved 1"}
//
// One JSON object a line; bytes are base64. `file` numbers are those of the trace: names change, files do not.

import Foundation
import SessionFormats

extension WriteTrace {
    /// A trace file that cannot be read.
    public struct Malformed: Error, Equatable, CustomStringConvertible {
        /// The 1-based line.
        public var line: Int
        /// What was expected there.
        public var expected: String
        /// One sentence.
        public var description: String { "Line \(line) of the trace: \(expected) was expected." }
    }

    /// One line, before it is known to make sense.
    private struct Line: Codable {
        var type: String?
        var version: Int?
        var op: String?
        var path: String?
        var to: String?
        var file: Int?
        var offset: Int?
        var size: Int?
        var bytes: Data?
        var text: String?
    }

    /// Reads a trace file.
    ///
    /// - Throws: `Malformed` with the line.
    public init(file text: String) throws(Malformed) {
        self.init([:])
        var known: Set<Int> = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, text) in lines.enumerated() where !text.isEmpty {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else {
                throw Malformed(line: number + 1, expected: "a JSON object")
            }
            if number == 0 {
                guard line.type == "write-trace", line.version == 1 else {
                    throw Malformed(line: 1, expected: "{\"type\":\"write-trace\",\"version\":1}")
                }
            } else if !take(line, &known) {
                throw Malformed(line: number + 1, expected: "an operation on a file that is known, within 1 GiB")
            }
        }
        if lines.first?.isEmpty != false { throw Malformed(line: 1, expected: "the header of a write trace") }
    }

    /// Takes a line for what it says; false when that makes no sense.
    private mutating func take(_ line: Line, _ known: inout Set<Int>) -> Bool {
        let bytes = line.bytes.map { [UInt8]($0) }
        guard [line.path, line.to].allSatisfy({ $0.map(Self.staysBelow) ?? true }) else { return false }
        switch (line.op, line.file, line.path) {
        case ("base", let file?, let path?):
            guard known.insert(file).inserted, base[path] == nil, let bytes else { return false }
            base[path] = (file, bytes)
        case ("create", let file?, let path?):
            guard known.insert(file).inserted else { return false }
            operations.append(.create(path: path, file: file))
        case ("write", let file?, _):
            guard known.contains(file), let bytes, let offset = line.offset, (0...ForeignTrace.largestFile) ~= offset,
                bytes.count <= ForeignTrace.largestFile - offset
            else { return false }
            operations.append(.write(file: file, offset: offset, bytes: bytes))
        case ("resize", let file?, _):
            guard known.contains(file), let size = line.size, (0...ForeignTrace.largestFile) ~= size else {
                return false
            }
            operations.append(.resize(file: file, size: size))
        case ("sync", let file?, _) where known.contains(file): operations.append(.sync(file: file))
        case ("failed-sync", let file?, _) where known.contains(file): operations.append(.failedSync(file: file))
        case ("sync-folder", _, let path?): operations.append(.syncFolder(path: path))
        case ("remove", _, let path?): operations.append(.remove(path: path))
        case ("rename", _, let path?):
            guard let to = line.to else { return false }
            operations.append(.rename(from: path, to: to))
        case ("link", _, let path?):
            guard let to = line.to else { return false }
            operations.append(.link(from: path, to: to))
        case ("acknowledge", _, _): operations.append(.acknowledge(line.text ?? ""))
        case ("output", _, _): operations.append(.output(line.text ?? ""))
        default: return false
        }
        return true
    }

    /// Whether a name leads to no place outside the folder that is watched.
    private static func staysBelow(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.utf8.contains(0)
            && !path.split(separator: "/").contains("..")
    }

    /// The trace as a file.
    public var file: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let base = base.sorted { $0.value.file < $1.value.file }.map { path, content in
            Line(op: "base", path: path, file: content.file, bytes: Data(content.bytes))
        }
        var file = Data()
        for line in [Line(type: "write-trace", version: 1)] + base + operations.map(Self.line) {
            // Of strings, numbers and bytes alone, which can always be written.
            file += (try? encoder.encode(line)) ?? Data()
            file.append(0x0A)
        }
        return file
    }

    private static func line(_ operation: Operation) -> Line {
        switch operation {
        case .create(let path, let file): Line(op: "create", path: path, file: file)
        case .write(let file, let offset, let bytes): Line(op: "write", file: file, offset: offset, bytes: Data(bytes))
        case .resize(let file, let size): Line(op: "resize", file: file, size: size)
        case .sync(let file): Line(op: "sync", file: file)
        case .failedSync(let file): Line(op: "failed-sync", file: file)
        case .syncFolder(let path): Line(op: "sync-folder", path: path)
        case .rename(let from, let to): Line(op: "rename", path: from, to: to)
        case .link(let from, let to): Line(op: "link", path: from, to: to)
        case .remove(let path): Line(op: "remove", path: path)
        case .acknowledge(let what): Line(op: "acknowledge", text: what)
        case .output(let text): Line(op: "output", text: text)
        }
    }
}
