// Whether what is written back is worth having: whole, complete, and nothing but what was there.

import SessionFormats

/// Damages small whole files of a format and has them recovered.
struct RecoveryIsTrue: Judge {
    private let kit: FormatKit
    private let formats: FormatCatalogue

    init(_ kit: FormatKit) {
        self.kit = kit
        formats = KitCatalogue.standard.formats.adding(kit.format)
    }

    var name: String { "\(kit.format.id)-recovery" }

    var promise: String {
        """
        What is recovered of a damaged file is clean, and its own program opens it; it has everything that recover mode finds, \
        in order, and so everything that reference mode gave; every byte of an item was in the file; recovering it again \
        changes nothing; what was kept and what was left out share no bytes.
        """
    }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let whole: [UInt8]
        let other: [UInt8]
        do { (whole, other) = (try kit.sample(&choices), try kit.sample(&choices)) } catch {
            throw Violation(expected: "a sample", got: "\(error)", file: [], fileName: kit.fileName)
        }
        var damaged = whole
        for _ in 0...choices.choose("further damages", below: 2) {
            damaged = Damage.choose(for: damaged, other: other, &choices).apply(to: damaged)
        }
        evidence.cases += 1
        evidence.bytesRead += 5 * damaged.count
        let outcome: String
        do throws(Problem) { outcome = try recover(damaged) } catch {
            throw Violation(expected: error.expected, got: error.got, file: damaged, fileName: kit.fileName)
        }
        evidence.count(name, kit.format.id.rawValue, outcome)
    }

    private struct Problem: Error {
        var expected: String
        var got: String
    }

    /// - Returns: What came of it, for counting.
    private func recover(_ damaged: [UInt8]) throws(Problem) -> String {
        let input = FileBytes(damaged)
        let found = kit.format.examine(input, ExaminationOptions())
        let recovered: Recovered
        do throws(RecoveryError) { recovered = try kit.format.recover(input) } catch {
            if case .unsupported = error { return "not supported" }
            if found.items?.isEmpty ?? true { return "nothing to be had" }
            throw Problem(expected: "\(found.items?.count ?? 0) items recovered", got: "\(error)")
        }
        try check(recovered.repairs, damaged.count)
        guard let format = formats.format(recovered.format) else {
            throw Problem(expected: "a copy of a known format", got: recovered.format.rawValue)
        }
        try check(recovered, format, found, damaged)
        let again: Recovered
        do throws(RecoveryError) { again = try format.recover(FileBytes(recovered.bytes)) } catch {
            throw Problem(expected: "the copy recovered again", got: "\(error)")
        }
        if again.bytes != recovered.bytes || !again.leftOut.isEmpty {
            throw Problem(
                expected: "the copy of \(recovered.bytes.count) bytes recovered as it is",
                got: "\(again.bytes.count) bytes; \(again.repairs.map(\.text))")
        }
        return recovered.format == kit.format.id ? "recovered" : "recovered as \(recovered.format)"
    }

    private func check(_ repairs: [Repair], _ size: Int) throws(Problem) {
        var end = 0
        for repair in repairs where repair.action != .mended {
            if repair.offset < end || repair.length < 1 || repair.range.upperBound > size {
                throw Problem(expected: "parts in order inside the \(size) bytes", got: repair.text)
            }
            end = repair.range.upperBound
        }
    }

    private func check(
        _ recovered: Recovered, _ format: any SessionFormat, _ found: Examination, _ damaged: [UInt8]
    ) throws(Problem) {
        let copy = recovered.bytes
        let mended = recovered.repairs.filter { $0.action == .mended && $0.length > 0 }.map(\.range)
        // Of an item in which something was mended the identifier stays.
        let wanted = (found.items.map(Array.init) ?? []).map { item in
            mended.contains { $0.overlaps(item.range) } ? (item.id, nil) : (item.id, item.content)
        }
        for mode in ReadingMode.allCases {
            let examination = format.examine(FileBytes(copy), ExaminationOptions(mode: mode))
            let isClean = examination.findings.allSatisfy {
                $0.severity == .note || kit.findingsOfContent.contains($0.code)
            }
            let isNewer = found.findings.contains { kit.findingsOfContent.contains($0.code) }
            if examination.failure != nil && !(mode == .reference && isNewer) || !isClean {
                throw Problem(
                    expected: "a clean copy in \(mode.rawValue) mode", got: examination.text(path: "the copy"))
            }
            let got = examination.items.map(Array.init) ?? []
            let isEqual =
                got.count == wanted.count
                && zip(got, wanted).allSatisfy { item, wanted in
                    item.id == wanted.0 && wanted.1.map { $0 == item.content } ?? true
                }
            if !isEqual, !(mode == .reference && (isNewer || kit.referenceShowsPart)) {
                throw Problem(
                    expected: "the \(wanted.count) items of recover mode in \(mode.rawValue) mode of the copy",
                    got: "\(got.count) items")
            }
            // A file that is one item says nothing more than its content does.
            let invented = got.first { $0.range.count < copy.count && !damaged.holds(copy[$0.range]) }
            if let invented, mended.isEmpty {
                throw Problem(expected: "item \(invented.id) as bytes of the file", got: "bytes that are not in it")
            }
        }
    }
}
