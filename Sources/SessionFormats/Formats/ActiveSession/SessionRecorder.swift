// Records what an agent does to a memory: the operations of the upstream, with time and randomness given from outside.
//
// While a session is active it can be kept in a sidecar beside the memory, so that the next program goes on with it.
// The upstream empties the sidecar and writes it anew; a crash between the two leaves a file that it then deletes. The
// safe protocol writes a file beside it and renames that, and a sidecar that cannot be read is kept as `NAME.corrupt`.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An operation that does not fit the recorder's state.
public enum SessionRecorderError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A session is active already.
    case alreadyActive(SessionID)
    /// No session is active.
    case notActive
    /// There is no finished session of this identifier.
    case unknownSession(SessionID)

    /// One sentence that says what to do.
    public var description: String {
        switch self {
        case .alreadyActive(let id): "Session \(id) is active already; end it before starting a new one."
        case .notActive: "No session is active; start one first."
        case .unknownSession(let id): "There is no finished session \(id)."
        }
    }
}

/// A recorder of sessions.
public struct SessionRecorder: Sendable {
    /// How a sidecar is written, and what becomes of one that cannot be read.
    public enum SidecarProtocol: Sendable, CaseIterable {
        /// As the upstream: emptied, then written; removed when it cannot be read.
        case reference
        /// Written beside and renamed; kept under a `.corrupt` name when it cannot be read.
        case safe
    }

    /// What loading a sidecar came to.
    public enum SidecarOutcome: Sendable, Equatable {
        /// There is none.
        case absent
        /// Its session is the active one now.
        case loaded(SessionID)
        /// It cannot be read; it was kept under this name, or removed when that is nil.
        case unreadable(ReplayFormatError, keptAs: String?)
    }

    /// The session that is being recorded.
    public private(set) var active: ActiveSession?
    /// The finished sessions, in the order in which they ended.
    public private(set) var completed: [ReplaySession]
    private let clock: @Sendable () -> Int64
    private let newID: @Sendable () -> SessionID

    /// Makes a recorder.
    ///
    /// - Parameters:
    ///   - completed: Sessions that were finished earlier.
    ///   - clock: Seconds since 1970.
    ///   - newID: An identifier that no session has yet.
    public init(
        completed: [ReplaySession] = [], clock: @escaping @Sendable () -> Int64,
        newID: @escaping @Sendable () -> SessionID = {
            var generator = SystemRandomNumberGenerator()
            return SessionID.random(using: &generator)
        }
    ) {
        self.completed = completed
        self.clock = clock
        self.newID = newID
    }

    // MARK: Recording

    /// Whether a session is active.
    public var isRecording: Bool { active != nil }

    /// The active session's identifier.
    public var activeSessionID: SessionID? { active?.session.id }

    /// Begins a session.
    ///
    /// - Throws: `SessionRecorderError.alreadyActive`.
    @discardableResult
    public mutating func startSession(
        name: String?, configuration: RecordingConfiguration = RecordingConfiguration()
    ) throws(SessionRecorderError) -> SessionID {
        if let active { throw .alreadyActive(active.session.id) }
        let session = ReplaySession(id: newID(), name: name, createdSeconds: clock())
        active = ActiveSession(session, configuration: configuration)
        return session.id
    }

    /// Ends the active session and keeps it among the finished ones.
    ///
    /// - Throws: `SessionRecorderError.notActive`.
    @discardableResult
    public mutating func endSession() throws(SessionRecorderError) -> ReplaySession {
        guard var session = active?.session else { throw .notActive }
        session.endedSeconds = clock()
        active = nil
        completed.append(session)
        return session
    }

    /// Makes a checkpoint and records that as an action; returns the checkpoint's number.
    ///
    /// - Throws: `SessionRecorderError.notActive`.
    @discardableResult
    public mutating func createCheckpoint(_ snapshot: StateSnapshot) throws(SessionRecorderError) -> UInt64 {
        guard var session = active else { throw .notActive }
        let checkpoint = session.addCheckpoint(snapshot, timestampSeconds: clock())
        session.record(newAction(.checkpoint(id: checkpoint.id), in: session))
        active = session
        return checkpoint.id
    }

    /// Records that a document was put; nothing when no session is active. Makes a checkpoint when one is due.
    ///
    /// - Parameter snapshot: The memory's state, asked for only when a checkpoint is due.
    public mutating func recordPut(
        frameID: UInt64, input: some Collection<UInt8>, snapshot: @autoclosure () -> StateSnapshot
    ) {
        guard var session = active else { return }
        var action = newAction(.put(frameID: frameID), in: session, affectedFrames: [frameID])
        action.setInput(input)
        session.record(action)
        active = session
        if session.isCheckpointDue { _ = try? createCheckpoint(snapshot()) }
    }

    /// Records a search; nothing when no session is active.
    public mutating func recordFind(query: String, mode: String, resultCount: UInt64, resultFrames: [UInt64]) {
        guard var session = active else { return }
        var action = newAction(
            .find(query: query, mode: mode, resultCount: resultCount), in: session, affectedFrames: resultFrames)
        action.setInput(query.utf8)
        session.record(action)
        active = session
    }

    /// Records a question to a model; nothing when no session is active.
    public mutating func recordAsk(
        query: String, provider: String, model: String, response: some Collection<UInt8>,
        durationMilliseconds: UInt64, retrievedFrames: [UInt64]
    ) {
        guard var session = active else { return }
        var action = newAction(
            .ask(query: query, provider: provider, model: model), in: session, affectedFrames: retrievedFrames)
        action.setInput(query.utf8)
        action.setOutput(response)
        action.durationMilliseconds = durationMilliseconds
        session.record(action)
        active = session
    }

    private func newAction(
        _ type: ActionType, in session: ActiveSession, affectedFrames: [UInt64] = []
    ) -> ReplayAction {
        ReplayAction(
            sequence: session.session.nextSequence, timestampSeconds: clock(), type: type,
            affectedFrames: affectedFrames)
    }

    // MARK: Finished sessions

    /// A line about each finished session.
    public func listSessions() -> [SessionSummary] { completed.map(SessionSummary.init) }

    /// A finished session.
    public func session(_ id: SessionID) -> ReplaySession? { completed.first { $0.id == id } }

    /// Forgets a finished session.
    ///
    /// - Throws: `SessionRecorderError.unknownSession`.
    public mutating func deleteSession(_ id: SessionID) throws(SessionRecorderError) {
        guard let index = completed.firstIndex(where: { $0.id == id }) else { throw .unknownSession(id) }
        completed.remove(at: index)
    }

    // MARK: The sidecar

    /// Where the sidecar of a memory stands.
    public static func sidecarPath(forMemory path: String) -> String { path + ".session" }

    /// Writes the active session beside its memory; removes the sidecar when no session is active.
    ///
    /// - Throws: `StorageError`; under the safe protocol the old sidecar is then still whole, or the new one is.
    public func saveSidecar(
        forMemory memory: String, _ writing: SidecarProtocol = .safe, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(StorageError) {
        let path = Self.sidecarPath(forMemory: memory)
        guard let active else {
            try Self.clearSidecar(forMemory: memory, on: fileSystem)
            return
        }
        switch writing {
        case .reference:
            try StorageError.translating { () throws(FileSystemError) in
                try fileSystem.write(active.encoded(), to: path)
            }
        case .safe: try AtomicReplacement(of: path, on: fileSystem).write(active.encoded())
        }
    }

    /// Goes on with the session in the sidecar, if there is one.
    ///
    /// - Throws: `StorageError` when there is one that cannot be opened; it is left as it is.
    @discardableResult
    public mutating func loadSidecar(
        forMemory memory: String, _ reading: SidecarProtocol = .safe, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(StorageError) -> SidecarOutcome {
        let path = Self.sidecarPath(forMemory: memory)
        let bytes: FileBytes
        do throws(FileSystemError) { bytes = try fileSystem.contents(of: path) } catch {
            if error.errorNumber == ENOENT { return .absent }
            throw .file(error)
        }
        do throws(ReplayFormatError) { return .loaded(try load(bytes)) } catch {
            if reading == .safe { return try putAside(path, fileSystem) }
            // As the upstream: without a lock, and nothing is kept.
            try StorageError.translating { () throws(FileSystemError) in try fileSystem.remove(path) }
            return .unreadable(error, keptAs: nil)
        }
    }

    private mutating func load(_ bytes: FileBytes) throws(ReplayFormatError) -> SessionID {
        let session = try ActiveSession.read(bytes)
        active = session
        return session.session.id
    }

    /// Gives an unreadable sidecar a name under which nothing is lost. It is read again under the lock: another program may
    /// have replaced it by one that is whole.
    private mutating func putAside(
        _ path: String, _ fileSystem: any FileSystem
    ) throws(StorageError) -> SidecarOutcome {
        let file: any OpenFile
        do throws(StorageError) { file = try fileSystem.openLocked(path, .read) } catch {
            guard case .file(let problem) = error, problem.errorNumber == ENOENT else { throw error }
            return .absent
        }
        defer { file.close() }
        let bytes = try StorageError.translating { () throws(FileSystemError) in try fileSystem.contents(of: path) }
        do throws(ReplayFormatError) { return .loaded(try load(bytes)) } catch {
            let problem = error
            return try StorageError.translating { () throws(FileSystemError) in
                .unreadable(problem, keptAs: try fileSystem.putAside(path, as: path + ".corrupt"))
            }
        }
    }

    /// Removes the sidecar if there is one.
    ///
    /// - Throws: `StorageError`; `locked` when another program is about to replace it.
    public static func clearSidecar(
        forMemory memory: String, on fileSystem: any FileSystem = DiskFileSystem()
    ) throws(StorageError) {
        try fileSystem.removeLocked(sidecarPath(forMemory: memory))
    }
}
