// A folder of inputs, each under the hash of its bytes, so that the same input from two machines is one file.

import Foundation
import SessionFormats

/// A corpus of inputs.
public struct Corpus {
    /// Where it is.
    public let folder: String
    /// How many inputs were not there before.
    public private(set) var added = 0
    private let disk: any FileSystem

    /// Opens the corpus in a folder, which is made when it is missing.
    ///
    /// - Throws: What the file system reports.
    public init(_ folder: String, on disk: any FileSystem = DiskFileSystem()) throws {
        (self.folder, self.disk) = (folder, disk)
        try disk.makeFolder(folder)
    }

    /// Adds an input, in one step: it is there as a whole or not at all.
    ///
    /// - Throws: What the file system reports.
    public mutating func add(_ input: [UInt8]) throws {
        let path = "\(folder)/\(String(BLAKE3.hash(input).description.prefix(40)))"
        // Whoever has it locked adds the same input at the same time, which takes a moment.
        for _ in 0..<2_000 {
            do throws(StorageError) {
                try AtomicReplacement(of: path, existing: .refused, on: disk).write(input)
                added += 1
                return
            } catch .exists { return } catch .locked { poll(nil, 0, 1) }
        }
        throw StorageError.locked(path)
    }

    /// Adds all files of another folder, but not those of folders in it.
    ///
    /// - Throws: What the file system reports.
    public mutating func addAll(in other: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: other).sorted() where !name.hasPrefix(".") {
            let path = "\(other)/\(name)"
            if FileManager.default.isFile(path) { try add(Array(Data(contentsOf: URL(filePath: path)))) }
        }
    }
}
