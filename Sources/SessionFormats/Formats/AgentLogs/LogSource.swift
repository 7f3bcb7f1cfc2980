// Where a log's text can be had again, for the few records of which more is asked than was kept.

protocol LogSource: Sendable {
    /// A copy of some bytes of the file; fewer at its end, or when it cannot be read any more.
    func copy(_ range: Range<Int>) -> [UInt8]
}

extension FileBytes: LogSource {}

extension LogSource {
    /// Calls `body` with a record; nil when its bytes are not a record any more.
    func withRecord<Result>(_ entry: LogEntry, _ dialect: JSONDialect, _ body: (JSONView) -> Result) -> Result? {
        var bytes = copy(entry.place)
        if String(validating: bytes, as: UTF8.self) == nil { bytes = RecordLines.repaired(bytes) }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var outline = JSONOutline()
            guard (try? outline.read(base, count: buffer.count, loadable: buffer.count, dialect)) != nil else {
                return nil
            }
            return body(outline.root)
        }
    }
}
