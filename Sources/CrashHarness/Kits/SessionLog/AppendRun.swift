// An agent of the real disk: appends entries to a log that others append to as well, and goes on after whatever happens.

import Foundation
import SessionFormats

/// Appends entries to a log and tells of each when it is durable.
public struct AppendRun: Sendable {
    /// The log; it is begun when it is not there.
    public var path: String
    /// Whose entries they are: their identifiers begin with it.
    public var writer = "a"
    /// The numbers of the entries.
    public var numbers = 0..<1_000
    /// About how many bytes an entry has.
    public var size = 200
    /// After how many entries the log is let go, so that others come to write; 0 for never.
    public var entriesPerOpening = 0
    /// How many bytes a file may have before the disk counts as full; nil for as many as there is room for.
    public var fileLimit: Int?
    /// How often an entry is tried again before it is given up.
    public var retries = 2
    /// In how many writes the disk takes an entry, as the kernel may; others come between them where no lock keeps them out.
    public var pieces = 1
    /// A bug to plant; nil for none.
    public var bug: PlantedBug?

    /// Prepares a run of 1,000 entries.
    public init(path: String) { self.path = path }

    /// What came of it.
    public struct Outcome: Sendable, Equatable {
        /// How many entries are durable.
        public var acknowledged = 0
        /// How many were given up.
        public var givenUp = 0
        /// How many attempts failed, those that found the log locked apart.
        public var failures = 0
        /// The files beside the log that keep what opening it cut.
        public var keptAside: [String] = []
    }

    /// Runs.
    ///
    /// - Parameter report: Told of each entry's identifier when the entry is durable.
    /// - Throws: `StorageError.headless` when the file is no log that anything can be appended to.
    public func run(_ report: (String) -> Void) throws -> Outcome {
        try limitFiles()
        let real = DiskFileSystem()
        let disk: any FileSystem = bug == nil && pieces <= 1 ? real : AlteredDisk(real, bug: bug, pieces: pieces)
        var (outcome, writer, left) = (Outcome(), SessionLogWriter?.none, entriesPerOpening)
        for number in numbers {
            let id = "\(self.writer)-\(number)"
            var tries = retries
            while true {
                do throws(StorageError) {
                    let open = if let writer { writer } else { try open(disk) }
                    if writer == nil, case .cut(_, _, let kept?) = open.repair { outcome.keptAside.append(kept) }
                    writer = open
                    try open.append(entry(id))
                    report(id)
                    outcome.acknowledged += 1
                    break
                } catch .locked {
                    waitForTurn()
                    continue
                } catch .headless(let path) {
                    throw StorageError.headless(path)
                } catch {
                    outcome.failures += 1
                    if case .file = error {} else { writer = nil }
                    tries -= 1
                    if tries < 0 { break }
                }
            }
            if tries < 0 { outcome.givenUp += 1 }
            left -= 1
            if left == 0 { (writer, left) = (nil, entriesPerOpening) }
        }
        return outcome
    }

    private func open(_ disk: any FileSystem) throws(StorageError) -> SessionLogWriter {
        let header = SessionHeader(id: "append", timestamp: "2026-01-01T00:00:00Z", cwd: "/")
        return try SessionLogWriter.open(path: path, orBeginningWith: header, on: disk)
    }

    private func entry(_ id: String) -> SessionEntry {
        .leaf(
            LeafEntry(
                id: id, parentID: nil, timestamp: "2026-01-01T00:00:00Z", entryID: String(repeating: "x", count: size)))
    }

    private func waitForTurn() { poll(nil, 0, 0) }

    /// A write beyond the limit is short and the next one fails, as on a full disk.
    private func limitFiles() throws {
        guard let fileLimit else { return }
        signal(SIGXFSZ, SIG_IGN)
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        #else
            let resource = RLIMIT_FSIZE
        #endif
        var limit = rlimit()
        getrlimit(resource, &limit)
        limit.rlim_cur = rlim_t(fileLimit)
        let outcome = setrlimit(resource, &limit)
        if outcome != 0 { throw FileSystemError(call: "limit", path: path, errorNumber: errno) }
    }
}
