import CrashHarness
import SessionFormats

enum InspectCommand: Command {
    static let name = "inspect"
    static let summary = "Print what stands at each byte of a session file."
    static let help = """
        usage: crashlab inspect [--as FORMAT] [--format text|json] FILE

        Prints the map of a file of any known format, in the order of the file, gaps included: offset, length, name,
        value, and what crashlab check says about these bytes. Never changes the file.

          --as FORMAT         What to read the file as, whatever it looks like: \(CheckCommand.formatNames).
          --format text|json  Columns (default), coloured on a terminal, or one JSON object a line.
        """

    static func run(_ arguments: Arguments) throws -> ExitStatus {
        var arguments = arguments
        let output = try arguments.choice("--format", OutputFormat.self) ?? .text
        let format = try arguments.option("--as").map(CheckCommand.format(named:))
        let operands = try arguments.operands()
        guard operands.count == 1 else { throw UsageError(message: "name one file.") }
        let path = operands[0] == "-" ? "/dev/stdin" : operands[0]
        let examination = try KitCatalogue.standard.formats.examine(path: path, as: format)
        for row in examination.map {
            switch output {
            case .text: Output.control(row.text(isColoured: Output.isTerminal))
            case .json: Output.write(row.json + [0x0A])
            }
        }
        if examination.isOutdated {
            Output.error("crashlab inspect: \(path) was changed by another program meanwhile; inspect it again.\n")
        }
        return examination.format == .unknown ? .unreadable : .success
    }
}
