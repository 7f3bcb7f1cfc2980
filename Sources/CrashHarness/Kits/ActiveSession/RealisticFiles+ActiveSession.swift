// Sidecars as agents leave them.

import SessionFormats

extension RealisticFiles {
    /// A sidecar of at least `size` bytes.
    public mutating func sidecar(size: Int) -> [UInt8] {
        var active = ActiveSession(
            session(actions: max(1, size / 350)), configuration: RecordingConfiguration(autoCheckpointInterval: 100))
        active.session.endedSeconds = nil
        return active.encoded()
    }
}
