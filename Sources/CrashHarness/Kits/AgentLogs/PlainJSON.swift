// JSON as a second implementation reads it: slowly, a character at a time, sharing no code with the library.

/// A JSON value. Texts are code units, as JavaScript and Python compare them.
indirect enum PlainJSON: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text([UInt16])
    case array([PlainJSON])
    case object([(key: [UInt16], value: PlainJSON)])

    static func == (a: PlainJSON, b: PlainJSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.text(let a), .text(let b)): a == b
        default: false
        }
    }

    /// The last member of a name.
    subscript(_ key: String) -> PlainJSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == Array(key.utf16) }?.value
    }

    var text: [UInt16]? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    func isText(_ other: String) -> Bool { text == Array(other.utf16) }

    var items: [PlainJSON] {
        guard case .array(let items) = self else { return [] }
        return items
    }

    var isObject: Bool {
        if case .object = self { true } else { false }
    }

    var isArray: Bool {
        if case .array = self { true } else { false }
    }

    /// Whether JavaScript and Python take it for true; what is empty counts as `emptyIsTrue`.
    func isTrue(emptyIsTrue: Bool) -> Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .number(let value): value != 0
        case .text(let text): !text.isEmpty
        case .array(let items): emptyIsTrue || !items.isEmpty
        case .object(let members): emptyIsTrue || !members.isEmpty
        }
    }

    /// How a text is told apart from others in a report.
    static func string(_ text: [UInt16]) -> String { String(decoding: text, as: UTF16.self) }
}

/// Reads one text.
struct PlainJSONReader {
    struct Refused: Error {
        var isTooDeep = false
    }

    private let text: [UInt16]
    private var at = 0
    private var depth = 0
    private let depthLimit: Int?
    private let isPython: Bool
    private let takesHalfPairs: Bool

    /// - Parameter depthLimit: More open brackets than this are refused.
    /// - Parameter takesHalfPairs: Whether a string may escape half of a surrogate pair.
    init(_ text: [UInt16], isPython: Bool = false, takesHalfPairs: Bool = true, depthLimit: Int? = 3_000) {
        self.text = text
        self.isPython = isPython
        self.takesHalfPairs = takesHalfPairs
        self.depthLimit = depthLimit
    }

    static func read(
        _ text: [UInt16], isPython: Bool = false, takesHalfPairs: Bool = true, depthLimit: Int? = 3_000
    ) throws(Refused) -> PlainJSON {
        var reader = PlainJSONReader(
            text, isPython: isPython, takesHalfPairs: takesHalfPairs, depthLimit: depthLimit)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.at == text.count else { throw Refused() }
        return value
    }

    private mutating func skipSpace() {
        while at < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[at]) { at += 1 }
    }

    private func take(_ word: String) -> Bool {
        at + word.utf16.count <= text.count && text[at..<at + word.utf16.count].elementsEqual(word.utf16)
    }

    private mutating func value() throws(Refused) -> PlainJSON {
        skipSpace()
        guard at < text.count else { throw Refused() }
        switch text[at] {
        case 0x7B: return try object()
        case 0x5B: return try array()
        case 0x22: return .text(try string())
        default:
            for (word, value) in [("true", PlainJSON.bool(true)), ("false", .bool(false)), ("null", .null)]
            where take(word) {
                at += word.utf16.count
                return value
            }
            if isPython {
                for (word, value) in [("NaN", Double.nan), ("Infinity", .infinity), ("-Infinity", -.infinity)]
                where take(word) {
                    at += word.utf16.count
                    return .number(value)
                }
            }
            return try number()
        }
    }

    private mutating func open() throws(Refused) {
        depth += 1
        at += 1
        if let depthLimit, depth > depthLimit { throw Refused(isTooDeep: true) }
        skipSpace()
    }

    private mutating func object() throws(Refused) -> PlainJSON {
        try open()
        defer { depth -= 1 }
        var members: [(key: [UInt16], value: PlainJSON)] = []
        if at < text.count, text[at] == 0x7D {
            at += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard at < text.count, text[at] == 0x22 else { throw Refused() }
            let key = try string()
            skipSpace()
            guard at < text.count, text[at] == 0x3A else { throw Refused() }
            at += 1
            members.append((key, try value()))
            if try closes(0x7D) { return .object(members) }
        }
    }

    private mutating func array() throws(Refused) -> PlainJSON {
        try open()
        defer { depth -= 1 }
        var items: [PlainJSON] = []
        if at < text.count, text[at] == 0x5D {
            at += 1
            return .array([])
        }
        while true {
            items.append(try value())
            if try closes(0x5D) { return .array(items) }
        }
    }

    /// Whether a container ends here; otherwise there is a comma.
    private mutating func closes(_ bracket: UInt16) throws(Refused) -> Bool {
        skipSpace()
        guard at < text.count, text[at] == bracket || text[at] == 0x2C else { throw Refused() }
        defer { at += 1 }
        return text[at] == bracket
    }

    private mutating func string() throws(Refused) -> [UInt16] {
        at += 1
        var units: [UInt16] = []
        while at < text.count {
            let unit = text[at]
            at += 1
            switch unit {
            case 0x22:
                guard takesHalfPairs || String(validating: units, as: UTF16.self) != nil else { throw Refused() }
                return units
            case 0x00...0x1F: throw Refused()
            case 0x5C: units.append(try escaped())
            default: units.append(unit)
            }
        }
        throw Refused()
    }

    private mutating func escaped() throws(Refused) -> UInt16 {
        guard at < text.count else { throw Refused() }
        defer { at += 1 }
        switch text[at] {
        case 0x22, 0x5C, 0x2F: return text[at]
        case 0x62: return 8
        case 0x66: return 12
        case 0x6E: return 10
        case 0x72: return 13
        case 0x74: return 9
        case 0x75:
            let digits = text[min(at + 1, text.count)..<min(at + 5, text.count)]
            let isHex = digits.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
            }
            guard digits.count == 4, isHex, let unit = UInt16(String(decoding: digits, as: UTF16.self), radix: 16)
            else {
                throw Refused()
            }
            at += 4
            return unit
        default: throw Refused()
        }
    }

    private mutating func number() throws(Refused) -> PlainJSON {
        let start = at
        func isDigit() -> Bool { at < text.count && (0x30...0x39).contains(text[at]) }
        func digits() throws(Refused) {
            guard isDigit() else { throw Refused() }
            while isDigit() { at += 1 }
        }
        if text[at] == 0x2D { at += 1 }
        let first = at
        try digits()
        if at - first > 1, text[first] == 0x30 { throw Refused() }
        let isInteger = at >= text.count || ![0x2E, 0x65, 0x45].contains(text[at])
        if isPython, isInteger, at - first > 4_300 { throw Refused() }
        if at < text.count, text[at] == 0x2E {
            at += 1
            try digits()
        }
        if at < text.count, text[at] | 0x20 == 0x65 {
            at += 1
            if at < text.count, text[at] == 0x2B || text[at] == 0x2D { at += 1 }
            try digits()
        }
        return .number(Double(String(decoding: text[start..<at], as: UTF16.self)) ?? .infinity)
    }
}
