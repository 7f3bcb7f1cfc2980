// Converting JSON numbers the way the reference does, and printing doubles the way it does.
//
// The reference's conversion is not correctly rounded, and its quirks decide whether a line counts as corrupt, so they
// are reproduced here step by step (spec: "Converting a number to a double"). Printing follows the layout of Rust's
// ryu: shortest digits that read back the same, plain notation for small exponents, `e` notation beyond.

enum JSONNumber {
    case integer(JSONInteger)
    case double(Double)

    /// Converts a number whose grammar has been checked.
    ///
    /// - Parameters:
    ///   - text: The number, nothing around it.
    ///   - offset: Where it stands, for errors.
    /// - Throws: `JSONFault` when the reference refuses the number.
    static func convert(_ text: UnsafeBufferPointer<UInt8>, offset: Int) throws(JSONFault) -> JSONNumber {
        var at = 0
        let negative = text.first == 0x2D
        if negative { at = 1 }
        var significand: UInt64 = 0
        var exponent: Int32 = 0
        func digit() -> UInt64? {
            guard at < text.count, text[at] &- 0x30 < 10 else { return nil }
            return UInt64(text[at] &- 0x30)
        }
        var hasOverflowed = false
        while let next = digit() {
            if !hasOverflowed, let grown = appending(next, to: significand) {
                significand = grown
            } else {
                hasOverflowed = true
                exponent = exponent.addingReportingOverflow(1).overflow ? .max : exponent + 1
            }
            at += 1
        }
        let isPlain = at == text.count
        if isPlain, !hasOverflowed, let integer = integer(significand, negative: negative) { return .integer(integer) }
        if at < text.count, text[at] == 0x2E {
            at += 1
            var wasCut = false
            while let next = digit() {
                at += 1
                if wasCut { continue }
                if let grown = appending(next, to: significand) {
                    significand = grown
                    exponent -= 1
                } else {
                    wasCut = true
                }
            }
        }
        if at < text.count {
            at += 1
            switch exponentPart(text, &at) {
            case .value(let value):
                let sum = exponent.addingReportingOverflow(value)
                exponent = sum.overflow ? (value < 0 ? .min : .max) : sum.partialValue
            case .tooLarge where significand != 0: throw JSONFault(offset: offset, reason: .numberOutOfRange)
            case .tooLarge, .tooSmall: return .double(negative ? -0.0 : 0.0)
            }
        }
        guard let magnitude = scaled(significand, exponent) else {
            throw JSONFault(offset: offset, reason: .numberOutOfRange)
        }
        return .double(negative ? -magnitude : magnitude)
    }

    private static func appending(_ digit: UInt64, to significand: UInt64) -> UInt64? {
        let (product, overflowed) = significand.multipliedReportingOverflow(by: 10)
        if overflowed { return nil }
        let (sum, carried) = product.addingReportingOverflow(digit)
        return carried ? nil : sum
    }

    private static func integer(_ magnitude: UInt64, negative: Bool) -> JSONInteger? {
        guard negative else { return .unsigned(magnitude) }
        guard magnitude > 0, magnitude <= 1 << 63 else { return nil }
        return .negative(Int64(truncatingIfNeeded: 0 &- magnitude))
    }

    private enum Exponent {
        case value(Int32), tooLarge, tooSmall
    }

    private static func exponentPart(_ text: UnsafeBufferPointer<UInt8>, _ at: inout Int) -> Exponent {
        var negative = false
        if text[at] == 0x2B || text[at] == 0x2D {
            negative = text[at] == 0x2D
            at += 1
        }
        var value: Int32 = 0
        while at < text.count {
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int32(text[at] &- 0x30))
            if overflowed || carried { return negative ? .tooSmall : .tooLarge }
            value = sum
            at += 1
        }
        return .value(negative ? -value : value)
    }

    private static let powersOfTen: [Double] = (0...308).map { Double("1e\($0)") ?? .infinity }

    private static func scaled(_ significand: UInt64, _ exponent: Int32) -> Double? {
        var value = Double(significand)
        var exponent = exponent
        while exponent.magnitude > 308 {
            if value == 0 { return value }
            if exponent > 0 { return nil }
            value /= 1e308
            exponent += 308
        }
        let power = powersOfTen[Int(exponent.magnitude)]
        let result = exponent >= 0 ? value * power : value / power
        return result.isInfinite ? nil : result
    }

    /// Appends a finite double as the reference prints it.
    static func print(_ value: Double, into output: inout [UInt8]) {
        if value.sign == .minus { output.append(0x2D) }
        if value == 0 {
            output.append(contentsOf: "0.0".utf8)
            return
        }
        let (digits, pointAt) = decimal(value.magnitude)
        let count = digits.count
        switch pointAt {
        case 1...16 where pointAt >= count:
            output.append(contentsOf: digits)
            output.append(contentsOf: repeatElement(0x30, count: pointAt - count))
            output.append(contentsOf: ".0".utf8)
        case 1...16:
            output.append(contentsOf: digits[..<pointAt])
            output.append(0x2E)
            output.append(contentsOf: digits[pointAt...])
        case -4...0:
            output.append(contentsOf: "0.".utf8)
            output.append(contentsOf: repeatElement(0x30, count: -pointAt))
            output.append(contentsOf: digits)
        default:
            output.append(digits[0])
            if count > 1 {
                output.append(0x2E)
                output.append(contentsOf: digits[1...])
            }
            output.append(0x65)
            if pointAt > 0 { output.append(0x2B) }
            output.append(contentsOf: "\(pointAt - 1)".utf8)
        }
    }

    /// The shortest digits that read back as `value`, without zeroes at either end, and where the point stands among
    /// them. Taken from the standard library's own shortest printing.
    private static func decimal(_ value: Double) -> (digits: [UInt8], pointAt: Int) {
        var digits: [UInt8] = []
        var pointAt: Int?
        var exponent = 0
        var text = value.description.utf8[...]
        while let byte = text.popFirst() {
            switch byte {
            case 0x2E: pointAt = digits.count
            case 0x65: exponent = Int(String(text) ?? "") ?? 0; text = text.suffix(0)
            default: digits.append(byte)
            }
        }
        var point = (pointAt ?? digits.count) + exponent
        let leading = digits.prefix { $0 == 0x30 }.count
        digits.removeFirst(min(leading, digits.count - 1))
        point -= leading
        while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
        return (digits, point)
    }
}
