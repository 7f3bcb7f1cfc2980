// Memories that were made to cost a reader time.

import SessionFormats

extension HostileFamily {
    /// A header that leads nowhere, then what searches go after.
    static let mv2: [HostileFamily] = {
        let header = Array("MV2\0".utf8) + Array(repeating: 0, count: 4_092)
        return [
            falseFooters("footers that claim everything before them", behind: header, claiming: { $0 - 4_096 }),
            falseFooters("footers that claim a few kilobytes", behind: header, claiming: { min($0 - 4_096, 4_096) }),
            HostileFamily("magics of footers", repeating: Array("MV2FOOT!".utf8), behind: header),
            HostileFamily("numbers of a table", repeating: tableWords, behind: header),
            HostileFamily("small numbers") { size in
                var generator = SplitMix64(state: 7)
                var file = header
                while file.count < size { file += [UInt8(generator.next() & 1), 0, 0, 0, 0, 0, 0, 0] }
                return file
            },
            HostileFamily("a segment's magics", repeating: Array("MV2RPLY!".utf8), behind: header),
            sessionsInside("sessions inside actions", claiming: 40, behind: header),
            sessionsInside("sessions inside actions that reach far", claiming: 4_000, behind: header),
        ]
    }()

    /// Version 1 and a count of a hundred, and then as good as nothing.
    private static let tableWords: [UInt8] =
        [1, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0, count: 96)

    private static func falseFooters(
        _ name: String, behind header: [UInt8], claiming length: @escaping @Sendable (Int) -> Int
    ) -> HostileFamily {
        HostileFamily(name) { size in
            var file = header + Array(repeating: 1, count: 64)
            while file.count < size {
                let length = UInt64(max(1, length(file.count)))
                file += Array("MV2FOOT!".utf8) + (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
                file += Array(repeating: 0, count: 40)
            }
            return file
        }
    }
}
