// One thing that an agent did to a memory, as a replay session records it.

/// An action.
public struct ReplayAction: Sendable, Equatable, Codable {
    /// Its number in the session; each is larger than the one before.
    public var sequence: UInt64
    /// Seconds since 1970.
    public var timestampSeconds: Int64
    /// What was done.
    public var type: ActionType
    /// BLAKE3 of the input; zero when there was none, all ones when it was larger than `Preview.maximumSize`.
    public var inputHash: Digest
    /// BLAKE3 of the output, likewise.
    public var outputHash: Digest
    /// The beginning of the input.
    public var inputPreview: String
    /// The beginning of the output.
    public var outputPreview: String
    /// The frames that it touched.
    public var affectedFrames: [UInt64]
    /// How long it took.
    public var durationMilliseconds: UInt64

    /// Makes an action without input and output.
    public init(
        sequence: UInt64, timestampSeconds: Int64, type: ActionType, affectedFrames: [UInt64] = [],
        durationMilliseconds: UInt64 = 0
    ) {
        self.sequence = sequence
        self.timestampSeconds = timestampSeconds
        self.type = type
        inputHash = .zero
        outputHash = .zero
        inputPreview = ""
        outputPreview = ""
        self.affectedFrames = affectedFrames
        self.durationMilliseconds = durationMilliseconds
    }

    /// Records the input's hash and preview.
    public mutating func setInput(_ data: some Collection<UInt8>) {
        (inputHash, inputPreview) = Preview.of(data, named: "Input")
    }

    /// Records the output's hash and preview.
    public mutating func setOutput(_ data: some Collection<UInt8>) {
        (outputHash, outputPreview) = Preview.of(data, named: "Output")
    }
}

extension ReplayAction: BincodeValue {
    init() { self.init(sequence: 0, timestampSeconds: 0, type: ActionType()) }

    @inline(__always)
    mutating func code<Coder: BincodeCoder>(with coder: inout Coder) throws(BincodeError) {
        try coder.field("sequence", &sequence)
        try coder.field("timestamp_secs", &timestampSeconds)
        try coder.field("action_type", &type)
        try coder.field("input_hash", &inputHash)
        try coder.field("output_hash", &outputHash)
        try coder.field("input_preview", &inputPreview)
        try coder.field("output_preview", &outputPreview)
        try coder.field("affected_frames", &affectedFrames)
        try coder.field("duration_ms", &durationMilliseconds)
    }
}

/// What is kept of an action's input or output: a hash, and a beginning that people can read.
public enum Preview {
    /// Larger data is neither hashed nor previewed; in bytes.
    public static let maximumSize = 10 << 20
    /// The preview is made of this many bytes at most.
    public static let length = 512

    /// The hash and preview of some data, as the reference makes them; `name` is "Input" or "Output".
    static func of(_ data: some Collection<UInt8>, named name: String) -> (Digest, String) {
        let size = data.count
        if size == 0 { return (.zero, "") }
        guard size <= maximumSize else {
            return (.allOnes, "[ERROR: \(name) size \(size) exceeds maximum \(maximumSize)]")
        }
        return (BLAKE3.hash(Array(data)), text(of: data.prefix(length)))
    }

    /// UTF-8 with replacement characters; control characters dropped but for newline and tab.
    private static func text(of bytes: some Collection<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            if !isControl || scalar == "\n" || scalar == "\t" { text.unicodeScalars.append(scalar) }
        }
        return text
    }
}
