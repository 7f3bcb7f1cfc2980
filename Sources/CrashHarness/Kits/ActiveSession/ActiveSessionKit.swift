// The kit of the sidecar.

import SessionFormats

extension FormatKit {
    static let activeSession = FormatKit(
        ActiveSessionFormat(), fileName: "memory.mv2.session", sample: { ReplayScenario(.sidecar, &$0).bytes },
        acknowledged: { ReplayScenario(.sidecar, &$0).acknowledged },
        generate: { request in
            var files = RealisticFiles(seed: request.seed)
            return files.sidecar(size: request.size)
        },
        judges: [ReplayRoundTrip(.sidecar), ReplayTruncation(.sidecar), ReplayFlips(.sidecar)],
        hostile: HostileFamily.activeSession,
        scenarios: ActiveSessionCrashes.all, writer: SidecarAgent.description, targets: [.activeSession])
}

extension FuzzTarget {
    fileprivate static let activeSession = FuzzTarget(
        "active-session", mend: Mending.sidecar,
        seeds: realisticSeeds { files, _ in files.sidecar(size: 400) },
        examine: { input in
            let bytes = FileBytes(input)
            _ = try? ActiveSession.fieldSpans(of: bytes)
            guard let session = try? ActiveSession.read(bytes) else { return }
            let again = try ActiveSession.read(FileBytes(session.encoded()))
            try expect(
                again.encoded() == session.encoded(), "A sidecar that was read is the same when it is written and read."
            )
        })
}
