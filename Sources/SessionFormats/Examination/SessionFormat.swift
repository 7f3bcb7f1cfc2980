// What the library can do with one file format, in one shape for all.

/// A file format. Formats that a program brings along are added to a catalogue and then work everywhere.
public protocol SessionFormat: Sendable {
    /// The format's stable name.
    var id: FormatID { get }

    /// What a file of this format is called, as the beginning of a sentence: "A session log".
    var title: String { get }

    /// How sure the format is that a file is its own; nil when nothing speaks for it. Never trusts the content: it may be
    /// anything.
    ///
    /// - Parameters:
    ///   - name: The file's name, without folders, when it has one.
    ///   - depth: How much may be looked at. Ends are asked for first; the whole only when no format is sure.
    func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition?

    /// All that can be said about a file. A file that cannot be read is a result, not an error.
    func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination

    /// The same with the memory of the file's longest part, for files larger than memory and files that are being
    /// written; nil when the format has no way to do that.
    ///
    /// - Throws: `FileSystemError` when the file cannot be read.
    func examineStream(
        path: String, on fileSystem: any FileSystem, _ options: ExaminationOptions
    ) throws(FileSystemError) -> Examination?

    /// A whole file of the same format with everything that can be had of this one, and what became of each part of it.
    ///
    /// What is recovered is clean, and recovering it again gives the same bytes.
    ///
    /// - Throws: `RecoveryError`.
    func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered
}

extension SessionFormat {
    /// The title is the name, unless the format has another.
    public var title: String { id.rawValue }

    /// Most formats have no streaming reader.
    public func examineStream(
        path: String, on fileSystem: any FileSystem, _ options: ExaminationOptions
    ) throws(FileSystemError) -> Examination? { nil }

    /// Most formats cannot be written back yet.
    public func recover(_ bytes: FileBytes, _ options: RecoveryOptions) throws(RecoveryError) -> Recovered {
        throw .unsupported(id)
    }

    /// Recovers what is certain.
    ///
    /// - Throws: `RecoveryError`.
    public func recover(_ bytes: FileBytes) throws(RecoveryError) -> Recovered {
        try recover(bytes, RecoveryOptions())
    }
}

/// Why a file cannot be written back.
public enum RecoveryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The format has no writer for what was recovered.
    case unsupported(FormatID)
    /// There is nothing to be had.
    case nothing(String)

    /// One sentence.
    public var description: String {
        switch self {
        case .unsupported(let format): "Files of the format \(format) cannot be written back."
        case .nothing(let reason): "There is nothing to be had: \(reason)"
        }
    }
}
