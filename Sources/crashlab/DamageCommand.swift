import CrashHarness
import Foundation
import SessionFormats

enum DamageCommand: Command {
    static let name = "damage"
    static let summary = "Damage a copy of a file in a way that crashes do."
    static let help = """
        usage: crashlab damage NAME FILE [OPTIONS]

        Writes a damaged copy of a file; FILE itself is never changed, and - is standard input. Where and how much
        follows from the seed, unless an offset is given. What was done is told on standard error.

          NAME            One of \(Damage.names.joined(separator: ", ").wrapped(at: 76, indent: 18))
          --offset N      Where, for cut, flip, weld, split-character, nul-run, stale-head, stale-tail.
          --count N       How many bytes, for nul-run; which bit, for flip. 0 unless told otherwise.
          --with FILE     An older version of the file, for stale-head and stale-tail; another writer's file, for
                          interleave.
          --seed N        1 unless told otherwise.
          --output FILE   Standard output unless told otherwise.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let offset = try arguments.number("--offset", in: 0...(1 << 48) as ClosedRange<Int>)
        let count = try arguments.number("--count", in: 0...(1 << 48) as ClosedRange<Int>) ?? 0
        let other = try arguments.option("--with")
        let seed = try arguments.number("--seed", in: 0...UInt64.max) ?? 1
        let output = try arguments.option("--output")
        let operands = try arguments.operands()
        guard operands.count == 2 else { throw UsageError(message: "name a damage and a file.") }
        guard Damage.names.contains(operands[0]) else {
            throw UsageError(message: "there is no damage \"\(operands[0])\"; --help lists them.")
        }
        let bytes = try read(operands[1])
        let otherBytes = try other.map(read) ?? []
        if other == nil, ["stale-head", "stale-tail", "interleave"].contains(operands[0]) {
            throw UsageError(message: "\(operands[0]) needs another file, --with FILE.")
        }
        var choices = Choices.seeded(seed)
        var damage = Damage.choose(operands[0], for: bytes, other: otherBytes, &choices)
        if let offset {
            guard let placed = damage.moved(to: offset, count: count) else {
                throw UsageError(message: "\(operands[0]) takes no --offset.")
            }
            damage = placed
        }
        let damaged = damage.apply(to: bytes)
        Output.error("\(damage): \(bytes.count) bytes became \(damaged.count)\n")
        if let output { try Data(damaged).write(to: URL(filePath: output)) } else { Output.write(damaged) }
        return .success
    }

    private static func read(_ path: String) throws -> [UInt8] {
        let bytes = try FileBytes(path: path == "-" ? "/dev/stdin" : path)
        return bytes.copy(0..<bytes.count)
    }
}

extension String {
    /// Broken at spaces into lines of a width, all but the first indented.
    fileprivate func wrapped(at width: Int, indent: Int) -> String {
        var lines = [""]
        for word in split(separator: " ") {
            if let last = lines.last, last.count + word.count >= width { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }
}
