// What is durable and what is not, followed from operation to operation.
//
// What is settled, since it has to be on every disk from now on and in one order only, is worked into the files' bytes and
// into the names at once; what is left is what states are made of. So a crash point costs what is open there, not what was
// done before.

/// The files and names after some operations, as durable as they are.
struct TraceWalk {
    /// An operation that is not settled.
    struct Open {
        let operation: Int
        /// Whether its changes are on every disk.
        var isFixed = false
        /// Whether it was pending at a sync that failed.
        var isDoubtful = false
    }

    /// The sizes that an operation gave its file.
    struct Sizes {
        let operation: Int
        /// After each of its sectors; one for a resize.
        var ends: [Int]
        let isResize: Bool
        /// Whether a sync of the file covers it.
        var isCovered = false
        /// Whether it synced itself.
        var syncsItself = false
        /// Whether its bytes are worked in.
        var isSettled = false
    }

    struct File {
        var settled: SettledBytes
        /// The size with all that is settled.
        var settledSize: Int
        var open: [Open] = []
        /// The size before the first of `sizes`.
        var firstSize: Int
        var sizes: [Sizes] = []
    }

    let changes: TraceChanges
    let model: PersistenceModel
    private(set) var issued = 0
    private(set) var files: [Int: File] = [:]
    /// The files of which something is open.
    private var openFiles: Set<Int> = []
    private(set) var names: [FolderName: NamedNode]
    /// Changes whenever `names` does.
    private(set) var namesVersion = 0
    private(set) var openNames: [Open] = []

    /// - Parameter isHashing: Whether states will be compared.
    init(_ changes: TraceChanges, _ model: PersistenceModel, isHashing: Bool) {
        (self.changes, self.model) = (changes, model)
        names = changes.baseNames
        for (_, file) in changes.trace.base {
            files[file.file] = File(
                settled: SettledBytes(file.bytes, isHashing), settledSize: file.bytes.count, firstSize: file.bytes.count
            )
        }
        for case .create(_, let file) in changes.trace.operations where files[file] == nil {
            files[file] = File(settled: SettledBytes([], isHashing), settledSize: 0, firstSize: 0)
        }
    }

    /// Follows the next operation.
    mutating func step() {
        let index = issued
        // What returned before this was issued is done; until then it may have been running still.
        for operation in changes.returning[index] ?? [] { finish(operation) }
        issued += 1
        switch changes.trace.operations[index] {
        case .write(let file, let offset, let bytes) where !bytes.isEmpty:
            let ends = changes.changesOf[index].dropLast().map { changes.end(ofSector: $0) } + [offset + bytes.count]
            open(index, file, Sizes(operation: index, ends: ends, isResize: false))
        case .resize(let file, let size): open(index, file, Sizes(operation: index, ends: [size], isResize: true))
        case .failedSync(let file): doubt(file, index)
        default: if changes.nameSteps[index] != nil { openNames.append(Open(operation: index)) }
        }
        // What returned before anything else was issued leaves, while it runs, what is there without it as well.
        if changes.trace.returned[index] == nil { finish(index) }
        settle()
    }

    private mutating func open(_ index: Int, _ file: Int, _ sizes: Sizes) {
        files[file]?.open.append(Open(operation: index))
        files[file]?.sizes.append(sizes)
        openFiles.insert(file)
    }

    private mutating func doubt(_ file: Int, _ index: Int) {
        guard model == .posix || model == .journaled, let open = files[file]?.open else { return }
        for (place, entry) in open.enumerated() where !entry.isFixed && changes.cameBefore(entry.operation, index) {
            files[file]?.open[place].isDoubtful = true
        }
    }

    // MARK: Syncs

    /// An operation returned.
    private mutating func finish(_ index: Int) {
        switch (model, changes.trace.operations[index]) {
        case (.cached, _): fixAll { $0 == index }
        case (.ordered, .sync), (.ordered, .syncFolder), (.ordered, .syncAll):
            fixAll { [changes] in changes.cameBefore($0, index) }
        case (.ordered, .syncWrite(let write)):
            fixAll { [changes] in $0 == write || changes.cameBefore($0, write) }
        case (_, .sync(let file)):
            cover(file, index)
            if model == .journaled { fixNames(before: index) { $0.files.contains(file) } }
        case (_, .syncWrite(let write)): coverWrite(write)
        case (_, .syncFolder):
            guard let folder = changes.syncedFolders[index] else { return }
            fixNames(before: index) { [model] step in
                model == .posix
                    ? step.promisingFolders.contains(folder) : step.names.contains { $0.folder == folder }
            }
        case (_, .syncAll):
            for file in files.keys { cover(file, index) }
            fixNames(before: index) { _ in true }
        default: break
        }
    }

    private mutating func fixAll(_ isFixed: (Int) -> Bool) {
        for file in openFiles {
            for (place, entry) in (files[file]?.open ?? []).enumerated() where isFixed(entry.operation) {
                files[file]?.open[place].isFixed = true
            }
        }
        for (place, entry) in openNames.enumerated() where isFixed(entry.operation) { openNames[place].isFixed = true }
    }

    private mutating func cover(_ file: Int, _ sync: Int) {
        guard let content = files[file], !content.sizes.isEmpty || !content.open.isEmpty else { return }
        for (place, entry) in content.open.enumerated()
        where !entry.isDoubtful && changes.cameBefore(entry.operation, sync) {
            files[file]?.open[place].isFixed = true
        }
        for (place, sizes) in content.sizes.enumerated() where changes.cameBefore(sizes.operation, sync) {
            files[file]?.sizes[place].isCovered = true
        }
    }

    private mutating func coverWrite(_ write: Int) {
        guard let file = changes.file(of: write) else { return }
        for (place, entry) in (files[file]?.open ?? []).enumerated()
        where entry.operation == write && !entry.isDoubtful {
            files[file]?.open[place].isFixed = true
        }
        for (place, sizes) in (files[file]?.sizes ?? []).enumerated() where sizes.operation == write {
            files[file]?.sizes[place].syncsItself = true
        }
    }

    private mutating func fixNames(before sync: Int, _ isMeant: (TraceChanges.NameStep) -> Bool) {
        for place in openNames.indices.reversed() {
            let operation = openNames[place].operation
            guard changes.cameBefore(operation, sync), let step = changes.nameSteps[operation], isMeant(step) else {
                continue
            }
            fixName(place)
        }
    }

    /// With a change of names those are durable on which it rests in every order.
    private mutating func fixName(_ place: Int) {
        guard !openNames[place].isFixed else { return }
        openNames[place].isFixed = true
        let operation = openNames[place].operation
        for earlier in openNames.indices[..<place].reversed()
        where !openNames[earlier].isFixed && changes.cameBefore(openNames[earlier].operation, operation)
            && (model == .journaled || changes.shareName(openNames[earlier].operation, operation))
        {
            fixName(earlier)
        }
    }

    // MARK: What is settled

    private mutating func settle() {
        for file in openFiles {
            if let content = files[file], content.open.first?.isFixed == true { settle(file, content) }
            if files[file]?.open.isEmpty != false { openFiles.remove(file) }
        }
        if openNames.contains(where: \.isFixed) { settleNames() }
    }

    private mutating func settle(_ file: Int, _ content: File) {
        let count = settledCount(content.open) { group in
            areApart(group)
                && (group.count == 1 || model == .ordered || model == .cached
                    || content.sizes.allSatisfy { !group.contains($0.operation) || $0.isCovered })
        }
        if count == 0 { return }
        for entry in content.open.prefix(count) {
            for change in changes.changesOf[entry.operation] {
                switch changes.changes[change].effect {
                case .sector(let offset, let bytes): files[file]?.settled.write(bytes, at: offset)
                case .cut(let size): files[file]?.settled.cut(to: size)
                case .names: break
                }
            }
        }
        files[file]?.open.removeFirst(count)
        let next = content.open.dropFirst(count).first?.operation ?? .max
        files[file]?.settleSizes(before: next, forgetsAll: model == .ordered || model == .cached)
    }

    /// How many operations at the beginning are settled: fixed, and in an order that makes no difference or is known.
    private func settledCount(_ open: [Open], _ isSettled: ([Int]) -> Bool) -> Int {
        var count = 0
        while count < open.count {
            var (next, end) = (count, 0)
            repeat {
                guard open[next].isFixed else { return count }
                end = max(end, changes.end(of: open[next].operation))
                next += 1
            } while next < open.count && open[next].operation < end
            guard end <= issued, isSettled(open[count..<next].map(\.operation)) else { return count }
            count = next
        }
        return count
    }

    /// Whether writes to a file touch no byte twice.
    private func areApart(_ operations: [Int]) -> Bool {
        if operations.count == 1 { return true }
        var ranges: [Range<Int>] = []
        for operation in operations {
            guard case .write(_, let offset, let bytes) = changes.trace.operations[operation] else { return false }
            ranges.append(offset..<offset + bytes.count)
        }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        return zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
    }

    private mutating func settleNames() {
        var settled: Set<Int> = []
        if model == .posix {
            var left: Set<FolderName> = []
            for entry in openNames {
                let step = changes.nameSteps[entry.operation]
                let isApart =
                    entry.isFixed && changes.end(of: entry.operation) <= issued
                    && step?.names.contains(where: left.contains) == false
                    && !openNames.contains { other in
                        other.operation > entry.operation && !changes.cameBefore(entry.operation, other.operation)
                            && changes.shareName(entry.operation, other.operation)
                    }
                if isApart { settled.insert(entry.operation) } else { left.formUnion(step?.names ?? []) }
            }
        } else {
            let count = settledCount(openNames) { group in
                group.indices.allSatisfy { index in
                    !group[..<index].contains { changes.shareName($0, group[index]) }
                }
            }
            settled = Set(openNames.prefix(count).map(\.operation))
        }
        if settled.isEmpty { return }
        for entry in openNames where settled.contains(entry.operation) {
            for change in changes.changesOf[entry.operation] {
                guard case .names(let bindings) = changes.changes[change].effect else { continue }
                for (name, node) in bindings { names[name] = node }
            }
        }
        namesVersion += 1
        openNames.removeAll { settled.contains($0.operation) }
    }
}

extension TraceWalk.File {
    /// Forgets the sizes that no disk has any more.
    fileprivate mutating func settleSizes(before next: Int, forgetsAll: Bool) {
        for place in sizes.indices where sizes[place].operation < next && !sizes[place].isSettled {
            sizes[place].isSettled = true
            settledSize = sizes[place].size(after: settledSize)
        }
        let forgotten =
            forgetsAll
            ? sizes.lastIndex(where: \.isSettled) : sizes.lastIndex(where: { $0.isSettled && $0.isCovered })
        guard let forgotten else { return }
        for sizes in sizes[...forgotten] { firstSize = sizes.size(after: firstSize) }
        sizes.removeFirst(forgotten + 1)
    }

    /// The sizes that the disk may have, with the operations in an order: each once, that of the running system last.
    ///
    /// - Parameter order: The place of each open operation.
    /// - Returns: The sizes, and which of them is the durable one, or the next after it that is possible.
    func possibleSizes(_ order: (Int) -> Int) -> (sizes: [Int], durable: Int) {
        let settled = sizes.filter(\.isSettled)
        let open = sizes.filter { !$0.isSettled }.sorted { order($0.operation) < order($1.operation) }
        var (size, possible, least) = (firstSize, [firstSize], 0)
        for step in settled + open {
            for end in step.ends {
                size = step.isResize ? end : max(size, end)
                possible.append(size)
            }
            if step.isCovered { possible = [size] }
            if step.isResize { least = 0 }
            if step.syncsItself, let end = step.ends.last { least = max(least, end) }
        }
        possible.removeAll { $0 < least }
        let durable = possible.first ?? size
        var seen: Set<Int> = [size]
        possible = possible.filter { seen.insert($0).inserted } + [size]
        return (possible, possible.firstIndex(of: durable) ?? 0)
    }
}

extension TraceWalk.Sizes {
    func size(after size: Int) -> Int { isResize ? ends.last ?? size : max(size, ends.last ?? size) }
}

extension TraceChanges {
    /// Where the bytes of a sector end in the file.
    func end(ofSector change: Int) -> Int {
        guard case .sector(let offset, let bytes) = changes[change].effect else { return 0 }
        return offset + bytes.count
    }
}
