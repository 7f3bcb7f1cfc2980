// An examination as a block of text for people.

extension Examination {
    /// The verdict, what survives, and each finding, a line each.
    ///
    /// - Parameter path: What to call the file.
    public func text(path: String) -> String {
        var lines = ["\(path): \(format), \(verdict.rawValue)"]
        lines += summary.map { "  \($0)" }
        lines += findings.map { "  \($0.text)" }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Finding {
    /// The finding as a line of text: severity, code, place, sentence.
    public var text: String {
        let line = line.map { "line \($0), " } ?? ""
        let extent = length > 0 ? "\(length) bytes at \(offset)" : "byte \(offset)"
        return "\(severity.rawValue) \(code.rawValue), \(line)\(extent): \(message)"
    }
}
