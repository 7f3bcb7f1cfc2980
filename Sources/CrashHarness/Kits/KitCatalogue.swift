// The kits there are: the one list from which commands, targets, cluster scripts and tests take their names.

import LiveReplay
import SessionFormats

/// Kits, and what follows from them.
public struct KitCatalogue: Sendable {
    /// The kits.
    public private(set) var kits: [FormatKit]

    /// A catalogue of these kits.
    public init(_ kits: [FormatKit]) { self.kits = kits }

    /// The kits of the formats that the libraries know.
    public static let standard = KitCatalogue(
        [
            .sessionLog, .replaySegment, .activeSession, .mv2, .liveReplayTrace, .liveReplayStore,
        ] + FormatKit.agentLogs)

    /// The same with further kits; one of a format that is there already takes its place.
    public func adding(_ more: FormatKit...) -> KitCatalogue {
        var sum = self
        for kit in more {
            if let index = sum.kits.firstIndex(where: { $0.format.id == kit.format.id }) {
                sum.kits[index] = kit
            } else {
                sum.kits.append(kit)
            }
        }
        return sum
    }

    /// The formats.
    public var formats: FormatCatalogue { FormatCatalogue(kits.map(\.format)) }

    /// The kit of a format; nil when there is none.
    public func kit(named name: String) -> FormatKit? { kits.first { $0.format.id.rawValue == name } }

    /// The judges that a campaign asks unless told otherwise, in this order.
    public var judges: [any Judge] { kits.flatMap(\.judges) }

    /// The judges that are asked only by name.
    public var specialJudges: [any Judge] { PlantedFault.all + kits.flatMap(\.specialJudges) }

    /// The judge of a name; nil when there is none.
    public func judge(named name: String) -> (any Judge)? { (judges + specialJudges).first { $0.name == name } }

    /// The writers at work.
    public var scenarios: [CrashScenario] { kits.flatMap { ($0.writer?.scenarios ?? []) + $0.scenarios } }

    /// The fuzzing targets: each format's, the judges as one, and an empty one to measure the others by.
    public var targets: [FuzzTarget] { kits.flatMap(\.targets) + [.judges(judges), .empty] }

    /// The target of a name; nil when there is none.
    public func target(named name: String) -> FuzzTarget? { targets.first { $0.name == name } }
}
