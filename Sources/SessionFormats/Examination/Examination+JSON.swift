// An examination as one JSON object for programs.
//
// "path", "format", "verdict", "error" and "findings" are always there; between them stand the format's facts and items
// under their own names. Names that are there stay; new ones may come.

extension Examination {
    /// One JSON object on one line, without a newline.
    ///
    /// - Parameter path: What to call the file.
    public func json(path: String) -> [UInt8] {
        var json = JSONRecordPrinter()
        json.field("path", string: path)
        json.field("format", string: format.rawValue)
        json.field("verdict", string: verdict.rawValue)
        json.field("error", json: failure?.json ?? Array("null".utf8))
        json.fields(facts)
        if let items { json.field(items.name, list: items.lazy.map(\.json)) }
        json.field("findings", list: findings.map(\.json))
        return json.finish().printableJSON
    }
}

extension Examination.Failure {
    fileprivate var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("kind", string: kind.rawValue)
        json.field("message", string: message)
        return json.finish()
    }
}

extension ExaminedItem {
    fileprivate var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.fields(facts)
        return json.finish()
    }
}

extension Finding {
    fileprivate var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("code", string: code.rawValue)
        json.field("severity", string: severity.rawValue)
        json.field("offset", integer: offset)
        json.field("length", integer: length)
        if let line { json.field("line", integer: line) }
        json.field("message", string: message)
        return json.finish()
    }
}

extension JSONRecordPrinter {
    fileprivate mutating func fields(_ facts: [Fact]) {
        for fact in facts {
            switch fact.value {
            case .text(let text): field(fact.name, string: text)
            case .integer(let number): field(fact.name, integer: number)
            case .unsigned(let number): field(fact.name, integer: number)
            case .none: field(fact.name, json: Array("null".utf8))
            }
        }
    }
}
