// A folder of inputs, each under the hash of its bytes, so that the same input from two machines is one file.

import Foundation
import SessionFormats

/// A corpus of inputs.
public struct Corpus {
    /// Where it is.
    public let folder: String
    /// How many inputs were not there before.
    public private(set) var added = 0

    /// Opens the corpus in a folder, which is made when it is missing.
    ///
    /// - Throws: What the file system reports.
    public init(_ folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// Adds an input, in one step: it is there as a whole or not at all.
    ///
    /// - Throws: What the file system reports.
    public mutating func add(_ input: [UInt8]) throws {
        let path = "\(folder)/\(String(BLAKE3.hash(input).description.prefix(40)))"
        if FileManager.default.fileExists(atPath: path) { return }
        try Data(input).write(to: URL(filePath: path), options: .atomic)
        added += 1
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
