// Results in the XML that continuous integration reads.

import Foundation
import SessionFormats

/// A suite of tests and what came of them.
public struct JUnitReport: Sendable {
    /// One test.
    public struct Case: Sendable {
        /// Its name.
        public var name: String
        /// What is wrong; nil when nothing is.
        public var failure: String?

        /// Makes a test.
        public init(name: String, failure: String?) { (self.name, self.failure) = (name, failure) }
    }

    /// The suite's name.
    public var suite: String
    /// Its tests.
    public var cases: [Case]

    /// Makes a report.
    public init(suite: String, cases: [Case]) { (self.suite, self.cases) = (suite, cases) }

    /// Makes a report on checked files: what is damaged or unreadable fails.
    public init(files: [ExaminedFile]) {
        suite = "crashlab check"
        cases = files.map { file in
            let problems = file.examination.findings.map {
                "\($0.code.rawValue) at byte \($0.offset): \($0.message.printable)"
            }
            let fails = file.examination.verdict >= .damaged
            return Case(
                name: file.path,
                failure: fails ? ([file.examination.verdict.rawValue] + problems).joined(separator: "\n") : nil)
        }
    }

    /// The XML.
    public var xml: Data {
        let failures = cases.count { $0.failure != nil }
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            #"<testsuite name="\#(Self.escaped(suite))" tests="\#(cases.count)" failures="\#(failures)">"#,
        ]
        for test in cases {
            let name = Self.escaped(test.name.printable)
            guard let failure = test.failure else {
                lines.append(#"  <testcase classname="\#(Self.escaped(suite))" name="\#(name)"/>"#)
                continue
            }
            let text = Self.escaped(failure)
            lines.append(#"  <testcase classname="\#(Self.escaped(suite))" name="\#(name)">"#)
            lines.append(#"    <failure message="\#(text)">\#(text)</failure>"#)
            lines.append("  </testcase>")
        }
        return Data((lines + ["</testsuite>", ""]).joined(separator: "\n").utf8)
    }

    /// XML has no way to write most control characters at all, and no line of a report is to be steered by what it tells.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.printableLines.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n": escaped += "&#10;"
            case "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
