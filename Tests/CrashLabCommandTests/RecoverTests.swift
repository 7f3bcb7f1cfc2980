// Recovery as people meet it: a copy beside the file, and an account of what became of everything.

import CrashHarness
import Foundation
import Testing

@Suite("Recovery by the command")
struct RecoverTests {
    private static let header = #"{"type":"session","version":1,"id":"s","timestamp":"t","cwd":"/"}"# + "\n"
    private static let entry = #"{"type":"leaf","id":"a","parent_id":null,"timestamp":"t","entry_id":"a"}"# + "\n"
    private static let damaged = header + entry + "garbage\n" + entry.dropLast(9)

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func `a copy and what was left out stand beside the file, which stays as it is`() throws {
        try withFolder { folder in
            let file = "\(folder)/session.jsonl"
            try Self.damaged.write(toFile: file, atomically: false, encoding: .utf8)
            let run = try crashlab("recover", file)
            #expect(run.status == 1 && run.errors.isEmpty)
            #expect(
                run.output.hasPrefix(
                    "\(file): session-log, damaged\n  a copy of \(Self.header.count + Self.entry.count) bytes was written to \(file).recovered\n"
                ))
            #expect(run.output.contains("\n  left-out 7 bytes at \(Self.header.count + Self.entry.count): "))
            #expect(try text(file) == Self.damaged && text(file + ".recovered") == Self.header + Self.entry)
            let leftOut = try text(file + ".recovered.left-out").split(separator: "\n")
            #expect(leftOut.count == 2 && leftOut[0].contains(#""text":"garbage""#))
            #expect(try crashlab("check", "--mode", "reference", file + ".recovered").output.contains("clean"))

            // Again: what is there is not replaced, whatever it is.
            try "mine".write(toFile: file + ".recovered", atomically: false, encoding: .utf8)
            let again = try crashlab("recover", file)
            #expect(again.status == 73 && again.errors.contains("it exists already"))
            #expect(try text(file + ".recovered") == "mine")
            #expect(try names(in: folder).count == 3)
        }
    }

    @Test func `a dry run writes nothing and says the same`() throws {
        try withFolder { folder in
            let file = "\(folder)/session.jsonl"
            try Self.damaged.write(toFile: file, atomically: false, encoding: .utf8)
            let dry = try crashlab("recover", "--dry-run", "--format", "json", file)
            #expect(dry.status == 1)
            #expect(try names(in: folder) == ["session.jsonl"])
            let wet = try crashlab("recover", "--format=json", file)
            let json = try #require(
                try JSONSerialization.jsonObject(with: Data(wet.output.utf8)) as? [String: Any])
            #expect(json["verdict"] as? String == "damaged" && json["output"] as? String == file + ".recovered")
            #expect(
                (json["repairs"] as? [[String: Any]])?.map { $0["action"] as? String } == [
                    "kept", "left-out", "left-out",
                ])
            let same = { (text: String) in text.split(separator: #""repairs""#).last.map(String.init) }
            #expect(same(dry.output) == same(wet.output))
        }
    }

    @Test func `a folder is recovered into another one, with its folders`() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/in/deep", withIntermediateDirectories: true)
            try Self.damaged.write(toFile: "\(folder)/in/deep/a.jsonl", atomically: false, encoding: .utf8)
            try (Self.header + Self.entry).write(toFile: "\(folder)/in/b.jsonl", atomically: false, encoding: .utf8)
            try "no session".write(toFile: "\(folder)/in/notes.txt", atomically: false, encoding: .utf8)
            let run = try crashlab("recover", "\(folder)/in/", "--output", "\(folder)/out")
            #expect(run.status == 2)
            #expect(try text("\(folder)/out/deep/a.jsonl") == Self.header + Self.entry)
            #expect(try text("\(folder)/out/b.jsonl") == Self.header + Self.entry)
            #expect(try names(in: "\(folder)/out") == ["b.jsonl", "deep"])
        }
    }

    @Test func `a private file has private copies, and a file of any name beside it stays`() throws {
        try withFolder { folder in
            let file = "\(folder)/session.jsonl"
            try Self.damaged.write(toFile: file, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            try "mine".write(toFile: file + ".recovered.new", atomically: false, encoding: .utf8)
            #expect(try crashlab("recover", file).status == 1)
            for name in [".recovered", ".recovered.left-out"] {
                let mode = try FileManager.default.attributesOfItem(atPath: file + name)[.posixPermissions] as? NSNumber
                #expect(mode == 0o600)
            }
            #expect(try text(file + ".recovered.new") == "mine")
            #expect(try crashlab("recover", "--dry-run", file).status == 73)
            #expect(try crashlab("recover", folder, "--output", "\(folder)/inside").status == 64)
        }
    }

    @Test func `usage that would lose something is refused`() throws {
        try withFolder { folder in
            let file = "\(folder)/session.jsonl"
            try Self.damaged.write(toFile: file, atomically: false, encoding: .utf8)
            #expect(try crashlab("recover").status == 64)
            #expect(try crashlab("recover", "-").status == 64)
            #expect(try crashlab("recover", file, file, "--output", "\(folder)/one").status == 64)
            #expect(try crashlab("recover", file, "--output", file).status == 73)
            #expect(try crashlab("recover", "\(folder)/nothing").status == 74)
            #expect(try text(file) == Self.damaged)
            let piped = try crashlab("recover", "-", "--output", "\(folder)/piped", input: Array(Self.damaged.utf8))
            #expect(piped.status == 1)
            #expect(try text("\(folder)/piped") == Self.header + Self.entry)
        }
    }
}
