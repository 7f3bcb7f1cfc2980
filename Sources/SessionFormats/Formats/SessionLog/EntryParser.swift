// One entry, parsed in one pass against its schema.
//
// The outcome must be serde's: it buffers a whole line, looks for the tag, then reads the variant's fields from the
// buffer. Doing that literally would touch every byte twice, so this parser assumes what writers do (tag first, fields
// in order), compares each expected `,"key":` with a few word loads, and falls back to looking keys up when a line is
// different. A tag that is not first costs one extra walk over that object alone. Nothing here depends on the order in
// which problems are noticed, because every problem has the same outcome: the line is not an entry.

struct EntryParser {
    var scanner: JSONScanner
    var tape: EntryTape
    let rows: SchemaRows
    let acceptsUnknownContent: Bool
    /// Where the free JSON of the entry parsed last stands; the schema has one such field an entry at most.
    private(set) var freeJSON: Range<Int>?
    private var start = 0
    /// The rank of the latest release that the entry parsed last needs to be understood in full.
    private(set) var latestRank: UInt8 = 0

    init(rows: SchemaRows, acceptsUnknownContent: Bool, tape: EntryTape) {
        // A scanner over nothing; every parse sets its own.
        scanner = JSONScanner(base: rows.text.baseAddress.unsafelyUnwrapped, from: 0, to: 0, loadable: 0)
        self.rows = rows
        self.acceptsUnknownContent = acceptsUnknownContent
        self.tape = tape
    }

    /// Parses one entry that fills the scanner's range.
    @inline(__always)
    mutating func parseLine(_ scanner: JSONScanner) throws(JSONFault) {
        try parsePrefix(scanner)
        try self.scanner.expectEnd()
    }

    /// Parses one entry at the scanner's place; what follows it is not looked at.
    @inline(__always)
    mutating func parsePrefix(_ scanner: JSONScanner) throws(JSONFault) {
        self.scanner = scanner
        start = scanner.at
        tape.clear()
        latestRank = 0
        freeJSON = nil
        _ = try union(0, depth: 0, numbersNameVariants: false)
    }

    /// Parses the line that begins at `start` without looking for its end first: no entry goes beyond a newline, and
    /// what parses is UTF-8.
    ///
    /// - Returns: The line's length without its newline; nil when it is not one entry with a newline behind it.
    @inline(__always)
    mutating func parsePlainLine(_ base: UnsafePointer<UInt8>, _ start: Int, of count: Int) -> Int? {
        let rest = count - start
        do throws(JSONFault) {
            try parsePrefix(JSONScanner(base: base + start, from: 0, to: rest, loadable: rest))
        } catch { return nil }
        scanner.skipSpace()
        let length = scanner.at
        guard length < rest, length <= EntryTape.longestLine, base[start + length] == 0x0A else { return nil }
        return length
    }

    /// What a list of entries keeps of each: its kind and where its id stands.
    struct Summary {
        var kind: UInt32
        var id: EntryTape.Slot
    }

    /// The entry parsed last. Slot 0 holds its variant, slot 1 its first field, which is the id in every kind.
    var summary: Summary {
        @inline(__always) get { Summary(kind: tape[0].second, id: tape[1]) }
    }

    /// Whether the entry parsed last is spelled as the reference's writer spells it, its free JSON aside.
    var isPlain: Bool { scanner.isPlain && latestRank <= SessionLogVersion.reference.rank }

    /// Where the entry parsed last stands, white space before and behind it included.
    var range: Range<Int> { start..<scanner.at }

    // MARK: Unions

    /// Reads a tagged object, or an array that begins with the tag. `depth` counts the containers around it.
    private mutating func union(
        _ index: Int, depth: Int, numbersNameVariants: Bool
    ) throws(JSONFault) -> Int {
        let row = rows.unions[index]
        switch try scanner.peek() {
        case 0x7B: return try unionObject(row, depth: depth + 1, numbersNameVariants)
        case 0x5B: return try unionArray(row, depth: depth + 1, numbersNameVariants)
        default: throw scanner.fault(.wrongType)
        }
    }

    @inline(__always)
    private mutating func unionObject(
        _ row: UnionRow, depth: Int, _ numbersNameVariants: Bool
    ) throws(JSONFault) -> Int {
        let open = scanner.at
        scanner.at += 1
        if scanner.matches(text(row.quotedTag), Int(row.quotedTag.length), at: scanner.at) {
            scanner.at += Int(row.quotedTag.length)
        } else if try scanner.peek() == 0x22 {
            scanner.noteUnusualSpelling()
            let key = try scanner.string()
            guard equals(key, row.tag) else {
                scanner.at = open + 1
                return try unionObjectWithLateTag(row, open: open, depth: depth, numbersNameVariants)
            }
            try scanner.expect(0x3A)
        } else {
            throw scanner.fault(.missingField)
        }
        let variant = try tagValue(row, numbersNameVariants)
        return try variantObject(variant, of: row, open: open, depth: depth, tagIsKnown: false)
    }

    /// The tag stands somewhere behind other fields: finds it, then reads the object from its start.
    private mutating func unionObjectWithLateTag(
        _ row: UnionRow, open: Int, depth: Int, _ numbersNameVariants: Bool
    ) throws(JSONFault) -> Int {
        var variant: Int?
        repeat {
            let key = try scanner.string()
            try scanner.expect(0x3A)
            if equals(key, row.tag) {
                guard variant == nil else { throw scanner.fault(.duplicateField) }
                variant = try tagValue(row, numbersNameVariants)
            } else {
                try scanner.skipValue(.full, depth: depth)
            }
        } while try nextMember(closing: 0x7D)
        guard let variant else { throw scanner.fault(.missingField) }
        scanner.at = open
        return try variantObject(variant, of: row, open: open, depth: depth, tagIsKnown: true)
    }

    private mutating func variantObject(
        _ variant: Int, of row: UnionRow, open: Int, depth: Int, tagIsKnown: Bool
    ) throws(JSONFault) -> Int {
        if variant == Int(EntryTape.unknownVariant) {
            return try unknownContent(open: open, depth: depth)
        }
        let record = record(of: variant, row)
        let index = tape.reserve(1 + Int(rows.records[record].fieldCount))
        tape[index].second = UInt32(truncatingIfNeeded: variant)
        try recordObject(record, at: index + 1, depth: depth, tag: row.tag, tagIsKnown: tagIsKnown)
        return index
    }

    private mutating func unionArray(
        _ row: UnionRow, depth: Int, _ numbersNameVariants: Bool
    ) throws(JSONFault) -> Int {
        let open = scanner.at
        scanner.noteUnusualSpelling()
        scanner.at += 1
        guard try scanner.peek() != 0x5D else { throw scanner.fault(.wrongLength) }
        let variant = try tagValue(row, numbersNameVariants)
        if variant == Int(EntryTape.unknownVariant) {
            return try unknownContent(open: open, depth: depth)
        }
        let record = record(of: variant, row)
        let index = tape.reserve(1 + Int(rows.records[record].fieldCount))
        tape[index].second = UInt32(truncatingIfNeeded: variant)
        try recordArray(record, at: index + 1, depth: depth, isAtStart: false)
        return index
    }

    @inline(__always)
    private mutating func record(of variant: Int, _ row: UnionRow) -> Int {
        let variant = rows.variants[Int(row.firstVariant) + variant]
        latestRank = max(latestRank, variant.since)
        return Int(variant.record)
    }

    /// Keeps a content item of an undeclared kind as a span of JSON.
    private mutating func unknownContent(open: Int, depth: Int) throws(JSONFault) -> Int {
        scanner.at = open
        latestRank = SessionLogVersion.later.rank
        try scanner.skipValue(.full, depth: depth - 1)
        let index = tape.reserve(2)
        tape[index].second = EntryTape.unknownVariant
        tape[index + 1] = EntryTape.Slot(start: open, end: scanner.at)
        return index
    }

    private mutating func tagValue(
        _ row: UnionRow, _ numbersNameVariants: Bool
    ) throws(JSONFault) -> Int {
        let byte = try scanner.peek()
        if byte == 0x22 {
            for variant in 0..<Int(row.variantCount) {
                let name = rows.variants[Int(row.firstVariant) + variant].quotedName
                if scanner.matches(text(name), Int(name.length), at: scanner.at) {
                    scanner.at += Int(name.length)
                    return variant
                }
            }
            let start = scanner.at
            scanner.noteUnusualSpelling()
            let name = try scanner.string()
            if let variant = variant(named: name, of: row) { return variant }
            if acceptsUnknownContent, row.isContent { return Int(EntryTape.unknownVariant) }
            throw JSONFault(offset: start, reason: numbersNameVariants ? .unknownVariant : .unknownEntryType)
        }
        guard numbersNameVariants, (0x30...0x39).contains(byte) else { throw scanner.fault(.wrongType) }
        scanner.noteUnusualSpelling()
        guard case .unsigned(let number)? = try scanner.number().integer else { throw scanner.fault(.wrongType) }
        guard number < UInt64(row.variantCount) else { throw scanner.fault(.unknownVariant) }
        return Int(number)
    }

    // MARK: Records

    /// Reads a record's members up to the closing brace into the slots at `slots`.
    ///
    /// - Parameters:
    ///   - tag: The union's tag, when the record is part of a union. The scanner then stands behind the tag's value,
    ///     unless the tag was found before; otherwise it stands at the opening brace.
    ///   - tagIsKnown: The tag was found before, so meeting it is no repetition.
    private mutating func recordObject(
        _ record: Int, at slots: Int, depth: Int, tag: TextRow?, tagIsKnown: Bool
    ) throws(JSONFault) {
        let row = rows.records[record]
        let fields = rows.fields.baseAddress.unsafelyUnwrapped + Int(row.firstField)
        let count = Int(row.fieldCount)
        var seen: UInt32 = 0
        var expected = 0
        var separator: UInt8 = tag == nil || tagIsKnown ? 0x7B : 0x2C
        while true {
            let field: Int
            if expected < count, nextIs(fields + expected, after: separator) {
                field = expected
            } else {
                guard let key = try nextKey(after: separator) else {
                    if expected < count { scanner.noteUnusualSpelling() }
                    break
                }
                scanner.noteUnusualSpelling()
                field = lookUp(key, fields, count)
                if field < 0 {
                    if let tag, !tagIsKnown, equals(key, tag) { throw scanner.fault(.duplicateField) }
                    noticeLaterField(key, fields + count, Int(row.laterCount))
                    try scanner.skipValue(.full, depth: depth)
                    separator = 0x2C
                    continue
                }
            }
            separator = 0x2C
            guard seen & (1 << UInt32(field)) == 0 else { throw scanner.fault(.duplicateField) }
            seen |= 1 << UInt32(field)
            try value(fields + field, into: slots + field, depth: depth)
            expected = field + 1
        }
        guard seen & row.requiredFields == row.requiredFields else { throw scanner.fault(.missingField) }
    }

    private mutating func noticeLaterField(_ key: StringSpan, _ fields: UnsafePointer<FieldRow>, _ count: Int) {
        let field = lookUp(key, fields, count)
        if field >= 0 { latestRank = max(latestRank, fields[field].since) }
    }

    /// Whether a separator and this field's key follow exactly as a writer emits them; then they are consumed.
    @inline(__always)
    private mutating func nextIs(_ field: UnsafePointer<FieldRow>, after separator: UInt8) -> Bool {
        let start = scanner.at + 1
        let length = Int(field.pointee.quotedKey.length)
        guard start + length <= scanner.end, scanner.base[scanner.at] == separator else { return false }
        let matches =
            start + KeyPattern.width <= scanner.loadable
            ? field.pointee.pattern.matches(UnsafeRawPointer(scanner.base + start))
            : scanner.matches(text(field.pointee.quotedKey), length, at: start)
        guard matches else { return false }
        scanner.at = start + length
        return true
    }

    /// The next member's key, however it is written; nil behind the closing brace.
    private mutating func nextKey(after separator: UInt8) throws(JSONFault) -> StringSpan? {
        if separator == 0x7B {
            scanner.at += 1
            if try scanner.peek() == 0x7D {
                scanner.at += 1
                return nil
            }
        } else {
            guard try nextMember(closing: 0x7D) else { return nil }
        }
        let key = try scanner.string()
        try scanner.expect(0x3A)
        return key
    }

    /// Reads a record written as an array of its fields in order.
    private mutating func recordArray(
        _ record: Int, at slots: Int, depth: Int, isAtStart: Bool
    ) throws(JSONFault) {
        let row = rows.records[record]
        var isAtStart = isAtStart
        for index in 0..<Int(row.fieldCount) {
            let field = rows.fields.baseAddress.unsafelyUnwrapped + Int(row.firstField) + index
            let ended: Bool
            if isAtStart {
                ended = try scanner.peek() == 0x5D
                if ended { scanner.at += 1 }
            } else {
                ended = try !nextMember(closing: 0x5D)
            }
            isAtStart = false
            if ended {
                for rest in index..<Int(row.fieldCount)
                where !rows.fields[Int(row.firstField) + rest].isOmissibleInArrays {
                    throw scanner.fault(.wrongLength)
                }
                return
            }
            try value(field, into: slots + index, depth: depth)
        }
        guard try !nextMember(closing: 0x5D) else { throw scanner.fault(.wrongLength) }
    }

    /// After a member: true when another follows, false behind the closing byte.
    @inline(__always)
    private mutating func nextMember(closing: UInt8) throws(JSONFault) -> Bool {
        let byte = try scanner.peek()
        guard byte == 0x2C || byte == closing else { throw scanner.fault(.unexpectedByte) }
        scanner.at += 1
        return byte == 0x2C
    }

    // MARK: Values

    private mutating func value(
        _ row: UnsafePointer<FieldRow>, into slot: Int, depth: Int
    ) throws(JSONFault) {
        if row.pointee.isNullable, try scanner.null() { return }
        switch row.pointee.kind {
        case .string: tape[slot] = EntryTape.Slot(try scanner.string())
        default: try otherValue(row.pointee, into: slot, depth: depth)
        }
    }

    private mutating func otherValue(_ field: FieldRow, into slot: Int, depth: Int) throws(JSONFault) {
        switch field.kind {
        case .string: break
        case .u32, .u64, .i64:
            tape[slot] = try integer(field.kind)
        case .bool:
            tape[slot] = EntryTape.Slot(first: try scanner.bool() ? 1 : 0, second: 0)
        case .bytes: tape[slot] = try bytes()
        case .anyJSON:
            _ = try scanner.peek()
            let start = scanner.at
            try scanner.skipValue(.full, depth: depth)
            tape[slot] = EntryTape.Slot(start: start, end: scanner.at)
            freeJSON = start..<scanner.at
        case .name:
            let variant = try name(rows.unions[Int(field.target)])
            tape[slot] = EntryTape.Slot(first: UInt32(truncatingIfNeeded: variant), second: 0)
        case .record:
            let index = try nestedRecord(Int(field.target), depth: depth)
            tape[slot] = EntryTape.Slot(first: UInt32(truncatingIfNeeded: index), second: 1)
        case .union:
            let index = try union(Int(field.target), depth: depth, numbersNameVariants: true)
            tape[slot] = EntryTape.Slot(first: UInt32(truncatingIfNeeded: index), second: 1)
        case .list:
            try list(Int(field.target), into: slot, depth: depth)
        }
    }

    /// An array of integers from 0 to 255, as its text.
    private mutating func bytes() throws(JSONFault) -> EntryTape.Slot {
        guard try scanner.peek() == 0x5B else { throw scanner.fault(.wrongType) }
        let start = scanner.at
        scanner.at += 1
        if try scanner.peek() == 0x5D {
            scanner.at += 1
        } else {
            repeat {
                let byte = try scanner.peek()
                guard byte == 0x2D || byte &- 0x30 < 10 else { throw scanner.fault(.wrongType) }
                let number = try scanner.number()
                guard case .unsigned(0...255)? = number.integer else {
                    throw JSONFault(offset: number.start, reason: .wrongType)
                }
            } while try nextMember(closing: 0x5D)
        }
        return EntryTape.Slot(start: start, end: scanner.at)
    }

    @inline(__always)
    private mutating func integer(_ kind: ValueKind) throws(JSONFault) -> EntryTape.Slot {
        let byte = try scanner.peek()
        guard byte == 0x2D || (0x30...0x39).contains(byte) else { throw scanner.fault(.wrongType) }
        let number = try scanner.number()
        let isInRange =
            switch (number.integer, kind) {
            case (nil, _): false
            case (.unsigned(let value)?, .u32): value <= UInt64(UInt32.max)
            case (.unsigned(let value)?, .i64): value <= UInt64(Int64.max)
            case (.unsigned?, _): true
            case (.negative?, let kind): kind == .i64
            }
        guard isInRange else { throw JSONFault(offset: number.start, reason: .wrongType) }
        return EntryTape.Slot(start: number.start, end: number.start + number.length)
    }

    /// A unit variant: its name, or an object with the name as only key and null or {} as value.
    private mutating func name(_ row: UnionRow) throws(JSONFault) -> Int {
        let isObject = try scanner.peek() == 0x7B
        if isObject { scanner.at += 1 }
        let start = scanner.at
        let span = try scanner.string()
        guard let variant = variant(named: span, of: row) else {
            throw JSONFault(offset: start, reason: .unknownVariant)
        }
        guard isObject else {
            if span.hasEscapes { scanner.noteUnusualSpelling() }
            return variant
        }
        scanner.noteUnusualSpelling()
        try scanner.expect(0x3A)
        if try !scanner.null() {
            try scanner.expect(0x7B)
            try scanner.expect(0x7D)
        }
        try scanner.expect(0x7D)
        return variant
    }

    private mutating func nestedRecord(_ record: Int, depth: Int) throws(JSONFault) -> Int {
        let index = tape.reserve(Int(rows.records[record].fieldCount))
        switch try scanner.peek() {
        case 0x7B:
            try recordObject(record, at: index, depth: depth + 1, tag: nil, tagIsKnown: false)
        case 0x5B:
            scanner.noteUnusualSpelling()
            scanner.at += 1
            try recordArray(record, at: index, depth: depth + 1, isAtStart: true)
        default: throw scanner.fault(.wrongType)
        }
        return index
    }

    private mutating func list(_ union: Int, into slot: Int, depth: Int) throws(JSONFault) {
        guard try scanner.peek() == 0x5B else { throw scanner.fault(.wrongType) }
        scanner.at += 1
        var count: UInt32 = 0
        var last = slot
        if try scanner.peek() == 0x5D {
            scanner.at += 1
            tape[slot] = EntryTape.Slot(first: 0, second: 0)
            return
        }
        repeat {
            let item = try self.union(union, depth: depth + 1, numbersNameVariants: true)
            tape[last].first = UInt32(truncatingIfNeeded: item)
            last = item
            count += 1
        } while try nextMember(closing: 0x5D)
        tape[slot].second = count
    }

    // MARK: Keys and names

    @inline(__always)
    private func text(_ row: TextRow) -> UnsafePointer<UInt8> {
        rows.text.baseAddress.unsafelyUnwrapped + Int(row.start)
    }

    private func lookUp(_ key: StringSpan, _ fields: UnsafePointer<FieldRow>, _ count: Int) -> Int {
        for field in 0..<count where equals(key, fields[field].key) { return field }
        return -1
    }

    private func variant(named name: StringSpan, of row: UnionRow) -> Int? {
        for index in 0..<Int(row.variantCount)
        where equals(name, rows.variants[Int(row.firstVariant) + index].name) { return index }
        return nil
    }

    /// Whether a string says this, after unescaping.
    @inline(__always)
    private func equals(_ span: StringSpan, _ row: TextRow) -> Bool {
        if span.hasEscapes { return equalsUnescaped(span, row) }
        return span.length == Int(row.length) && scanner.matches(text(row), span.length, at: span.start)
    }

    private func equalsUnescaped(_ span: StringSpan, _ row: TextRow) -> Bool {
        // An escape takes at most six bytes for one, so longer strings cannot be equal and are not unescaped.
        guard span.length <= 6 * Int(row.length) else { return false }
        var bytes: [UInt8] = []
        scanner.unescape(span, into: &bytes)
        return bytes.elementsEqual(UnsafeBufferPointer(start: text(row), count: Int(row.length)))
    }
}
