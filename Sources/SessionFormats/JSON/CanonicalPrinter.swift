// JSON values printed as the reference's writer prints them.
//
// Compact, non-ASCII as it is, objects with their keys in byte order and the last of repeated keys.

struct CanonicalPrinter {
    var output: [UInt8] = []
    private var scratch: [UInt8] = []

    mutating func copy(_ range: Range<Int>, _ scanner: JSONScanner) {
        output.append(contentsOf: UnsafeBufferPointer(start: scanner.base + range.lowerBound, count: range.count))
    }

    // MARK: Strings

    mutating func printString(_ span: StringSpan, _ scanner: JSONScanner) {
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
        let isDone: Void? = bytes.withContiguousStorageIfAvailable { printContent($0, &output) }
        if isDone == nil { Array(bytes).withUnsafeBufferPointer { printContent($0, &output) } }
        output.append(0x22)
    }

    /// Copies runs of bytes that stand for themselves as a whole.
    private static func printContent(_ bytes: UnsafeBufferPointer<UInt8>, _ output: inout [UInt8]) {
        guard let base = bytes.baseAddress else { return }
        var start = 0
        while true {
            let end = nextEscaped(base, from: start, to: bytes.count)
            output.append(contentsOf: UnsafeBufferPointer(start: base + start, count: end - start))
            guard end < bytes.count else { return }
            printEscape(base[end], &output)
            start = end + 1
        }
    }

    /// The first byte that has to be escaped; the end when there is none.
    private static func nextEscaped(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        typealias Chunk = SIMD16<UInt8>
        var at = start
        while end - at >= 16 {
            let chunk = UnsafeRawPointer(base + at).loadUnaligned(as: Chunk.self)
            let found =
                (chunk .< Chunk(repeating: 0x20)) .| (chunk .== Chunk(repeating: 0x22))
                .| (chunk .== Chunk(repeating: 0x5C))
            let words: SIMD2<UInt64> = unsafeBitCast(found, to: SIMD2<UInt64>.self)
            if words.x | words.y != 0 { break }
            at += 16
        }
        while at < end, base[at] >= 0x20, base[at] != 0x22, base[at] != 0x5C { at += 1 }
        return at
    }

    private static func printEscape(_ byte: UInt8, _ output: inout [UInt8]) {
        output.append(0x5C)
        switch byte {
        case 0x22, 0x5C: output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            output.append(contentsOf: "u00".utf8)
            output.append(byte >> 4 + 0x30)
            output.append(byte & 15 + (byte & 15 < 10 ? 0x30 : 0x57))
        }
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
