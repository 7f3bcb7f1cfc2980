// One value of an outline, and what a reader may ask it.
//
// A view owns nothing: it is valid as long as the outline and the text that it was made from, which is the length of one closure.
// Texts compare code unit by code unit, as JavaScript and Python do: half of a surrogate pair that is escaped is kept as the
// three bytes that UTF-8 would have for it.

struct JSONView {
    let base: UnsafePointer<UInt8>
    let nodes: UnsafePointer<JSONOutline.Node>
    let index: Int

    @inline(__always)
    private var node: JSONOutline.Node { nodes[index] }

    @inline(__always)
    var kind: JSONOutline.Kind { node.kind }

    /// Its place in the text; of a string without its quotes.
    @inline(__always)
    var range: Range<Int> { Int(node.start)..<Int(node.end) }

    @inline(__always)
    func at(_ index: Int) -> JSONView { JSONView(base: base, nodes: nodes, index: index) }

    /// The bytes as they stand.
    @inline(__always)
    var raw: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + Int(node.start), count: Int(node.end) - Int(node.start))
    }

    // MARK: Containers

    /// Calls `body` with the node numbers of each key and value of an object, in order.
    @inline(__always)
    func forEachMember(_ body: (_ key: JSONView, _ value: JSONView) -> Void) {
        guard kind == .object else { return }
        let end = Int(node.next)
        var key = index + 1
        while key < end {
            body(at(key), at(key + 1))
            key = Int(nodes[key + 1].next)
        }
    }

    /// The member of this name; of repeated ones the last.
    func member(_ name: StaticString) -> JSONView? {
        guard kind == .object else { return nil }
        let end = Int(node.next)
        let length = name.utf8CodeUnitCount
        var key = index + 1
        var found: JSONView?
        while key < end {
            // Most keys are told apart by their lengths.
            let (node, value) = (nodes[key], key + 1)
            if Int(node.end) &- Int(node.start) == length || node.hasEscapes, at(key).isText(name) {
                found = at(value)
            }
            key = Int(nodes[value].next)
        }
        return found
    }

    /// The items of an array; nothing for other values.
    var items: Items { Items(array: self, place: index + 1, end: kind == .array ? Int(node.next) : 0) }

    struct Items: Sequence, IteratorProtocol {
        fileprivate let array: JSONView
        fileprivate var place: Int
        fileprivate let end: Int

        mutating func next() -> JSONView? {
            guard place < end else { return nil }
            defer { place = Int(array.nodes[place].next) }
            return array.at(place)
        }
    }

    var isEmptyContainer: Bool { Int(node.next) == index + 1 }

    // MARK: Strings

    var isString: Bool { kind == .string }

    /// Whether this is a string that says just this.
    @inline(__always)
    func isText(_ text: StaticString) -> Bool {
        guard kind == .string else { return false }
        guard !node.hasEscapes else { return isEscapedText(text) }
        let length = Int(node.end) - Int(node.start)
        guard length == text.utf8CodeUnitCount else { return false }
        return raw.isSame(as: UnsafeBufferPointer(start: text.utf8Start, count: length))
    }

    private func isEscapedText(_ text: StaticString) -> Bool {
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return bytes.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A string's bytes, unescaped; nil for other values.
    var text: [UInt8]? {
        guard kind == .string else { return nil }
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return bytes
    }

    /// A string as Swift has strings: what is no character is U+FFFD.
    var string: String? { text.map(JSONText.string) }

    /// Whether a string says nothing.
    var isEmptyText: Bool { kind == .string && node.start == node.end }

    /// Appends a string's bytes, unescaped.
    func appendText(to bytes: inout [UInt8]) {
        guard node.hasEscapes else {
            bytes.append(contentsOf: raw)
            return
        }
        JSONText.unescape(raw, into: &bytes)
    }

    @inline(__always)
    var hasEscapes: Bool { node.hasEscapes }

    // MARK: Numbers

    /// A number's value, infinite when it is too large; nil for other values.
    var number: Double? {
        guard kind == .number else { return nil }
        return Double(String(decoding: raw, as: UTF8.self))
    }
}

extension UnsafeBufferPointer where Element == UInt8 {
    /// Whether the bytes are the same, compared a word at a time.
    @inline(__always)
    func isSame(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count else { return false }
        let (here, there) = (UnsafeRawBufferPointer(self), UnsafeRawBufferPointer(other))
        func isSame<Word: FixedWidthInteger>(at: Int, _: Word.Type) -> Bool {
            here.loadUnaligned(fromByteOffset: at, as: Word.self)
                == there.loadUnaligned(fromByteOffset: at, as: Word.self)
        }
        var at = 0
        while at + 8 <= count {
            if !isSame(at: at, UInt64.self) { return false }
            at += 8
        }
        if at == count { return true }
        // The last word may have bytes in it that were compared before.
        if count >= 8 { return isSame(at: count - 8, UInt64.self) }
        if count >= 4 { return isSame(at: 0, UInt32.self) && isSame(at: count - 4, UInt32.self) }
        while at < count {
            if here[at] != there[at] { return false }
            at += 1
        }
        return true
    }

    /// Whether the bytes are the same.
    @inline(__always)
    func isSame(as other: [UInt8]) -> Bool { other.withUnsafeBufferPointer { isSame(as: $0) } }
}

/// Texts as JavaScript and Python keep them, in bytes: UTF-8, in which half a surrogate pair may stand as three bytes.
enum JSONText {
    /// Replaces escapes by what they stand for. The text must be one that the grammar accepts.
    static func unescape(_ raw: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8]) {
        var at = 0
        while at < raw.count {
            guard raw[at] == 0x5C, at + 1 < raw.count else {
                bytes.append(raw[at])
                at += 1
                continue
            }
            switch raw[at + 1] {
            case 0x62: bytes.append(0x08)
            case 0x66: bytes.append(0x0C)
            case 0x6E: bytes.append(0x0A)
            case 0x72: bytes.append(0x0D)
            case 0x74: bytes.append(0x09)
            case 0x75:
                var value = unit(raw, at + 2)
                if value & 0xFC00 == 0xD800, at + 7 < raw.count, raw[at + 6] == 0x5C, raw[at + 7] == 0x75,
                    case let low = unit(raw, at + 8), low & 0xFC00 == 0xDC00
                {
                    value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
                    at += 6
                }
                append(value, to: &bytes)
                at += 4
            default: bytes.append(raw[at + 1])
            }
            at += 2
        }
    }

    private static func unit(_ raw: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt32 {
        guard start + 4 <= raw.count else { return 0xFFFD }
        return raw[start..<start + 4].reduce(0) { sum, byte in
            let digit = byte < 0x3A ? byte &- 0x30 : (byte | 0x20) &- 0x57
            return sum << 4 | UInt32(digit & 0xF)
        }
    }

    private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | value >> shift & 0x3F) }
        switch value {
        case 0..<0x80: bytes.append(UInt8(value))
        case 0x80..<0x800: bytes += [UInt8(0xC0 | value >> 6), tail(0)]
        case 0x800..<0x10000: bytes += [UInt8(0xE0 | value >> 12), tail(6), tail(0)]
        default: bytes += [UInt8(0xF0 | value >> 18), tail(12), tail(6), tail(0)]
        }
    }

    /// The text as Swift has strings: each half of a pair is one U+FFFD.
    static func string(_ bytes: [UInt8]) -> String {
        guard let half = firstHalf(bytes, from: 0) else { return String(decoding: bytes, as: UTF8.self) }
        var whole = Array(bytes[..<half])
        var at = half
        while at < bytes.count {
            if isHalf(bytes, at) {
                whole += [0xEF, 0xBF, 0xBD]
                at += 3
            } else {
                whole.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: whole, as: UTF8.self)
    }

    private static func firstHalf(_ bytes: [UInt8], from start: Int) -> Int? {
        bytes.indices.dropFirst(start).first { isHalf(bytes, $0) }
    }

    private static func isHalf(_ bytes: [UInt8], _ at: Int) -> Bool {
        at + 2 < bytes.count && bytes[at] == 0xED && bytes[at + 1] >= 0xA0 && bytes[at + 1] <= 0xBF
            && bytes[at + 2] & 0xC0 == 0x80
    }
}
