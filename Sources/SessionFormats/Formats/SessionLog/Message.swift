// What is said in a session: by the user, by the assistant, by a tool.

/// One message.
public enum Message: Sendable, Equatable {
    /// From the user.
    case user(UserMessage)
    /// From the model.
    case assistant(AssistantMessage)
    /// What a tool returned.
    case toolResult(ToolResultMessage)

    func encoded() -> [UInt8] {
        var json = JSONRecordPrinter()
        switch self {
        case .user(let message):
            json.field("role", string: "user")
            json.field("content", list: message.content.map { $0.encoded() })
            json.field("timestamp_ms", integer: message.timestampMilliseconds)
        case .assistant(let message):
            json.field("role", string: "assistant")
            json.field("content", list: message.content.map { $0.encoded() })
            json.field("api", string: message.api.rawValue)
            json.field("provider", string: message.provider)
            json.field("model", string: message.model)
            json.field("response_model", optional: message.responseModel)
            json.field("response_id", optional: message.responseID)
            json.field("usage", json: message.usage.encoded())
            json.field("stop_reason", string: message.stopReason.rawValue)
            json.field("error_message", optional: message.errorMessage)
            json.field("timestamp_ms", integer: message.timestampMilliseconds)
        case .toolResult(let message):
            json.field("role", string: "tool_result")
            json.field("tool_call_id", string: message.toolCallID)
            json.field("tool_name", string: message.toolName)
            json.field("content", list: message.content.map { $0.encoded() })
            json.field("details", json: message.details?.bytes ?? Array("null".utf8))
            json.field("is_error", bool: message.isError)
            json.field("timestamp_ms", integer: message.timestampMilliseconds)
        }
        return json.finish()
    }
}

/// What the user said.
public struct UserMessage: Sendable, Equatable {
    /// Texts and images, in the order in which they were said.
    public var content: [ContentItem]
    /// When it was said, in milliseconds since 1970, as the writer's clock had it.
    public var timestampMilliseconds: Int64

    /// Makes a message.
    public init(content: [ContentItem], timestampMilliseconds: Int64) {
        self.content = content
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// What the model said, and what it cost.
public struct AssistantMessage: Sendable, Equatable {
    /// Texts, thinking and tool calls, in the order in which the model gave them.
    public var content: [ContentItem]
    /// Which programming interface served it.
    public var api: APIKind
    /// The provider's name.
    public var provider: String
    /// The model that was asked for.
    public var model: String
    /// The model that answered, when the provider said so.
    public var responseModel: String?
    /// The provider's identifier of the response.
    public var responseID: String?
    /// Tokens spent.
    public var usage: Usage
    /// Why the model stopped.
    public var stopReason: StopReason
    /// What went wrong, if something did.
    public var errorMessage: String?
    /// Milliseconds since 1970.
    public var timestampMilliseconds: Int64

    /// Makes a message.
    public init(
        content: [ContentItem], api: APIKind, provider: String, model: String, responseModel: String? = nil,
        responseID: String? = nil, usage: Usage, stopReason: StopReason, errorMessage: String? = nil,
        timestampMilliseconds: Int64
    ) {
        self.content = content
        self.api = api
        self.provider = provider
        self.model = model
        self.responseModel = responseModel
        self.responseID = responseID
        self.usage = usage
        self.stopReason = stopReason
        self.errorMessage = errorMessage
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// What a tool returned.
public struct ToolResultMessage: Sendable, Equatable {
    /// The call that this answers.
    public var toolCallID: String
    /// The tool's name.
    public var toolName: String
    /// Texts and images, in the order in which the tool gave them.
    public var content: [ContentItem]
    /// Anything the tool wanted kept.
    public var details: CanonicalJSON?
    /// Whether the tool failed.
    public var isError: Bool
    /// Milliseconds since 1970.
    public var timestampMilliseconds: Int64

    /// Makes a message.
    public init(
        toolCallID: String, toolName: String, content: [ContentItem], details: CanonicalJSON? = nil, isError: Bool,
        timestampMilliseconds: Int64
    ) {
        self.toolCallID = toolCallID
        self.toolName = toolName
        self.content = content
        self.details = details
        self.isError = isError
        self.timestampMilliseconds = timestampMilliseconds
    }
}

/// One item of a message's content.
public enum ContentItem: Sendable, Equatable {
    /// Plain text.
    case text(String)
    /// A picture; in what users say and tools return only.
    case image(Image)
    /// The model's reasoning; in assistant messages only.
    case thinking(String)
    /// A request to run a tool; in assistant messages only.
    case toolCall(ToolCall)
    /// An item of a kind that the schema does not declare, kept as JSON.
    case unknown(CanonicalJSON)

    func encoded() -> [UInt8] {
        var json = JSONRecordPrinter()
        switch self {
        case .text(let text):
            json.field("type", string: "text")
            json.field("text", string: text)
        case .image(let image):
            json.field("type", string: "image")
            json.field("source", json: image.source.encoded())
            json.field("media_type", string: image.mediaType.rawValue)
        case .thinking(let text):
            json.field("type", string: "thinking")
            json.field("thinking", string: text)
        case .toolCall(let call):
            json.field("type", string: "tool_call")
            json.field("tool_call", json: call.encoded())
        case .unknown(let item):
            return item.bytes
        }
        return json.finish()
    }
}

/// A picture in a message.
public struct Image: Sendable, Equatable {
    /// Where its bytes are.
    public var source: ImageSource
    /// How its bytes are to be read.
    public var mediaType: MediaType

    /// Makes an image.
    public init(source: ImageSource, mediaType: MediaType) {
        self.source = source
        self.mediaType = mediaType
    }
}

/// Where a picture's bytes are.
public enum ImageSource: Sendable, Equatable {
    /// Behind this address.
    case url(String)
    /// In this text, as base64; readers do not check it.
    case base64(String)
    /// Here.
    case bytes([UInt8])

    func encoded() -> [UInt8] {
        var json = JSONRecordPrinter()
        switch self {
        case .url(let url):
            json.field("type", string: "url")
            json.field("url", string: url)
        case .base64(let data):
            json.field("type", string: "base64")
            json.field("data", string: data)
        case .bytes(let data):
            json.field("type", string: "bytes")
            json.field("data", list: data.map { Array("\($0)".utf8) })
        }
        return json.finish()
    }
}

/// The kinds of pictures that a message may hold; the raw values are those of the file.
public enum MediaType: String, Sendable, CaseIterable {
    /// Portable Network Graphics.
    case png = "image/png"
    /// JPEG.
    case jpeg = "image/jpeg"
    /// Graphics Interchange Format.
    case gif = "image/gif"
    /// WebP.
    case webP = "image/webp"
}

/// A request to run a tool.
public struct ToolCall: Sendable, Equatable {
    /// Identifies the call.
    public var id: String
    /// The tool's name.
    public var name: String
    /// The arguments, usually JSON, as the model wrote them.
    public var arguments: String

    /// Makes a call.
    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    func encoded() -> [UInt8] {
        var json = JSONRecordPrinter()
        json.field("id", string: id)
        json.field("name", string: name)
        json.field("arguments", string: arguments)
        return json.finish()
    }
}

/// Tokens spent on one response.
public struct Usage: Sendable, Equatable {
    /// Tokens read.
    public var inputTokens: UInt32
    /// Tokens written.
    public var outputTokens: UInt32
    /// Tokens read from the provider's cache.
    public var cacheReadTokens: UInt32
    /// Tokens written to the provider's cache.
    public var cacheWriteTokens: UInt32

    /// Makes a record of usage.
    public init(
        inputTokens: UInt32, outputTokens: UInt32, cacheReadTokens: UInt32 = 0, cacheWriteTokens: UInt32 = 0
    ) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cacheReadTokens = cacheReadTokens
        self.cacheWriteTokens = cacheWriteTokens
    }

    func encoded() -> [UInt8] {
        var json = JSONRecordPrinter()
        json.field("input_tokens", integer: inputTokens)
        json.field("output_tokens", integer: outputTokens)
        json.field("cache_read_tokens", integer: cacheReadTokens)
        json.field("cache_write_tokens", integer: cacheWriteTokens)
        return json.finish()
    }
}

/// Which programming interface served a response; the raw values are those of the file.
public enum APIKind: String, Sendable, CaseIterable {
    /// Anthropic's.
    case anthropic = "Anthropic"
    /// OpenAI's.
    case openAI = "OpenAi"
    /// Google's.
    case google = "Google"
    /// Mistral's.
    case mistral = "Mistral"
}

/// Why a model stopped; the raw values are those of the file.
public enum StopReason: String, Sendable, CaseIterable {
    /// It was done.
    case stop
    /// It reached a limit.
    case length
    /// It wants a tool to run.
    case toolUse = "tool_use"
    /// Something failed.
    case error
    /// Someone interrupted it.
    case aborted
}
