// Entries and JSON values printed as the reference's writer prints them.
//
// Compact, the tag first, fields in the schema's order, nil as null, defaults filled in, non-ASCII as it is, objects of
// free JSON with their keys in byte order and the last of repeated keys. Printing an entry walks its tape; strings
// without escapes are copied as they stand, since the reference would print them the same.

struct CanonicalPrinter {
    var output: [UInt8] = []
    private var scratch: [UInt8] = []

    // MARK: Entries

    /// Appends the entry that `parser` parsed last.
    mutating func printEntry(_ parser: borrowing EntryParser) {
        // Of an entry of a later release not all fields are declared, so it is printed as the JSON that it is.
        if parser.rows.variants[Int(parser.rows.unions[0].firstVariant) + Int(parser.tape[0].second)].since > 0 {
            printJSON(parser.range, parser.scanner)
            return
        }
        printUnion(at: 0, rows: parser.rows.unions[0], parser)
    }

    private mutating func printUnion(at index: Int, rows union: UnionRow, _ parser: borrowing EntryParser) {
        let variant = parser.tape[index].second
        if variant == EntryTape.unknownVariant {
            printJSON(parser.tape[index + 1].range, parser.scanner)
            return
        }
        let row = parser.rows.variants[Int(union.firstVariant) + Int(variant)]
        output.append(0x7B)
        append(union.quotedTag, parser.rows)
        append(row.quotedName, parser.rows)
        printFields(Int(row.record), at: index + 1, isFirst: false, parser)
        output.append(0x7D)
    }

    private mutating func printFields(
        _ record: Int, at slots: Int, isFirst: Bool, _ parser: borrowing EntryParser
    ) {
        let row = parser.rows.records[record]
        for index in 0..<Int(row.fieldCount) {
            let field = parser.rows.fields[Int(row.firstField) + index]
            if !(isFirst && index == 0) { output.append(0x2C) }
            append(field.quotedKey, parser.rows)
            printValue(field, parser.tape[slots + index], parser)
        }
    }

    private mutating func printValue(
        _ field: FieldRow, _ slot: EntryTape.Slot, _ parser: borrowing EntryParser
    ) {
        if slot.isNone {
            let absent: StaticString = field.isNullable ? "null" : field.kind == .bool ? "false" : "0"
            output.append(contentsOf: UnsafeBufferPointer(start: absent.utf8Start, count: absent.utf8CodeUnitCount))
            return
        }
        let rows = parser.rows
        switch field.kind {
        case .string: printString(slot.string, parser.scanner)
        case .u32, .u64, .i64: copy(slot.range, parser.scanner)
        case .bool: output.append(contentsOf: slot.first == 1 ? "true".utf8 : "false".utf8)
        case .bytes, .anyJSON: printJSON(slot.range, parser.scanner)
        case .name:
            let names = rows.unions[Int(field.target)]
            append(rows.variants[Int(names.firstVariant) + Int(slot.first)].quotedName, rows)
        case .record:
            output.append(0x7B)
            printFields(Int(field.target), at: Int(slot.first), isFirst: true, parser)
            output.append(0x7D)
        case .union: printUnion(at: Int(slot.first), rows: rows.unions[Int(field.target)], parser)
        case .list:
            output.append(0x5B)
            var item = Int(slot.first)
            for number in 0..<slot.second {
                if number > 0 { output.append(0x2C) }
                printUnion(at: item, rows: rows.unions[Int(field.target)], parser)
                item = Int(parser.tape[item].first)
            }
            output.append(0x5D)
        }
    }

    private mutating func append(_ row: TextRow, _ rows: SchemaRows) {
        output.append(contentsOf: rows.text[Int(row.start)..<Int(row.start + row.length)])
    }

    private mutating func copy(_ range: Range<Int>, _ scanner: JSONScanner) {
        output.append(contentsOf: UnsafeBufferPointer(start: scanner.base + range.lowerBound, count: range.count))
    }

    // MARK: Strings

    private mutating func printString(_ span: StringSpan, _ scanner: JSONScanner) {
        guard span.hasEscapes else {
            copy(span.start - 1..<span.start + span.length + 1, scanner)
            return
        }
        scratch.removeAll(keepingCapacity: true)
        scanner.unescape(span, into: &scratch)
        Self.printString(scratch, into: &output)
    }

    /// Appends the JSON form of these UTF-8 bytes.
    static func printString(_ bytes: some Collection<UInt8>, into output: inout [UInt8]) {
        output.append(0x22)
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C:
                output.append(0x5C)
                output.append(byte)
            case 0x08: output.append(contentsOf: "\\b".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0C: output.append(contentsOf: "\\f".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                output.append(contentsOf: "\\u00".utf8)
                output.append(byte >> 4 + 0x30)
                output.append(byte & 15 + (byte & 15 < 10 ? 0x30 : 0x57))
            default: output.append(byte)
            }
        }
        output.append(0x22)
    }

    // MARK: Free JSON

    /// One member of an object that is being printed: where its key and the whole member stand in the output.
    private struct Member {
        var start: Int
        var keyEnd: Int
        var end: Int
    }

    /// Appends the canonical form of a JSON value that the scanner has accepted.
    mutating func printJSON(_ range: Range<Int>, _ source: JSONScanner) {
        var scanner = JSONScanner(
            base: source.base, from: range.lowerBound, to: range.upperBound, loadable: source.loadable)
        // The range has been scanned with the same rules, so no fault can come; depth is bounded by those rules.
        try? printValue(&scanner)
    }

    private mutating func printValue(_ scanner: inout JSONScanner) throws(JSONFault) {
        switch try scanner.peek() {
        case 0x22: printString(try scanner.string(), scanner)
        case 0x7B: try printObject(&scanner)
        case 0x5B: try printArray(&scanner)
        case 0x74, 0x66, 0x6E:
            let start = scanner.at
            try scanner.skipValue(.full, depth: 0)
            copy(start..<scanner.at, scanner)
        default: try printNumber(&scanner)
        }
    }

    private mutating func printNumber(_ scanner: inout JSONScanner) throws(JSONFault) {
        let number = try scanner.number()
        if number.integer != nil {
            copy(number.start..<number.start + number.length, scanner)
            return
        }
        let text = UnsafeBufferPointer(start: scanner.base + number.start, count: number.length)
        if case .double(let value) = try JSONNumber.convert(text, offset: number.start) {
            JSONNumber.print(value, into: &output)
        } else {
            output.append(contentsOf: text)
        }
    }

    private mutating func printArray(_ scanner: inout JSONScanner) throws(JSONFault) {
        scanner.at += 1
        output.append(0x5B)
        if try scanner.peek() != 0x5D {
            while true {
                try printValue(&scanner)
                guard try scanner.peek() == 0x2C else { break }
                scanner.at += 1
                output.append(0x2C)
            }
        }
        scanner.at += 1
        output.append(0x5D)
    }

    private mutating func printObject(_ scanner: inout JSONScanner) throws(JSONFault) {
        scanner.at += 1
        output.append(0x7B)
        let start = output.count
        var members: [Member] = []
        if try scanner.peek() != 0x7D {
            while true {
                if !members.isEmpty { output.append(0x2C) }
                let memberStart = output.count
                printString(try scanner.string(), scanner)
                let keyEnd = output.count
                try scanner.expect(0x3A)
                output.append(0x3A)
                try printValue(&scanner)
                members.append(Member(start: memberStart, keyEnd: keyEnd, end: output.count))
                guard try scanner.peek() == 0x2C else { break }
                scanner.at += 1
            }
        }
        scanner.at += 1
        sortMembers(&members, from: start)
        output.append(0x7D)
    }

    /// Puts an object's members, printed in the order of the file, into byte order of their keys; of equal keys only
    /// the last stays.
    private mutating func sortMembers(_ members: inout [Member], from start: Int) {
        let isSorted = zip(members, members.dropFirst()).allSatisfy { compareKeys($0, $1) < 0 }
        if isSorted { return }
        let order = members.indices.sorted {
            let comparison = compareKeys(members[$0], members[$1])
            return comparison == 0 ? $0 < $1 : comparison < 0
        }
        var sorted: [UInt8] = []
        sorted.reserveCapacity(output.count - start)
        for (place, index) in order.enumerated() {
            if place + 1 < order.count, compareKeys(members[index], members[order[place + 1]]) == 0 { continue }
            if !sorted.isEmpty { sorted.append(0x2C) }
            sorted.append(contentsOf: output[members[index].start..<members[index].end])
        }
        output.replaceSubrange(start..., with: sorted)
    }

    private func compareKeys(_ a: Member, _ b: Member) -> Int {
        let left = keyBytes(a)
        let right = keyBytes(b)
        if left.elementsEqual(right) { return 0 }
        return left.lexicographicallyPrecedes(right) ? -1 : 1
    }

    /// The key's own bytes. Escapes sort as what they stand for, not as they are printed.
    private func keyBytes(_ member: Member) -> ArraySlice<UInt8> {
        let printed = output[member.start + 1..<member.keyEnd - 1]
        guard printed.contains(0x5C) else { return printed }
        var bytes: [UInt8] = []
        printed.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let scanner = JSONScanner(base: base, from: 0, to: buffer.count, loadable: buffer.count)
            scanner.unescape(StringSpan(start: 0, length: buffer.count, hasEscapes: true), into: &bytes)
        }
        return bytes[...]
    }
}
