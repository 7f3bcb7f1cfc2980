// All disks that a crash may leave at one moment.
//
// A point stands in one state at a time: names, and of each file that can be reached which changes are there and how long it
// is. Visiting goes from a state to its neighbour, changing what differs.

/// A moment at which a crash may come.
final class CrashPoint {
    let changes: TraceChanges
    let model: PersistenceModel
    let walk: TraceWalk
    /// How many things had been acknowledged.
    let acknowledged: Int
    /// What can be reached.
    private(set) var tree: DiskTree
    private var namesThere: [Int]
    /// What is there of all operations, in its order, for models in which everything goes through one order.
    private var operationsThere: [Int]?
    private var boards: [Int: FileBoard] = [:]
    /// Those that were asked for last, by the changes of names that are there.
    private var trees: [[Int]: DiskTree] = [:]
    /// How many names and paths there are in `trees`.
    private(set) var treesSize = 0
    static let mostTreesSize = 1 << 18
    private var fileOrders: [Int: [[Int]]] = [:]
    /// Whether orders had to be left out since there are too many.
    private(set) var leavesOrdersOut = false

    init(_ walk: TraceWalk, acknowledged: Int, settledTree: DiskTree? = nil) {
        (self.walk, self.acknowledged) = (walk, acknowledged)
        (changes, model) = (walk.changes, walk.model)
        namesThere = walk.openNames.map(\.operation)
        if walk.openNames.isEmpty, let settledTree {
            tree = settledTree
            trees[[]] = settledTree
        } else {
            tree = DiskTree([:])
            setNames(namesThere)
        }
    }

    // MARK: The state in which it stands

    private func setNames(_ operations: [Int]) {
        namesThere = operations
        if let known = trees[operations] {
            tree = known
            return
        }
        var names = walk.names
        for operation in operations {
            for change in changes.changesOf[operation] {
                guard case .names(let bindings) = changes.changes[change].effect else { continue }
                for (name, node) in bindings { names[name] = node }
            }
        }
        tree = DiskTree(names)
        treesSize += tree.size + operations.count
        if treesSize > Self.mostTreesSize { (trees, treesSize) = ([:], tree.size + operations.count) }
        trees[operations] = tree
    }

    /// About how many bytes it takes.
    var weight: Int {
        walk.files.values.reduce(tree.size * 64) { $0 + $1.settled.bytes.count + 1_024 * (1 + $1.open.count) }
    }

    private func board(_ file: Int) -> FileBoard {
        if let known = boards[file] { return known }
        let content = walk.files[file] ?? TraceWalk.File(settled: SettledBytes([], false), settledSize: 0, firstSize: 0)
        let board = FileBoard(file, content, changes)
        boards[file] = board
        if keepsSizes { board.size = possibleSizes(board).sizes.last ?? 0 } else { measure(board) }
        return board
    }

    /// Whether a size is a piece of its own.
    private var keepsSizes: Bool { model == .posix || model == .journaled }

    private func measure(_ board: FileBoard) { board.size = board.sizeOfWhatIsThere(board.changesInOrder) }

    private func possibleSizes(_ board: FileBoard) -> (sizes: [Int], durable: Int) {
        if board.content.sizes.isEmpty { return ([board.content.firstSize], 0) }
        let places = Dictionary(
            zip(board.content.open.map(\.operation), board.order), uniquingKeysWith: { first, _ in first })
        return board.content.possibleSizes { places[$0] ?? 0 }
    }

    /// What tells the disk, with what was acknowledged, from others.
    var key: BlockSum {
        var key = tree.mark
        for entry in tree.files {
            let bytes = board(entry.file).key
            key += BlockSum(low: bytes.low ^ entry.mark.low, high: bytes.high &+ entry.mark.high).mixed(with: 1)
        }
        return key.mixed(with: acknowledged)
    }

    /// What tells the bytes of each file from others, by path.
    var fileKeys: [(path: String, key: BlockSum, bytes: () -> [UInt8])] {
        tree.files.map { entry in
            let board = board(entry.file)
            return (tree.path(entry), board.key, { board.bytes })
        }
    }

    /// The files of the disk.
    var files: [String: [UInt8]] {
        Dictionary(
            tree.files.map { (tree.path($0), board($0.file).bytes) }, uniquingKeysWith: { first, _ in first })
    }

    /// The state by what is not as the running system had it.
    var state: CrashState {
        var state = CrashState(crashPoint: walk.issued)
        let there = Set(namesThere)
        for entry in walk.openNames where !there.contains(entry.operation) {
            for change in changes.changesOf[entry.operation] { state.forms[change] = .missing }
        }
        if keepsSizes {
            note(namesThere, among: walk.openNames.map(\.operation), changes.shareName, &state)
        } else {
            note(operationsThere ?? openOperations, among: openOperations, changes.areDependent, &state)
        }
        for file in keepsSizes ? tree.numbers : walk.files.keys.sorted() {
            let board = board(file)
            for (place, change) in board.open.enumerated() where board.forms[place] != .there {
                state.forms[change.number] = board.forms[place]
            }
            guard keepsSizes else { continue }
            let operations = board.content.open.map(\.operation)
            let inOrder = operations.indices.sorted { board.order[$0] < board.order[$1] }.map { operations[$0] }
            note(inOrder, among: operations, changes.areDependent, &state)
            if board.size != possibleSizes(board).sizes.last { state.sizes[file] = board.size }
        }
        return state
    }

    /// Notes in which order operations are there, when it is not that of issue. What is missing stands behind what it would
    /// bar from being there, and else where it was issued.
    private func note(
        _ there: [Int], among issued: [Int], _ areDependent: (Int, Int) -> Bool, _ state: inout CrashState
    ) {
        if Arrangements(changes: changes, operations: issued).areOne { return }
        let isThere = Set(there)
        var (left, missing) = (there[...], issued.filter { !isThere.contains($0) })
        for place in issued {
            let free = missing.firstIndex { operation in !left.contains { areDependent($0, operation) } }
            let operation: Int
            if let free, missing[free] < left.first ?? .max {
                operation = missing.remove(at: free)
            } else if let next = left.popFirst() {
                operation = next
            } else {
                operation = missing.removeFirst()
            }
            if operation != place { state.places[operation] = place }
        }
    }

    /// Stands in a state, as far as the model allows it.
    func stand(in state: CrashState) {
        let state = allowed(state)
        operationsThere = nil
        setNames(
            inOrder(walk.openNames.map(\.operation), state).filter { operation in
                changes.changesOf[operation].allSatisfy { state.forms[$0] != .missing }
            })
        for file in keepsSizes ? tree.numbers : walk.files.keys.sorted() {
            let board = board(file)
            let operations = board.content.open.map(\.operation)
            let order = inOrder(operations, state)
            board.set(order: operations.map { order.firstIndex(of: $0) ?? 0 })
            for (place, change) in board.open.enumerated() {
                let form = state.forms[change.number] ?? .there
                board.set(place, change.forms.contains(form) ? form : .there)
            }
            if keepsSizes {
                let sizes = possibleSizes(board).sizes
                let size = state.sizes[file]
                board.size = size.flatMap { sizes.contains($0) ? $0 : nil } ?? sizes.last ?? 0
            } else {
                measure(board)
            }
        }
    }

    /// The operations in a state's order, as far as they can have taken effect in it.
    private func inOrder(_ operations: [Int], _ state: CrashState) -> [Int] {
        if state.places.isEmpty { return operations }
        let arrangements = Arrangements(changes: changes, operations: operations)
        var (word, isUsed): ([Int], [Bool]) = ([], operations.map { _ in false })
        while let next = arrangements.next(after: word, isUsed, anyOrder: true).min(by: { one, two in
            (state.places[operations[one]] ?? operations[one], one)
                < (state.places[operations[two]] ?? operations[two], two)
        }) {
            word.append(next)
            isUsed[next] = true
        }
        return word.map { operations[$0] }
    }

    /// A state with what else cannot be there when something is missing, and what cannot be missing.
    private func allowed(_ state: CrashState) -> CrashState {
        if state.forms.isEmpty { return state }
        var state = state
        switch model {
        case .cached, .ordered: keepOrder(&state)
        case .posix, .journaled: keepNames(&state)
        }
        return state
    }

    private func keepNames(_ state: inout CrashState) {
        let order = inOrder(walk.openNames.map(\.operation), state)
        func rests(_ operation: Int, on earlier: Int) -> Bool {
            changes.shareName(earlier, operation) || model == .journaled && changes.cameBefore(earlier, operation)
        }
        let durable = durable(order, Set(walk.openNames.filter(\.isFixed).map(\.operation)), rests)
        var missing: [Int] = []
        for operation in order {
            let own = changes.changesOf[operation]
            let isMissing =
                !durable.contains(operation)
                && (own.contains { state.forms[$0] == .missing } || missing.contains { rests(operation, on: $0) })
            for change in own { state.forms[change] = isMissing ? .missing : nil }
            if isMissing { missing.append(operation) }
        }
    }

    /// What has to be there of operations in an order: those that are durable, and with each those before it that it rests on.
    private func durable(
        _ order: [Int], _ fixed: Set<Int>, _ rests: (_ operation: Int, _ earlier: Int) -> Bool
    ) -> Set<Int> {
        var durable: Set<Int> = []
        for operation in order.reversed()
        where fixed.contains(operation) || durable.contains(where: { rests($0, operation) }) {
            durable.insert(operation)
        }
        return durable
    }

    /// Every operation open, with its changes, for models in which one rests on what came before it.
    private var openOperations: [Int] {
        (walk.openNames.map(\.operation) + walk.files.values.flatMap { $0.open.map(\.operation) }).sorted()
    }

    private func keepOrder(_ state: inout CrashState) {
        let order = inOrder(openOperations, state)
        let durable = durable(order, fixedOperations, changes.areDependent)
        var missing: [Int] = []
        var isTorn = false
        for operation in order {
            let own = changes.changesOf[operation]
            if durable.contains(operation) {
                for change in own { state.forms[change] = nil }
                continue
            }
            let lost = missing.contains { changes.areDependent($0, operation) }
            let first = lost ? own.lowerBound : own.first { state.forms[$0, default: .there] != .there }
            guard let first else { continue }
            let isPart = first > own.lowerBound || (state.forms[first] ?? .missing) != .missing
            let keepsPart = isPart && !lost && model == .ordered && !isTorn
            isTorn = isTorn || keepsPart
            // Of a write that was under way its sectors are there from the front.
            if !keepsPart || state.forms[first] == .secondHalf { state.forms[first] = .missing }
            for change in own where change > first || !keepsPart { state.forms[change] = .missing }
            missing.append(operation)
        }
    }

    // MARK: Visiting

    /// A set of changes of names.
    private struct Names {
        /// In their order.
        var operations: [Int]
        /// How many are missing.
        var missing: Int
        /// How many are there that are not durable.
        var extra: Int
        var isReordered: Bool
    }

    /// Something of a state that can be chosen by itself.
    private struct Piece {
        let board: FileBoard
        /// Its place among the open changes; nil for the size.
        let change: Int?
        let count: Int
        /// Which value it has where everything is there, and which where only that is which is durable.
        let everything: Int
        let synced: Int
        var sizes: [Int] = []

        func set(_ value: Int) {
            if let change { board.set(change, board.open[change].forms[value]) } else { board.size = sizes[value] }
        }
    }

    /// Visits all states, or those of one deviation, at each of which `body` is asked whether to go on.
    ///
    /// - Returns: false when the body ended it.
    func visit(deviation: Int?, _ body: () -> Bool) -> Bool {
        switch model {
        case .cached, .ordered: return visitOrdered(deviation, body)
        case .posix, .journaled: return visitPieces(deviation, body)
        }
    }

    private func visitPieces(_ deviation: Int?, _ body: () -> Bool) -> Bool {
        forEachNames(within: deviation) { names in
            setNames(names.operations)
            return forEachFileOrder(isReordered: names.isReordered) { isReordered in
                let order = isReordered ? 1 : 0
                let (missing, extra) = (names.missing + order, names.extra + order)
                return withoutActuallyEscaping(body) { body in
                    var run = PieceRun(pieces: pieces(), body: body)
                    guard let deviation else { return run.visitAll() }
                    return run.visit(deviation - missing, else: deviation - extra, missing, extra, deviation)
                }
            }
        }
    }

    /// How many states there are, or are of one deviation; never too few.
    func count(deviation: Int?, upTo limit: Double) -> Double {
        switch model {
        case .cached, .ordered:
            var count = 0.0
            _ = visitOrdered(deviation) {
                count += 1
                return count <= limit
            }
            return count
        case .posix, .journaled: return countPieces(deviation, limit)
        }
    }

    private func countPieces(_ deviation: Int?, _ limit: Double) -> Double {
        // Each set of names is a state at least, and is told without its tree.
        var (count, sets) = (0.0, 0.0)
        let areFew = forEachNames(within: deviation) { _ in
            sets += 1
            return sets <= limit
        }
        guard areFew else { return sets }
        _ = forEachNames(within: deviation) { names in
            setNames(names.operations)
            _ = forEachFileOrder(isReordered: names.isReordered) { isReordered in
                let pieces = pieces()
                let order = isReordered ? 1 : 0
                if let deviation {
                    let more = Self.combinations(pieces.map { Double($0.count - 1) }, deviation)
                    for used in [names.missing + order, names.extra + order] where used <= deviation {
                        count += more[deviation - used]
                    }
                } else {
                    count += pieces.reduce(1) { $0 * Double($1.count) }
                }
                return count <= limit
            }
            return count <= limit
        }
        return count
    }

    /// In how many ways so many pieces can be otherwise.
    private static func combinations(_ others: [Double], _ count: Int) -> [Double] {
        var ways = [1.0] + [Double](repeating: 0, count: count)
        for other in others where count > 0 {
            for chosen in (1...count).reversed() { ways[chosen] += ways[chosen - 1] * other }
        }
        return ways
    }

    /// The largest deviation that a state can have.
    var largestDeviation: Int {
        walk.openNames.count
            + walk.files.values.reduce(0) { $0 + $1.open.reduce(2) { $0 + changes.changesOf[$1.operation].count } } + 1
    }

    /// Goes through the orders of all files that can be reached, and leaves them in that of issue.
    private func forEachFileOrder(isReordered: Bool, _ body: (Bool) -> Bool) -> Bool {
        let files = tree.numbers.filter { file in
            guard let content = walk.files[file], content.open.count > 1 else { return false }
            board(file).set(order: Array(content.open.indices))
            return orders(of: file, content).count > 1
        }
        return forEachOrder(of: files[...], isReordered: isReordered, body)
    }

    private func forEachOrder(of files: ArraySlice<Int>, isReordered: Bool, _ body: (Bool) -> Bool) -> Bool {
        guard let file = files.first, let content = walk.files[file] else { return body(isReordered) }
        let board = board(file)
        let orders = orders(of: file, content)
        defer { if let first = orders.first { board.set(order: first) } }
        for (index, order) in orders.enumerated() {
            board.set(order: order)
            if !forEachOrder(of: files.dropFirst(), isReordered: isReordered || index > 0, body) { return false }
        }
        return true
    }

    private func orders(of file: Int, _ content: TraceWalk.File) -> [[Int]] {
        if let known = fileOrders[file] { return known }
        let (orders, areAll) = Arrangements(changes: changes, operations: content.open.map(\.operation)).all()
        if !areAll { leavesOrdersOut = true }
        fileOrders[file] = orders
        return orders
    }

    /// What can be chosen of the files that can be reached, all of it set to "everything is there".
    private func pieces() -> [Piece] {
        var pieces: [Piece] = []
        for file in tree.numbers {
            let board = board(file)
            for (place, change) in board.open.enumerated() {
                board.set(place, .there)
                if change.forms.count > 1 {
                    pieces.append(
                        Piece(board: board, change: place, count: change.forms.count, everything: 0, synced: 1))
                }
            }
            let (sizes, durable) = possibleSizes(board)
            board.size = sizes.last ?? 0
            if sizes.count > 1 {
                pieces.append(
                    Piece(
                        board: board, change: nil, count: sizes.count, everything: sizes.count - 1, synced: durable,
                        sizes: sizes))
            }
        }
        return pieces
    }

    /// Sets pieces one after the other.
    private struct PieceRun {
        let pieces: [Piece]
        let body: () -> Bool
        var values: [Int]
        /// How many are not as the running system had them, and as the durable state has them.
        var missing = 0
        var extra = 0

        init(pieces: [Piece], body: @escaping () -> Bool) {
            (self.pieces, self.body) = (pieces, body)
            values = pieces.map(\.everything)
            extra = pieces.count { $0.everything != $0.synced }
        }

        private mutating func set(_ index: Int, _ value: Int) {
            let piece = pieces[index]
            missing += (value == piece.everything ? 0 : 1) - (values[index] == piece.everything ? 0 : 1)
            extra += (value == piece.synced ? 0 : 1) - (values[index] == piece.synced ? 0 : 1)
            values[index] = value
            piece.set(value)
        }

        mutating func visitAll() -> Bool { vary(0, nil, { $0.everything }) { _ in true } }

        /// Those of a deviation: from everything so many pieces away, and from what is durable so many.
        mutating func visit(
            _ fromEverything: Int, else fromSynced: Int, _ missing: Int, _ extra: Int, _ deviation: Int
        ) -> Bool {
            if fromEverything >= 0, fromEverything <= pieces.count {
                let goesOn = vary(0, fromEverything, { $0.everything }) { $0.extra + extra >= deviation }
                if !goesOn { return false }
            }
            guard fromSynced >= 0, fromSynced <= pieces.count else { return true }
            for index in pieces.indices { set(index, pieces[index].synced) }
            return vary(0, fromSynced, { $0.synced }) { $0.missing + missing > deviation }
        }

        /// Gives pieces from one on, so many of them or any, another value than the usual one.
        private mutating func vary(
            _ start: Int, _ left: Int?, _ usual: (Piece) -> Int, _ isMeant: (PieceRun) -> Bool
        ) -> Bool {
            if left == 0 || left == nil, isMeant(self), !body() { return false }
            if left == 0 { return true }
            for index in start..<max(start, pieces.count + 1 - (left ?? 1)) {
                let kept = usual(pieces[index])
                for value in 0..<pieces[index].count where value != kept {
                    set(index, value)
                    let goesOn = vary(index + 1, left.map { $0 - 1 }, usual, isMeant)
                    set(index, kept)
                    if !goesOn { return false }
                }
            }
            return true
        }
    }

    // MARK: Names

    /// Goes through the sets of changes of names that may be there, till `body` says to stop.
    ///
    /// - Parameter deviation: Only those with at most so many missing, or so many there; nil for all.
    /// - Returns: false when the body ended it.
    private func forEachNames(within deviation: Int?, _ body: (Names) -> Bool) -> Bool {
        if walk.openNames.isEmpty { return body(Names(operations: [], missing: 0, extra: 0, isReordered: false)) }
        return model == .posix ? forEachFreeNames(deviation, body) : forEachNamesOfLog(deviation, body)
    }

    private func forEachNamesOfLog(_ deviation: Int?, _ body: (Names) -> Bool) -> Bool {
        let arrangements = Arrangements(changes: changes, operations: walk.openNames.map(\.operation))
        let fixed = walk.openNames.indices.filter { walk.openNames[$0].isFixed }
        let total = walk.openNames.count
        var goesOn = true
        let areAll = arrangements.visit { word, isThere in
            let (missing, extra) = (total - word.count, word.count - fixed.count)
            if fixed.allSatisfy({ isThere[$0] }), deviation.map({ min(missing, extra) <= $0 }) ?? true {
                goesOn = body(
                    Names(
                        operations: word.map { arrangements.operations[$0] }, missing: missing, extra: extra,
                        isReordered: zip(word, word.dropFirst()).contains { $0 > $1 }))
            }
            return goesOn
        }
        if goesOn, !areAll { leavesOrdersOut = true }
        return goesOn
    }

    private func forEachFreeNames(_ deviation: Int?, _ body: (Names) -> Bool) -> Bool {
        let operations = walk.openNames.map(\.operation)
        let (orders, areAll) = Arrangements(changes: changes, operations: operations).all()
        if !areAll { leavesOrdersOut = true }
        for (index, order) in orders.enumerated() {
            let inOrder = operations.indices.sorted { order[$0] < order[$1] }
            if !forEachSet(of: inOrder.map { walk.openNames[$0] }, isReordered: index > 0, deviation, body) {
                return false
            }
        }
        return true
    }

    private func forEachSet(
        of entries: [TraceWalk.Open], isReordered: Bool, _ deviation: Int?, _ body: (Names) -> Bool
    ) -> Bool {
        // On which earlier ones each rests, and which are there with those that are durable.
        var rests: [[Int]] = []
        for (index, entry) in entries.enumerated() {
            rests.append(entries[..<index].indices.filter { changes.shareName(entries[$0].operation, entry.operation) })
        }
        let isFixed = fixed(entries)
        let durable = isFixed.count { $0 }
        func search(maxMissing: Int, maxThere: Int, _ take: (_ missing: Int) -> Bool) -> Bool {
            var isThere: [Bool] = []
            var missing = 0
            while true {
                var fits = missing <= maxMissing && isThere.count - missing <= maxThere
                if fits, isThere.count < entries.count {
                    let index = isThere.count
                    let mayBe = rests[index].allSatisfy { isThere[$0] }
                    isThere.append(mayBe)
                    if !mayBe { missing += 1 }
                    continue
                }
                if fits, take(missing) {
                    let names = Names(
                        operations: entries.indices.filter { isThere[$0] }.map { entries[$0].operation },
                        missing: missing, extra: entries.count - missing - durable, isReordered: isReordered)
                    if !body(names) { return false }
                }
                // The last that is there and need not be is missing next.
                fits = false
                while let last = isThere.popLast() {
                    if !last { missing -= 1 }
                    if last, !isFixed[isThere.count] {
                        isThere.append(false)
                        missing += 1
                        fits = true
                        break
                    }
                }
                if !fits { return true }
            }
        }
        guard let deviation else { return search(maxMissing: .max, maxThere: .max) { _ in true } }
        return search(maxMissing: deviation, maxThere: .max) { _ in true }
            && search(maxMissing: .max, maxThere: durable + deviation) { $0 > deviation }
    }

    /// Which changes of names are durable when they took effect in an order.
    private func fixed(_ entries: [TraceWalk.Open]) -> [Bool] {
        let fixed = Set(entries.filter(\.isFixed).map(\.operation))
        let durable = durable(entries.map(\.operation), fixed, changes.shareName)
        return entries.map { durable.contains($0.operation) }
    }

    // MARK: Order

    /// Visits the beginnings of all orders, for `ordered`; for `cached` whatever has returned is in each.
    private func visitOrdered(_ deviation: Int?, _ body: () -> Bool) -> Bool {
        let operations = openOperations
        let fixed = fixedOperations
        let arrangements = Arrangements(changes: changes, operations: operations)
        let total = operations.reduce(0) { $0 + changes.changesOf[$1].count }
        let durable = fixed.reduce(0) { $0 + changes.changesOf[$1].count }
        let mustBe = operations.indices.filter { fixed.contains(operations[$0]) }
        var there = 0
        var word: [Int] = []
        for file in walk.files.keys {
            let board = board(file)
            for place in board.open.indices { board.set(place, .missing) }
        }
        func put(_ operation: Int, _ isThere: Bool) {
            for change in changes.changesOf[operation] { set(change, isThere ? .there : .missing, operation) }
        }
        func look(_ isWhole: Bool, _ isReordered: Bool) -> Bool {
            let order = isReordered ? 1 : 0
            let least = min(total - there + (isWhole ? 0 : -1) + order, there - durable + (isWhole ? 0 : 1) + order)
            if let deviation, least != deviation { return true }
            return body()
        }
        var goesOn = true
        let areAll = arrangements.visit(
            enter: { [self] place in
                word.append(place)
                there += changes.changesOf[operations[place]].count
                put(operations[place], true)
            },
            leave: { [self] place in
                word.removeLast()
                there -= changes.changesOf[operations[place]].count
                put(operations[place], false)
            }
        ) { _, isThere in
            guard mustBe.allSatisfy({ isThere[$0] }) else { return true }
            settle(word.map { operations[$0] })
            let isReordered = zip(word, word.dropFirst()).contains { $0 > $1 }
            goesOn = look(true, isReordered)
            guard goesOn, model == .ordered else { return goesOn }
            for next in arrangements.next(after: word, isThere, anyOrder: true) {
                goesOn = visitParts(of: operations[next], word.map { operations[$0] }) { count in
                    there += count
                    defer { there -= count }
                    return look(false, isReordered)
                }
                if !goesOn { return false }
            }
            return true
        }
        if goesOn, !areAll { leavesOrdersOut = true }
        return goesOn
    }

    private var fixedOperations: Set<Int> {
        Set(
            (walk.openNames + walk.files.values.flatMap(\.open)).filter(\.isFixed).map(\.operation))
    }

    private func set(_ change: Int, _ form: ChangeForm, _ operation: Int) {
        guard let file = changes.file(of: operation) else { return }
        let board = board(file)
        guard let first = board.open.first?.number else { return }
        // The open changes of a file are in order, with those of other files between.
        var (low, high) = (0, board.open.count - 1)
        if change - first < board.open.count, change >= first, board.open[change - first].number == change {
            return board.set(change - first, form)
        }
        while low < high {
            let middle = (low + high) / 2
            if board.open[middle].number < change { low = middle + 1 } else { high = middle }
        }
        board.set(low, form)
    }

    /// Gives names, orders and sizes as some operations leave them that took effect one after the other.
    private func settle(_ operations: [Int]) {
        operationsThere = operations
        setNames(operations.filter { changes.nameSteps[$0] != nil })
        let places = Dictionary(operations.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for (file, content) in walk.files where !content.open.isEmpty {
            let board = board(file)
            if content.open.count > 1 {
                let order = content.open.indices.sorted { one, two in
                    (places[content.open[one].operation] ?? .max, one) < (
                        places[content.open[two].operation] ?? .max, two
                    )
                }
                var ranks = order
                for (rank, place) in order.enumerated() { ranks[place] = rank }
                board.set(order: ranks)
            }
            measure(board)
        }
    }

    /// The write behind a prefix, there in part.
    private func visitParts(of operation: Int, _ word: [Int], _ look: (Int) -> Bool) -> Bool {
        guard case .write(let file, _, _) = changes.trace.operations[operation] else { return true }
        let (own, board) = (changes.changesOf[operation], board(file))
        if own.isEmpty { return true }
        settle(word + [operation])
        defer {
            for change in own { set(change, .missing, operation) }
            settle(word)
        }
        for (count, change) in own.enumerated() {
            if count > 0 {
                measure(board)
                if !look(count) { return false }
            }
            for form in changes.possibleForms(changes.changes[change].effect) where form == .firstHalf || form == .noise
            {
                set(change, form, operation)
                measure(board)
                if !look(count) { return false }
            }
            set(change, .there, operation)
        }
        return true
    }

    // MARK: Choosing

    /// Stands in a state that is chosen; zero everywhere is what is durable.
    func choose(_ choices: inout Choices) {
        switch model {
        case .cached, .ordered: chooseOrdered(&choices)
        case .posix, .journaled: choosePieces(&choices)
        }
    }

    private func choosePieces(_ choices: inout Choices) {
        chooseNames(&choices)
        for file in tree.numbers {
            let board = board(file)
            if board.content.open.count > 1 {
                let orders = orders(of: file, board.content)
                if orders.count > 1 { board.set(order: choices.pick("order", orders)) }
            }
            for (place, change) in board.open.enumerated() where change.forms.count > 1 {
                let chosen = choices.choose("sector", below: change.forms.count)
                // The simplest is that it is missing.
                board.set(place, chosen < 2 ? change.forms[1 - chosen] : change.forms[chosen])
            }
            let (sizes, durable) = possibleSizes(board)
            if sizes.count > 1 {
                board.size = choices.pick(
                    "size", [sizes[durable]] + sizes.enumerated().filter { $0.offset != durable }.map(\.element))
            }
        }
    }

    private func chooseNames(_ choices: inout Choices) {
        if walk.openNames.isEmpty { return setNames([]) }
        if model == .journaled {
            return setNames(
                chooseBeginning(
                    of: walk.openNames.map(\.operation), Set(walk.openNames.filter(\.isFixed).map(\.operation)),
                    &choices))
        }
        let operations = walk.openNames.map(\.operation)
        let orders = Arrangements(changes: changes, operations: operations).all().orders
        let order = orders.count > 1 ? choices.pick("order of names", orders) : orders[0]
        let entries = operations.indices.sorted { order[$0] < order[$1] }.map { walk.openNames[$0] }
        let isFixed = fixed(entries)
        var (there, missing): ([Int], [Int]) = ([], [])
        for (index, entry) in entries.enumerated() {
            let mayBe = !missing.contains { changes.shareName($0, entry.operation) }
            if isFixed[index] || (mayBe && choices.choose("name that reached the disk", below: 2) == 1) {
                there.append(entry.operation)
            } else {
                missing.append(entry.operation)
            }
        }
        setNames(there)
    }

    /// The beginning of an order, with everything in it that is fixed.
    private func chooseBeginning(of operations: [Int], _ fixed: Set<Int>, _ choices: inout Choices) -> [Int] {
        let arrangements = Arrangements(changes: changes, operations: operations)
        let least = operations.lastIndex(where: fixed.contains).map { $0 + 1 } ?? 0
        if arrangements.areOne {
            let more = choices.choose("operations that reached the disk", below: operations.count - least + 1)
            return Array(operations.prefix(least + more))
        }
        var (word, isUsed, left): ([Int], [Bool], Int) = ([], operations.map { _ in false }, fixed.count)
        while word.count < operations.count {
            let next = arrangements.next(after: word, isUsed, anyOrder: true)
            let choice = choices.choose("operation that came next", below: next.count + (left == 0 ? 1 : 0))
            if left == 0, choice == 0 { break }
            let place = next[left == 0 ? choice - 1 : choice]
            word.append(place)
            isUsed[place] = true
            if fixed.contains(operations[place]) { left -= 1 }
        }
        return word.map { operations[$0] }
    }

    private func chooseOrdered(_ choices: inout Choices) {
        let operations = openOperations
        var word = chooseBeginning(of: operations, fixedOperations, &choices)
        if model == .cached, word.count < operations.count {
            // Whatever had not returned may have happened though something else had not.
            let left = operations.filter { !word.contains($0) }
            word += left.filter { _ in choices.choose("running operation", below: 2) == 1 }
        }
        for file in walk.files.keys {
            let board = board(file)
            for place in board.open.indices { board.set(place, .missing) }
        }
        for operation in word { for change in changes.changesOf[operation] { set(change, .there, operation) } }
        if model == .ordered, let next = chooseTorn(word, operations, &choices) { word.append(next) }
        settle(word)
    }

    private func chooseTorn(_ word: [Int], _ operations: [Int], _ choices: inout Choices) -> Int? {
        let isThere = Set(word)
        guard let next = operations.first(where: { !isThere.contains($0) && !word.contains($0) }),
            case .write = changes.trace.operations[next],
            !operations.contains(where: { !isThere.contains($0) && changes.cameBefore($0, next) && $0 != next })
        else { return nil }
        let own = Array(changes.changesOf[next])
        var parts: [(Int, ChangeForm)] = [(0, .missing)]
        for (count, change) in own.enumerated() {
            if count > 0 { parts.append((count, .missing)) }
            for form in changes.possibleForms(changes.changes[change].effect) where form == .firstHalf || form == .noise
            {
                parts.append((count, form))
            }
        }
        guard parts.count > 1 else { return nil }
        let (count, form) = choices.pick("sectors of the next", parts)
        for change in own.prefix(count) { set(change, .there, next) }
        if form != .missing { set(own[count], form, next) }
        return next
    }
}
