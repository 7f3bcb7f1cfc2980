// A trace, cut into the changes that are there or not as a whole: sectors, cuts, and changes of names.
//
// Paths are resolved here, once, as the running system resolved them. A folder on the way to a path that nothing made was there
// from the beginning: traces need not name the folders that were.

/// A name: a folder and the last component.
struct FolderName: Hashable {
    /// 0 is the folder that is watched.
    var folder: Int
    var component: String
}

/// What a name leads to.
enum NamedNode: Hashable {
    case file(Int)
    case folder(Int)
}

/// A part of an operation that is there or not.
struct TraceChange {
    enum Effect {
        /// The bytes of a write in one sector.
        case sector(offset: Int, bytes: ArraySlice<UInt8>)
        case cut(size: Int)
        /// What the names lead to from then on.
        case names([(name: FolderName, node: NamedNode?)])
    }

    let operation: Int
    let effect: Effect
}

/// The changes of a trace, and what belongs to each operation.
final class TraceChanges {
    /// What an operation does to names.
    struct NameStep {
        var names: [FolderName] = []
        /// The folders whose sync is promised to make it durable.
        var promisingFolders: [Int] = []
        /// The files of which a name is bound or unbound.
        var files: [Int] = []
    }

    let trace: WriteTrace
    let sectors: SectorFaults
    private(set) var changes: [TraceChange] = []
    /// The changes of each operation.
    private(set) var changesOf: [Range<Int>] = []
    /// Of operations that change names.
    private(set) var nameSteps: [Int: NameStep] = [:]
    /// The folder that an operation syncs.
    private(set) var syncedFolders: [Int: Int] = [:]
    private(set) var baseNames: [FolderName: NamedNode] = [:]
    /// The operations that returned when so many had been issued, of those that overlapped others.
    private(set) var returning: [Int: [Int]] = [:]
    /// What the running system's names lead to.
    private var running: [FolderName: NamedNode] = [:]
    private var touched: Set<FolderName> = []
    private var folderCount = 1
    /// The name that each file has on the running system, the last that it got.
    private var pathOfFile: [Int: String] = [:]
    /// How the file of an operation was called when it was issued.
    private(set) var paths: [Int: String] = [:]

    init(_ trace: WriteTrace, _ sectors: SectorFaults) {
        (self.trace, self.sectors) = (trace, sectors)
        for (path, file) in trace.base {
            guard let name = name(path) else { continue }
            (baseNames[name], running[name], pathOfFile[file.file]) = (.file(file.file), .file(file.file), path)
        }
        for path in trace.baseFolders { _ = folder(path) }
        for index in trace.operations.indices {
            let start = changes.count
            paths[index] = trace.operations[index].file.flatMap { pathOfFile[$0] }
            add(index)
            changesOf.append(start..<changes.count)
        }
        for (index, end) in trace.returned { returning[end, default: []].append(index) }
        for end in returning.keys { returning[end]?.sort() }
        (running, touched, pathOfFile) = ([:], [], [:])
    }

    /// How many operations had been issued when one returned.
    func end(of operation: Int) -> Int { trace.returned.isEmpty ? operation + 1 : trace.end(of: operation) }

    /// Whether one had returned before the other was issued.
    func cameBefore(_ first: Int, _ second: Int) -> Bool { end(of: first) <= second }

    /// The file whose bytes or size an operation changes.
    func file(of operation: Int) -> Int? {
        changesOf[operation].isEmpty || nameSteps[operation] != nil ? nil : trace.operations[operation].file
    }

    /// Whether it makes a difference which of two operations took effect first.
    func areDependent(_ first: Int, _ second: Int) -> Bool {
        if cameBefore(first, second) || cameBefore(second, first) { return true }
        if let file = file(of: first), file == self.file(of: second) { return true }
        return shareName(first, second)
    }

    func shareName(_ first: Int, _ second: Int) -> Bool {
        guard let one = nameSteps[first], let other = nameSteps[second] else { return false }
        return one.names.contains(where: other.names.contains)
    }

    // MARK: Paths

    private func folder(_ path: String) -> Int? {
        path.split(separator: "/").filter { $0 != "." }.reduce(0) { folder, component in
            folder.flatMap { self.folder(FolderName(folder: $0, component: String(component))) }
        }
    }

    private func folder(_ name: FolderName) -> Int? {
        switch running[name] {
        case .folder(let folder): return folder
        case .file: return nil
        case nil:
            if touched.contains(name) { return nil }
            (baseNames[name], running[name]) = (.folder(folderCount), .folder(folderCount))
            folderCount += 1
            return folderCount - 1
        }
    }

    private func name(_ path: String) -> FolderName? {
        let components = path.split(separator: "/").filter { $0 != "." }
        guard let last = components.last else { return nil }
        return folder(components.dropLast().joined(separator: "/")).map {
            FolderName(folder: $0, component: String(last))
        }
    }

    // MARK: Operations

    private func add(_ index: Int) {
        switch trace.operations[index] {
        case .write(_, let offset, let bytes): addSectors(index, offset, bytes)
        case .resize(_, let size): changes.append(TraceChange(operation: index, effect: .cut(size: size)))
        case .create(let path, let file):
            bind(index, [(path, .file(file))], promising: [path])
        case .makeFolder(let path):
            bind(index, [(path, .folder(folderCount))], promising: [path])
            folderCount += 1
        case .link(let from, let to):
            guard case .file(let file)? = node(from) else { return }
            bind(index, [(to, .file(file))], promising: [to])
        case .rename(let from, let to):
            guard let node = node(from) else { return }
            bind(index, [(from, nil), (to, node)], promising: [to])
        case .exchange(let path, let other):
            guard let one = node(path), let two = node(other) else { return }
            bind(index, [(path, two), (other, one)], promising: [path, other])
        case .remove(let path), .removeFolder(let path): bind(index, [(path, nil)], promising: [path])
        case .syncFolder(let path): syncedFolders[index] = folder(path)
        case .sync, .failedSync, .syncWrite, .syncAll, .acknowledge, .output: break
        }
    }

    private func addSectors(_ index: Int, _ offset: Int, _ bytes: [UInt8]) {
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, ((offset + at) / sectors.size + 1) * sectors.size - offset)
            changes.append(
                TraceChange(operation: index, effect: .sector(offset: offset + at, bytes: bytes[at..<end])))
            at = end
        }
    }

    private func node(_ path: String) -> NamedNode? { name(path).flatMap { running[$0] } }

    private func bind(_ index: Int, _ bindings: [(path: String, node: NamedNode?)], promising: [String]) {
        var step = NameStep()
        var bound: [(name: FolderName, node: NamedNode?)] = []
        for (path, node) in bindings {
            guard let name = name(path) else { return }
            bound.append((name, node))
        }
        step.promisingFolders = promising.compactMap { name($0)?.folder }
        for (path, node) in bindings { if case .file(let file)? = node { pathOfFile[file] = path } }
        for (name, node) in bound {
            for case .file(let file)? in [node, running[name]] { step.files.append(file) }
            running[name] = node
            touched.insert(name)
            step.names.append(name)
        }
        nameSteps[index] = step
        changes.append(TraceChange(operation: index, effect: .names(bound)))
    }
}

extension WriteTrace.Operation {
    /// The file whose bytes or size it is about.
    var file: Int? {
        switch self {
        case .write(let file, _, _), .resize(let file, _), .sync(let file), .failedSync(let file): file
        default: nil
        }
    }
}
