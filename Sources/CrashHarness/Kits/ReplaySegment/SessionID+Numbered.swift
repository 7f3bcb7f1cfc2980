// Identifiers that are the same in each run.

import SessionFormats

extension SessionID {
    static func numbered(_ seed: UInt64) -> SessionID {
        var generator = SplitMix64(state: seed)
        return .random(using: &generator)
    }
}
