// What a recovery did with a file, for people and for programs.

import SessionFormats

/// A file, what it was found to be, and what was written of it.
public struct RecoveryReport: Sendable {
    /// The file.
    public var input: String
    /// What it was found to be.
    public var examination: Examination
    /// What was recovered; nil when nothing could be.
    public var recovered: Recovered?
    /// Where the copy is, or would be.
    public var output: String?
    /// Where what was left out is; nil when nothing was, or nothing was written.
    public var leftOutPath: String?
    /// Why there is no copy.
    public var refusal: String?
    /// Whether nothing was to be written.
    public var isDry = false

    /// A report on a file of which nothing was recovered yet.
    public init(input: String, examination: Examination) { (self.input, self.examination) = (input, examination) }

    /// A block of text.
    public var text: String {
        var lines = ["\(input): \(examination.format), \(examination.verdict)"]
        if let failure = examination.failure { lines.append("  \(failure.message)") }
        if let refusal { lines.append("  \(refusal)") }
        if let recovered, let output {
            let verb = isDry ? "would go to" : "was written to"
            let format = recovered.format == examination.format ? "copy" : "copy, a \(recovered.format),"
            lines.append("  a \(format) of \(recovered.bytes.count) bytes \(verb) \(output)")
            if let leftOutPath { lines.append("  what was left out is in \(leftOutPath)") }
            lines += recovered.repairs.map { "  \($0.text)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One JSON object, without a newline. Fields that do not apply are left out.
    public var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("path", string: input)
        json.field("format", string: examination.format.rawValue)
        json.field("verdict", string: examination.verdict.rawValue)
        json.field("error", optional: refusal ?? examination.failure?.message)
        if let recovered {
            json.field("output", optional: output)
            json.field("outputFormat", string: recovered.format.rawValue)
            json.field("outputSize", integer: recovered.bytes.count)
            json.field("isDry", json: Array((isDry ? "true" : "false").utf8))
            json.field("leftOut", optional: leftOutPath)
            json.field("repairs", list: recovered.repairs.map(\.json))
        }
        return json.finish()
    }
}
