// One line of what strace prints with -f -y -xx, taken apart.
//
// A line can hold a buffer of many megabytes, four characters a byte, so it is bytes here and not characters.

/// A line of strace's: a call, its arguments and its result.
struct StraceCall {
    let name: String
    /// What the call returned; -1 for an error.
    let result: Int
    /// What is behind a descriptor that was returned.
    let resultPath: Path?
    private let arguments: [ArraySlice<UInt8>]

    /// Whether strace put the result in place of the call.
    let isInjected: Bool

    /// What strace says is behind a descriptor; the name as `FileName` has it.
    struct Path: Hashable {
        var name: String
        /// Whether that name is no longer there, or never was.
        var isDeleted: Bool
    }

    private static let quote = UInt8(ascii: "\"")

    init?(_ line: ArraySlice<UInt8>) {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = Self.resultStart(line), open < close else {
            return nil
        }
        let outcome = line[(close + 1)...].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "=") }
        guard let number = Self.number(outcome) else { return nil }
        name = String(decoding: line[..<open], as: UTF8.self)
        arguments = Self.split(line[(open + 1)..<close])
        result = number
        resultPath = Self.path(in: outcome)
        isInjected = outcome.suffix(16).contains("(INJECTED)".utf8)
    }

    /// The last parenthesis that closes before a "=", spaces between.
    private static func resultStart(_ line: ArraySlice<UInt8>) -> Int? {
        line.indices.last { index in
            line[index] == UInt8(ascii: ")")
                && line[(index + 1)...].first { $0 != UInt8(ascii: " ") } == UInt8(ascii: "=")
        }
    }

    /// Splits at commas that are not inside quotes, brackets or braces. Where a call was cut in two, a space follows the last.
    private static func split(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var (start, depth, isQuoted) = (text.startIndex, 0, false)
        for index in text.indices {
            switch text[index] {
            case quote: isQuoted.toggle()
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += isQuoted ? 0 : 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= isQuoted ? 0 : 1
            case UInt8(ascii: ",") where depth == 0 && !isQuoted:
                parts.append(text[start..<index])
                start = index + 1
            default: break
            }
        }
        let space = UInt8(ascii: " ")
        return (parts + [text[start...]]).map { part in
            let end = part.lastIndex { $0 != space }.map { $0 + 1 } ?? part.startIndex
            return part[..<end].drop { $0 == space }
        }
    }

    // MARK: Arguments

    /// How many arguments there are.
    var count: Int { arguments.count }

    /// An argument as strace prints it; empty when there is none.
    func word(_ index: Int) -> String {
        arguments.indices.contains(index) ? String(decoding: arguments[index], as: UTF8.self) : ""
    }

    /// The number of a descriptor argument, `4</path>`.
    func descriptor(_ index: Int) -> Int? {
        arguments.indices.contains(index) ? Self.number(arguments[index].prefix { $0 != UInt8(ascii: "-") }) : nil
    }

    /// What is behind a descriptor argument, or behind what stands in front of `</path>`.
    func path(_ index: Int) -> Path? {
        arguments.indices.contains(index) ? Self.path(in: arguments[index]) : nil
    }

    /// A number, decimal or hexadecimal.
    func integer(_ index: Int) -> Int? {
        let word = word(index)
        return word.hasPrefix("0x") ? Int(word.dropFirst(2), radix: 16) : Int(word)
    }

    /// The number that an argument points at, `[7]`; nil for NULL.
    func pointed(_ index: Int) -> Int? { Int(word(index).filter { $0 != "[" && $0 != "]" }) }

    /// A string argument that is a path; nil when that argument is none.
    func text(at index: Int) -> String? {
        guard arguments.indices.contains(index), arguments[index].first == Self.quote else { return nil }
        return FileName.text(Self.quoted(arguments[index]))
    }

    /// All quoted bytes of the second argument: a buffer, or the buffers of a vector.
    var bytes: [UInt8] { arguments.count > 1 ? Self.quoted(arguments[1]) : [] }

    // MARK: Bytes

    /// The number at the beginning of a text, decimal or hexadecimal.
    static func number(_ text: ArraySlice<UInt8>) -> Int? {
        if text.starts(with: "0x".utf8) {
            return Int(String(decoding: text.dropFirst(2).prefix { hexDigit($0) != nil }, as: UTF8.self), radix: 16)
        }
        let digits = text.prefix { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The path in `4</path>` or `4</path>(deleted)`.
    static func path(in text: ArraySlice<UInt8>) -> Path? {
        guard let open = text.firstIndex(of: UInt8(ascii: "<")), let close = text.lastIndex(of: UInt8(ascii: ">")),
            open < close
        else { return nil }
        var bytes: [UInt8] = []
        appendDecoded(text[(open + 1)..<close], to: &bytes)
        return Path(
            name: FileName.text(bytes),
            isDeleted: text[(close + 1)...].starts(with: "(deleted)".utf8))
    }

    private static func quoted(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        let parts = text.split(separator: quote, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() where index % 2 == 1 { appendDecoded(part, to: &bytes) }
        return bytes
    }

    /// Decodes `\x41\x42`; what does not begin so is taken as it stands.
    private static func appendDecoded(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        guard text.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]) else {
            bytes += text
            return
        }
        bytes.reserveCapacity(bytes.count + text.count / 4)
        var at = text.startIndex
        while at + 3 < text.endIndex {
            guard let high = hexDigit(text[at + 2]), let low = hexDigit(text[at + 3]) else { return }
            bytes.append(high << 4 | low)
            at += 4
        }
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
