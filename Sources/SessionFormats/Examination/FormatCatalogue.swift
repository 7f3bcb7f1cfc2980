// The formats that are known, and the way from bytes to an examination.

/// Formats, and what can be done with a file when its format is not known beforehand.
///
///     let examination = try FormatCatalogue.standard.examine(path: "session.jsonl")
///     print(examination.text(path: "session.jsonl"))
public struct FormatCatalogue: Sendable {
    /// The formats, in the order in which they are asked; of equally sure ones the first wins.
    public private(set) var formats: [any SessionFormat] {
        didSet { families = FormatFamily.families(of: formats) }
    }
    private var families: [FormatFamily]

    /// A catalogue of these formats.
    public init(_ formats: [any SessionFormat]) {
        self.formats = formats
        families = FormatFamily.families(of: formats)
    }

    /// The formats of this library.
    public static let standard = FormatCatalogue(
        [
            SessionLogFormat(), MV2Format(), ReplaySegmentFormat(), ActiveSessionFormat(),
        ] + AgentLogFormat.all)

    /// The same with further formats; one whose name is there already takes its place.
    public func adding(_ more: any SessionFormat...) -> FormatCatalogue {
        var sum = self
        for format in more {
            if let index = sum.formats.firstIndex(where: { $0.id == format.id }) {
                sum.formats[index] = format
            } else {
                sum.formats.append(format)
            }
        }
        return sum
    }

    /// The format of a name; nil when it is not in the catalogue.
    public func format(_ id: FormatID) -> (any SessionFormat)? { formats.first { $0.id == id } }

    /// What the formats claim, the surest first; ends of the file are looked at first, all of it when no format is sure.
    ///
    /// - Parameter name: The file's name, without folders, when it has one.
    public func recognise(_ bytes: FileBytes, name: String? = nil) -> [(format: any SessionFormat, by: Recognition)] {
        let atEnds = claims(bytes, name, .ends)
        if let best = atEnds.first, best.by.certainty >= .header { return atEnds }
        return claims(bytes, name, .whole)
    }

    private func claims(
        _ bytes: FileBytes, _ name: String?, _ depth: Recognition.Depth
    ) -> [(format: any SessionFormat, by: Recognition)] {
        var claims: [FormatFamily.Claim] = []
        for family in families { family.recognise(bytes, name, depth, &claims) }
        claims.sort { ($1.by.certainty, $0.place) < ($0.by.certainty, $1.place) }
        return claims.map { (formats[$0.place], $0.by) }
    }

    /// Examines a file's bytes.
    ///
    /// - Parameters:
    ///   - name: The file's name or path, which decides only where the content says nothing.
    ///   - format: What to read it as; recognised when nil.
    public func examine(
        _ bytes: FileBytes, name: String? = nil, as format: (any SessionFormat)? = nil,
        _ options: ExaminationOptions = ExaminationOptions()
    ) -> Examination {
        var options = options
        options.fileName = options.fileName ?? Self.lastComponent(name)
        if let format { return format.examine(bytes, options) }
        let claims = recognise(bytes, name: Self.lastComponent(name))
        guard let best = claims.first else { return Self.unknown(bytes) }
        var examination = best.format.examine(bytes, options)
        examination.recognition = best.by
        addRival(claims, bytes, to: &examination)
        return examination
    }

    /// Examines a file: in one line all that `crashlab check` prints.
    ///
    /// - Throws: `FileSystemError` when the file cannot be read; what is wrong inside it is in the result.
    public func examine(
        path: String, as format: (any SessionFormat)? = nil, on fileSystem: any FileSystem = DiskFileSystem(),
        _ options: ExaminationOptions = ExaminationOptions()
    ) throws(FileSystemError) -> Examination {
        let bytes = try fileSystem.contents(of: path)
        return try examine(
            reading: options.copies ? bytes.copied() ?? bytes : bytes, path: path, as: format, options)
    }

    /// What was concluded from bytes counts when they stood still; otherwise the file is read anew, and when it does not stand
    /// still then either, that is said.
    private func examine(
        reading bytes: FileBytes, path: String, as format: (any SessionFormat)?, _ options: ExaminationOptions
    ) throws(FileSystemError) -> Examination {
        let examination = examine(bytes, name: path, as: format, options)
        guard let change = try bytes.change() else { return examination }
        if let copy = bytes.copied() { return try examine(reading: copy, path: path, as: format, options) }
        let read = bytes.beforeCut
        return (read.count < bytes.count ? examine(read, name: path, as: format, options) : examination).adding(change)
    }

    /// Examines a file as a stream when its format, told from its beginning, can be read so, and as a whole otherwise.
    ///
    /// - Throws: `FileSystemError` when the file cannot be read.
    public func examineStream(
        path: String, as format: (any SessionFormat)? = nil, on fileSystem: any FileSystem = DiskFileSystem(),
        _ options: ExaminationOptions = ExaminationOptions()
    ) throws(FileSystemError) -> Examination {
        var format = format
        var recognition: Recognition?
        if format == nil {
            let file = try fileSystem.open(path, .read)
            defer { file.close() }
            let start = FileBytes(try file.read(at: 0, count: Self.beginning))
            var claim = claims(start, Self.lastComponent(path), .whole).first
            if start.count == Self.beginning, claim.map({ $0.by.certainty < .header }) ?? true {
                // The beginning alone decides nothing, so all of the file is asked.
                claim = recognise(try fileSystem.contents(of: path), name: Self.lastComponent(path)).first
            }
            (format, recognition) = (claim?.format, claim?.by)
        }
        if let format, var examination = try format.examineStream(path: path, on: fileSystem, options) {
            examination.recognition = recognition
            return examination
        }
        return try examine(path: path, as: format, on: fileSystem, options)
    }

    /// How much of a stream is looked at to tell its format, in bytes.
    private static let beginning = 1 << 16

    private static func lastComponent(_ path: String?) -> String? {
        guard let path else { return nil }
        let bytes = path.utf8
        let end = bytes.lastIndex { $0 != 0x2F }.map { bytes.index(after: $0) } ?? bytes.startIndex
        let start = bytes[..<end].lastIndex(of: 0x2F).map { bytes.index(after: $0) } ?? bytes.startIndex
        return start < end ? String(path[start..<end]) : nil
    }

    private static func unknown(_ bytes: FileBytes) -> Examination {
        Examination(
            refusing: .unknown, of: bytes, "UnknownFormat", "The content is of no format that is known here.",
            .unknownFormat,
            length: bytes.count, fields: { LineFields.fields(of: bytes) })
    }

    /// Says what was beaten when it was close.
    private func addRival(
        _ claims: [(format: any SessionFormat, by: Recognition)], _ bytes: FileBytes, to examination: inout Examination
    ) {
        guard claims.count > 1, claims[1].by.certainty == claims[0].by.certainty, claims[0].by.certainty > .hint else {
            return
        }
        examination.findings.append(
            Finding(
                .ambiguousFormat, .note, offset: 0, length: 0,
                message: """
                    The file was read as \(claims[0].format.id), by \(claims[0].by.evidence); it could also be \
                    \(claims[1].format.id), by \(claims[1].by.evidence).
                    """))
    }
}
