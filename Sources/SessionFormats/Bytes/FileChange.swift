// What another program did to a file while it was read.
//
// A file's size and times tell that it stood still. When they do not, because something was written or because the last
// write is so young that the next one would have the same time, what was read is read once more: what is the same twice is
// what the file held.

/// A change of a file that was being read.
public struct FileChange: Sendable, Equatable {
    /// The file's size when reading began, in bytes.
    public var sizeBefore: Int
    /// The file's size when reading had ended, in bytes.
    public var sizeAfter: Int
    /// Whether all that was read is still there, and more behind it.
    public var isGrowth: Bool

    init(from sizeBefore: Int, to sizeAfter: Int, isGrowth: Bool) {
        (self.sizeBefore, self.sizeAfter, self.isGrowth) = (sizeBefore, sizeAfter, isGrowth)
    }

    /// What happened to a file that was read at once.
    ///
    /// - Parameters:
    ///   - before: What the file was before it was read.
    ///   - what: What was read.
    static func since(
        _ before: FileStamp, reading file: any OpenFile, what bytes: [UInt8]
    ) throws(FileSystemError) -> FileChange? {
        let after = try file.stamp()
        if before.excludesChange(until: after) { return nil }
        let again = try file.readToEnd(expecting: after.size)
        if again == bytes { return nil }
        let isGrowth = again.starts(with: bytes)
        return isGrowth
            ? FileChange(from: bytes.count, to: again.count, isGrowth: true)
            : FileChange(from: before.size, to: try file.size(), isGrowth: false)
    }
}

/// What tells one state of a file from another without reading it.
public struct FileStamp: Sendable, Equatable {
    /// In bytes.
    public var size: Int
    /// When content, size or status last changed, in nanoseconds since 1970; nil when the file system does not say.
    public var changedAt: Int64?
    /// Whether a later change would have a later time.
    public var isSettled: Bool

    /// A stamp.
    ///
    /// - Parameter isSettled: Whether a change made from now on would have another time.
    public init(size: Int, changedAt: Int64? = nil, isSettled: Bool = false) {
        (self.size, self.changedAt, self.isSettled) = (size, changedAt, isSettled)
    }

    /// Whether two stamps, of which the other one is the later, show that nothing was changed between them.
    func excludesChange(until later: FileStamp) -> Bool {
        isSettled && changedAt != nil && size == later.size && changedAt == later.changedAt
    }
}
