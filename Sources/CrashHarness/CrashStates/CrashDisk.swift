// A disk that a crash may leave, as a line that other programs can compare.

import Foundation
import SessionFormats

/// What is on a disk after a crash: sizes and hashes of its files.
public struct CrashDisk: Codable, Sendable {
    /// A file's bytes.
    public struct File: Codable, Sendable {
        /// The BLAKE3 hash of the bytes, in hex.
        public var blake3: String
        /// How many bytes there are.
        public var size: Int
    }

    /// How many things had been acknowledged before the crash.
    public var acknowledged: Int
    /// The files by path.
    public var files: [String: File]
    /// The folders besides the one that is watched; nil when there are none.
    public var folders: [String]?

    /// One line of JSON without its end, by `JSONEncoder.lines`.
    ///
    /// - Throws: What encoding throws.
    public func line(_ encoder: JSONEncoder) throws -> Data { try encoder.encode(self) }
}

extension CrashStateExplorer {
    /// Hands over each different disk, in the order in which states are visited.
    ///
    /// - Returns: Which states were visited.
    public func forEachDisk(of trace: WriteTrace, _ body: (CrashDisk) -> Void) -> ExplorationCoverage {
        var seen: Set<BlockSum> = []
        var hashes: [BlockSum: CrashDisk.File] = [:]
        return forEachState(of: CrashStates(trace, model, sectors)) { point in
            guard seen.insert(point.key).inserted else { return true }
            var files: [String: CrashDisk.File] = [:]
            for (path, key, bytes) in point.fileKeys {
                if hashes[key] == nil {
                    let bytes = bytes()
                    hashes[key] = CrashDisk.File(blake3: BLAKE3.hash(bytes).description, size: bytes.count)
                }
                files[path] = hashes[key]
            }
            let folders = point.tree.folders
            body(CrashDisk(acknowledged: point.acknowledged, files: files, folders: folders.isEmpty ? nil : folders))
            return true
        }
    }
}
