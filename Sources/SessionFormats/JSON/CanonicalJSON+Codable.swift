// Free JSON inside types that other people's encoders write.

extension CanonicalJSON: Codable {
    /// Reads any JSON value.
    ///
    /// - Throws: `DecodingError` for what is no JSON, or nested deeper than 128 levels.
    public init(from decoder: any Decoder) throws { self = try JSONValue(from: decoder).canonicalOrdered() }

    /// Writes the value, not its text.
    public func encode(to encoder: any Encoder) throws { try JSONValue(bytes).encode(to: encoder) }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension JSONValue {
    /// As deep as the reference reads JSON.
    private static let depthLimit = 128

    fileprivate init(from decoder: any Decoder) throws {
        guard decoder.codingPath.count <= Self.depthLimit else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "JSON is nested too deeply."))
        }
        if let object = try? decoder.container(keyedBy: AnyKey.self) {
            self = .object(
                try object.allKeys.map { key in
                    Member(key: key.stringValue, value: try JSONValue(from: object.superDecoder(forKey: key)))
                })
        } else if var array = try? decoder.unkeyedContainer() {
            var items: [JSONValue] = []
            while !array.isAtEnd { items.append(try JSONValue(from: array.superDecoder())) }
            self = .array(items)
        } else {
            self = try Self.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(_ value: any SingleValueDecodingContainer) throws -> JSONValue {
        if value.decodeNil() { return .null }
        if let bool = try? value.decode(Bool.self) { return .bool(bool) }
        if let number = try? value.decode(Int64.self) { return .number("\(number)") }
        if let number = try? value.decode(UInt64.self) { return .number("\(number)") }
        if let number = try? value.decode(Double.self) { return .number("\(number)") }
        return .string(try value.decode(String.self))
    }

    /// The canonical text, keys in byte order.
    fileprivate func canonicalOrdered() throws -> CanonicalJSON { try CanonicalJSON(canonical.bytes) }

    fileprivate func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var object = encoder.container(keyedBy: AnyKey.self)
            for member in members {
                try member.value.encode(to: object.superEncoder(forKey: AnyKey(stringValue: member.key)))
            }
        case .array(let items):
            var array = encoder.unkeyedContainer()
            for item in items { try item.encode(to: array.superEncoder()) }
        case .null:
            var value = encoder.singleValueContainer()
            try value.encodeNil()
        case .bool(let bool):
            var value = encoder.singleValueContainer()
            try value.encode(bool)
        case .string(let text):
            var value = encoder.singleValueContainer()
            try value.encode(text)
        case .number(let text):
            var value = encoder.singleValueContainer()
            if let integer = Int64(text) {
                try value.encode(integer)
            } else if let integer = UInt64(text) {
                try value.encode(integer)
            } else {
                try value.encode(Double(text) ?? .infinity)
            }
        }
    }
}
