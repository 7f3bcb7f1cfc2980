// Records that are told apart by which keys they have, the first that fits counting.

enum KindByKeys {
    /// Gemini CLI's order: a rewind, a message, an update, metadata; the numbers are those of its description's kinds.
    static func kind(of record: JSONView, _ fields: borrowing RecordFields) -> UInt8? {
        if record.member("$rewindTo")?.isString == true { return 1 }
        if fields[.id]?.isString == true { return 0 }
        if let set = record.member("$set"), set.kind == .object || set.kind == .array { return 2 }
        if fields[.session]?.isString == true, record.member("projectHash")?.isString == true { return 3 }
        return nil
    }
}

/// Escapes of half a surrogate pair.
enum LoneSurrogates {
    /// Their places in the file, six bytes each.
    static func places(in line: TextLine) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var at = line.start
        while at + 1 < line.end {
            guard line.base[at] == 0x5C else {
                at += 1
                continue
            }
            guard let unit = unit(line, at) else {
                at += 2
                continue
            }
            if unit & 0xFC00 == 0xD800, let low = self.unit(line, at + 6), low & 0xFC00 == 0xDC00 {
                at += 12
                continue
            }
            if unit & 0xF800 == 0xD800 { places.append(line.fileOffset + at..<line.fileOffset + at + 6) }
            at += 6
        }
        return places
    }

    private static func unit(_ line: TextLine, _ at: Int) -> UInt32? {
        guard at + 6 <= line.end, line.base[at] == 0x5C, line.base[at + 1] == 0x75 else { return nil }
        return UInt32(
            String(decoding: UnsafeBufferPointer(start: line.base + at + 2, count: 4), as: UTF8.self), radix: 16)
    }
}
