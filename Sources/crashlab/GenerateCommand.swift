import CrashHarness
import Foundation
import SessionFormats

enum GenerateCommand: Command {
    static let name = "generate"
    static let summary = "Write a realistic session log, replay segment, sidecar, live replay trace or memory."
    static let help = """
        usage: crashlab generate session-log|replay-segment|active-session|live-replay-trace [OPTIONS]
               crashlab generate mv2 --output FILE [--onto MEMORY] [--saves N] [--seed N]

        Writes a whole file as an agent would have left it; the same seed gives the same file.

          --size BYTES                     At least so large; 20000 unless told otherwise. K, M and G may follow.
          --content conversation|short     For session logs: mixed entries (default), or entries of 100 bytes.
          --seed N                         1 unless told otherwise.
          --output FILE                    Standard output unless told otherwise.
          --onto MEMORY                    For mv2: a memory whose copy gets the sessions; a new, empty one unless told.
          --saves N                        For mv2: how many times sessions are added and saved; 3 unless told otherwise.
        """

    private static let kinds = "session-log, replay-segment, active-session, live-replay-trace, mv2"

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let size = try arguments.option("--size").map(bytes(of:)) ?? 20_000
        let content = try arguments.choice("--content", RealisticFiles.LogContent.self) ?? .conversation
        let seed = try arguments.number("--seed", in: 0...UInt64.max) ?? 1
        let output = try arguments.option("--output")
        let onto = try arguments.option("--onto")
        let saves = try arguments.number("--saves", in: 0...10_000 as ClosedRange<Int>) ?? 3
        let operands = try arguments.operands()
        guard operands.count == 1 else {
            throw UsageError(message: "name one of \(kinds).")
        }
        var files = RealisticFiles(seed: seed)
        let bytes: [UInt8]
        switch operands[0] {
        case "session-log": bytes = files.log(content, size: size)
        case "replay-segment": bytes = files.segment(size: size)
        case "active-session": bytes = files.sidecar(size: size)
        case "live-replay-trace": bytes = files.trace(size: size)
        case "mv2":
            guard let output else { throw UsageError(message: "mv2 needs --output FILE.") }
            try generateMemory(at: output, onto: onto, saves: saves, &files)
            return .success
        default: throw UsageError(message: "\"\(operands[0])\" is none of \(kinds).")
        }
        if let output { try Data(bytes).write(to: URL(filePath: output)) } else { Output.write(bytes) }
        return .success
    }

    private static func generateMemory(
        at path: String, onto other: String?, saves: Int, _ files: inout RealisticFiles
    ) throws {
        if let other { try FileManager.default.copyItem(atPath: other, toPath: path) }
        let memory = try other == nil ? MV2Writer.create(path: path) : MV2Writer.open(path: path)
        try files.save(times: saves, into: memory)
    }

    /// A number of bytes, up to 16 GiB.
    private static func bytes(of text: String) throws -> Int {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.uppercased().last.flatMap { units[$0] }
        guard let number = Int(unit == nil ? text[...] : text.dropLast()), number >= 0,
            number <= (16 << 30) / (unit ?? 1)
        else { throw UsageError(message: "--size takes a number of bytes up to 16G, not \"\(text)\".") }
        return number * (unit ?? 1)
    }
}
