import CrashHarness
import Foundation
import SessionFormats

enum GenerateCommand: Command {
    static let name = "generate"
    static let summary = "Write a realistic file of a format."
    static var help: String {
        """
        usage: crashlab generate FORMAT [OPTIONS]

        Writes a whole file as an agent would have left it; the same seed gives the same file.

          FORMAT         \(names).
          --size BYTES   At least so large; 20000 unless told otherwise. K, M and G may follow.
          --content KIND What it consists of, where that can be chosen:
        \(contents)
          --seed N       1 unless told otherwise.
          --output FILE  Standard output unless told otherwise.
          --onto FILE    Build on a copy of this file (\(builders)); a new one unless told.
          --saves N      How many times something is added and saved, for the same; 3 unless told otherwise.
        """
    }

    private static var names: String {
        KitCatalogue.standard.formats.formats.map(\.id.rawValue).joined(separator: ", ")
    }

    private static var contents: String {
        KitCatalogue.standard.kits.filter { !$0.contents.isEmpty }.map { kit in
            "                 \(kit.format.id): \(kit.contents.joined(separator: ", ")); the first unless told otherwise."
        }.joined(separator: "\n")
    }

    private static var builders: String {
        KitCatalogue.standard.kits.filter(\.buildsOnBase).map(\.format.id.rawValue).joined(separator: ", ")
    }

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        var request = FormatKit.Generation()
        if let size = try arguments.option("--size") { request.size = try bytes(of: size) }
        if let seed = try arguments.number("--seed", in: 0...UInt64.max) { request.seed = seed }
        if let saves = try arguments.number("--saves", in: 0...10_000 as ClosedRange<Int>) { request.saves = saves }
        request.content = try arguments.option("--content")
        let output = try arguments.option("--output")
        let onto = try arguments.option("--onto")
        let operands = try arguments.operands()
        guard operands.count == 1 else { throw UsageError(message: "name one of \(names).") }
        guard let kit = KitCatalogue.standard.kit(named: operands[0]) else {
            throw UsageError(message: "\"\(operands[0])\" is none of \(names).")
        }
        if let content = request.content, !kit.contents.contains(content) {
            let choice = kit.contents.isEmpty ? "there is nothing to choose" : kit.contents.joined(separator: ", ")
            throw UsageError(message: "--content for \(kit.format.id): \(choice), not \"\(content)\".")
        }
        if let onto {
            guard kit.buildsOnBase else { throw UsageError(message: "--onto is for \(builders).") }
            let bytes = try FileBytes(path: onto)
            request.base = bytes.copy(0..<bytes.count)
        }
        let file = try kit.generate(request)
        if let output { try Data(file).write(to: URL(filePath: output)) } else { Output.write(file) }
        return .success
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
