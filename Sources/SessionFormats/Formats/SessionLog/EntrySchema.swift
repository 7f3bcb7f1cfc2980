// Which entries, fields and content kinds a session log may hold: the one place where they are declared.
//
// The log's version number has stayed 1 while its entries gained types, fields and content kinds, so each declaration
// says since which release it exists, and each release's schema follows from that. Reading, canonical printing and typed
// decoding all follow these tables; a new field is one new line here.
//
// A declaration is compiled once into flat rows without references, so that the parser's loop touches no reference
// count.

/// What an entry of a session log may hold, in one release of the reference.
final class EntrySchema: Sendable {
    static let v0_3_0 = EntrySchema(of: .v0_3_0)
    /// The release whose verdicts are recorded in `Fixtures/session-log`.
    static let reference = EntrySchema(of: .reference)
    /// All entry types that are known of any release, of those of later ones the fields that all entries have; content
    /// of kinds that are not declared is accepted and kept as JSON.
    static let newest = EntrySchema(of: .later)

    /// The latest release whose logs are read without remark.
    let version: SessionLogVersion
    /// Whether content items of undeclared kinds are accepted.
    let acceptsUnknownContent: Bool
    let tables: SchemaTables

    private init(of version: SessionLogVersion) {
        self.version = version == .later ? .reference : version
        acceptsUnknownContent = version == .later
        tables = SchemaTables(entry: Self.entry, version: version)
    }

    static func of(_ version: SessionLogVersion) -> EntrySchema {
        version < .v0_5_0 ? .v0_3_0 : .reference
    }

    // MARK: The declarations, in serialisation order

    /// The kinds in the order of `EntryKind`.
    private static let entry = Union(
        tag: "type",
        [
            "message": [
                .required("id", .string), .optional("parent_id", .string), .required("timestamp", .string),
                .required("message", .union(message)),
            ],
            "compaction": [
                .required("id", .string), .optional("parent_id", .string), .required("timestamp", .string),
                .required("summary", .string), .required("first_kept_entry_id", .string),
                .required("tokens_before", .u64), .required("tokens_after", .u64),
            ],
            "leaf": [
                .required("id", .string), .optional("parent_id", .string), .required("timestamp", .string),
                .required("entry_id", .string),
            ],
            "extension_state": attachment, "session_info": attachment, "model_change": attachment,
            "thinking_level_change": attachment, "label": attachment, "branch_summary": attachment,
        ],
        since: Dictionary(uniqueKeysWithValues: EntryKind.allCases.map { ($0.rawValue, $0.since) }))

    /// What entries of later releases have in common; their further fields are not judged here.
    private static let attachment: [Field] = [
        .required("id", .string), .optional("parent_id", .string), .required("timestamp", .string),
    ]

    private static let message = Union(
        tag: "role",
        [
            "user": [.required("content", .list(input)), .required("timestamp_ms", .i64)],
            "assistant": [
                .required("content", .list(assistantContent)),
                .required("api", .name(["Anthropic", "OpenAi", "Google", "Mistral"])),
                .required("provider", .string), .required("model", .string), .optional("response_model", .string),
                .optional("response_id", .string), .required("usage", .record(usage)),
                .required("stop_reason", .name(["stop", "length", "tool_use", "error", "aborted"])),
                .optional("error_message", .string), .required("timestamp_ms", .i64),
            ],
            "tool_result": [
                .required("tool_call_id", .string), .required("tool_name", .string),
                .required("content", .list(input)), .optional("details", .anyJSON), .required("is_error", .bool),
                .required("timestamp_ms", .i64), .later("truncated", .v0_6_3),
            ],
        ])

    /// What a user says and what a tool returns.
    private static let input = Union(
        tag: "type", isContent: true,
        [
            "text": [.required("text", .string)],
            "image": [
                .required("source", .union(imageSource)),
                .required("media_type", .name(["image/png", "image/jpeg", "image/gif", "image/webp"])),
            ],
        ],
        since: ["image": .v0_5_0])

    private static let imageSource = Union(
        tag: "type",
        [
            "url": [.required("url", .string)],
            "base64": [.required("data", .string)],
            "bytes": [.required("data", .bytes)],
        ])

    private static let assistantContent = Union(
        tag: "type", isContent: true,
        [
            "text": [.required("text", .string)],
            "thinking": [.required("thinking", .string)],
            "tool_call": [.required("tool_call", .record(toolCall))],
        ])

    private static let toolCall: [Field] = [
        .required("id", .string), .required("name", .string), .required("arguments", .string),
    ]

    private static let usage: [Field] = [
        .required("input_tokens", .u32), .required("output_tokens", .u32), .defaulted("cache_read_tokens", .u32),
        .defaulted("cache_write_tokens", .u32), .later("reported", .v0_6_4), .later("cache_write_1h_tokens", .v0_7_1),
        .later("reasoning_tokens", .v0_7_1),
    ]
}

// MARK: - The vocabulary of declarations

extension EntrySchema {
    /// What a field may hold.
    indirect enum Shape: Sendable {
        case string, u32, u64, i64, bool
        /// An array of numbers from 0 to 255.
        case bytes
        /// Any JSON value.
        case anyJSON
        /// One of these names.
        case name([String])
        case record([Field])
        case union(Union)
        case list(Union)
    }

    /// One field of a record: its key, its shape, and what may be left out.
    struct Field: Sendable {
        var key: String
        var shape: Shape
        /// null means nil.
        var isNullable = false
        /// An object need not have it.
        var isOmissible = false
        /// An array of fields may end before it.
        var isOmissibleInArrays = false
        /// Set for a field that only releases behind the reference have: it is ignored, and noticed.
        var since: SessionLogVersion?

        static func required(_ key: String, _ shape: Shape) -> Field { Field(key: key, shape: shape) }

        static func optional(_ key: String, _ shape: Shape) -> Field {
            Field(key: key, shape: shape, isNullable: true, isOmissible: true)
        }

        static func defaulted(_ key: String, _ shape: Shape) -> Field {
            Field(key: key, shape: shape, isOmissible: true, isOmissibleInArrays: true)
        }

        static func later(_ key: String, _ since: SessionLogVersion) -> Field {
            Field(key: key, shape: .anyJSON, isOmissible: true, since: since)
        }
    }

    /// A record whose fields depend on a tag among them. The order of variants counts, since a number may name one.
    struct Union: Sendable {
        var tag: String
        /// Items of message content, the one place where the reference has added kinds.
        var isContent: Bool
        var variants: KeyValuePairs<String, [Field]>
        /// The variants that did not exist from the beginning.
        var since: [String: SessionLogVersion]

        init(
            tag: String, isContent: Bool = false, _ variants: KeyValuePairs<String, [Field]>,
            since: [String: SessionLogVersion] = [:]
        ) {
            self.tag = tag
            self.isContent = isContent
            self.variants = variants
            self.since = since
        }
    }
}

// MARK: - Compiled tables

/// A run of bytes in `SchemaTables.text`.
struct TextRow: Sendable {
    var start: Int32
    var length: Int32
}

enum ValueKind: UInt8, Sendable {
    case string, u32, u64, i64, bool, bytes, anyJSON, name, record, union, list
}

/// Up to 32 bytes as four words, with ones where there are bytes.
struct KeyPattern: Sendable {
    static let width = 32
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var masks: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(_ text: String) {
        precondition(text.utf8.count <= Self.width, "a key must fit its pattern")
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: Array(text.utf8)) }
        withUnsafeMutableBytes(of: &masks) { $0.copyBytes(from: repeatElement(0xFF, count: text.utf8.count)) }
    }

    /// Whether the bytes at `place`, of which 32 may be loaded, begin with the key.
    @inline(__always)
    func matches(_ place: UnsafeRawPointer) -> Bool {
        let first = (place.loadUnaligned(as: UInt64.self) ^ words.0) & masks.0
        let second = (place.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ words.1) & masks.1
        if first | second != 0 { return false }
        if masks.2 == 0 { return true }
        let third = (place.loadUnaligned(fromByteOffset: 16, as: UInt64.self) ^ words.2) & masks.2
        let fourth = (place.loadUnaligned(fromByteOffset: 24, as: UInt64.self) ^ words.3) & masks.3
        return third | fourth == 0
    }
}

struct FieldRow: Sendable {
    /// The key as a writer emits it: quotes and colon included.
    var quotedKey: TextRow
    /// The same, to be compared word by word with what a file holds.
    var pattern: KeyPattern
    var kind: ValueKind
    var isNullable: Bool
    var isOmissible: Bool
    var isOmissibleInArrays: Bool
    /// The rank of the release that brought it, when that came after the reference; otherwise 0.
    var since: UInt8
    /// The row of the record, union or name set that `kind` speaks of.
    var target: Int32

    /// The key without quotes and colon.
    var key: TextRow { TextRow(start: quotedKey.start + 1, length: quotedKey.length - 3) }
}

struct RecordRow: Sendable {
    var firstField: Int32
    var fieldCount: Int32
    /// How many rows behind its fields are those of later releases.
    var laterCount: Int32
    /// Fields that an object must have, a bit each.
    var requiredFields: UInt32
}

struct UnionRow: Sendable {
    var quotedTag: TextRow
    var isContent: Bool
    var firstVariant: Int32
    var variantCount: Int32

    var tag: TextRow { TextRow(start: quotedTag.start + 1, length: quotedTag.length - 3) }
}

/// A variant of a union, or one of a set of names (then `record` is -1).
struct VariantRow: Sendable {
    /// The name as a writer emits it, with its quotes.
    var quotedName: TextRow
    var record: Int32
    /// The rank of the release that brought it.
    var since: UInt8

    var name: TextRow { TextRow(start: quotedName.start + 1, length: quotedName.length - 2) }
}

/// A schema as flat rows. Union 0 is the entry itself.
struct SchemaTables: Sendable {
    private(set) var text: ContiguousArray<UInt8> = []
    private(set) var fields: ContiguousArray<FieldRow> = []
    private(set) var records: ContiguousArray<RecordRow> = []
    private(set) var unions: ContiguousArray<UnionRow> = []
    private(set) var variants: ContiguousArray<VariantRow> = []

    private let version: SessionLogVersion

    init(entry: EntrySchema.Union, version: SessionLogVersion) {
        self.version = version
        _ = compile(entry)
    }

    private mutating func intern(_ string: String) -> TextRow {
        let row = TextRow(start: Int32(text.count), length: Int32(string.utf8.count))
        text.append(contentsOf: string.utf8)
        return row
    }

    private mutating func compile(_ union: EntrySchema.Union) -> Int32 {
        let index = unions.count
        let tag = intern("\"\(union.tag)\":")
        unions.append(UnionRow(quotedTag: tag, isContent: union.isContent, firstVariant: 0, variantCount: 0))
        let compiled = union.variants.compactMap { name, fields -> VariantRow? in
            let since = union.since[name] ?? .v0_3_0
            if since > version { return nil }
            return VariantRow(
                quotedName: intern("\"\(name)\""), record: compile(fields),
                since: since.rank)
        }
        unions[index].firstVariant = Int32(variants.count)
        unions[index].variantCount = Int32(compiled.count)
        variants.append(contentsOf: compiled)
        return Int32(index)
    }

    private mutating func compile(_ declared: [EntrySchema.Field]) -> Int32 {
        let later = declared.count { $0.since != nil }
        let compiled = (declared.filter { $0.since == nil } + declared.filter { $0.since != nil }).map { field in
            let (kind, target) = compile(field.shape)
            let quotedKey = "\"\(field.key)\":"
            return FieldRow(
                quotedKey: intern(quotedKey), pattern: KeyPattern(quotedKey), kind: kind, isNullable: field.isNullable,
                isOmissible: field.isOmissible, isOmissibleInArrays: field.isOmissibleInArrays,
                since: field.since?.rank ?? 0, target: target)
        }
        let required = compiled.enumerated().reduce(UInt32(0)) { $0 | ($1.element.isOmissible ? 0 : 1 << $1.offset) }
        records.append(
            RecordRow(
                firstField: Int32(fields.count), fieldCount: Int32(compiled.count - later),
                laterCount: Int32(later), requiredFields: required))
        fields.append(contentsOf: compiled)
        return Int32(records.count - 1)
    }

    private mutating func compile(_ shape: EntrySchema.Shape) -> (ValueKind, Int32) {
        switch shape {
        case .string: return (.string, -1)
        case .u32: return (.u32, -1)
        case .u64: return (.u64, -1)
        case .i64: return (.i64, -1)
        case .bool: return (.bool, -1)
        case .bytes: return (.bytes, -1)
        case .anyJSON: return (.anyJSON, -1)
        case .record(let fields): return (.record, compile(fields))
        case .union(let union): return (.union, compile(union))
        case .list(let union): return (.list, compile(union))
        case .name(let names):
            let compiled = names.map { VariantRow(quotedName: intern("\"\($0)\""), record: -1, since: 0) }
            unions.append(
                UnionRow(
                    quotedTag: TextRow(start: 0, length: 3), isContent: false,
                    firstVariant: Int32(variants.count), variantCount: Int32(compiled.count)))
            variants.append(contentsOf: compiled)
            return (.name, Int32(unions.count - 1))
        }
    }

    /// Calls `body` with the rows as pointers, valid only inside it.
    func withRows<Result>(_ body: (SchemaRows) -> Result) -> Result {
        text.withUnsafeBufferPointer { text in
            fields.withUnsafeBufferPointer { fields in
                records.withUnsafeBufferPointer { records in
                    unions.withUnsafeBufferPointer { unions in
                        variants.withUnsafeBufferPointer { variants in
                            body(
                                SchemaRows(
                                    text: text, fields: fields, records: records, unions: unions, variants: variants))
                        }
                    }
                }
            }
        }
    }
}

/// The tables as the parser walks them. Every index in them was made by `SchemaTables`, none comes from a file.
struct SchemaRows {
    let text: UnsafeBufferPointer<UInt8>
    let fields: UnsafeBufferPointer<FieldRow>
    let records: UnsafeBufferPointer<RecordRow>
    let unions: UnsafeBufferPointer<UnionRow>
    let variants: UnsafeBufferPointer<VariantRow>
}
