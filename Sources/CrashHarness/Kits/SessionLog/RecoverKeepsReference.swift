// Recover mode against reference mode.

import SessionFormats

/// Whatever the damage, recover mode finds every entry that reference mode finds.
public struct RecoverKeepsReference: Judge {
    /// The judge's name.
    public let name = "recover-keeps-reference"
    /// What must hold.
    public let promise = """
        Whatever the damage, recover mode gives the header and every entry that reference mode gives, in the \
        same order and at the same places.
        """

    /// Makes the judge.
    public init() {}

    /// Looks at one damaged log.
    public func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let damaged = DamagedLog(&choices)
        evidence.cases += 1
        evidence.bytesRead += 2 * damaged.bytes.count
        guard let reference = try? SessionLogReader(mode: .reference).read(damaged.bytes) else { return }
        let recovered: SessionLog
        do throws(SessionLogError) { recovered = try SessionLogReader().read(damaged.bytes) } catch {
            throw damaged.violation(expected: LogPrediction.describe(reference), got: "refused: \(error)")
        }
        var places = Set<Range<Int>>()
        for entry in recovered.entries { places.insert(entry.byteRange) }
        let keepsAll = reference.entries.allSatisfy { places.contains($0.byteRange) }
        let isOrdered = zip(recovered.entries, recovered.entries.dropFirst()).allSatisfy {
            $0.byteRange.upperBound <= $1.byteRange.lowerBound
        }
        guard keepsAll, isOrdered, recovered.header == reference.header,
            recovered.recovery.corruptCount <= reference.recovery.corruptCount
        else {
            throw damaged.violation(
                expected: "at least \(LogPrediction.describe(reference))", got: LogPrediction.describe(recovered))
        }
    }
}
