// The orders in which operations may have taken effect, those alike taken once.
//
// Two operations that overlap may stand in either order; where they touch nothing in common the order makes no difference. Of
// all arrangements that differ only so, the one that is first in the order of issue is taken (the lexicographic normal form of
// a trace monoid): an operation is put behind another only if it could not have stood before it.

/// Operations of which some overlap.
struct Arrangements {
    let changes: TraceChanges
    /// In the order of issue.
    let operations: [Int]
    /// No more steps than this are taken; with more the orders are not complete.
    static let limit = 20_000

    /// Whether there is only one order, that of issue.
    var areOne: Bool {
        var end = -1
        for operation in operations {
            if operation < end { return false }
            end = max(end, changes.end(of: operation))
        }
        return true
    }

    /// Which operations may come next, when some have come.
    func next(after word: [Int], _ isUsed: [Bool], anyOrder: Bool = false) -> [Int] {
        var (candidates, end): ([Int], Int) = ([], .max)
        for place in (isUsed.firstIndex(of: false) ?? isUsed.count)..<isUsed.count where !isUsed[place] {
            if operations[place] >= end { break }
            if anyOrder || isNormal(word, place) { candidates.append(place) }
            end = min(end, changes.end(of: operations[place]))
        }
        return candidates
    }

    private func isNormal(_ word: [Int], _ place: Int) -> Bool {
        for other in word.reversed() {
            if changes.areDependent(operations[other], operations[place]) { return true }
            if other > place { return false }
        }
        return true
    }

    /// Visits the beginnings of all arrangements, each after the one that is shorter by its last operation.
    ///
    /// - Parameters:
    ///   - enter: An operation, by its place among `operations`, comes next; `leave` takes it back.
    ///   - visit: The beginning, by places, and which are in it; false to stop.
    /// - Returns: Whether these were all.
    @discardableResult
    func visit(
        enter: (Int) -> Void = { _ in }, leave: (Int) -> Void = { _ in }, _ visit: ([Int], [Bool]) -> Bool
    ) -> Bool {
        var (word, isUsed): ([Int], [Bool]) = ([], operations.map { _ in false })
        guard visit(word, isUsed) else { return false }
        var (waiting, steps) = ([Array(next(after: [], isUsed).reversed())], 0)
        let limit = areOne ? Int.max : Self.limit
        while let top = waiting.indices.last {
            guard let place = waiting[top].popLast() else {
                waiting.removeLast()
                if let last = word.popLast() {
                    isUsed[last] = false
                    leave(last)
                }
                continue
            }
            word.append(place)
            isUsed[place] = true
            enter(place)
            steps += 1
            guard steps <= limit, visit(word, isUsed) else {
                while let last = word.popLast() { leave(last) }
                return false
            }
            waiting.append(next(after: word, isUsed).reversed())
        }
        return true
    }

    /// All orders that make a difference to a file, or to names: for each the place that every operation takes. The first is
    /// that of issue.
    func all() -> (orders: [[Int]], areAll: Bool) {
        let issue = Array(operations.indices)
        if areOne { return ([issue], true) }
        let free = issue.filter { place in
            issue.contains { other in
                let (one, two) = (operations[place], operations[other])
                return other != place && !changes.cameBefore(one, two) && !changes.cameBefore(two, one)
                    && changes.areDependent(one, two)
            }
        }
        if free.isEmpty { return ([issue], true) }
        var orders: [[Int]] = []
        let part = Arrangements(changes: changes, operations: free.map { operations[$0] })
        let areAll = part.visit { word, _ in
            if word.count == free.count { orders.append(places(word.map { free[$0] })) }
            return true
        }
        return (orders.isEmpty ? [issue] : orders, areAll)
    }

    /// The places of all operations when some of them stand in an order.
    private func places(_ fixed: [Int]) -> [Int] {
        var (isUsed, places, nextFixed) = (operations.map { _ in false }, operations.map { _ in 0 }, 0)
        let isFree = Set(fixed)
        for place in operations.indices {
            let candidates = next(after: [], isUsed, anyOrder: true)
            let chosen =
                candidates.first { !isFree.contains($0) || (nextFixed < fixed.count && $0 == fixed[nextFixed]) }
                ?? candidates.first ?? place
            if isFree.contains(chosen) { nextFixed += 1 }
            isUsed[chosen] = true
            places[chosen] = place
        }
        return places
    }
}
