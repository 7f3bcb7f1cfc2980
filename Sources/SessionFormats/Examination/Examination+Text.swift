// An examination as a block of text for people.

extension Examination {
    /// The verdict, what survives, and each finding, a line each. What comes from the file steers no terminal: see
    /// ``Finding/text``.
    ///
    /// - Parameter path: What to call the file.
    public func text(path: String) -> String {
        var text = "\(path): \(format), \(verdict.rawValue)".printable + "\n"
        for line in summary { text += "  \(line.printable)\n" }
        for finding in findings { text += "  \(finding.text)\n" }
        return text
    }
}

extension Finding {
    /// The finding as a line of text: severity, code, place, sentence. Control characters and marks of direction that the
    /// sentence has from the file are shown as escapes, such as `\u{1B}`.
    public var text: String {
        let line = line.map { "line \($0), " } ?? ""
        let extent = length > 0 ? "\(length) bytes at \(offset)" : "byte \(offset)"
        return "\(severity.rawValue) \(code.rawValue), \(line)\(extent): \(message)".printable
    }
}
