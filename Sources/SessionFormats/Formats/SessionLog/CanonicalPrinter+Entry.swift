// Entries printed as the reference's writer prints them.
//
// Compact, the tag first, fields in the schema's order, nil as null, defaults filled in. Printing an entry walks its tape;
// strings without escapes are copied as they stand, since the reference would print them the same.

extension CanonicalPrinter {
    /// Appends the entry that `parser` parsed last.
    mutating func printEntry(_ parser: borrowing EntryParser) {
        // Of an entry of a later release not all fields are declared, so it is printed as the JSON that it is.
        if parser.rows.variants[Int(parser.rows.unions[0].firstVariant) + Int(parser.tape[0].second)].since
            > SessionLogVersion.reference.rank
        {
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
}
