// Traces of live replay stores as one of the formats of the catalogue.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import SessionFormats

extension FormatID {
    /// A recorded run of a live replay store, JSON Lines.
    public static let liveReplayTrace = FormatID("live-replay-trace")
}

/// The trace: recognised by its header.
public struct LiveReplayTraceFormat: SessionFormat {
    /// Makes the format.
    public init() {}

    /// "live-replay-trace".
    public var id: FormatID { .liveReplayTrace }

    /// As in "A trace".
    public var title: String { "A trace of a live replay store" }

    /// The header is short, and the first line.
    public func recognise(_ bytes: FileBytes, name: String?, _ depth: Recognition.Depth) -> Recognition? {
        Recognition(headerOfType: LiveReplayTrace.type, in: bytes)
    }

    /// Reads the trace and asks our store the same; see `LiveReplayTrace`.
    public func examine(_ bytes: FileBytes, _ options: ExaminationOptions) -> Examination {
        do throws(LiveReplayTrace.Malformed) {
            let trace = try LiveReplayTrace.read(bytes)
            let difference = trace.firstDifference()
            return Examination(
                id, of: bytes, difference == nil ? .clean : .damaged, summary: ["\(trace.steps.count) operations"],
                findings: difference.map { [$0.finding] } ?? [], fields: { LineFields.fields(of: bytes) })
        } catch {
            return Examination(
                refusing: id, of: bytes, "Malformed", error.description, at: error.offset, line: error.line,
                fields: { LineFields.fields(of: bytes) })
        }
    }
}

extension LiveReplayTrace.Difference {
    fileprivate var finding: Finding {
        Finding(
            .traceDifference, .error, offset: offset, length: 0, line: line,
            message: "The answer had to be \(expected), and \(recorded) is recorded.")
    }
}

extension Recognition {
    /// What a first line says that is an object with this "type".
    init?(headerOfType type: String, in bytes: FileBytes) {
        let line = bytes.copy(0..<4096).firstLine
        // Most files are told from their first line without reading it as JSON: letters can be spelled by their numbers only.
        guard line.first == 0x7B, Self.mentions(type, line) || Self.mentions("\\u", line),
            let header = try? JSONValue(line), header["type"]?.string == type
        else { return nil }
        self.init(.header, "the header on its first line")
    }

    private static func mentions(_ text: String, _ line: ArraySlice<UInt8>) -> Bool {
        var text = text
        return text.withUTF8 { word in
            line.withUnsafeBytes { line in
                guard let base = line.baseAddress, let letters = word.baseAddress else { return false }
                // An underscore is rarer than letters.
                let rare = word.firstIndex(of: 0x5F) ?? 0
                let end = line.count - word.count + 1 + rare
                var at = rare
                while at < end, let found = memchr(base + at, Int32(word[rare]), end - at) {
                    at = base.distance(to: found)
                    if memcmp(base + at - rare, letters, word.count) == 0 { return true }
                    at += 1
                }
                return false
            }
        }
    }
}

extension [UInt8] {
    /// Up to the first LF.
    fileprivate var firstLine: ArraySlice<UInt8> {
        let end = withUnsafeBytes { bytes in
            bytes.baseAddress.flatMap { base in memchr(base, 0x0A, bytes.count).map { base.distance(to: $0) } }
        }
        return self[..<(end ?? count)]
    }
}

extension FormatCatalogue {
    /// The formats of both libraries.
    public static let withLiveReplay = standard.adding(LiveReplayTraceFormat(), LiveReplayStoreFormat())
}
