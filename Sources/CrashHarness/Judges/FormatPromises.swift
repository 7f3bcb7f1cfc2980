// What every format owes, whatever it is: a judge that each kit gets for nothing.

import SessionFormats

/// Damages small whole files of a format and looks at what their examination says of itself.
struct FormatPromises: Judge {
    private let kit: FormatKit

    init(_ kit: FormatKit) { self.kit = kit }

    var name: String { "\(kit.format.id)-promises" }

    var promise: String {
        """
        Any bytes have an examination, the same each time; its findings and fields lie inside the file, fields share no \
        bytes; what reference mode has is there in recover mode; a whole file is recognised, also with bytes behind it, and \
        what is recovered of it is whole.
        """
    }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let whole: [UInt8]
        let other: [UInt8]
        do { (whole, other) = (try kit.sample(&choices), try kit.sample(&choices)) } catch {
            throw violation("a sample", "\(error)", [])
        }
        try examineWhole(whole, &choices)
        var damaged = whole
        for _ in 0...choices.choose("further damages", below: 2) {
            damaged = Damage.choose(for: damaged, other: other, &choices).apply(to: damaged)
        }
        evidence.cases += 1
        evidence.bytesRead += 8 * (whole.count + damaged.count)
        for file in [whole, damaged] {
            if let problem = Self.problem(kit.format, file) { throw violation(problem.expected, problem.got, file) }
        }
    }

    private func examineWhole(_ whole: [UInt8], _ choices: inout Choices) throws(Violation) {
        let examination = kit.format.examine(FileBytes(whole), ExaminationOptions())
        if examination.verdict != .clean { throw violation("clean", examination.text(path: "the whole file"), whole) }
        let behind = (0..<choices.choose("bytes behind", below: 40)).map { _ in
            UInt8(choices.choose("byte behind", below: 256))
        }
        for file in [whole, whole + behind] {
            let claims = KitCatalogue.standard.adding(kit).formats.recognise(FileBytes(file))
            if claims.first?.format.id != kit.format.id {
                let claim = claims.first.map { "\($0.format.id), by \($0.by.evidence)" } ?? "no format"
                throw violation("recognised as \(kit.format.id)", claim, file)
            }
        }
        let recovered: [UInt8]
        do throws(RecoveryError) { recovered = try kit.format.recover(FileBytes(whole)).bytes } catch {
            if case .unsupported = error { return }
            throw violation("a whole file recovered", "\(error)", whole)
        }
        let again = kit.format.examine(FileBytes(recovered), ExaminationOptions())
        if again.verdict != .clean || Self.contents(again) != Self.contents(examination) {
            throw violation("a whole file recovered whole", again.text(path: "the recovered file"), whole)
        }
    }

    private func violation(_ expected: String, _ got: String, _ file: [UInt8]) -> Violation {
        Violation(expected: expected, got: got, file: file, fileName: kit.fileName)
    }

    /// What is wrong with what is said of any file; nil when nothing is.
    static func problem(_ format: any SessionFormat, _ file: [UInt8]) -> (expected: String, got: String)? {
        let bytes = FileBytes(file)
        _ = format.recognise(bytes, name: nil, .ends)
        _ = format.recognise(bytes, name: nil, .whole)
        var contents: [ReadingMode: [[UInt8]]] = [:]
        for mode in ReadingMode.allCases {
            let options = ExaminationOptions(mode: mode)
            let examination = format.examine(bytes, options)
            if let problem = placeProblem(examination, file.count) { return problem }
            let again = format.examine(bytes, options)
            if examination.json(path: "") != again.json(path: "") || examination.map != again.map {
                return (examination.text(path: "the first time"), again.text(path: "the second time"))
            }
            contents[mode] = Self.contents(examination)
        }
        // A reader may show records in an order that is not the file's, so only how many there are of each counts here.
        var rest: [[UInt8]: Int] = [:]
        for item in contents[.recover, default: []] { rest[item, default: 0] += 1 }
        for (index, item) in contents[.reference, default: []].enumerated() {
            guard let count = rest[item], count > 0 else {
                return ("item \(index) of reference mode in recover mode", "\(contents[.recover]?.count ?? 0) others")
            }
            rest[item] = count - 1
        }
        return nil
    }

    private static func placeProblem(_ examination: Examination, _ size: Int) -> (expected: String, got: String)? {
        for finding in examination.findings {
            let (end, overflow) = finding.offset.addingReportingOverflow(finding.length)
            if finding.offset < 0 || finding.length < 0 || overflow || end > size {
                return ("findings inside the \(size) bytes", finding.text)
            }
        }
        var end = 0
        for field in examination.fields {
            if field.range.lowerBound < end || field.range.upperBound > size || field.range.isEmpty {
                return ("fields in order inside the \(size) bytes", "\(field.path) at \(field.range), behind \(end)")
            }
            end = field.range.upperBound
        }
        return nil
    }

    private static func contents(_ examination: Examination) -> [[UInt8]] { examination.items?.map(\.content) ?? [] }
}
