// One line of what strace prints with -f -y -xx, taken apart.

/// A line of strace's: a call, its arguments and its result.
struct StraceCall {
    let name: String
    /// The arguments as strace prints them.
    let arguments: [String]
    /// What the call returned; -1 for an error.
    let result: Int
    /// The path behind a descriptor that was returned.
    let resultPath: String?

    init?(_ line: String) {
        guard let open = line.firstIndex(of: "("),
            let equals = line.range(of: ") ", options: .backwards)
                ?? line.range(of: ")=", options: .backwards)
        else { return nil }
        name = String(line[..<open])
        arguments = Self.split(line[line.index(after: open)..<equals.lowerBound])
        let outcome = line[equals.upperBound...].drop { $0 == " " || $0 == "=" }
        guard let number = Int(outcome.prefix { $0.isNumber || $0 == "-" }) else { return nil }
        result = number
        resultPath = Self.path(in: String(outcome))
    }

    /// Splits at commas that are not inside quotes, brackets or braces.
    private static func split(_ text: Substring) -> [String] {
        var parts: [String] = [""]
        var depth = 0
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "[", "{": depth += isQuoted ? 0 : 1
            case "]", "}": depth -= isQuoted ? 0 : 1
            case "," where depth == 0 && !isQuoted:
                parts.append("")
                continue
            default: break
            }
            parts[parts.count - 1].append(character)
        }
        return parts.map { String($0.drop { $0 == " " }) }
    }

    /// The number of a descriptor argument, `4</path>`.
    func descriptor(_ index: Int) -> Int? {
        arguments.indices.contains(index) ? Int(arguments[index].prefix { $0.isNumber }) : nil
    }

    /// The path of a descriptor argument.
    func path(_ index: Int) -> String? {
        arguments.indices.contains(index) ? Self.path(in: arguments[index]) : nil
    }

    func integer(_ index: Int) -> Int? { arguments.indices.contains(index) ? Int(arguments[index]) : nil }

    /// The number that an argument points at, `[7]`; nil for NULL.
    func pointed(_ index: Int) -> Int? {
        arguments.indices.contains(index) ? Int(arguments[index].filter { $0 != "[" && $0 != "]" }) : nil
    }

    /// A string argument; nil when that argument is none.
    func text(at index: Int) -> String? {
        guard arguments.indices.contains(index), arguments[index].hasPrefix("\"") else { return nil }
        return String(decoding: Self.quoted(arguments[index]), as: UTF8.self)
    }

    /// All quoted bytes of the second argument: a buffer, or the buffers of a vector.
    var bytes: [UInt8] { arguments.count > 1 ? Self.quoted(arguments[1]) : [] }

    private static func path(in text: String) -> String? {
        guard let open = text.firstIndex(of: "<"), let close = text.lastIndex(of: ">"), open < close else { return nil }
        return String(decoding: hex(text[text.index(after: open)..<close]), as: UTF8.self)
    }

    private static func quoted(_ text: String) -> [UInt8] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.flatMap { hex($0.element) }
    }

    private static func hex(_ text: Substring) -> [UInt8] {
        guard text.hasPrefix("\\x") else { return Array(text.utf8) }
        return text.split(separator: "\\x").compactMap { UInt8($0.prefix(2), radix: 16) }
    }
}
