// What kind of thing was done in a session.

/// A kind of action, with what belongs to it. The cases stand in the order of their numbers in the file.
public enum ActionType: Sendable, Equatable, Codable {
    /// A document was put. (The real program writes the log's sequence number here, not a frame's.)
    case put(frameID: UInt64)
    /// Several documents were put.
    case putMany(frameIDs: [UInt64], count: UInt64)
    /// A search.
    case find(query: String, mode: String, resultCount: UInt64)
    /// A question to a model.
    case ask(query: String, provider: String, model: String)
    /// A checkpoint was made.
    case checkpoint(id: UInt64)
    /// A frame was changed.
    case update(frameID: UInt64)
    /// A frame was deleted.
    case delete(frameID: UInt64)
    /// A tool was called.
    case toolCall(name: String, argumentsHash: Digest)

    /// How many kinds there are.
    static let count = 8

    /// The kind's number in the file.
    var number: UInt32 {
        switch self {
        case .put: 0
        case .putMany: 1
        case .find: 2
        case .ask: 3
        case .checkpoint: 4
        case .update: 5
        case .delete: 6
        case .toolCall: 7
        }
    }
}

extension ActionType: BincodeValue {
    init() { self = .put(frameID: 0) }

    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        switch try coder.variant(number, count: Self.count) {
        case 0: self = .put(frameID: try coded("frame_id", singleNumber, &coder))
        case 1: try codePutMany(with: &coder)
        case 2: try codeFind(with: &coder)
        case 3: try codeAsk(with: &coder)
        case 4: self = .checkpoint(id: try coded("checkpoint_id", singleNumber, &coder))
        case 5: self = .update(frameID: try coded("frame_id", singleNumber, &coder))
        case 6: self = .delete(frameID: try coded("frame_id", singleNumber, &coder))
        default: try codeToolCall(with: &coder)
        }
    }

    /// The one number of the kinds that have nothing else.
    private var singleNumber: UInt64 {
        switch self {
        case .put(let number), .checkpoint(let number), .update(let number), .delete(let number): number
        default: 0
        }
    }

    @inline(__always)
    private func coded<Value: BincodeValue, Coder: BincodeCoder>(
        _ name: StaticString, _ value: Value, _ coder: inout Coder
    ) throws(BincodeError) -> Value {
        var value = value
        try coder.field(name, &value)
        return value
    }

    @inline(__always)
    private mutating func codePutMany<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        var (frameIDs, count): ([UInt64], UInt64) = ([], 0)
        if case .putMany(let now, let nowCount) = self { (frameIDs, count) = (now, nowCount) }
        try coder.field("frame_ids", &frameIDs)
        try coder.field("count", &count)
        self = .putMany(frameIDs: frameIDs, count: count)
    }

    @inline(__always)
    private mutating func codeFind<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        var (query, mode, resultCount) = ("", "", UInt64(0))
        if case .find(let nowQuery, let nowMode, let nowCount) = self {
            (query, mode, resultCount) = (nowQuery, nowMode, nowCount)
        }
        try coder.field("query", &query)
        try coder.field("mode", &mode)
        try coder.field("result_count", &resultCount)
        self = .find(query: query, mode: mode, resultCount: resultCount)
    }

    @inline(__always)
    private mutating func codeAsk<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        var (query, provider, model) = ("", "", "")
        if case .ask(let nowQuery, let nowProvider, let nowModel) = self {
            (query, provider, model) = (nowQuery, nowProvider, nowModel)
        }
        try coder.field("query", &query)
        try coder.field("provider", &provider)
        try coder.field("model", &model)
        self = .ask(query: query, provider: provider, model: model)
    }

    @inline(__always)
    private mutating func codeToolCall<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        var (name, hash) = ("", Digest.zero)
        if case .toolCall(let nowName, let nowHash) = self { (name, hash) = (nowName, nowHash) }
        try coder.field("name", &name)
        try coder.field("args_hash", &hash)
        self = .toolCall(name: name, argumentsHash: hash)
    }
}
