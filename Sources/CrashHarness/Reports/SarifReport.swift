// Findings in SARIF 2.1.0, which code hosts show beside files.

import Foundation
import SessionFormats

/// Findings about files.
public struct SarifReport: Sendable {
    /// One finding.
    public struct Result: Sendable {
        /// Its stable kind.
        public var rule: String
        /// "error", "warning" or "note".
        public var level: String
        /// A sentence.
        public var message: String
        /// The file.
        public var path: String
        /// Where in it, in bytes.
        public var offset: Int?
        /// How many bytes.
        public var length: Int?
        /// The 1-based line, in formats that have lines.
        public var line: Int?
    }

    /// The findings.
    public var results: [Result]

    /// Makes a report.
    public init(results: [Result]) { self.results = results }

    /// Makes a report on checked files.
    public init(files: [ExaminedFile]) {
        results = files.flatMap { file in
            file.examination.findings.map { finding in
                Result(
                    rule: finding.code.rawValue, level: finding.severity.rawValue, message: finding.message,
                    path: file.path, offset: finding.offset, length: finding.length, line: finding.line)
            }
        }
    }

    /// The JSON.
    ///
    /// - Throws: What the encoder does.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let rules = Set(results.map(\.rule)).sorted().map { Document.Rule(id: $0) }
        let run = Document.Run(
            tool: .init(driver: .init(name: "crashlab", rules: rules)),
            results: results.map { result in
                let region =
                    result.offset == nil && result.line == nil
                    ? nil
                    : Document.Region(byteOffset: result.offset, byteLength: result.length, startLine: result.line)
                let artifact = Document.Artifact(uri: Self.uri(result.path))
                return Document.Result(
                    ruleId: result.rule, level: result.level, message: .init(text: result.message.printable),
                    locations: [.init(physicalLocation: .init(artifactLocation: artifact, region: region))])
            })
        return try encoder.encode(Document(runs: [run]))
    }

    private static func uri(_ path: String) -> String {
        path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    }

    private struct Document: Encodable {
        var version = "2.1.0"
        var schema = "https://json.schemastore.org/sarif-2.1.0.json"
        var runs: [Run]

        enum CodingKeys: String, CodingKey {
            case version, runs
            case schema = "$schema"
        }

        struct Run: Encodable {
            var tool: Tool
            var results: [Result]
        }
        struct Tool: Encodable { var driver: Driver }
        struct Driver: Encodable {
            var name: String
            var rules: [Rule]
        }
        struct Rule: Encodable { var id: String }
        struct Result: Encodable {
            var ruleId: String
            var level: String
            var message: Message
            var locations: [Location]
        }
        struct Message: Encodable { var text: String }
        struct Location: Encodable { var physicalLocation: PhysicalLocation }
        struct PhysicalLocation: Encodable {
            var artifactLocation: Artifact
            var region: Region?
        }
        struct Artifact: Encodable { var uri: String }
        struct Region: Encodable {
            var byteOffset: Int?
            var byteLength: Int?
            var startLine: Int?
        }
    }
}
