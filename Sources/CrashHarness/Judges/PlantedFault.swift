// Judges with a fault of their own, to see that a campaign survives it, finds it and makes it small.

import Foundation

/// A judge that now and then ends its process instead of answering.
struct PlantedFault: Judge {
    /// What it does.
    enum Kind: String, CaseIterable {
        case trap, hang, memory
    }

    var kind: Kind

    /// One of each.
    static var all: [any Judge] { Kind.allCases.map { PlantedFault(kind: $0) } }

    var name: String { "canary-\(kind.rawValue)" }
    var promise: String { "This judge is broken: now and then a case does not come to an end (\(kind.rawValue))." }

    func examine(_ choices: inout Choices, _ evidence: inout Evidence) throws(Violation) {
        let numbers = (0..<choices.choose("numbers", below: 20)).map { _ in choices.choose("number", below: 1_000) }
        evidence.cases += 1
        guard numbers.count > 2, numbers[1] >= 800 else { return }
        switch kind {
        case .trap: evidence.cases += numbers[numbers.count]
        case .hang: while getpid() > 0 { usleep(1_000) }
        case .memory: evidence.bytesRead += [UInt8](repeating: 1, count: 100 << 30).count
        }
    }
}
