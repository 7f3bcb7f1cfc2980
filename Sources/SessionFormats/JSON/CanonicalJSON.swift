// Any JSON value, held as its one canonical text.

/// A JSON value in the form in which the reference's writer prints it: compact, keys in byte order, of repeated keys
/// the last, integers as integers, doubles in their shortest form. Two values are equal when their texts are.
public struct CanonicalJSON: Sendable, Hashable {
    /// The text, UTF-8.
    public let bytes: [UInt8]

    /// Brings a JSON text into canonical form.
    ///
    /// - Throws: `CanonicalJSON.Invalid` with the offset of the first byte that the reference refuses.
    public init(_ text: some Collection<UInt8>) throws(Invalid) {
        // Copied as a whole: a generic loop over the bytes would ask a collection of another module for each of them.
        var source = Array(text)
        // LF is white space like CR and is refused inside strings like CR, but the scanner takes it for a line's end.
        for index in source.indices where source[index] == 0x0A { source[index] = 0x0D }
        let outcome = source.withUnsafeBufferPointer { buffer -> Result<[UInt8], Invalid> in
            guard let base = buffer.baseAddress else { return .failure(Invalid(offset: 0)) }
            if let bad = UTF8Validation.firstInvalid(base, from: 0, to: buffer.count) {
                return .failure(Invalid(offset: bad))
            }
            var scanner = JSONScanner(base: base, from: 0, to: buffer.count, loadable: buffer.count)
            do throws(JSONFault) {
                try scanner.skipValue(.full, depth: 0)
                let end = scanner.at
                try scanner.expectEnd()
                var printer = CanonicalPrinter()
                printer.printJSON(0..<end, scanner)
                return .success(printer.output)
            } catch { return .failure(Invalid(offset: error.offset)) }
        }
        bytes = try outcome.get()
    }

    /// Wraps bytes that are canonical already.
    package init(canonical bytes: [UInt8]) { self.bytes = bytes }

    /// A text that is not JSON as the reference accepts it.
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        /// Where the text stops being JSON, in bytes.
        public var offset: Int
        /// One sentence with the offset.
        public var description: String { "The text stops being valid JSON at byte \(offset)." }
    }
}

extension CanonicalJSON: CustomStringConvertible {
    /// The text.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
