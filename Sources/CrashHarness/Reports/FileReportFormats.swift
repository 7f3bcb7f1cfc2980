// A file's report as text for people and as one JSON object for programs.

import SessionFormats

extension FileReport {
    /// A block of text: the verdict, what survives, and each finding.
    public var text: String {
        var lines = ["\(path): \(format.rawValue), \(verdict.rawValue)"]
        if let recovery, let entryCount {
            let corrupt = recovery.corruptCount > 0 ? ", \(recovery.corruptCount) corrupt" : ""
            lines.append("  \(entryCount) entries\(corrupt), \(recovery.name)")
        }
        if let canonicalDigest { lines.append("  digest \(canonicalDigest)") }
        if let footerOffset {
            let commit = generation.map { ", commit \($0)" } ?? ""
            lines.append("  table of contents at byte \(footerOffset)\(commit)")
        }
        for session in sessions ?? [] {
            let name = session.name.map { " \"\($0)\"" } ?? ""
            lines.append(
                "  session \(session.id)\(name): \(session.actionCount) actions, \(session.checkpointCount) checkpoints"
            )
        }
        for finding in findings {
            let line = finding.line.map { "line \($0), " } ?? ""
            let extent = finding.length > 0 ? "\(finding.length) bytes at \(finding.offset)" : "byte \(finding.offset)"
            lines.append(
                "  \(finding.severity.rawValue) \(finding.code.rawValue), \(line)\(extent): \(finding.message)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One JSON object on one line. Fields that do not apply to the format are left out.
    public var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("path", string: path)
        json.field("format", string: format.rawValue)
        json.field("verdict", string: verdict.rawValue)
        if let recovery {
            json.field("recovery", string: recovery.name)
            json.field("corruptCount", integer: recovery.corruptCount)
        }
        json.field("error", json: error?.json ?? Array("null".utf8))
        if let entries { json.field("entries", list: entries.map(\.json)) }
        if let entryCount, entries == nil { json.field("entryCount", integer: entryCount) }
        if let canonicalDigest { json.field("canonicalDigest", string: canonicalDigest) }
        if let sessions { json.field("sessions", list: sessions.map(\.json)) }
        if let footerOffset { json.field("footerOffset", integer: footerOffset) }
        if let generation { json.field("generation", integer: generation) }
        json.field("findings", list: findings.map(\.json))
        return json.finish()
    }
}

extension FileReport.ReadError {
    fileprivate var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("kind", string: kind)
        json.field("message", string: message)
        return json.finish()
    }
}

extension SessionLogEntry {
    fileprivate var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("type", string: kind.rawValue)
        json.field("id", string: id)
        json.field("line", integer: line)
        return json.finish()
    }
}

extension SessionSummary {
    fileprivate var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("id", string: id.description)
        json.field("name", optional: name)
        json.field("actions", integer: actionCount)
        json.field("checkpoints", integer: checkpointCount)
        json.field("createdSecs", integer: createdSeconds)
        if let endedSeconds {
            json.field("endedSecs", integer: endedSeconds)
        } else {
            json.field("endedSecs", json: Array("null".utf8))
        }
        return json.finish()
    }
}

extension Finding {
    fileprivate var json: [UInt8] {
        var json = JSONRecordPrinter()
        json.field("code", string: code.rawValue)
        json.field("severity", string: severity.rawValue)
        json.field("offset", integer: offset)
        json.field("length", integer: length)
        if let line { json.field("line", integer: line) }
        json.field("message", string: message)
        return json.finish()
    }
}
