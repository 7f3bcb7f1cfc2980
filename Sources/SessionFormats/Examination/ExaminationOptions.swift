// What an examination is asked to do.

/// What an examination is asked to do; the defaults are those of `crashlab check`.
public struct ExaminationOptions: Sendable {
    /// As the reference implementation reads, or everything that can be had.
    public var mode: ReadingMode
    /// Whether all content that has a hash is hashed, which takes as long as reading it all.
    public var isDeep: Bool
    /// Whether a digest of what survives is made, where the format has one.
    public var digests: Bool
    /// Whether a large file is read on all cores.
    public var usesAllCores: Bool
    /// Whether the file is copied into memory also where the program has files mapped; see `FileBytes.mapsFiles()`.
    public var copies = false

    /// Whether the file's own text may be quoted, where it is what people said; names, kinds and places always are.
    public var showsText: Bool
    /// What the file is called, without folders, where its name says what its content should.
    public var fileName: String?

    /// Makes options.
    public init(
        mode: ReadingMode = .recover, isDeep: Bool = false, digests: Bool = false, usesAllCores: Bool = false,
        showsText: Bool = false, fileName: String? = nil
    ) {
        self.mode = mode
        self.isDeep = isDeep
        self.digests = digests
        self.usesAllCores = usesAllCores
        self.showsText = showsText
        self.fileName = fileName
    }
}
