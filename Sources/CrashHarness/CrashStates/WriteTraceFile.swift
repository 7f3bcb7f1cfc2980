// A write trace as a file, so that what one machine recorded can be explored on another, later, or again.
//
//     {"type":"write-trace","version":2}
//     {"op":"base","path":"a.jsonl","file":0,"bytes":"…"}
//     {"op":"base-folder","path":"d"}
//     {"op":"base-link","path":"current","text":"d/a.jsonl"}
//     {"op":"write","file":0,"offset":120,"bytes":"…","returned":3,"place":"save (store.c:120)"}
//     {"op":"sync","file":0}
//     {"op":"sync-write","of":0}
//     {"op":"output","text":"saved 1"}
//     {"op":"unseen","text":"io_uring …"}
//     {"op":"nameless","file":3}
//
// One JSON object a line; bytes are base64. `file` numbers are those of the trace: names change, files do not. `of` and
// `returned` count operations from 0, base lines not among them. Version 1 had no folders, no overlapping calls and no places;
// such files are read as well. A file that was written before it had a name is told by a `nameless` line before it. In a path
// \xNN is the byte NN, for names that are no UTF-8 or could be mistaken for others (FileName).

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
        var of: Int?
        var returned: Int?
        var place: String?
    }

    /// Reads a trace file.
    ///
    /// - Throws: `Malformed` with the line.
    public init(file text: String) throws(Malformed) {
        self.init([:])
        var (known, nameless): (Set<Int>, Set<Int>) = ([], [])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        /// The line of each operation that overlapped others, by its place.
        var overlapping: [Int: Int] = [:]
        for (number, text) in lines.enumerated() where !text.isEmpty {
            guard var line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)) else {
                throw Malformed(line: number + 1, expected: "a JSON object")
            }
            (line.path, line.to) = (line.path.map(Self.name), line.to.map(Self.name))
            if number == 0 {
                guard line.type == "write-trace", let version = line.version, (1...2) ~= version else {
                    throw Malformed(line: 1, expected: "{\"type\":\"write-trace\",\"version\":2}, or version 1,")
                }
                continue
            }
            let index = operations.count
            guard take(line, &known, &nameless) else {
                throw Malformed(line: number + 1, expected: "an operation on a file that is known, within 1 GiB")
            }
            guard operations.count > index else { continue }
            places[index] = line.place
            if let end = line.returned, end != index + 1 { (returned[index], overlapping[index]) = (end, number + 1) }
        }
        for (index, line) in overlapping.sorted(by: { $0.key < $1.key }) {
            guard let end = returned[index], (index + 1...operations.count) ~= end else {
                throw Malformed(line: line, expected: "to return after it was issued and before the trace ends")
            }
        }
        if lines.first?.isEmpty != false { throw Malformed(line: 1, expected: "the header of a write trace") }
    }

    /// Takes a line for what it says; false when that makes no sense.
    private mutating func take(_ line: Line, _ known: inout Set<Int>, _ nameless: inout Set<Int>) -> Bool {
        let bytes = line.bytes.map { [UInt8]($0) }
        guard [line.path, line.to].allSatisfy({ $0.map(Self.staysBelow) ?? true }), line.file ?? 0 >= 0 else {
            return false
        }
        switch (line.op, line.file, line.path) {
        case ("base", let file?, let path?):
            guard known.insert(file).inserted, base[path] == nil, let bytes, !baseFolders.contains(path),
                path.foldersOfPath.allSatisfy({ base[$0] == nil })
            else { return false }
            base[path] = (file, bytes)
            baseFolders.formUnion(path.foldersOfPath)
        case ("base-folder", _, let path?):
            guard (path.foldersOfPath + [path]).allSatisfy({ base[$0] == nil }) else { return false }
            baseFolders.formUnion(path.foldersOfPath + [path])
        case ("base-link", _, let path?):
            guard path != ".", let target = line.text, !target.utf8.contains(0), base[path] == nil,
                !baseFolders.contains(path), path.foldersOfPath.allSatisfy({ base[$0] == nil })
            else { return false }
            baseLinks[path] = Self.name(target)
        case ("nameless", let file?, _): return known.insert(file).inserted && nameless.insert(file).inserted
        case ("create", let file?, let path?):
            guard known.insert(file).inserted || nameless.remove(file) != nil else { return false }
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
        case ("sync-write", _, _):
            guard let of = line.of, operations.indices ~= of, case .write = operations[of] else { return false }
            operations.append(.syncWrite(of: of))
        case ("sync-folder", _, let path?): operations.append(.syncFolder(path: path))
        case ("sync-all", _, _): operations.append(.syncAll)
        case ("remove", _, let path?): operations.append(.remove(path: path))
        case ("make-folder", _, let path?): operations.append(.makeFolder(path: path))
        case ("remove-folder", _, let path?): operations.append(.removeFolder(path: path))
        case ("rename", _, let path?):
            guard let to = line.to else { return false }
            operations.append(.rename(from: path, to: to))
        case ("exchange", _, let path?):
            guard let to = line.to else { return false }
            operations.append(.exchange(path: path, with: to))
        case ("link", _, let path?):
            guard let to = line.to else { return false }
            operations.append(.link(from: path, to: to))
        case ("acknowledge", _, _): operations.append(.acknowledge(line.text ?? ""))
        case ("unseen", _, _): unseen.append(line.text ?? "")
        case ("output", _, _): operations.append(.output(line.text ?? ""))
        default: return false
        }
        return true
    }

    private static func name(_ path: String) -> String { FileName.text(FileName.bytes(path)) }

    /// Whether a name leads to a place in the folder that is watched, by the one way that there is, and is no longer than the
    /// system takes; "." is that folder.
    private static func staysBelow(_ path: String) -> Bool {
        path == "."
            || !path.utf8.contains(0) && path.utf8.count <= Int(PATH_MAX)
                && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                    !["", ".", ".."].contains($0)
                }
    }

    /// The trace as a file.
    public var file: Data {
        let encoder = JSONEncoder.lines
        let base = base.sorted { $0.value.file < $1.value.file }.map { path, content in
            Line(op: "base", path: path, file: content.file, bytes: Data(content.bytes))
        }
        let folders = baseFolders.sorted().map { Line(op: "base-folder", path: $0) }
        let links = baseLinks.sorted { $0.key < $1.key }.map { Line(op: "base-link", path: $0.key, text: $0.value) }
        let operations = operations.enumerated().map { index, operation in
            var line = Self.line(operation)
            (line.returned, line.place) = (returned[index], places[index])
            return line
        }
        var file = Data()
        let unseen = unseen.map { Line(op: "unseen", text: $0) }
        let nameless = filesWithoutNames.map { Line(op: "nameless", file: $0) }
        for line in [Line(type: "write-trace", version: 2)] + base + folders + links + unseen + nameless + operations {
            // Of strings, numbers and bytes alone, which can always be written.
            file += (try? encoder.encode(line)) ?? Data()
            file.append(0x0A)
        }
        return file
    }

    /// The files with which something was done before they had a name.
    private var filesWithoutNames: [Int] {
        var (known, found) = (Set(base.values.map(\.file)), [Int]())
        for operation in operations {
            switch operation {
            case .create(_, let file): known.insert(file)
            case .write(let file, _, _), .resize(let file, _), .sync(let file), .failedSync(let file):
                if known.insert(file).inserted { found.append(file) }
            default: break
            }
        }
        return found
    }

    private static func line(_ operation: Operation) -> Line {
        switch operation {
        case .create(let path, let file): Line(op: "create", path: path, file: file)
        case .write(let file, let offset, let bytes): Line(op: "write", file: file, offset: offset, bytes: Data(bytes))
        case .resize(let file, let size): Line(op: "resize", file: file, size: size)
        case .sync(let file): Line(op: "sync", file: file)
        case .failedSync(let file): Line(op: "failed-sync", file: file)
        case .syncWrite(let write): Line(op: "sync-write", of: write)
        case .syncFolder(let path): Line(op: "sync-folder", path: path)
        case .syncAll: Line(op: "sync-all")
        case .rename(let from, let to): Line(op: "rename", path: from, to: to)
        case .exchange(let path, let other): Line(op: "exchange", path: path, to: other)
        case .link(let from, let to): Line(op: "link", path: from, to: to)
        case .makeFolder(let path): Line(op: "make-folder", path: path)
        case .removeFolder(let path): Line(op: "remove-folder", path: path)
        case .remove(let path): Line(op: "remove", path: path)
        case .acknowledge(let what): Line(op: "acknowledge", text: what)
        case .output(let text): Line(op: "output", text: text)
        }
    }
}
