// Whether the verdict is true: the question that decides whether a checker is worth anything.
//
// A reader that says `clean` or `recovered` says that everything acknowledged is there. The judge knows what was from the
// scenario, damages the file once, and compares. What no reader can see (bytes without a checksum that still say something)
// has to be named by the format's kit, field by field, and is counted.

import SessionFormats

/// An examination whose verdict says more than is there.
public struct UntoldLoss: Sendable {
    /// The file before.
    public var file: AcknowledgedFile
    /// What was done to it.
    public var damage: Damage
    /// The file after.
    public var damaged: [UInt8]
    /// What is missing, or other than it was.
    public var missing: [AcknowledgedFile.Item]
    /// What was found that was never acknowledged, as content.
    public var strangers: [[UInt8]]
    /// Facts that are not what they were.
    public var otherFacts: [Fact]

    /// Whether what was lost was changed where it stood, or is in the file fewer times than before, and something else was
    /// found for each. A format without a checksum cannot see that.
    public var isChangedInPlace: Bool {
        missing.count <= strangers.count
            && missing.allSatisfy { item in
                let bytes = file.bytes[item.range]
                return !stands(item.range) || damaged.places(of: bytes).count < file.bytes.places(of: bytes).count
            }
    }

    /// Whether a part of the file is where and what it was.
    public func stands(_ range: Range<Int>) -> Bool {
        range.upperBound <= damaged.count && damaged[range].elementsEqual(file.bytes[range])
    }
}

/// Damages a file once and asks whether the verdict holds.
struct VerdictIsTrue: Judge {
    private let kit: FormatKit
    private let acknowledged: @Sendable (inout Choices) throws -> AcknowledgedFile

    /// - Parameter kit: A kit that knows what was acknowledged; nil for others.
    init?(_ kit: FormatKit) {
        guard let acknowledged = kit.acknowledged else { return nil }
        (self.kit, self.acknowledged) = (kit, acknowledged)
    }

    private static let damages = 8

    var name: String { "\(kit.format.id)-verdicts" }

    var promise: String {
        """
        Whatever the damage, "clean" and "recovered" mean that everything that was acknowledged is there and equal, but for \
        the fields that no reader can check, which are counted.
        """
    }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let file: AcknowledgedFile
        do { file = try acknowledged(&choices) } catch {
            throw Violation(expected: "a file", got: "\(error)", file: [], fileName: kit.fileName)
        }
        try checkWhole(file)
        let older = Array(file.bytes.prefix(choices.choose("older version", below: file.bytes.count + 1)))
        for _ in 0..<Self.damages {
            let damage = Damage.choose(for: file.bytes, other: older, &choices)
            evidence.cases += 1
            evidence.bytesRead += file.bytes.count
            try examine(file, damage, &evidence)
        }
    }

    /// The scenario's idea of the file is the reader's, as long as nothing happened to it.
    private func checkWhole(_ file: AcknowledgedFile) throws(Violation) {
        let whole = kit.format.examine(FileBytes(file.bytes), Self.options)
        if whole.verdict != .clean || loss(file, .append([]), file.bytes, whole) != nil {
            throw Violation(
                expected: "clean, \(file.items.count) items", got: whole.text(path: "the whole file"), file: file.bytes,
                fileName: kit.fileName)
        }
    }

    private static let options = ExaminationOptions(isDeep: true)

    private func examine(
        _ file: AcknowledgedFile, _ damage: Damage, _ evidence: inout Evidence
    ) throws(Violation) {
        let damaged = damage.apply(to: file.bytes)
        let examination = kit.format.examine(FileBytes(damaged), Self.options)
        let subject = examination.verdict.rawValue
        guard examination.verdict <= .recovered else {
            evidence.count(name, subject, "said")
            return
        }
        guard let loss = loss(file, damage, damaged, examination) else {
            evidence.count(name, subject, "everything is there")
            return
        }
        if let field = kit.blindField(loss) {
            evidence.count(name, field, "changed, which no reader can see")
            return
        }
        let content = String(decoding: (loss.missing.first?.content ?? []).prefix(80), as: UTF8.self)
        throw Violation(
            expected: """
                damaged: of \(file.items.count) acknowledged items \(loss.missing.count) are missing\
                \(content.isEmpty ? "" : ", the first is \(content)")\
                \(loss.otherFacts.map { ", \($0.name) is another" }.joined())
                """,
            got: "\(examination.text(path: "with \(damage)"))", file: damaged, fileName: kit.fileName)
    }

    /// What is missing of what was acknowledged; nil when nothing is.
    private func loss(
        _ file: AcknowledgedFile, _ damage: Damage, _ damaged: [UInt8], _ examination: Examination
    ) -> UntoldLoss? {
        var found: [[UInt8]: Int] = [:]
        examination.items?.forEach { found[$0.content, default: 0] += 1 }
        var known = found
        for item in file.items { known[item.content] = nil }
        let missing = file.required(of: damaged).filter { item in
            guard let count = found[item.content], count > 0 else { return true }
            found[item.content] = count - 1
            return false
        }
        // What is not said any more is no claim.
        let otherFacts = file.facts.filter { fact in
            examination.facts.contains { $0.name == fact.name && $0.value != fact.value }
        }
        if missing.isEmpty && otherFacts.isEmpty { return nil }
        return UntoldLoss(
            file: file, damage: damage, damaged: damaged, missing: missing,
            strangers: known.flatMap { Array(repeating: $0.key, count: $0.value) }, otherFacts: otherFacts)
    }
}
