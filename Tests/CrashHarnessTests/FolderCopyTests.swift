// A folder that gets back what it held, so that a program can be run on it again.

import Foundation
import TestSupport
import Testing

@testable import CrashHarness

@Suite("Folders that are run on again")
struct FolderCopyTests {
    private func content(_ folder: String) throws -> [String: String] {
        var content: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let path = "\(folder)/\(name)"
            let isFile = !FileManager.default.isLink(path) && FileManager.default.isRegularFile(path)
            content[name] = isFile ? try String(contentsOfFile: path, encoding: .utf8) : ""
        }
        return content
    }

    @Test func `a folder gets back what it held, whatever its names are, and pipes stay in it`() throws {
        let temporary = try TemporaryFolder()
        let folder = "\(temporary.path)/a folder %20"
        try FileManager.default.createDirectory(atPath: folder + "/in ner/e\u{301}", withIntermediateDirectories: true)
        try Data("one".utf8).write(to: URL(filePath: folder + "/in ner/a file"))
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "in ner/a file")
        #expect(mkfifo(folder + "/pipe", 0o600) == 0)
        let before = try content(folder)
        let copy = try FolderCopy(of: folder)
        try Data("two".utf8).write(to: URL(filePath: folder + "/in ner/a file"))
        try Data("new".utf8).write(to: URL(filePath: folder + "/new one"))
        try FileManager.default.removeItem(atPath: folder + "/link")
        #expect(try content(folder) != before)
        try copy.restore()
        #expect(try content(folder) == before && before.count == 5)
    }

    @Test func `paths are those of the file system, without escapes and without slashes at their end`() {
        #expect(URL(filePath: "/a b/%20/").filePath == "/a b/%20" && URL(filePath: "/").filePath == "/")
        #expect("a//".withoutSlashesAtEnd == "a" && "/".withoutSlashesAtEnd == "/" && "".withoutSlashesAtEnd.isEmpty)
    }
}
