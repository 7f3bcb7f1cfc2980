// What stands behind a subcommand's name: options with and without a value, and the rest.

/// Wrong usage, told in one sentence.
struct UsageError: Error {
    var message: String
}

/// Arguments that are taken one by one, so that what nobody took can be refused.
struct Arguments {
    private var rest: [String]

    init(_ arguments: [String]) { rest = arguments }

    /// Takes an option without a value.
    mutating func flag(_ name: String) -> Bool {
        guard let index = options.firstIndex(of: name) else { return false }
        rest.remove(at: index)
        return true
    }

    /// Takes an option with a value, written `--name value` or `--name=value`.
    mutating func option(_ name: String) throws -> String? {
        if let index = options.firstIndex(where: { $0.hasPrefix(name + "=") }) {
            return String(rest.remove(at: index).dropFirst(name.count + 1))
        }
        guard let index = options.firstIndex(of: name) else { return nil }
        guard index + 1 < options.endIndex else { throw UsageError(message: "\(name) needs a value.") }
        rest.remove(at: index)
        return rest.remove(at: index)
    }

    /// Takes an option whose value is a number in a range.
    mutating func number<Number: FixedWidthInteger>(_ name: String, in range: ClosedRange<Number>) throws -> Number? {
        guard let text = try option(name) else { return nil }
        guard let number = Number(text), range.contains(number) else {
            throw UsageError(
                message: "\(name) takes a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\".")
        }
        return number
    }

    /// Takes an option whose value is one of a few words.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = try option(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError(message: "\(name) takes one of \(words), not \"\(text)\".")
        }
        return choice
    }

    /// Takes what stands behind `--`, as it stands.
    mutating func command() -> [String] {
        guard let separator = rest.firstIndex(of: "--") else { return [] }
        defer { rest.removeSubrange(separator...) }
        return Array(rest[(separator + 1)...])
    }

    /// Everything that is left; refuses options that nobody took. Behind `--` everything is taken as it stands.
    consuming func operands() throws -> [String] {
        if let unknown = options.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
            throw UsageError(message: "there is no option \(unknown); --help lists them.")
        }
        if let separator = rest.firstIndex(of: "--") { rest.remove(at: separator) }
        return rest
    }

    /// Refuses everything that is left.
    consuming func finish() throws {
        if let extra = try operands().first { throw UsageError(message: "nothing is to be done with \"\(extra)\".") }
    }

    /// What stands before `--`.
    private var options: ArraySlice<String> { rest.prefix { $0 != "--" } }
}

/// How results are printed.
enum OutputFormat: String, CaseIterable {
    case text
    case json
}
