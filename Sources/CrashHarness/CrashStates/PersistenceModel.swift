// Which disks a crash may leave behind, given what a writer did.
//
// cached   The writer was killed; the kernel was not. Everything that was written is there.
//
// ordered  Power failed, and the disk keeps the order of operations: some prefix of them is there, and of the write at its
//          end some sectors from the front. A sync makes everything before it durable.
//
// posix    Power failed, and only what POSIX promises holds:
//          - A sync of a file makes its bytes and its size durable, and nothing else.
//          - Of the sectors written since, any may be there and any may not, in any combination.
//          - The size may be any that the file had since, also between two sectors of one write, whichever sectors are
//            there. What the size covers and no write reached reads as zeroes.
//          - Names that were created, changed or removed in a folder since the folder was synced: some prefix of these
//            changes is there. A name may be there before its file's bytes. A rename within a folder is one change. One
//            across folders takes effect with the new folder, in one step; syncing the old folder alone does not take
//            the file away.
//          - After a sync that failed, what it was about may or may not be there for ever; no later sync changes that.
//
// A sector is written as a whole or not at all.

import Foundation

/// A persistence model.
public enum PersistenceModel: String, Sendable, CaseIterable {
    /// Nothing that was written is lost.
    case cached
    /// A prefix of the operations is there.
    case ordered
    /// What is not synced may be there or not, in any combination.
    case posix
}

/// One disk that a crash may leave, as a difference from the trace's base.
struct CrashState: Hashable {
    /// The operations that had been issued when the crash came.
    var crashPoint: Int
    var content: Content

    /// What makes two states the same disk.
    struct Content: Hashable {
        /// The files by name.
        var names: [String: Int]
        /// Of each named file, which of its changes are there and how long it is.
        var files: [Int: FileState]
    }

    struct FileState: Hashable {
        var changes: [Int]
        var size: Int
    }
}

/// All states of a trace under a model, one for each way to make the choices.
struct CrashStates {
    /// A part of an operation that is there as a whole or not at all.
    private enum Change {
        case sector(offset: Int, bytes: ArraySlice<UInt8>)
        case cut(size: Int)
    }

    private let trace: WriteTrace
    private let model: PersistenceModel
    private let changes: [Change]
    /// The changes of each operation.
    private let changesOf: [Range<Int>]
    /// What was followed up to every so many operations, so that no state is worked out from the beginning.
    private var waypoints: [Walk] = []
    private static let waypointDistance = 64

    init(_ trace: WriteTrace, _ model: PersistenceModel, sectorSize: Int) {
        (self.trace, self.model) = (trace, model)
        var changes: [Change] = []
        var ranges: [Range<Int>] = []
        for operation in trace.operations {
            let start = changes.count
            switch operation {
            case .write(_, let offset, let bytes): changes += Self.sectors(offset, bytes, sectorSize)
            case .resize(_, let size): changes.append(.cut(size: size))
            default: break
            }
            ranges.append(start..<changes.count)
        }
        (self.changes, changesOf) = (changes, ranges)
        var walk = Walk(trace)
        for index in 0...trace.operations.count {
            if index.isMultiple(of: Self.waypointDistance) { waypoints.append(walk) }
            if index < trace.operations.count { walk.step(index, of: self) }
        }
    }

    private func walk(to end: Int) -> Walk {
        let waypoint = end / Self.waypointDistance
        var walk = waypoints[waypoint]
        for index in waypoint * Self.waypointDistance..<end { walk.step(index, of: self) }
        return walk
    }

    /// Whether there are certainly more states than this: what is pending alone makes so many. Quick, unlike counting them.
    func areMore(than bound: Int) -> Bool {
        guard model == .posix else { return trace.operations.count >= bound }
        var walk = Walk(trace)
        var count = 0.0
        for index in trace.operations.indices {
            walk.step(index, of: self)
            let pending = Set(walk.durableNames.values).reduce(0) { sum, file in
                sum + (walk.files[file].map { $0.pending.count + $0.doubtful.count } ?? 0)
            }
            count += exp2(Double(pending))
            if count > Double(bound) { return true }
        }
        return false
    }

    private static func sectors(_ offset: Int, _ bytes: [UInt8], _ size: Int) -> [Change] {
        var sectors: [Change] = []
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, ((offset + at) / size + 1) * size - offset)
            sectors.append(.sector(offset: offset + at, bytes: bytes[at..<end]))
            at = end
        }
        return sectors
    }

    // MARK: Choosing a state

    /// What may be on the disk of one file.
    private struct FileHistory {
        var durable: [Int] = []
        var pending: [Int] = []
        /// Of a sync that failed.
        var doubtful: [Int] = []
        var size: Int
        var durableSize: Int
        var pendingSizes: [Int] = []

        mutating func sync() {
            durable += pending
            pending = []
            (durableSize, pendingSizes) = (size, [])
        }
    }

    func choose(_ choices: inout Choices) -> CrashState {
        choose(after: choices.choose("crash after operation", below: trace.operations.count + 1), &choices)
    }

    /// A state that a crash leaves when so many operations had been issued.
    func choose(after crashPoint: Int, _ choices: inout Choices) -> CrashState {
        switch model {
        case .cached: return state(upTo: crashPoint, crashPoint)
        case .ordered: return chooseOrdered(crashPoint, &choices)
        case .posix: return choosePosix(crashPoint, &choices)
        }
    }

    /// Everything that was done before an operation, as a mere kill leaves it.
    func everything(before index: Int) -> CrashState { state(upTo: index, index) }

    private func chooseOrdered(_ crashPoint: Int, _ choices: inout Choices) -> CrashState {
        let barrier = trace.operations[..<crashPoint].lastIndex(where: \.isBarrier).map { $0 + 1 } ?? 0
        let last = barrier + choices.choose("operations that reached the disk", below: crashPoint - barrier + 1)
        let torn = last < crashPoint ? changesOf[last].count : 0
        let sectors = torn > 1 ? choices.choose("sectors of the next", below: torn) : 0
        return state(upTo: last, crashPoint, sectorsOfNext: sectors)
    }

    /// Everything up to an operation, and some sectors of the one behind.
    private func state(upTo end: Int, _ crashPoint: Int, sectorsOfNext: Int = 0) -> CrashState {
        var walk = walk(to: end)
        if sectorsOfNext > 0, case .write(let file, _, _) = trace.operations[end] {
            walk.add(Array(changesOf[end].prefix(sectorsOfNext)), to: file, of: self)
        }
        let named = Set(walk.names.values)
        let files = walk.files.filter { named.contains($0.key) }.mapValues { history in
            CrashState.FileState(
                changes: (history.durable + history.pending + history.doubtful).sorted(), size: history.size)
        }
        return CrashState(crashPoint: crashPoint, content: .init(names: walk.names, files: files))
    }

    private func choosePosix(_ crashPoint: Int, _ choices: inout Choices) -> CrashState {
        let walk = walk(to: crashPoint)
        var names = walk.durableNames
        for (_, pending) in walk.pendingNames.sorted(by: { $0.key < $1.key }) where !pending.isEmpty {
            for change in pending.prefix(choices.choose("names that reached the disk", below: pending.count + 1)) {
                change.apply(to: &names)
            }
        }
        var files: [Int: CrashState.FileState] = [:]
        for file in Set(names.values).sorted() {
            guard let history = walk.files[file] else { continue }
            var there = history.durable
            for change in history.pending + history.doubtful where choices.choose("sector", below: 2) == 1 {
                there.append(change)
            }
            let sizes = [history.durableSize] + history.pendingSizes.filter { $0 != history.durableSize }
            files[file] = CrashState.FileState(changes: there.sorted(), size: choices.pick("size", sizes))
        }
        return CrashState(crashPoint: crashPoint, content: .init(names: names, files: files))
    }

    /// Follows the operations.
    private struct Walk {
        var files: [Int: FileHistory] = [:]
        /// The names as the running system sees them.
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        /// By folder.
        var pendingNames: [String: [NameChange]] = [:]

        init(_ trace: WriteTrace) {
            durableNames = trace.base.mapValues(\.file)
            names = durableNames
            for (_, file) in trace.base {
                files[file.file] = FileHistory(size: file.bytes.count, durableSize: file.bytes.count)
            }
        }

        mutating func step(_ index: Int, of states: CrashStates) {
            let operation = states.trace.operations[index]
            switch operation {
            case .create(let path, let file):
                files[file] = FileHistory(size: 0, durableSize: 0)
                note(.bind(path, file))
            case .link(let from, let to): if let file = names[from] { note(.bind(to, file)) }
            case .rename(let from, let to): rename(from, to)
            case .remove(let path): note(.unbind(path))
            case .write(let file, let offset, let bytes):
                add(Array(states.changesOf[index]), to: file, of: states)
                resize(file, max(files[file]?.size ?? 0, offset + bytes.count))
            case .resize(let file, let size):
                add(Array(states.changesOf[index]), to: file, of: states)
                resize(file, size)
            case .sync(let file): files[file]?.sync()
            case .failedSync(let file):
                let pending = files[file]?.pending ?? []
                files[file]?.doubtful += pending
                files[file]?.pending = []
            case .syncFolder(let path):
                for change in pendingNames.removeValue(forKey: path) ?? [] { change.apply(to: &durableNames) }
            case .acknowledge, .output, .syncWrite, .syncAll, .exchange, .makeFolder, .removeFolder: break
            }
        }

        mutating func add(_ changes: [Int], to file: Int, of states: CrashStates) {
            files[file]?.pending += changes
            for change in changes {
                guard case .sector(let offset, let bytes) = states.changes[change] else { continue }
                resize(file, max(files[file]?.size ?? 0, offset + bytes.count))
            }
        }

        private mutating func resize(_ file: Int, _ size: Int) {
            guard files[file]?.size != size else { return }
            files[file]?.size = size
            files[file]?.pendingSizes.append(size)
        }

        private mutating func rename(_ from: String, _ to: String) {
            guard let file = names[from] else { return }
            note(.move(from, to, file))
            if from.folderOfPath != to.folderOfPath {
                pendingNames[from.folderOfPath, default: []].append(.leave(from, to, file))
            }
        }

        private mutating func note(_ change: NameChange) {
            change.apply(to: &names)
            pendingNames[change.path.folderOfPath, default: []].append(change)
        }
    }

    // MARK: Materialising

    /// The bytes of every file of a state.
    func materialise(_ state: CrashState) -> [String: [UInt8]] {
        let bases = Dictionary(uniqueKeysWithValues: trace.base.values.map { ($0.file, $0.bytes) })
        return state.content.names.mapValues { file in
            var bytes = bases[file] ?? []
            guard let there = state.content.files[file] else { return bytes }
            for change in there.changes {
                switch changes[change] {
                case .cut(let size): bytes.setSize(size)
                case .sector(let offset, let new): bytes.write(new, at: offset)
                }
            }
            bytes.setSize(there.size)
            return bytes
        }
    }

    /// The operations before the crash and what became of each.
    func story(_ state: CrashState) -> [String] {
        let there = Set(state.content.files.values.flatMap(\.changes))
        return trace.operations[..<state.crashPoint].enumerated().map { index, operation in
            let changes = changesOf[index]
            let count = changes.filter(there.contains).count
            if changes.isEmpty { return "\(operation)" }
            if count == changes.count { return "\(operation): on the disk" }
            return count == 0
                ? "\(operation): lost" : "\(operation): torn, \(count) of \(changes.count) sectors are there"
        }
    }
}

extension WriteTrace.Operation {
    fileprivate var isBarrier: Bool {
        switch self {
        case .sync, .syncFolder: true
        default: false
        }
    }
}

/// A change of names, which becomes durable with a folder.
private enum NameChange {
    case bind(String, Int)
    case unbind(String)
    /// In one step; in the list of the new name's folder.
    case move(String, String, Int)
    /// The other half of a move across folders, in the list of the old name's folder: only with the new name there.
    case leave(String, String, Int)

    /// A name in the folder that the change belongs to.
    var path: String {
        switch self {
        case .bind(let path, _), .unbind(let path), .move(_, let path, _), .leave(let path, _, _): path
        }
    }

    func apply(to names: inout [String: Int]) {
        switch self {
        case .bind(let path, let file): names[path] = file
        case .unbind(let path): names[path] = nil
        case .move(let from, let to, let file):
            if names[from] == file { names[from] = nil }
            names[to] = file
        case .leave(let from, let to, let file):
            if names[to] == file, names[from] == file { names[from] = nil }
        }
    }
}

/// The folder of a name in a trace, "." for the one that is watched.
