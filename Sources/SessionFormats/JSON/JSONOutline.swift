// Where each value of one JSON text stands.
//
// Readers of foreign formats ask a line for a handful of fields and never for most of it, so nothing is converted: an
// outline notes sixteen bytes a value, in the order of the text, in one pass over it and in memory that is used again for the
// next text. Parsers differ in what they let through; a dialect says what the parser at hand does.

/// What one parser takes for JSON.
struct JSONDialect: Sendable, Equatable {
    /// Whether NaN, Infinity and -Infinity are numbers, as in Python.
    var takesNotANumber = false
    /// The most digits of an integer without fraction and exponent; nil for any number of them.
    var mostIntegerDigits: Int?
    /// The most arrays and objects that may be open at once; nil for any number of them. More end the reading of a whole file.
    var depthLimit: Int?
    /// Whether half of a surrogate pair may be escaped.
    var takesLoneSurrogates = true

    /// ECMAScript's JSON.parse.
    static let ecmaScript = JSONDialect()
    /// CPython's json.loads, below the stack that a program usually has: 1,000 levels less those of its callers.
    static let python = JSONDialect(takesNotANumber: true, mostIntegerDigits: 4_300, depthLimit: 988)
    /// Rust's serde_json.
    static let serde = JSONDialect(depthLimit: JSONScanner.depthLimit, takesLoneSurrogates: false)
}

import WideText

struct JSONOutline: ~Copyable {
    enum Kind: UInt8 {
        case null, yes, no, number, string, array, object
    }

    typealias Node = WideTextNode

    /// The longest text whose places fit.
    static let longestText = Int(Int32.max)

    private var nodes: UnsafeMutablePointer<Node>
    private var capacity = 1_024
    private var count = 0
    private var base: UnsafePointer<UInt8>?
    private var textCount = 0
    private let isWide: Bool
    private static let isWideAvailable = wide_text_is_available() != 0
    /// Where a value ends behind which more may stand, from the beginning of the text.
    private(set) var end = 0
    /// Whether a string escapes half of a surrogate pair.
    private(set) var hasLoneSurrogate = false
    /// Whether white space stands between tokens.
    private(set) var hasSpace = false
    /// Whether U+2028 or U+2029 may stand in a string.
    private(set) var mayHoldSeparators = false

    /// - Parameter isWide: Whether to use 256-bit vectors where the processor has them.
    init(isWide: Bool = true) {
        self.isWide = isWide && Self.isWideAvailable
        nodes = .allocate(capacity: capacity)
    }

    deinit { nodes.deallocate() }

    /// The value that was read last; valid as long as its text.
    var root: JSONView {
        JSONView(base: base.unsafelyUnwrapped, nodes: UnsafePointer(nodes), index: 0)
    }

    /// Reads one value from the beginning of a text, of which no more than white space may be left.
    ///
    /// - Parameters:
    ///   - loadable: How many bytes from `base` on may be loaded, at least `count`.
    ///   - isPrefix: Whether anything may follow the value; `end` tells where.
    mutating func read(
        _ base: UnsafePointer<UInt8>, count textCount: Int, loadable: Int, _ dialect: JSONDialect,
        isPrefix: Bool = false
    ) throws(JSONFault) {
        guard textCount <= Self.longestText else { throw JSONFault(offset: 0, reason: .wrongLength) }
        if !isPrefix, readWide(base, textCount, loadable, dialect) == textCount { return }
        self.base = base
        self.textCount = textCount
        count = 0
        var scanner = JSONScanner(base: base, from: 0, to: textCount, loadable: loadable, isWide: isWide)
        try read(&scanner, dialect)
        end = scanner.at
        if !isPrefix { try scanner.expectEnd() }
        hasLoneSurrogate = scanner.hasLoneSurrogate
        if hasLoneSurrogate, !dialect.takesLoneSurrogates { throw scanner.fault(.loneSurrogate) }
        hasSpace = !scanner.isPlain
        mayHoldSeparators = scanner.mayHoldMoreThanASCII
    }

    /// Reads the value that is all of a buffer's first line, and tells where that line ends: at an LF or the buffer's end. Nil
    /// when there is something unusual about it, or it has to be looked at without 256-bit vectors.
    mutating func readLine(_ base: UnsafePointer<UInt8>, loadable: Int, _ dialect: JSONDialect) -> Int? {
        guard let end = readWide(base, min(loadable, Self.longestText), loadable, dialect) else { return nil }
        return end == loadable || base[end] == 0x0A ? end : nil
    }

    /// Reads a value when there is nothing wrong with it in any dialect, which is nearly always; tells where the white space
    /// behind it ends.
    private mutating func readWide(
        _ base: UnsafePointer<UInt8>, _ textCount: Int, _ loadable: Int, _ dialect: JSONDialect
    ) -> Int? {
        guard isWide, dialect.depthLimit.map({ $0 >= WIDE_TEXT_DEPTH }) ?? true else { return nil }
        let seen = wide_text_outline(base, textCount, loadable, nodes, capacity)
        guard seen.count > 0 else { return nil }
        (self.base, self.textCount) = (base, textCount)
        (count, end) = (Int(seen.count), Int(seen.end))
        (hasLoneSurrogate, hasSpace) = (false, seen.is_unusual != 0)
        mayHoldSeparators = seen.has_line_separator != 0
        return end
    }

    private mutating func read(_ scanner: inout JSONScanner, _ dialect: JSONDialect) throws(JSONFault) {
        // While a container is open, its `next` names the one around it.
        var open = UInt32.max
        var depth = 0
        while true {
            let byte = try scanner.peek()
            switch byte {
            case 0x22: addString(try scanner.string(.grammarOnly))
            case 0x7B, 0x5B:
                depth += 1
                if let limit = dialect.depthLimit, depth > limit { throw scanner.fault(.tooDeep) }
                if depth == Self.depthToCheck { try check(from: scanner, in: open, dialect) }
                let container = UInt32(truncatingIfNeeded: count)
                add(byte == 0x7B ? .object : .array, from: scanner.at, to: scanner.at)
                nodes[Int(container)].next = open
                open = container
                scanner.at += 1
                if try scanner.peek() != byte + 2 {
                    if byte == 0x7B { try readKey(&scanner) }
                    continue
                }
            default:
                let start = scanner.at
                add(try scalar(byte, &scanner, dialect), from: start, to: scanner.at)
            }
            // Behind a value: commas go on, brackets close.
            while open != .max {
                let container = Int(open)
                let isObject = nodes[container].kind == .object
                let byte = try scanner.peek()
                scanner.at += 1
                if byte == 0x2C {
                    if isObject { try readKey(&scanner) }
                    break
                }
                guard byte == (isObject ? 0x7D : 0x5D) else {
                    scanner.at -= 1
                    throw scanner.fault(.unexpectedByte)
                }
                open = nodes[container].next
                nodes[container].next = UInt32(truncatingIfNeeded: count)
                nodes[container].end = UInt32(truncatingIfNeeded: scanner.at)
                depth -= 1
            }
            if open == .max { return }
        }
    }

    private mutating func readKey(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == 0x22 else { throw scanner.fault(.unexpectedByte) }
        addString(try scanner.string(.grammarOnly))
        try scanner.expect(0x3A)
    }

    /// How deep values may nest before it is made sure that they end: none that a program wrote nests deeper.
    private static let depthToCheck = 1_024

    /// Goes on to the value's end without a note, for a bit a level: brackets that are never closed must not cost sixteen
    /// bytes each.
    private func check(
        from scanner: JSONScanner, in innermost: UInt32, _ dialect: JSONDialect
    ) throws(JSONFault) {
        var scanner = scanner
        var containers: [Bool] = []
        var container = innermost
        while container != .max {
            containers.append(nodes[Int(container)].kind == .object)
            container = nodes[Int(container)].next
        }
        var open = ContainerStack()
        for isObject in containers.reversed() { open.push(isObject: isObject) }
        while true {
            let byte = try scanner.peek()
            switch byte {
            case 0x22: _ = try scanner.string(.grammarOnly)
            case 0x7B, 0x5B:
                if let limit = dialect.depthLimit, open.count >= limit { throw scanner.fault(.tooDeep) }
                scanner.at += 1
                if try scanner.peek() != byte + 2 {
                    open.push(isObject: byte == 0x7B)
                    if byte == 0x7B { try scanner.key(.grammarOnly) }
                    continue
                }
                scanner.at += 1
            default: _ = try scalar(byte, &scanner, dialect)
            }
            guard try scanner.closeContainers(&open, .grammarOnly) else { return }
        }
    }

    /// Goes behind a value that is no string and no container.
    @inline(__always)
    private func scalar(
        _ byte: UInt8, _ scanner: inout JSONScanner, _ dialect: JSONDialect
    ) throws(JSONFault) -> Kind {
        let start = scanner.at
        switch byte {
        case 0x74:
            try scanner.literal("true")
            return .yes
        case 0x66:
            try scanner.literal("false")
            return .no
        case 0x6E:
            try scanner.literal("null")
            return .null
        case 0x4E where dialect.takesNotANumber: try scanner.literal("NaN")
        case 0x49 where dialect.takesNotANumber: try scanner.literal("Infinity")
        case 0x2D where dialect.takesNotANumber && start + 1 < scanner.end && scanner.base[start + 1] == 0x49:
            try scanner.literal("-Infinity")
        case 0x2D, 0x30...0x39:
            let number = try scanner.number(.grammarOnly)
            if let most = dialect.mostIntegerDigits, number.length > most { try checkDigits(number, most, scanner) }
        default: throw scanner.fault(.unexpectedByte)
        }
        return .number
    }

    private func checkDigits(_ number: NumberSpan, _ most: Int, _ scanner: JSONScanner) throws(JSONFault) {
        let text = UnsafeBufferPointer(start: scanner.base + number.start, count: number.length)
        let isInteger = text.allSatisfy { $0 == 0x2D || $0 &- 0x30 < 10 }
        let digits = number.length - (text.first == 0x2D ? 1 : 0)
        if isInteger, digits > most { throw JSONFault(offset: number.start, reason: .numberOutOfRange) }
    }

    @inline(__always)
    private mutating func addString(_ span: StringSpan) {
        add(.string, from: span.start, to: span.start + span.length)
        nodes[count - 1].has_escapes = span.hasEscapes ? 1 : 0
    }

    @inline(__always)
    private mutating func add(_ kind: Kind, from start: Int, to end: Int) {
        if count == capacity { grow() }
        (nodes + count).initialize(
            to: Node(
                start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end),
                next: UInt32(truncatingIfNeeded: count + 1), kind_number: kind.rawValue, has_escapes: 0))
        count += 1
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Node>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: nodes, count: count)
        nodes.deallocate()
        nodes = larger
        capacity *= 2
    }
}

extension WideTextNode {
    var kind: JSONOutline.Kind {
        @inline(__always)
        get { JSONOutline.Kind(rawValue: kind_number) ?? .null }
    }

    @inline(__always)
    var hasEscapes: Bool { has_escapes != 0 }
}
