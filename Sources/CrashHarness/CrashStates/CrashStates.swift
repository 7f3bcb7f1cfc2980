// The crash points of a trace, reached in any order without following the trace from its beginning each time.

/// All states in which a crash may leave a disk, under a model.
final class CrashStates {
    let changes: TraceChanges
    let model: PersistenceModel
    private let isHashing: Bool
    private var cursor: TraceWalk
    /// Where the cursor was every so many operations.
    private var waypoints: [TraceWalk] = []
    private let waypointDistance: Int
    private var settledTree: (version: Int, tree: DiskTree)?
    /// What was acknowledged, and how much of it before each operation.
    let acknowledgements: [String]
    private let acknowledgedBefore: [Int]

    /// - Parameter isHashing: Whether states are compared; without it their bytes alone can be had.
    init(
        _ trace: WriteTrace, _ model: PersistenceModel, _ sectors: SectorFaults = SectorFaults(), isHashing: Bool = true
    ) {
        (self.model, self.isHashing) = (model, isHashing)
        changes = TraceChanges(trace, sectors)
        cursor = TraceWalk(changes, model, isHashing: isHashing)
        waypointDistance = max(64, trace.operations.count / 16)
        var (acknowledgements, before): ([String], [Int]) = ([], [0])
        for operation in trace.operations {
            if case .acknowledge(let what) = operation { acknowledgements.append(what) }
            before.append(acknowledgements.count)
        }
        (self.acknowledgements, acknowledgedBefore) = (acknowledgements, before)
    }

    /// How many operations there are.
    var count: Int { changes.trace.operations.count }

    /// The point at which so many operations had been issued.
    func point(at index: Int) -> CrashPoint {
        let index = min(max(index, 0), count)
        if index < cursor.issued {
            cursor = waypoints.last { $0.issued <= index } ?? TraceWalk(changes, model, isHashing: isHashing)
        }
        while cursor.issued < index {
            if cursor.issued.isMultiple(of: waypointDistance), cursor.issued > waypoints.last?.issued ?? 0 {
                waypoints.append(cursor)
            }
            cursor.step()
        }
        if settledTree?.version != cursor.namesVersion {
            settledTree = (cursor.namesVersion, DiskTree(cursor.names))
        }
        return CrashPoint(cursor, acknowledged: acknowledgedBefore[index], settledTree: settledTree?.tree)
    }

    /// The points that have all states between them: at each other one everything may be that may be at the next.
    var decisivePoints: [Int] {
        guard model != .cached else { return Array(0...count) }
        var decisive: Set<Int> = [count]
        for (index, operation) in changes.trace.operations.enumerated() {
            switch operation {
            case .acknowledge: decisive.insert(index)
            // The last point at which it is not done.
            case .sync, .syncAll, .syncFolder, .syncWrite: decisive.insert(changes.trace.returned[index] ?? index)
            default: break
            }
        }
        return decisive.sorted()
    }

    /// What had been acknowledged at a point.
    func acknowledged(_ point: CrashPoint) -> [String] { Array(acknowledgements.prefix(point.acknowledged)) }

    /// The point, standing in a state.
    func point(in state: CrashState) -> CrashPoint {
        let point = point(at: state.crashPoint)
        point.stand(in: state)
        return point
    }

    /// The operations before the crash and what became of each.
    func story(_ state: CrashState) -> [String] {
        var sizes: [Int: Int] = [:]
        for (file, size) in state.sizes {
            let last = changes.trace.operations.indices.prefix(state.crashPoint).last { changes.file(of: $0) == file }
            if let last { sizes[last] = size }
        }
        return changes.trace.operations.prefix(state.crashPoint).enumerated().map { index, operation in
            outcome(of: index, state) + (sizes[index].map { "; the file's size is \($0)" } ?? "")
        }
    }

    /// What became of an operation.
    private func outcome(of index: Int, _ state: CrashState) -> String {
        let own = changes.changesOf[index]
        let lost = own.count { state.forms[$0] == .missing }
        let torn = own.count { state.forms[$0, default: .missing] != .missing }
        let place = changes.trace.places[index].map { ", called at \($0)" } ?? ""
        let name = changes.describe(index)
        if own.isEmpty { return name + place }
        if lost == own.count { return "\(name): lost\(place)" }
        if lost + torn == 0 { return "\(name): on the disk\(place)" }
        let broken = torn == 0 ? "" : ", \(torn) by half or as noise"
        return "\(name): torn, \(own.count - lost - torn) of \(own.count) sectors are there\(broken)\(place)"
    }
}

extension TraceChanges {
    /// An operation in words, its file by the name that it had.
    func describe(_ index: Int) -> String {
        let file = paths[index]
        return switch trace.operations[index] {
        case .write(let number, let offset, let bytes):
            "write \(bytes.count) bytes at \(offset) of \(file ?? "file \(number)")"
        case .resize(let number, let size): "set the size of \(file ?? "file \(number)") to \(size)"
        case .sync(let number): "sync \(file ?? "file \(number)")"
        case .failedSync(let number): "sync \(file ?? "file \(number)"), which fails"
        case .create(let path, _): "create \(path)"
        default: "\(trace.operations[index])"
        }
    }
}
