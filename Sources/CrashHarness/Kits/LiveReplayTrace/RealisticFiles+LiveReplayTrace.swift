// Traces as clients that come, go and come back cause them.

import LiveReplay
import SessionFormats

extension RealisticFiles {
    /// A trace of a live replay store of at least `size` bytes.
    public mutating func trace(size: Int) -> [UInt8] {
        var choices = Choices.seeded(generator.next())
        return LiveReplayScenario.trace(&choices, size: size)
    }
}
