// JSON as the harness writes it, sharing no code with the library that reads it.
//
// A tree keeps apart the objects that stand for typed records, which the reference also accepts with their fields in
// any order, with fields that nobody knows, and as arrays, from the free objects inside `details`.

indirect enum JSONTree {
    case null
    case bool(Bool)
    /// The number as it is to be written.
    case number(String)
    case string(String)
    /// Names a nested record's variant, which has this number.
    case tag(String, Int)
    /// One of a set of names.
    case name(String)
    case array([JSONTree])
    case object([(key: String, value: JSONTree)])
    /// A typed record: its fields in the schema's order, its tag first if it has one.
    case record([(key: String, value: JSONTree)])

    static func optional(_ text: String?) -> JSONTree { text.map(JSONTree.string) ?? .null }

    static func integer(_ value: some BinaryInteger) -> JSONTree { .number("\(value)") }

    /// The text without white space, escaped no more than needed: what the reference's writer prints.
    var compact: [UInt8] {
        var printer = JSONTreePrinter(style: .compact)
        printer.print(self)
        return printer.bytes
    }

    /// How deep arrays and objects nest; 0 for a scalar.
    var depth: Int {
        switch self {
        case .null, .bool, .number, .string, .tag, .name: 0
        case .array(let items): 1 + (items.map(\.depth).max() ?? 0)
        case .object(let fields), .record(let fields): 1 + (fields.map(\.value.depth).max() ?? 0)
        }
    }
}

/// How a tree is spelled.
enum JSONStyle: Int, CaseIterable {
    /// As the reference's writer does.
    case compact
    /// With white space wherever it may stand.
    case spaced
    /// With every character of a string that is not plain ASCII escaped, and slashes too.
    case escaped
    /// With unknown fields, and the tag anywhere.
    case shuffled
    /// With typed records as arrays.
    case arrays
    /// With nested records' variants by their numbers, and names as the only keys of objects.
    case coded
}

struct JSONTreePrinter {
    let style: JSONStyle
    private(set) var bytes: [UInt8] = []
    private var recordsPrinted = 0

    init(style: JSONStyle) { self.style = style }

    mutating func print(_ tree: JSONTree) {
        switch tree {
        case .null: add("null")
        case .bool(let value): add(value ? "true" : "false")
        case .number(let text): add(text)
        case .string(let text): printString(text)
        case .tag(let text, let number):
            if style == .coded { add("\(number)") } else { printString(text) }
        case .name(let text):
            if style == .coded {
                recordsPrinted += 1
                printFields([(text, recordsPrinted % 2 == 0 ? .null : .object([]))])
            } else {
                printString(text)
            }
        case .array(let items): printList("[", "]", items) { $0.print($1) }
        case .object(let fields): printFields(fields)
        case .record(let fields): printRecord(fields)
        }
    }

    private mutating func printRecord(_ fields: [(key: String, value: JSONTree)]) {
        recordsPrinted += 1
        switch style {
        case .arrays: printList("[", "]", fields.map(\.value)) { $0.print($1) }
        case .shuffled:
            let rotation = recordsPrinted % fields.count
            let unknown = (key: "x-\(recordsPrinted)", value: JSONTree.array([.number("1"), .object([])]))
            printFields(Array(fields[rotation...]) + [unknown] + fields[..<rotation])
        case .compact, .spaced, .escaped, .coded: printFields(fields)
        }
    }

    private mutating func printFields(_ fields: [(key: String, value: JSONTree)]) {
        printList("{", "}", fields) { printer, field in
            printer.printString(field.key)
            printer.add(":")
            printer.space()
            printer.print(field.value)
        }
    }

    private mutating func printList<Item>(
        _ open: StaticString, _ close: StaticString, _ items: [Item],
        _ printItem: (inout JSONTreePrinter, Item) -> Void
    ) {
        add("\(open)")
        for (index, item) in items.enumerated() {
            if index > 0 { add(",") }
            space()
            printItem(&self, item)
            space()
        }
        add("\(close)")
    }

    private mutating func space() {
        if style == .spaced { add(" \t") }
    }

    private mutating func printString(_ text: String) {
        bytes.append(0x22)
        for scalar in text.unicodeScalars { printScalar(scalar) }
        bytes.append(0x22)
    }

    private mutating func printScalar(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": add("\\\"")
        case "\\": add("\\\\")
        case "\u{8}": add("\\b")
        case "\u{C}": add("\\f")
        case "\n": add("\\n")
        case "\r": add("\\r")
        case "\t": add("\\t")
        case "/" where style == .escaped: add("\\/")
        case "\u{0}"..."\u{1F}": printEscape(UInt16(scalar.value))
        case "\u{20}"..."\u{7E}": bytes.append(UInt8(scalar.value))
        default:
            if style == .escaped {
                String(Character(scalar)).utf16.forEach { printEscape($0) }
            } else {
                add(String(Character(scalar)))
            }
        }
    }

    private mutating func printEscape(_ unit: UInt16) {
        let digits = String(unit, radix: 16)
        add("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }

    private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
