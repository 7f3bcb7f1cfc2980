// The lines of a text whose structure is not known, as fields.

package enum LineFields {
    /// A field a line; none when the content is no text.
    package static func fields(of bytes: FileBytes) -> [FieldSpan] {
        let all = bytes.copy(0..<bytes.count)
        guard all.allSatisfy({ $0 != 0 }) else { return [] }
        return all.split(separator: 0x0A).enumerated().map { number, line in
            let text = String(decoding: line.prefix(60), as: UTF8.self)
            return FieldSpan(path: "line \(number + 1)", range: line.startIndex..<line.endIndex, value: text)
        }
    }
}
