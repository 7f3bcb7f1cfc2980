// What writers tried and what they acknowledged: the truth that a file is compared with.
//
// A model without any knowledge of files. Each attempt has a beginning and an end on one clock, so that it can be said which
// of two came later and which of two were under way at once.

/// Everything that was tried in a program.
struct WritingHistory {
    struct Attempt {
        var writer: Int
        var what: String
        var begin: Int
        /// nil while it is under way.
        var end: Int?
        var isAcknowledged = false
    }

    private(set) var attempts: [Attempt] = []
    private var clock = 0

    /// A history that begins with what a file held.
    init(_ held: [String]) {
        for what in held { attempts.append(Attempt(writer: -1, what: what, begin: 0, end: 0, isAcknowledged: true)) }
    }

    mutating func begin(_ what: String, by writer: Int) -> Int {
        clock += 1
        attempts.append(Attempt(writer: writer, what: what, begin: clock, end: nil))
        return attempts.count - 1
    }

    mutating func end(_ attempt: Int, isAcknowledged: Bool) {
        guard attempts[attempt].end == nil else { return }
        clock += 1
        (attempts[attempt].end, attempts[attempt].isAcknowledged) = (clock, isAcknowledged)
    }

    /// Which attempts came before which, as numbers.
    var order: [UInt32] {
        attempts.flatMap { [UInt32($0.writer + 1), UInt32($0.begin), UInt32($0.end ?? 0), $0.isAcknowledged ? 1 : 0] }
    }

    /// What differs between this and what a file holds; nil when nothing does.
    func difference(to found: [String], _ promise: WriterDescription.Promise) -> CrashProblem? {
        switch promise {
        case .items(let kept): itemsDifference(found, kept)
        case .value: valueDifference(found.first ?? "")
        case .members: membersDifference(found)
        }
    }

    /// A member is there once it was added, unless somebody tried to take it out; and it is gone once it was taken out.
    private func membersDifference(_ found: [String]) -> CrashProblem? {
        if let twice = Dictionary(grouping: found, by: { $0 }).first(where: { $0.value.count > 1 })?.key {
            return ("each entry once", "\(twice) twice")
        }
        let found = Set(found)
        for name in found.union(attempts.map(\.what.withoutRemoval)).sorted() {
            let added = attempts.contains { $0.what == name && $0.isAcknowledged }
            let removals = attempts.filter { $0.what == name.asRemoval }
            if added, removals.isEmpty, !found.contains(name) {
                return ("the acknowledged entry \(name)", "\(found.sorted())")
            }
            if removals.contains(where: \.isAcknowledged), found.contains(name) {
                return ("\(name) to be gone, which was acknowledged", "\(found.sorted())")
            }
            if found.contains(name), !attempts.contains(where: { $0.what == name }) {
                return ("nothing but what was written", name)
            }
        }
        return nil
    }

    private func itemsDifference(_ found: [String], _ kept: Int) -> CrashProblem? {
        var places: [String: Int] = [:]
        for (place, item) in found.enumerated() {
            if places.updateValue(place, forKey: item) != nil { return ("each entry once", "\(item) twice") }
        }
        for writer in Set(attempts.map(\.writer)) {
            let own = attempts.filter { $0.writer == writer }
            var last = -1
            for (index, attempt) in own.enumerated() {
                if let place = places[attempt.what] {
                    if place < last { return ("what a writer wrote in its order", "\(attempt.what) too early") }
                    last = place
                } else if attempt.isAcknowledged, own[(index + 1)...].count(where: { places[$0.what] != nil }) < kept {
                    return ("the acknowledged entry \(attempt.what)", "\(found)")
                }
            }
        }
        return nil
    }

    /// A value may be there unless another was set and acknowledged that began after it had ended.
    private func valueDifference(_ found: String) -> CrashProblem? {
        let latest = attempts.filter(\.isAcknowledged).map(\.begin).max() ?? -1
        let allowed = attempts.filter { ($0.end ?? .max) >= latest }.map(\.what)
        return allowed.contains(found) ? nil : ("one of the values \(allowed)", "the value \(found)")
    }
}

extension String {
    /// What is written into a history when a member is taken out; members have each a name of their own.
    var asRemoval: String { "without " + self }

    /// The member's name, whether it was added or taken out.
    fileprivate var withoutRemoval: String { hasPrefix("without ") ? String(dropFirst("without ".count)) : self }
}
